"""Bodies, queries and headers, read strictly: one meaning for every reader, or refused.

RFC 8259 4, 8.1, 9: a member that stands twice, half characters, NUL and deep nesting are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn, TypeVar, get_type_hints

import msgspec

from idp.admin_api.model import CallRefused, Wanted, Wrong
from idp.admin_api.problems import Problem
from idp.admin_api.words import KEY_PATTERN, REASON_PATTERN
from idp.oidc.protocol import ProtocolRequest

W = TypeVar("W", bound=Wanted)
DEEPEST: Final = 32
_PATH: Final = re.compile(r" - at `\$([A-Za-z0-9_.\[\]]*)`\Z")
_MISSING: Final = re.compile(r"Object missing required field `([a-z_]+)`")
_KEY: Final = re.compile(KEY_PATTERN, re.ASCII)
_REASON: Final = re.compile(REASON_PATTERN)
_TRUTH: Final = {"true": True, "false": False}
_WHOLE: Final = re.compile("0|[1-9][0-9]{0,8}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_TAG: Final = re.compile(r'"[!#-~]{1,100}"')


def read_body(request: ProtocolRequest, wanted: type[W]) -> W:
    """Read a body that is one JSON object; raises `CallRefused` 400, 415 or 422."""
    _check_media(request.content_type)
    content = _object(request.body)
    try:
        return msgspec.convert(content, wanted)
    except msgspec.ValidationError as error:
        raise CallRefused(Problem.FIELDS, errors=(_wrong(str(error)),)) from None


def read_query(query: Mapping[str, str], wanted: type[Wanted] | None) -> Any:
    """Read a query, whose parameters come once each (the front door checks that)."""
    if wanted is None:
        if query:
            raise CallRefused(Problem.QUERY, errors=(Wrong("?", "there is no query here"),))
        return None
    for name, text in query.items():
        if _CONTROL.search(text):
            place = name if name in wanted.__struct_fields__ else "?"
            raise CallRefused(Problem.QUERY, errors=(Wrong(place, "it has a control character"),))
    try:
        return msgspec.convert(_typed(query, wanted), wanted)
    except msgspec.ValidationError as error:
        wrong = _wrong(str(error))
        place = wrong.where.removeprefix("/") or "?"
        raise CallRefused(Problem.QUERY, errors=(Wrong(place, wrong.detail),)) from None


def _typed(query: Mapping[str, str], wanted: type[Wanted]) -> dict[str, Any]:
    """Give truth values and whole numbers their one spelling; `1` is not `true`, nor `05` 5."""
    kinds = get_type_hints(wanted)
    read: dict[str, Any] = {}
    for name, text in query.items():
        kind = kinds.get(name)
        if kind is bool and text in _TRUTH:
            read[name] = _TRUTH[text]
        elif kind is int and _WHOLE.fullmatch(text):
            read[name] = int(text)
        else:
            read[name] = text
    return read


def idempotency_key(request: ProtocolRequest) -> str:
    """Give the key of a request that changes something."""
    key = request.headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise CallRefused(Problem.KEY_NEEDED)
    return key


def header_reason(request: ProtocolRequest) -> str:
    """Give the reason out of `Admin-Reason`, ASCII or UTF-8."""
    sent = request.headers.get("admin-reason", "")
    try:
        text = sent.encode("latin-1").decode("utf-8")  # WSGI gives bytes as latin-1 (PEP 3333)
    except UnicodeError:
        text = ""
    if not is_reason(text):
        raise CallRefused(Problem.REASON_NEEDED)
    return text


def is_reason(text: str) -> bool:
    """Tell whether a text can be a reason: 1 to 500 visible characters."""
    return bool(_REASON.fullmatch(text))


def version_of(request: ProtocolRequest) -> str:
    """Give the one strong tag of `If-Match` (RFC 9110 13.1.1); `*` says nothing and is refused."""
    sent = request.headers.get("if-match")
    if sent is None:
        raise CallRefused(Problem.VERSION_NEEDED)
    if not _TAG.fullmatch(sent.strip()):
        raise CallRefused(Problem.HEADER, errors=(Wrong("If-Match", "one tag in quotes"),))
    return sent.strip()[1:-1]


def accepts_json(header: str | None) -> bool:
    """Tell whether a caller takes JSON (RFC 9110 12.5.1)."""
    if header is None or not header.strip():
        return True
    for part in header.split(","):
        kind, *rest = (one.strip().lower() for one in part.split(";"))
        refused = any(re.fullmatch(r"q=0(\.0{0,3})?", one) for one in rest)
        if kind in ("*/*", "application/*", "application/json") and not refused:
            return True
    return False


def _check_media(content_type: str) -> None:
    kind, *rest = (one.strip().lower() for one in content_type.split(";"))
    charset = [one.removeprefix("charset=").strip('"') for one in rest if one]
    if kind != "application/json" or any(one != "utf-8" for one in charset):
        raise CallRefused(Problem.MEDIA)


def _object(body: bytes) -> dict[str, Any]:
    try:
        msgspec.json.decode(body)  # knows half characters and numbers out of range
        read = json.loads(body, object_pairs_hook=_once, parse_constant=_no_constant)
    except _Twice:
        raise CallRefused(Problem.TWICE) from None
    except (ValueError, RecursionError, msgspec.MsgspecError):
        raise CallRefused(Problem.UNREADABLE) from None
    if not isinstance(read, dict) or not _is_sound(read, DEEPEST):
        raise CallRefused(Problem.UNREADABLE)
    return read


def _is_sound(value: Any, depth: int) -> bool:
    """Tell whether nothing is nested too deeply, and no text holds a control character.

    No text of this API has lines; and to Python `$` also means before a last line feed.
    """
    if isinstance(value, str):
        return not _CONTROL.search(value)
    if isinstance(value, dict | list):
        inside = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        return depth > 0 and all(_is_sound(one, depth - 1) for one in inside)
    return True


class _Twice(ValueError):
    """A name stands twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise _Twice
    return read


def _no_constant(_name: str) -> NoReturn:
    raise ValueError


def _wrong(text: str) -> Wrong:
    """Say where and what, in words of ours: nothing that was sent is told again."""
    at = _PATH.search(text)
    where = "/" + re.sub(r"\[([^\]]*)\]", r".\1", at[1]).strip(".").replace(".", "/") if at else ""
    missing = _MISSING.match(text)
    if missing is not None:
        return Wrong(f"{where.rstrip('/')}/{missing[1]}", "it is missing")
    if "unknown field" in text:
        return Wrong(where or "/", "a member that is not known stands here")
    return Wrong(where or "/", "it has not the form that is described")
