"""The forms of values that stand in many bodies, as JSON Schema says them."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

_MARK: Final = (
    "!-~\u00a1-\u00ac\u00ae-\u017f\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2460-\u24ff"
    "\u25a0-\u25ff\u3001-\u303f\u3041-\u3096\u3099-\u30ff\u3400-\u4db5\u4e00-\u9fef"
    "\uf900-\ufa6d\uff01-\uff9f\U00020000-\U0002a6d6"
)
"""Marks of the writing that reasons are in; no blanks but the plain one, nothing invisible."""
REASON_PATTERN: Final = f"^[{_MARK}]([ {_MARK}]{{0,498}}[{_MARK}])?$"
HEADER_REASON: Final = "^[!-~]([ -~]{0,498}[!-~])?$"
"""What of it fits into a header as ASCII; UTF-8 is taken too."""
KEY_PATTERN: Final = "^[!-~]{1,128}$"
MOST: Final = 200
"""Rows of one page."""

Reason = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=500,
        pattern=REASON_PATTERN,
        description="Why; it stands in the audit log.",
        examples=["asked by letter of 3 April"],
    ),
]
Number = Annotated[
    str,
    msgspec.Meta(pattern="^[0-9]{8}$", description="Member number.", examples=["00000017"]),
]
Size = Annotated[int, msgspec.Meta(ge=1, le=MOST, description="Rows of a page.")]
After = Annotated[
    str,
    msgspec.Meta(pattern="^[!-~]{1,200}$", description="`next` of the page before."),
]

PLACES: Final[dict[str, tuple[str, str]]] = {
    "number": ("^[0-9]{8}$", "Member number."),
    "block": ("^[0-9A-Za-z-]{1,36}$", "Id or reference code of a block."),
    "change": ("^[0-9a-f-]{36}$", "Id of a change request."),
    "client": ("^[A-Za-z0-9._~-]{1,128}$", "client_id."),
    "kid": ("^[A-Za-z0-9_-]{1,64}$", "Id of a signing key."),
    "withdrawal": ("^[0-9a-f-]{36}$", "Id of withdrawals by list."),
    "staff": ("^[0-9a-f-]{36}$", "Id of a staff account."),
    "approval": ("^[0-9a-f-]{36}$", "Id of a request for a second person."),
}
"""What may stand in a path, by name: pattern and meaning. Anything else is nobody's: 404."""
