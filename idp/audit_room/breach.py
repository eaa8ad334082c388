"""The question after a breach: whose data was read, whose account was entered, when, from where.

What counts is in `READ` and `ENTERED`: acts that were done, not attempts. Memory grows with the
persons concerned, not with the events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from audit import instant
from audit.names import EventName
from idp.accounts import store as accounts
from idp.audit_room.forms import Mark, csv_row
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

    def csv_lines(self, mark: Mark) -> Iterator[str]:
        """Write the table for a spreadsheet, guarded and marked as every export."""
        at = instant.to_text(mark.at)
        yield "\ufeff" + csv_row([f"# exported by {mark.by} at {at}, export {mark.export}"])
        yield csv_row(COLUMNS)
        for row in self.rows():
            yield csv_row([str(row[column]) for column in COLUMNS])
        yield csv_row([f"# {len(self.persons)} persons, export {mark.export} ends here"])


@dataclass(frozen=True)
class BreachQuestion:
    """Answers whose data was read and whose account was entered in a span."""

    database: Database
    search: AuditSearch

    def ask(self, criteria: Criteria) -> Answer:
        """Go through a span; raises `BadCriteria` when it is not bounded on both sides."""
        if criteria.begin is None or criteria.end is None:
            raise BadCriteria("name the span: from and to")
        persons: dict[str, Affected] = {}
        numbers: dict[str, str] = {}
        unnamed = 0
        for event in self._events(criteria, (*READ, *ENTERED)):
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
        lists = sum(
            one.get("data", {}).get("state") not in ends for one in self._events(criteria, LISTED)
        )
        return Answer(persons, numbers | self._numbers(persons), unnamed, lists)

    def _events(self, criteria: Criteria, names: Iterable[EventName]) -> Iterator[dict[str, Any]]:
        for name in names:
            for one in self.search.everything(replace(criteria, name=name, outcome="done")):
                yield one.event

    def _numbers(self, persons: Iterable[str]) -> dict[str, str]:
        with self.database.read() as tx:
            known = ((person, accounts.find(tx, person)) for person in persons)
            return {person: found.member_number for person, found in known if found}
