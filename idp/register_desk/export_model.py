"""Lists that leave the house: which there are, what was allowed, and what may be wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from idp.errors import IdpError


class ListName(StrEnum):
    """The lists of members that can be taken as a file."""

    MEMBERS = "members"
    JOINED = "joined"
    LEAVING = "leaving"
    REFUNDS = "refunds"


@dataclass(frozen=True, slots=True)
class Allowed:
    """An export somebody may take once; `rows` is how many it held when it was allowed."""

    id: str
    staff_id: str
    list: ListName
    first_on: date | None
    last_on: date | None
    rows: int
    reason: str = field(repr=False)
    approval: str | None
    allowed_at: datetime
    expires_at: datetime
    taken_at: datetime | None


class BadExport(IdpError):
    """There is no such list, its days cannot be, or it holds nobody; the detail says which."""

    code = "bad_export"
    status = 400


class UnknownExport(IdpError):
    """There is no export of this id, or it is another person's."""

    code = "not_found"
    status = 404


class CannotTake(IdpError):
    """It was taken before, is over, or the list holds more by now; the detail says which."""

    code = "cannot_take"
    status = 409
