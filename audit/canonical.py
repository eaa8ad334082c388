"""Canonical bytes of a record: RFC 8785, for the values an event may hold.

Values are strings of Unicode scalar values without NUL, integers below 2^53 in size, booleans,
null, lists and objects; no floats (design: audit, write path). Anything else is refused here, so
what this module writes, every other RFC 8785 implementation writes byte for byte.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, NoReturn

MAX_INT: Final = 2**53 - 1
MAX_DEPTH: Final = 20


class NotCanonical(ValueError):
    """The value has no canonical form, or the bytes are not the canonical form of anything."""


_WRITE = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")
).encode
_WRITE_SORTED = json.JSONEncoder(
    ensure_ascii=False,
    check_circular=False,
    allow_nan=False,
    separators=(",", ":"),
    sort_keys=True,
).encode


def canonical(record: Mapping[str, Any]) -> bytes:
    """Write the canonical form; a value outside the value set raises NotCanonical."""
    _check(record, 0)
    text = _WRITE_SORTED(record)
    # json sorts by code point, RFC 8785 by UTF-16 code unit; they differ only beyond U+FFFF.
    if not text.isascii() and max(text) > "\uffff":
        text = _WRITE(_ordered(record))
    return text.encode()


def parse(line: bytes) -> dict[str, Any]:
    """Read a canonical record; NotCanonical unless `canonical` would write exactly these bytes.

    Writing it again finds repeated names, other key orders, blanks and other escapes at once.
    """
    try:
        value = _READ.decode(line.decode())
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"not JSON in UTF-8 ({type(error).__name__})") from None
    if type(value) is not dict:
        raise NotCanonical("not a JSON object")
    if canonical(value) != line:
        raise NotCanonical("not in canonical form (RFC 8785)")
    return value


def _refuse_float(text: str) -> NoReturn:
    raise NotCanonical(f"the number {text[:40]} is not an integer")


def _read_int(text: str) -> int:
    if len(text) > 17:  # long before Python's own limit on digits
        raise NotCanonical("an integer of 2^53 or more")
    return int(text)


_READ = json.JSONDecoder(
    parse_float=_refuse_float, parse_int=_read_int, parse_constant=_refuse_float
)


def _check(value: Any, depth: int) -> None:
    kind = type(value)
    if kind is str:
        _check_text(value)
    elif kind is dict:
        _check_depth(depth)
        for name, member in value.items():
            if type(name) is not str:
                raise NotCanonical("a member name that is not a string")
            _check_text(name)
            _check(member, depth + 1)
    elif kind is list:
        _check_depth(depth)
        for member in value:
            _check(member, depth + 1)
    elif kind is int:
        if not -MAX_INT <= value <= MAX_INT:
            raise NotCanonical("an integer of 2^53 or more")
    elif kind is not bool and value is not None:
        raise NotCanonical(f"a value of type {kind.__name__}")


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise NotCanonical(f"more than {MAX_DEPTH} levels deep")


def _check_text(text: str) -> None:
    if "\0" in text:
        raise NotCanonical("a string with NUL")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise NotCanonical("a string with a lone surrogate") from None


def _ordered(value: Any) -> Any:
    if type(value) is dict:
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return {name: _ordered(value[name]) for name in names}
    if type(value) is list:
        return [_ordered(member) for member in value]
    return value
