"""Untrusted forms, read strictly: one value per field, UTF-8 only, bounded.

Werkzeug would take the first of repeated fields, replace broken UTF-8 and accept files; each of
these hides an attack or a fault, so the body is parsed here (URL Standard, section 5).
"""

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from idp.errors import IdpError

MAX_BODY = 64 * 1024
MAX_PAIRS = 200

_STATUS = {
    "bad_request": 400,
    "repeated_field": 400,
    "bad_encoding": 400,
    "field_too_long": 400,
    "body_too_large": 413,
    "unsupported_media_type": 415,
}
_MEDIA_TYPE = "application/x-www-form-urlencoded"
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_LONG_VOWELS = "ーｰ"  # typed instead of a hyphen on Japanese keyboards


class BadForm(IdpError):
    """A form that cannot be believed; `code` says why."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.status = _STATUS[code]


def read_form(request: Request, fields: Mapping[str, int]) -> dict[str, str]:
    """Read the named fields, each with its greatest length in characters; absent ones are "".

    Fields that are not named are ignored. Raises BadForm: repeated_field, bad_encoding,
    field_too_long, body_too_large, unsupported_media_type, bad_request (a body cut short).
    """
    values = dict.fromkeys(fields, "")
    seen: set[str] = set()
    for name, raw in _pairs(read_body(request)):
        if name not in fields:
            continue
        if name in seen:
            raise BadForm("repeated_field", name)
        seen.add(name)
        values[name] = _text(raw)
        if len(values[name]) > fields[name]:
            raise BadForm("field_too_long", name)
    return values


def read_pairs(request: Request) -> list[tuple[str, str]]:
    """Read all fields as they stand, repeated ones too, to be sent once more; raises BadForm."""
    return [(name, _text(raw)) for name, raw in _pairs(read_body(request))]


def check_query(request: Request) -> None:
    """Refuse a query that says two things: a repeated name, or what is no UTF-8. Raises BadForm.

    One reader would take the first of two values and another the last (CWE-235).
    """
    seen: set[str] = set()
    for name, raw in _pairs(request.query_string):
        if name in seen:
            raise BadForm("repeated_field", name)
        seen.add(name)
        _text(raw)


def fold_code(text: str) -> str:
    """Fold a typed code: full width to ASCII, without blanks and hyphens of any kind."""
    narrow = text.translate(_FULL_WIDTH)
    return "".join(c for c in narrow if not (c.isspace() or c in _LONG_VOWELS or _is_dash(c)))


def _is_dash(character: str) -> bool:
    return unicodedata.category(character) == "Pd" or character == "\u2212"  # the minus sign


def read_body(request: Request) -> bytes:
    """Read the whole body of a form as it came; raises BadForm for one that is no form."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise BadForm("unsupported_media_type", "a compressed body")
    body = whole_body(request)
    if not body:
        return body
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != _MEDIA_TYPE or charset not in ("utf-8", "utf8"):
        raise BadForm("unsupported_media_type", request.mimetype[:80])
    return body


def whole_body(request: Request, most: int = MAX_BODY) -> bytes:
    """Read all of the body; Werkzeug cuts a chunked one at its limit without a word."""
    request.max_content_length = most + 1
    try:
        body = request.get_data(cache=True, parse_form_data=False)
    except RequestEntityTooLarge as error:
        raise BadForm("body_too_large") from error
    if len(body) > most:
        raise BadForm("body_too_large")
    if request.content_length is not None and len(body) != request.content_length:
        raise BadForm("bad_request", "the body was cut short")
    return body


def _pairs(body: bytes) -> list[tuple[str, bytes]]:
    parts = body.split(b"&", MAX_PAIRS)
    if len(parts) > MAX_PAIRS:
        raise BadForm("body_too_large", "too many fields")
    pairs = [part.partition(b"=") for part in parts if part]
    return [(_text(name), value) for name, _, value in pairs]


def _text(raw: bytes) -> str:
    if _BROKEN_ESCAPE.search(raw):
        raise BadForm("bad_encoding", "a broken percent escape")
    return plain_text(unquote_to_bytes(raw.replace(b"+", b" ")))


def plain_text(raw: bytes) -> str:
    """Read bytes as the text of a field; raises BadForm."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:  # Shift_JIS, overlong forms, lone surrogates
        raise BadForm("bad_encoding", "not UTF-8") from error
    if "\0" in text:
        raise BadForm("bad_encoding", "a NUL")
    return text
