"""Who gains and who loses access on which day: read from the dates, as the clock will decide it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from audit.event import Actor
from audit.names import EventName
from idp.accounts import store as accounts
from idp.clock import Clock
from idp.errors import IdpError
from idp.journal.service import Journal
from idp.members.model import MembershipDates
from idp.members.standing import dates_access_ends_on, dates_have_membership
from idp.storage.sql import Database

ONE_DAY = timedelta(days=1)
LONGEST = timedelta(days=3660)


class BadPeriod(IdpError):
    """A period that ends before it begins, or is absurdly long."""

    code = "bad_period"
    status = 400


@dataclass(frozen=True, slots=True)
class Turn:
    """One member who gains or loses access on a day, and by which fact."""

    on: date
    member_number: str
    access: str
    because: str
    has_account: bool


@dataclass(frozen=True)
class AccessCalendar:
    """Lists the turns of a period."""

    database: Database
    clock: Clock
    journal: Journal

    def between(self, first: date, last: date, actor: Actor) -> list[Turn]:
        """List who gains or loses access from one day to another, in order of the day.

        Recorded, for it lists members. Raises `BadPeriod`.
        """
        if not first <= last <= first + LONGEST:
            raise BadPeriod(f"{first} to {last}: give a period of at most ten years, in order")
        with self.database.begin() as tx:
            rows = accounts.turning_between(tx, first, last)
            self.journal.record(
                tx,
                EventName.REGISTER_LISTED,
                self.clock.now(),
                actor=actor,
                data={"what": "calendar", "from": first.isoformat(), "to": last.isoformat()},
            )
        turns = [
            Turn(on, number, access, because, subject is not None)
            for number, subject, dates in rows
            for on, access, because in turns_of(dates)
            if first <= on <= last
        ]
        return sorted(turns, key=lambda turn: (turn.on, turn.member_number))


def turns_of(dates: MembershipDates) -> Iterator[tuple[date, str, str]]:
    """Tell on which days the dates of one member give access and take it: day, what, by which."""
    paid_on, ends_on = dates.capital_paid_on, dates_access_ends_on(dates)
    if paid_on is not None and dates_have_membership(dates, paid_on):
        yield paid_on, "gains", "capital_paid_on"
    if ends_on is not None and dates_have_membership(dates, ends_on - ONE_DAY):
        refunded = ends_on == dates.capital_refunded_on
        yield ends_on, "loses", "capital_refunded_on" if refunded else "refund_planned_on"
