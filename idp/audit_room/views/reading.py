"""One event with its seal, timelines of persons and staff, incidents, and the breach question."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, request
from werkzeug.wrappers import Response

from audit.names import EventName
from idp.audit_room.breach import COLUMNS, Answer, BreachQuestion, SpanTooLong, Table
from idp.audit_room.exporting import Exports
from idp.audit_room.guard import Cut
from idp.audit_room.looking import UnknownEvent
from idp.audit_room.views.room import RoomDesk, asked
from idp.audit_room.views.showing import (
    EVENT,
    PAGE,
    TIMELINE,
    members_of,
    second,
    ways,
)
from idp.audit_room.words import occurred_at, sentence
from idp.audit_search.model import BadCriteria, Criteria, read_reference
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.web.forms import read_form
from idp.web.i18n import mark as _

BREACH: Final = f"{PAGE}/breach"
LONGEST: Final = 200
PER_PAGE: Final = 100
SHOWN_AT_MOST: Final = 1_000
"""Persons on the page; the file has all of them."""
ASKED: Final = ("from", "to", "client", "actor", "address")


@dataclass(frozen=True)
class ReadingPages:
    """Mounts and serves the pages about single events and what hangs together."""

    desk: RoomDesk
    breach: BreachQuestion
    exports: Exports

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        room = self.desk.console.room("audit_reading")
        room.page(f"{EVENT}/<event_id>", self.event, needs=Permission.AUDIT_SEARCH)
        room.page(TIMELINE, self.timeline, needs=Permission.AUDIT_SEARCH)
        room.page(BREACH, self.ask, needs=Permission.AUDIT_SEARCH)
        room.act(
            BREACH,
            self.take,
            needs=Permission.AUDIT_EXPORT,
            recent=BREACH,
            called=_("この表をCSVで書き出す"),
        )
        return room.blueprint

    def event(self, acting: Acting, event_id: str) -> Response:
        """Show everything of one event, and what proves it."""
        console, look = self.desk.console, self.desk.look(acting)
        viewed = self.desk.looking.view(event_id, self.desk.actor(acting), **look)
        return console.render(
            acting,
            "audit_room/event.html",
            what=sentence(viewed.event, console.pages.language()),
            at=second(occurred_at(viewed.event)),
            members=members_of(viewed.event, self.desk.looking.staff_names()),
            ways=ways(viewed.event),
            seal=viewed.seal,
            signed_at=second(viewed.seal.signed_at) if viewed.seal else None,
            line=viewed.line,
        )

    def timeline(self, acting: Acting) -> Response:
        """Show what happened to a person, by an actor, or around a reference code."""
        typed = asked(("person", "actor", "reference", "after"), LONGEST)
        after = typed.pop("after")
        about = {k: v for k, v in typed.items() if v}
        try:
            if len(about) != 1:
                raise BadCriteria("one of them")
            content = (
                self._incident(acting, typed["reference"])
                if typed["reference"]
                else self._life(acting, typed, after)
            )
        except BadCriteria as error:
            raise UnknownEvent(error.detail) from error
        kind, value = next(iter(about.items()))
        content |= {"kind": kind, "value": value}
        return self.desk.console.render(acting, "audit_room/timeline.html", **content)

    def _incident(self, acting: Acting, typed: str) -> dict[str, Any]:
        reference, actor = read_reference(typed), self.desk.actor(acting)
        incident = self.desk.looking.incident(reference, actor, **self.desk.look(acting))
        # What was left out is one search away: the rest of a code, the rest of a session.
        more = [f"{PAGE}?{urlencode({'session': one})}" for one in incident.cut]
        if not incident.every:
            more.insert(0, f"{PAGE}?{urlencode({'reference': reference})}")
        rows = self.desk.rows(incident.found)
        return {"rows": rows, "older": None, "more": more, "back_to": None}

    def _life(self, acting: Acting, typed: dict[str, str], after: str) -> dict[str, Any]:
        criteria, actor = self.desk.criteria(typed), self.desk.actor(acting)
        look = self.desk.look(acting)
        page = self.desk.looking.page(criteria, PER_PAGE, actor, after=after, **look)
        kept = {k: v for k, v in typed.items() if v} | {"after": page.after}
        older = f"{TIMELINE}?{urlencode(kept)}" if page.after else None
        rows = self.desk.rows(page.found)
        return {"rows": rows, "older": older, "more": [], "back_to": page.back_to}

    def ask(self, acting: Acting) -> Response:
        """Show the form of the breach question, and the answer."""
        typed = asked(ASKED, LONGEST)
        if not any(typed.values()):
            return self._answer(acting, typed)
        try:
            criteria = self.desk.criteria(typed)
            answer = self._asked(acting, criteria, Permission.AUDIT_SEARCH)
        except BadCriteria as error:
            return self._answer(acting, typed, 400, wrong=_wrong(error))
        about = {"question": "breach", "found": len(answer.persons)}
        actor, look = self.desk.actor(acting), self.desk.look(acting)
        self.desk.looking.record(EventName.AUDIT_SEARCHED, criteria, actor, about, **look)
        if answer.cut is Cut.PERMISSION:
            return self.desk.console.forbidden(acting, Permission.AUDIT_SEARCH)
        return self._answer(acting, typed, answer=answer)

    def take(self, acting: Acting) -> Response:
        """Send the answer as a table for a spreadsheet, row by row."""
        sent = read_form(request, {"csrf_token": 64} | dict.fromkeys(ASKED, LONGEST))
        export = Permission.AUDIT_EXPORT
        try:
            criteria = self.desk.criteria(sent)
            answer = self._asked(acting, criteria, export)
        except BadCriteria as error:
            return self._answer(acting, sent, 400, wrong=_wrong(error))
        if answer.cut is Cut.PERMISSION:
            return self.desk.console.forbidden(acting, export)
        actor, look, form = self.desk.actor(acting, export), self.desk.look(acting), "breach csv"
        mark = self.exports.begin(form, criteria, actor, **look)
        table = Table(answer, self.desk.guard(acting, export))
        lines = table.csv_lines(mark)
        told = self.exports.told(mark, form, criteria, actor, table, lines, **look)
        return self.desk.file(told, "text/csv; charset=utf-8", "breach", "csv", acting.staff_id)

    def _asked(self, acting: Acting, criteria: Criteria, permission: Permission) -> Answer:
        limits = self.desk.limits
        guard = self.desk.guard(acting, permission, limits.breach_events)
        return self.breach.ask(criteria, guard, limits.breach_span.delta)

    def _answer(
        self,
        acting: Acting,
        typed: dict[str, str],
        status: int = 200,
        *,
        wrong: str | None = None,
        answer: Answer | None = None,
    ) -> Response:
        console, limits = self.desk.console, self.desk.limits
        rows = [] if answer is None else [*islice(answer.rows(), SHOWN_AT_MOST)]
        content: dict[str, Any] = {
            "typed": typed,
            "wrong": wrong,
            "answer": answer,
            "rows": rows,
            "shown_at_most": SHOWN_AT_MOST,
            "days": limits.breach_span.delta.days,
            "events": limits.breach_events,
            "tabled": [[row[column] for column in COLUMNS] for row in rows],
            "clients": sorted(console.policy.policy.clients),
            "may_export": acting.may(Permission.AUDIT_EXPORT),
        }
        return console.render(acting, "audit_room/breach.html", status, here=BREACH, **content)


def _wrong(error: BadCriteria) -> str:
    return "span" if isinstance(error, SpanTooLong) else "field"
