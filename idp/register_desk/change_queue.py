"""The queue of change requests: what waits, when it is due, whether it is late.

Deciding itself is `idp.changes.deciding`; this module lists, and tells how near the due date is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from audit.event import Actor
from audit.names import EventName
from idp.changes.model import ChangeRequest, State
from idp.clock import Clock
from idp.journal.model import Behind
from idp.journal.service import Journal
from idp.members import store as members
from idp.members.model import name_on
from idp.register_desk import store
from idp.register_desk.masking import masked_name
from idp.storage.sql import Database

PER_PAGE: Final = 50


class Due(StrEnum):
    """How a request stands towards its due date."""

    LATE = "late"
    TODAY = "today"
    LATER = "later"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One request of the queue; the member's name is masked."""

    change: ChangeRequest
    name: str
    due: Due


@dataclass(frozen=True, slots=True)
class Queue:
    """One page of the queue, and how much there is of it."""

    rows: tuple[Waiting, ...]
    open: int
    late: int
    today: int
    page: int
    more: bool


def due_of(change: ChangeRequest, today: date) -> Due:
    """Tell how near the due date is."""
    if change.state is not State.OPEN:
        return Due.DECIDED
    if change.due_on < today:
        return Due.LATE
    return Due.TODAY if change.due_on == today else Due.LATER


@dataclass(frozen=True)
class ChangeQueue:
    """Lists change requests."""

    database: Database
    clock: Clock
    journal: Journal

    def page(self, page: int, actor: Actor, behind: Behind, *, decided: bool = False) -> Queue:
        """Give one page, the earliest due first; recorded, for it lists members."""
        now, today = self.clock.now(), self.clock.today()
        skip = (page - 1) * PER_PAGE
        with self.database.begin() as tx:
            listing = store.decided_changes if decided else store.open_changes
            found = listing(tx, PER_PAGE + 1, skip)
            rows = []
            for one in found[:PER_PAGE]:
                name = name_on(members.get(tx, one.member_number), today)
                rows.append(Waiting(one, masked_name(name), due_of(one, today)))
            count, late, due_today = store.count_open(tx, today)
            self.journal.record(
                tx,
                EventName.REGISTER_LISTED,
                now,
                actor=actor,
                session=behind.session,
                origin=behind.origin,
                data={"what": "change requests", "count": len(rows), "page": page},
            )
        return Queue(tuple(rows), count, late, due_today, page, len(found) > PER_PAGE)

    def counts(self) -> tuple[int, int, int]:
        """Count what waits, what is late, what is due today."""
        with self.database.read() as tx:
            return store.count_open(tx, self.clock.today())
