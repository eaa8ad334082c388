"""base64url without padding and JSON, both strict: one text per value (RFC 7515 2, RFC 8259).

Two texts for one value are an attack on everything that compares texts: padded or otherwise
malleable tokens pass a list of revoked ones, and repeated members mean one thing to the checker
and another to the user.
"""

import base64
import binascii
import json
import math
from typing import Any, NoReturn


def encode(data: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Decode base64url; raise ValueError for padding, foreign characters and spare bits."""
    try:
        raw = text.encode("ascii")
        data = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise ValueError("not base64url") from None
    # Re-encoding refuses '=', '+', '/' and spare bits in the last character at once.
    if encode(data) != text:
        raise ValueError("not canonical base64url")
    return data


def parse_object(data: bytes) -> dict[str, Any]:
    """Parse one JSON object; raise ValueError for anything a lenient reader could read otherwise.

    Refused: repeated members, NaN and infinities, numbers beyond a double, bad UTF-8, lone
    surrogates, depth bombs.
    """
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique_members,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
        if b"\\u" in data:
            # An escaped half of a character passes the parser and breaks the first store it meets.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if isinstance(value, dict):
        return value
    raise ValueError("not a JSON object")


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("repeated member")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("number out of range")
    return number
