"""The question after a breach: whose data was read, whose account was entered, when, from where.

What counts is in `READ` and `ENTERED`: acts that were done, not attempts. Memory grows with the
persons concerned, not with the events; a guard bounds how many events are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from audit import instant
from audit.names import EventName
from idp.accounts import store as accounts
from idp.audit_room.forms import Mark, csv_row, first_row, last_row
from idp.audit_room.guard import Cut, Guard
from idp.audit_room.words import occurred_at
from idp.audit_search.model import BadCriteria, Criteria, address_of
from idp.audit_search.service import AuditSearch
from idp.storage.sql import Database

READ: Final = (
    EventName.CLAIMS_READ,
    EventName.TOKEN_ISSUED,  # the ID token carries claims
    EventName.MEMBER_VIEWED,
    EventName.AUDIT_VIEWED,  # it names whom the event is about
    EventName.DATA_DOWNLOADED,
)
ENTERED: Final = (
    EventName.SESSION_STARTED,
    EventName.SESSION_REAUTHENTICATED,
    EventName.PASSWORD_SET,
)
LISTED: Final = (
    EventName.REGISTER_LISTED,
    EventName.AUDIT_EXPORTED,
    EventName.AUDIT_SEARCHED,
    EventName.STAFF_LISTED,
)
"""Acts that showed many persons at once: they name none, and are counted."""
PLACES_AT_MOST: Final = 20
COLUMNS: Final = (
    "person",
    "member_number",
    "first_at",
    "last_at",
    "read",
    "entered",
    "addresses",
    "clients",
    "actors",
)


@dataclass(slots=True)
class Affected:
    """One person: what happened how often, between when, from where."""

    first_at: datetime
    last_at: datetime
    read: int = 0
    entered: int = 0
    addresses: dict[str, None] = field(default_factory=dict)
    clients: dict[str, None] = field(default_factory=dict)
    actors: dict[str, None] = field(default_factory=dict)

    def add(self, event: dict[str, Any]) -> None:
        """Count one event."""
        at = occurred_at(event)
        self.first_at, self.last_at = min(self.first_at, at), max(self.last_at, at)
        if event["name"] in ENTERED:
            self.entered += 1
        else:
            self.read += 1
        actor = event["actor"]
        known = (
            (self.addresses, address_of(event)),
            (self.clients, event.get("client")),
            (self.actors, actor.get("id") if actor["kind"] != "member" else None),
        )
        for kept, value in known:
            if isinstance(value, str) and len(kept) < PLACES_AT_MOST:
                kept[value] = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Who is affected, by subject or member number; and acts that name nobody."""

    persons: dict[str, Affected]
    numbers: dict[str, str]
    unnamed: int
    """Acts of these kinds that name no person (erased since, or never known)."""
    lists: int
    """Acts that showed lists or parts of the log: look at them one by one."""
    cut: Cut | None = None
    """Why not everything in the span was looked at."""

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give the persons, the first affected first."""
        for person, one in sorted(self.persons.items(), key=lambda pair: pair[1].first_at):
            yield {
                "person": person,
                "member_number": self.numbers.get(person, ""),
                "first_at": instant.to_text(one.first_at),
                "last_at": instant.to_text(one.last_at),
                "read": one.read,
                "entered": one.entered,
                "addresses": " ".join(one.addresses),
                "clients": " ".join(one.clients),
                "actors": " ".join(one.actors),
            }


@dataclass
class Table:
    """The answer for a spreadsheet, row by row; it stops when whoever takes it may no longer."""

    answer: Answer
    guard: Guard
    count: int = 0
    cut: Cut | None = None

    def csv_lines(self, mark: Mark) -> Iterator[str]:
        """Write it, guarded and marked as every export."""
        yield first_row(mark)
        yield csv_row(COLUMNS)
        for row in self.answer.rows():
            self.cut = self.guard.stops(self.count)
            if self.cut is not None:
                break
            self.count += 1
            yield csv_row([str(row[column]) for column in COLUMNS])
        self.cut = self.cut or self.answer.cut
        yield last_row(mark, f"{self.count} persons", self.cut)


class SpanTooLong(BadCriteria):
    """The span of the question is longer than the policy allows on a page."""


@dataclass
class _Stopped:
    """Events until the guard stops them."""

    events: Iterator[dict[str, Any]]
    guard: Guard
    cut: Cut | None = None
    _count: int = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for one in self.events:
            self.cut = self.guard.stops(self._count)
            if self.cut is not None:
                return
            self._count += 1
            yield one


@dataclass(frozen=True)
class BreachQuestion:
    """Answers whose data was read and whose account was entered in a span."""

    database: Database
    search: AuditSearch

    def ask(
        self, criteria: Criteria, guard: Guard | None = None, longest: timedelta | None = None
    ) -> Answer:
        """Go through a span; raises `BadCriteria` when it is open on a side, or too long."""
        if criteria.begin is None or criteria.end is None:
            raise BadCriteria("name the span: from and to")
        if longest is not None and criteria.end - criteria.begin > longest:
            raise SpanTooLong(f"the span is longer than {longest.days} days")
        events = _Stopped(self._events(criteria, (*READ, *ENTERED)), guard or Guard())
        persons: dict[str, Affected] = {}
        numbers: dict[str, str] = {}
        unnamed = 0
        for event in events:
            number = (event.get("data") or {}).get("member")
            person = event.get("subject") or number
            if not isinstance(person, str):
                unnamed += 1
                continue
            at = occurred_at(event)
            persons.setdefault(person, Affected(at, at)).add(event)
            if isinstance(number, str):
                numbers[person] = number
        ends = ("finished", "cut")  # an export has an event before it and one after it
        listed = _Stopped(self._events(criteria, LISTED), guard or Guard())
        lists = sum((one.get("data") or {}).get("state") not in ends for one in listed)
        known = numbers | self._numbers(persons)
        return Answer(persons, known, unnamed, lists, events.cut or listed.cut)

    def _events(self, criteria: Criteria, names: Iterable[EventName]) -> Iterator[dict[str, Any]]:
        for name in names:
            for one in self.search.everything(replace(criteria, name=name, outcome="done")):
                yield one.event

    def _numbers(self, persons: Iterable[str]) -> dict[str, str]:
        with self.database.read() as tx:
            known = ((person, accounts.find(tx, person)) for person in persons)
            return {person: found.member_number for person, found in known if found}
