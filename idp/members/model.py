"""What the register knows of a member, as facts with the day from which they hold.

There is no status here: `standing.py` derives it from the four dates of membership. How a member
signs in is the account's business (`idp.accounts`). Reading files: `register_file.py`.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Employment(StrEnum):
    """Whether a member still works (現職) or has retired (退職)."""

    WORKING = "working"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Name:
    """A name as the register holds it, never normalised; `given` is empty for a mononym."""

    family: str
    given: str
    family_kana: str
    given_kana: str
    name_in_use: str | None = None

    @property
    def full(self) -> str:
        """Join family and given name with one full-width space."""
        return f"{self.family}\u3000{self.given}" if self.given else self.family

    @property
    def full_kana(self) -> str:
        """Join the two kana names with one full-width space."""
        return f"{self.family_kana}\u3000{self.given_kana}" if self.given_kana else self.family_kana

    @property
    def shown(self) -> str:
        """Tell the name to show: the name in use (通称) where there is one."""
        return self.name_in_use or self.full


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; a part that is not known is empty, the street may hold line breaks."""

    postal_code: str
    region: str
    locality: str
    street_address: str


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """A value and the day from which it holds, until the next entry of the same list."""

    value: T
    from_on: date


@dataclass(frozen=True, slots=True)
class MembershipDates:
    """The four dated facts of membership; hot paths read these alone."""

    capital_paid_on: date | None = None
    withdrawal_accepted_on: date | None = None
    refund_planned_on: date | None = None
    capital_refunded_on: date | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One member; dated lists are sorted by `from_on`, `names` is never empty.

    `email` is the address an invitation goes to, as typed; the sign-in address is the account's.
    `external_id` is how the core system calls the member, where it feeds the register by SCIM.
    """

    member_number: str
    birth_on: date
    employment: Employment
    workplace: str
    names: tuple[Dated[Name], ...]
    addresses: tuple[Dated[Address | None], ...] = ()
    phones: tuple[Dated[str | None], ...] = ()
    email: str | None = None
    capital_paid_on: date | None = None
    withdrawal_accepted_on: date | None = None
    refund_planned_on: date | None = None
    capital_refunded_on: date | None = None
    external_id: str | None = None

    @property
    def dates(self) -> MembershipDates:
        """Take the four dates of membership together."""
        return MembershipDates(
            self.capital_paid_on,
            self.withdrawal_accepted_on,
            self.refund_planned_on,
            self.capital_refunded_on,
        )


def name_on(member: Member, day: date) -> Name:
    """Tell the name that holds on a day; before the first entry, the first."""
    return (_entry_on(member.names, day) or member.names[0]).value


def address_on(member: Member, day: date) -> Address | None:
    """Tell the address that holds on a day, or None where none is known."""
    entry = _entry_on(member.addresses, day)
    return entry.value if entry else None


def phone_on(member: Member, day: date) -> str | None:
    """Tell the telephone number (E.164) that holds on a day, or None where none is known."""
    entry = _entry_on(member.phones, day)
    return entry.value if entry else None


def from_day(entries: tuple[Dated[T], ...], value: T, from_on: date) -> tuple[Dated[T], ...]:
    """Add a value that holds from a day on; an entry of the same day is replaced."""
    kept = [entry for entry in entries if entry.from_on != from_on]
    return tuple(sorted([*kept, Dated(value, from_on)], key=lambda entry: entry.from_on))


def _entry_on(entries: tuple[Dated[T], ...], day: date) -> Dated[T] | None:
    found = None
    for entry in entries:
        if entry.from_on > day:
            break
        found = entry
    return found
