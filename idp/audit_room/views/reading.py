"""One event with its seal, timelines of persons and staff, incidents, and the breach question."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, request
from werkzeug.wrappers import Response

from audit.event import Actor
from audit.names import EventName
from idp.audit_room.asking import read_criteria
from idp.audit_room.breach import COLUMNS, Answer, BreachQuestion
from idp.audit_room.exporting import Exports
from idp.audit_room.looking import Looking, UnknownEvent
from idp.audit_room.views.showing import (
    EVENT,
    PAGE,
    TIMELINE,
    listed,
    members_of,
    second,
    ways,
)
from idp.audit_room.words import occurred_at, sentence
from idp.audit_search.model import BadCriteria, Criteria, read_reference
from idp.clock import TOKYO
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.staff.views.console import Console
from idp.web.forms import read_form

BREACH: Final = f"{PAGE}/breach"
LONGEST: Final = 200
PER_PAGE: Final = 100
SHOWN_AT_MOST: Final = 1_000
"""Persons on the page; the file has all of them."""
ASKED: Final = ("from", "to", "client", "actor", "address")


@dataclass(frozen=True)
class ReadingPages:
    """Mounts and serves the pages about single events and what hangs together."""

    console: Console
    looking: Looking
    breach: BreachQuestion
    exports: Exports

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        room = self.console.room("audit_reading")
        room.page(f"{EVENT}/<event_id>", self.event, needs=Permission.AUDIT_SEARCH)
        room.page(TIMELINE, self.timeline, needs=Permission.AUDIT_SEARCH)
        room.page(BREACH, self.ask, needs=Permission.AUDIT_SEARCH)
        room.act(BREACH, self.take, needs=Permission.AUDIT_EXPORT, recent=BREACH)
        return room.blueprint

    def event(self, acting: Acting, event_id: str) -> Response:
        """Show everything of one event, and what proves it."""
        viewed = self.looking.view(event_id, self._actor(acting), self.console.origin())
        language = self.console.pages.language()
        return self.console.render(
            acting,
            "audit_room/event.html",
            what=sentence(viewed.event, language),
            at=second(occurred_at(viewed.event)),
            members=members_of(viewed.event),
            ways=ways(viewed.event),
            seal=viewed.seal,
            signed_at=second(viewed.seal.signed_at) if viewed.seal else None,
            line=viewed.line,
        )

    def timeline(self, acting: Acting) -> Response:
        """Show what happened to a person, by an actor, or around a reference code."""
        typed = {k: request.args.get(k, "")[:LONGEST] for k in ("person", "actor", "reference")}
        after = request.args.get("after", "")[:20]
        language, about = self.console.pages.language(), {k: v for k, v in typed.items() if v}
        try:
            if len(about) != 1:
                raise BadCriteria("one of them")
            if typed["reference"]:
                reference = read_reference(typed["reference"])
                found = self.looking.incident(reference, self._actor(acting), self.console.origin())
                older = None
            else:
                page = self.looking.page(
                    self._criteria(typed),
                    PER_PAGE,
                    self._actor(acting),
                    after=after,
                    origin=self.console.origin(),
                )
                found = list(page.found)
                older = (
                    f"{TIMELINE}?{urlencode(about | {'after': page.after})}" if page.after else None
                )
        except BadCriteria as error:
            raise UnknownEvent(error.detail) from error
        rows = listed(found, language)
        kind, value = next(iter(about.items()))
        content: dict[str, Any] = {"rows": rows, "older": older, "kind": kind, "value": value}
        return self.console.render(acting, "audit_room/timeline.html", **content)

    def ask(self, acting: Acting) -> Response:
        """Show the form of the breach question, and the answer."""
        typed = {name: request.args.get(name, "")[:LONGEST] for name in ASKED}
        if not any(typed.values()):
            return self._answer(acting, typed)
        try:
            criteria = self._criteria(typed)
            answer = self.breach.ask(criteria)
        except BadCriteria:
            return self._answer(acting, typed, 400, wrong=True)
        about = {"question": "breach", "found": len(answer.persons)}
        name, origin = EventName.AUDIT_SEARCHED, self.console.origin()
        self.looking.record(name, criteria, self._actor(acting), about, origin)
        return self._answer(acting, typed, answer=answer)

    def take(self, acting: Acting) -> Response:
        """Send the answer as a table for a spreadsheet."""
        sent = read_form(request, {"csrf_token": 64} | dict.fromkeys(ASKED, LONGEST))
        try:
            criteria = self._criteria(sent)
            answer = self.breach.ask(criteria)
        except BadCriteria:
            return self._answer(acting, sent, 400, wrong=True)
        actor = acting.actor(Permission.AUDIT_EXPORT, self.console.policy.policy.roles)
        origin, form = self.console.origin(), "breach csv"
        mark = self.exports.begin(form, criteria, actor, origin)
        text = "".join(answer.csv_lines(mark))
        self.exports.end(mark, form, criteria, actor, len(answer.persons), origin)
        response = Response(text.encode(), content_type="text/csv; charset=utf-8")
        name = f"breach-{mark.at.astimezone(TOKYO):%Y%m%dT%H%M%S}-{acting.staff_id}.csv"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def _answer(
        self,
        acting: Acting,
        typed: dict[str, str],
        status: int = 200,
        *,
        wrong: bool = False,
        answer: Answer | None = None,
    ) -> Response:
        rows = [] if answer is None else [*islice(answer.rows(), SHOWN_AT_MOST)]
        content: dict[str, Any] = {
            "typed": typed,
            "wrong": wrong,
            "answer": answer,
            "rows": rows,
            "tabled": [[row[column] for column in COLUMNS] for row in rows],
            "clients": sorted(self.console.policy.policy.clients),
            "may_export": acting.may(Permission.AUDIT_EXPORT),
        }
        return self.console.render(acting, "audit_room/breach.html", status, here=BREACH, **content)

    def _criteria(self, typed: dict[str, str]) -> Criteria:
        with self.looking.database.read() as tx:
            return read_criteria(tx, typed)

    def _actor(self, acting: Acting) -> Actor:
        return acting.actor(Permission.AUDIT_SEARCH, self.console.policy.policy.roles)
