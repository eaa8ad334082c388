"""JSON bodies read strictly: one meaning for every reader, or refused (RFC 8259 4, 8.1, 9)."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import msgspec

from idp.provisioning.model import ScimError, bad_syntax

_KINDS = ("application/scim+json", "application/json")


def read_object(body: bytes, content_type: str) -> dict[str, Any]:
    """Read a body that holds one JSON object; raises `ScimError` 400 or 415.

    Refused besides what is no JSON: member names that stand twice (readers differ in which of them
    counts), half characters, NUL, NaN, and nesting that would exhaust the stack.
    """
    if content_type.partition(";")[0].strip().lower() not in _KINDS:
        raise ScimError(415, "the body must be application/scim+json or application/json")
    if b"\\u0000" in body:
        raise bad_syntax("the body holds a NUL character")
    try:
        msgspec.json.decode(body)  # knows half characters and numbers out of range
        read = json.loads(body, object_pairs_hook=_unique, parse_constant=_no_constant)
    except _Repeated:
        raise bad_syntax("a member of a JSON object stands twice") from None
    except RecursionError:
        raise bad_syntax("the body is nested too deeply") from None
    except (ValueError, msgspec.MsgspecError):
        raise bad_syntax("the body is not JSON") from None
    if not isinstance(read, dict):
        raise bad_syntax("the body must be one JSON object")
    return read


class _Repeated(ValueError):
    """A name stands twice; attribute names do not regard case (RFC 7643 2.1)."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name.lower() for name, _ in pairs}) != len(pairs):
        raise _Repeated
    return dict(pairs)


def _no_constant(_name: str) -> NoReturn:
    raise ValueError
