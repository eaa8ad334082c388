"""The calendar: what is due on which day, and who gains or loses access then.

Days are counted from the dates themselves (`idp.lifecycle.calendar.turns_of`), as the clock will
decide them; nothing here is a plan of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from audit.event import Actor
from audit.names import EventName
from idp.accounts import store as accounts
from idp.changes.model import ChangeRequest
from idp.clock import Clock
from idp.inforce.service import PolicyInForce
from idp.journal.model import Behind
from idp.journal.service import Journal
from idp.lifecycle.calendar import BadPeriod, Turn, turns_of
from idp.members.model import Member
from idp.register_desk import store
from idp.storage.sql import Database, Tx

LONGEST: Final = timedelta(days=366)
PER_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Day:
    """What happens on one day, in numbers."""

    on: date
    changes_due: int = 0
    gaining: int = 0
    losing: int = 0
    told: int = 0
    """Members who are told that their access ends, so many days ahead."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """A period: the days on which something happens, and what is past due."""

    first: date
    last: date
    days: tuple[Day, ...]
    changes_late: int
    refunds_late: int


@dataclass(frozen=True, slots=True)
class OneDay:
    """One day: requests that are due, and one page of those who gain or lose access."""

    on: date
    changes: tuple[ChangeRequest, ...]
    turns: tuple[Turn, ...]
    count: int
    page: int

    @property
    def more(self) -> bool:
        """Tell whether another page follows."""
        return self.count > self.page * PER_PAGE


@dataclass(frozen=True)
class Dues:
    """Reads the calendar."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal

    def between(self, first: date, last: date) -> Calendar:
        """Count what happens on the days of a period; raises `BadPeriod`. It names nobody."""
        if not first <= last <= first + LONGEST:
            raise BadPeriod(f"{first} to {last}: at most a year, in order")
        today = self.clock.today()
        ahead = [timedelta(days=n) for n in self.policy.policy.calendar.notices_days_before_end]
        furthest = last + max(ahead, default=timedelta())
        with self.database.read() as tx:
            due = store.due_by_day(tx, first, last)
            gaining: Counter[date] = Counter()
            losing: Counter[date] = Counter()
            with_account: Counter[date] = Counter()
            for turn in _turns(tx, first, furthest):
                (gaining if turn.access == "gains" else losing)[turn.on] += 1
                with_account[turn.on] += turn.access == "loses" and turn.has_account
            late = store.count_open(tx, today)[1]
            refunds = store.count_late_refunds(tx, today)
        days = []
        for n in range((last - first).days + 1):
            on = first + timedelta(days=n)
            told = sum(with_account[on + span] for span in ahead)
            day = Day(on, due.get(on, 0), gaining[on], losing[on], told)
            if day != Day(on):
                days.append(day)
        return Calendar(first, last, tuple(days), late, refunds)

    def on(self, day: date, page: int, actor: Actor, behind: Behind) -> OneDay:
        """Give a day with the numbers of its members; recorded, for it lists them."""
        with self.database.begin() as tx:
            turns = sorted(_turns(tx, day, day), key=lambda turn: (turn.access, turn.member_number))
            due = store.due_on(tx, day)[:PER_PAGE]
            shown = turns[(page - 1) * PER_PAGE : page * PER_PAGE]
            about = {"what": "calendar", "from": day.isoformat(), "to": day.isoformat()}
            self._record(tx, actor, behind, about | {"count": len(shown) + len(due)})
        return OneDay(day, tuple(due), tuple(shown), len(turns), page)

    def late_refunds(self, page: int, actor: Actor, behind: Behind) -> list[Member]:
        """List members whose refund is past its day and not on record; one more than a page."""
        with self.database.begin() as tx:
            skip = (page - 1) * PER_PAGE
            found = store.late_refunds(tx, self.clock.today(), PER_PAGE + 1, skip)
            about = {"what": "refunds past due", "count": min(len(found), PER_PAGE)}
            self._record(tx, actor, behind, about)
        return found

    def _record(self, tx: Tx, actor: Actor, behind: Behind, data: dict[str, object]) -> None:
        self.journal.record(
            tx,
            EventName.REGISTER_LISTED,
            self.clock.now(),
            actor=actor,
            session=behind.session,
            origin=behind.origin,
            data=data,
        )


def _turns(tx: Tx, first: date, last: date) -> Iterator[Turn]:
    for number, subject, dates in accounts.turning_between(tx, first, last):
        for on, access, because in turns_of(dates):
            if first <= on <= last:
                yield Turn(on, number, access, because, subject is not None)
