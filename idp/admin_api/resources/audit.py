"""The audit log: searches, newest first. What is sealed for a person stays so here.

A program that gathers events needs who did what and when; addresses, names and numbers stay with
the auditor's pages. Each search is an event with its reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

import msgspec

from audit.names import EventName
from audit.personal import is_sealed
from idp.admin_api.looks import Looks
from idp.admin_api.model import Answer, Call, Shape, Wanted
from idp.admin_api.routes import Kind, Route
from idp.admin_api.words import Size
from idp.audit_room import store
from idp.audit_room.looking import asked
from idp.audit_search.model import Criteria, Found
from idp.audit_search.service import AuditSearch
from idp.clock import start_of
from idp.journal.service import Journal
from idp.policy.staff import Permission
from idp.storage.sql import Database

FIRST_DAY, LAST_DAY = date(1970, 1, 2), date(2999, 12, 31)
Id = Annotated[str, msgspec.Meta(pattern="^[!-~]{1,128}$")]
Code = Annotated[str, msgspec.Meta(pattern="^[0-9A-Z]{1,16}$")]
Position = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")]


class SearchEvents(Wanted, frozen=True):
    """What to look for; days are those of Japan, the last one included."""

    name: EventName | None = None
    actor: Id | None = None
    subject: Id | None = None
    client: Id | None = None
    reference: Code | None = None
    begin: date | None = None
    end: date | None = None
    limit: Size = 50
    after: Position | None = None


class EventShape(Shape, frozen=True):
    """One event; what is sealed for a person stands as null."""

    id: str
    name: str
    occurred_at: str
    outcome: str
    actor: dict[str, Any]
    subject: str | None
    client: str | None
    session: str | None
    case: str | None
    request_id: str | None
    source: dict[str, Any]
    data: dict[str, Any]


class EventPage(Shape, frozen=True):
    """Events, newest first. A page may be short and still have a next one."""

    events: list[EventShape]
    next: str | None


@dataclass(frozen=True)
class AuditLog:
    """The log, for programs."""

    database: Database
    journal: Journal
    search: AuditSearch
    looks: Looks

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        return (
            Route(
                method="GET",
                path="/audit/events",
                need=Permission.AUDIT_SEARCH,
                kind=Kind.PERSON,
                do=self.list,
                title="Search the audit log, newest first",
                query=SearchEvents,
                gives=EventPage,
            ),
        )

    def list(self, call: Call) -> Answer:
        """Search; recorded before it is shown."""
        wanted: SearchEvents = call.query
        criteria = _criteria(wanted)
        self.looks.pay(call, 1)
        page = self.search.page(criteria, wanted.limit, wanted.after)
        about = {"found": len(page.found), "reason": call.reason}
        with self.database.begin() as tx:
            self.journal.record(
                tx,
                EventName.AUDIT_SEARCHED,
                call.now,
                actor=call.actor,
                subject=criteria.subject,
                client=call.caller.client_id,
                origin=call.caller.origin,
                data=asked(criteria, call.now) | about,
            )
        return Answer(EventPage(events=[*self._shown(page.found)], next=page.after))

    def _shown(self, found: Sequence[Found]) -> Sequence[EventShape]:
        """Show events as their lines stand in the log, where what is personal is sealed."""
        with self.database.read() as tx:
            lines = [store.line_of(tx, one.event["id"]) for one in found]
        return [event_shape(json.loads(line)) for line in lines if line is not None]


def event_shape(event: Mapping[str, Any]) -> EventShape:
    """Show the line of an event without what is sealed for a person."""
    return EventShape(
        id=event["id"],
        name=event["name"],
        occurred_at=event["occurred_at"],
        outcome=event["outcome"],
        actor=event["actor"],
        subject=event.get("subject"),
        client=event.get("client"),
        session=event.get("session"),
        case=event.get("case"),
        request_id=event.get("request_id"),
        source=_hidden(event.get("source")),
        data=_hidden(event.get("data")),
    )


def _hidden(group: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: None if is_sealed(value) else value for name, value in (group or {}).items()}


def _criteria(wanted: SearchEvents) -> Criteria:
    end = wanted.end
    return Criteria(
        name=wanted.name,
        actor=wanted.actor,
        subject=wanted.subject,
        client=wanted.client,
        reference=wanted.reference,
        begin=start_of(_real(wanted.begin)) if wanted.begin else None,
        end=start_of(_real(end) + timedelta(days=1)) if end else None,
    )


def _real(day: date) -> date:
    """Keep a day within those an instant can be told of."""
    return min(max(day, FIRST_DAY), LAST_DAY)
