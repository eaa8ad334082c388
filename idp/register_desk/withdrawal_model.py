"""Withdrawals by list: what was recorded when, for whom, and what stood there before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from idp.errors import IdpError


class Trouble(StrEnum):
    """Why a line of a list cannot be recorded."""

    NOT_A_NUMBER = "not_a_number"
    UNKNOWN = "unknown"
    NOT_PAID = "not_paid"
    BEFORE_PAYMENT = "before_payment"
    REFUNDED = "refunded"
    SAME = "same"
    """The register says so already; it is left out, and is no error."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a clerk asks for: members who leave, since when, and when the capital goes back."""

    numbers: tuple[str, ...]
    accepted_on: date
    refund_on: date | None


@dataclass(frozen=True, slots=True)
class Row:
    """What a withdrawal would mean for one member."""

    number: str
    accepted_before: date | None = None
    refund_before: date | None = None
    refund_after: date | None = None
    ends_before: date | None = None
    ends_after: date | None = None
    standing: str = ""
    account: str = ""
    """`none`, `active`, `stopped` or `blocked`."""
    trouble: Trouble | None = None

    @property
    def keeps_access(self) -> bool:
        """Tell whether no end of access is known afterwards: no day of a refund stands there."""
        return self.trouble is None and self.ends_after is None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a list would mean, member by member, in the order of the numbers."""

    wanted: Wanted
    rows: tuple[Row, ...]

    @property
    def changing(self) -> tuple[Row, ...]:
        """Give those for whom something is recorded."""
        return tuple(row for row in self.rows if row.trouble is None)

    @property
    def troubles(self) -> tuple[Row, ...]:
        """Give those that keep the list from being sent."""
        return tuple(row for row in self.rows if row.trouble not in (None, Trouble.SAME))


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One act on a list that was recorded."""

    id: str
    made_at: datetime
    made_by: str
    reason: str = field(repr=False)
    approval: str | None
    accepted_on: date
    refund_on: date | None
    undone_at: datetime | None = None
    undone_by: str | None = None
    undo_reason: str | None = field(default=None, repr=False)
    undo_approval: str | None = None
    members: int = 0


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """One member of such an act: what stood there before, what was written, whether undone."""

    number: str
    accepted_before: date | None
    refund_before: date | None
    refund_after: date | None
    undone: bool


class BadList(IdpError):
    """The list cannot be recorded; the detail says which line and why."""

    code = "bad_leaving"
    status = 400


class UnknownWithdrawal(IdpError):
    """There is no act of this id."""

    code = "not_found"
    status = 404


class CannotUndo(IdpError):
    """It is too late, or nothing is left that could be undone."""

    code = "cannot_undo"
    status = 409
