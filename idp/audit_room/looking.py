"""Looking into the log: every look is an event of its own, committed before anything is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.event import Actor, Personal
from audit.lines import EVENT_ID
from audit.names import EventName
from idp.audit_room import store
from idp.audit_room.seals import Seal, seal_of
from idp.audit_search.model import Criteria, Found, Page
from idp.audit_search.opening import open_lines
from idp.audit_search.service import AuditSearch
from idp.clock import Clock
from idp.errors import IdpError
from idp.journal.model import NOWHERE, Origin
from idp.journal.service import Journal
from idp.members.errors import BadMemberNumber
from idp.members.number import parse_member_number
from idp.staff import store as staff
from idp.storage.sql import Database
from idp.subjects.service import by_number, stranger

INCIDENT_EVENTS = 2_000
"""Events looked at before and after an attempt for others of the same request."""
FIRST, LOOKED_AROUND, OF_SESSION = 200, 20, 500
"""Of a reference code: its events, those whose request is looked for, events of each session."""


class UnknownEvent(IdpError):
    """No event of this id is in the log."""

    code = "not_found"
    status = 404


@dataclass(frozen=True, slots=True)
class Viewed:
    """One event with the seal on it; None while it is not sealed."""

    event: dict[str, Any]
    line: str
    seal: Seal | None


@dataclass(frozen=True, slots=True)
class Incident:
    """What belongs to a reference code, and what of it may be missing."""

    found: tuple[Found, ...]
    every: bool
    """Whether all events with the code are here, each with its request."""
    cut: tuple[str, ...]
    """Sessions of which only the newest events are here."""

    @property
    def whole(self) -> bool:
        """Tell whether nothing was left out."""
        return self.every and not self.cut


@dataclass(frozen=True)
class Looking:
    """Searches, views, follows; whoever asks is named."""

    database: Database
    clock: Clock
    journal: Journal
    search: AuditSearch

    def staff_names(self) -> dict[str, str]:
        """Name the staff by id, those who have left too."""
        with self.database.read() as tx:
            return {one.id: one.name for one in staff.list_all(tx)}

    def page(
        self,
        criteria: Criteria,
        most: int,
        actor: Actor,
        *,
        after: str | None = None,
        origin: Origin = NOWHERE,
        session: str | None = None,
    ) -> Page:
        """Give a page of a search; raises `BadCriteria` for a place that is none."""
        page = self.search.page(criteria, most, after)
        about = {"found": len(page.found), "after": after}
        self.record(EventName.AUDIT_SEARCHED, criteria, actor, about, origin, session=session)
        return page

    def view(
        self, event_id: str, actor: Actor, origin: Origin = NOWHERE, *, session: str | None = None
    ) -> Viewed:
        """Give one event with everything in it; raises `UnknownEvent`."""
        if not EVENT_ID.fullmatch(event_id):  # PostgreSQL takes no NUL, and an event tells it again
            raise UnknownEvent(f"{event_id[:60]!a}: no event of this id")
        with self.database.read() as tx:
            line = store.line_of(tx, event_id)
            if line is None:
                raise UnknownEvent(f"{event_id[:60]!a}: no event of this id")
            (event,) = open_lines(tx, self.search.persons, [line])
            seal = seal_of(tx, event_id)
        about = {"event": event_id}
        asked = Criteria(subject=event.get("subject"))
        self.record(EventName.AUDIT_VIEWED, asked, actor, about, origin, session=session)
        return Viewed(event, line, seal)

    def incident(
        self, reference: str, actor: Actor, origin: Origin = NOWHERE, *, session: str | None = None
    ) -> Incident:
        """Give what belongs to a reference code, oldest first: its events, request, session.

        Raises `UnknownEvent` when no event has the code.
        """
        criteria = Criteria(reference=reference)
        page = self.search.page(criteria, FIRST)
        first = list(page.found)
        if not first:
            raise UnknownEvent(f"{reference}: no event has this code")
        found = {one.position: one for one in first}
        for one in first[:LOOKED_AROUND]:
            found |= {other.position: other for other in self._around(one)}
        cut = []
        for other in sorted({one.event["session"] for one in first if one.event.get("session")}):
            more = self.search.page(Criteria(session=other), OF_SESSION)
            found |= {one.position: one for one in more.found}
            if more.after is not None:
                cut.append(other)
        about = {"found": len(found)}
        self.record(EventName.AUDIT_VIEWED, criteria, actor, about, origin, session=session)
        listed = tuple(found[position] for position in sorted(found))
        every = page.after is None and len(first) <= LOOKED_AROUND
        return Incident(listed, every, tuple(cut))

    def record(
        self,
        name: EventName,
        criteria: Criteria,
        actor: Actor,
        about: Mapping[str, Any],
        origin: Origin = NOWHERE,
        *,
        session: str | None = None,
    ) -> str:
        """Record a look with what was asked for; an address or number only under a person's key."""
        now = self.clock.now()
        with self.database.begin() as tx:
            return self.journal.record(
                tx,
                name,
                now,
                actor=actor,
                subject=criteria.subject,
                session=session,
                origin=origin,
                data=asked(criteria, now) | {k: v for k, v in about.items() if v is not None},
            )

    def _around(self, one: Found) -> list[Found]:
        """Give the events of the same request: they stand close by in the log."""
        request = one.event.get("request_id")
        if not isinstance(request, str):
            return []
        near = range(one.position - INCIDENT_EVENTS, one.position + INCIDENT_EVENTS)
        with self.database.read() as tx:
            rows = [row for row in store.between(tx, near[0], near[-1]) if request in row[1]]
            opened = open_lines(tx, self.search.persons, [line for _, line in rows])
        pairs = zip(rows, opened, strict=True)
        return [Found(at, event) for (at, _), event in pairs if event.get("request_id") == request]


def asked(criteria: Criteria, now: datetime) -> dict[str, Any]:
    """Give criteria as they may stand in an event: nobody reads the log to learn an address."""
    data = criteria.as_data()
    person = criteria.subject or stranger(now)
    if criteria.address is not None:
        data["address"] = Personal(criteria.address.text, person)
    if criteria.member is not None:
        data["number"] = Personal(criteria.member, _whose(criteria.member) or person)
    return data


def _whose(typed: str) -> str | None:
    """Name whose number was searched for; None when it can be nobody's."""
    try:
        return by_number(parse_member_number(typed))
    except BadMemberNumber:
        return None
