"""Pages of cases: the list with the search, one case, its questions and its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.helpdesk.model import CaseRefused, Goal, Need, UnknownCase, Why
from idp.helpdesk.searching import Found, Searching
from idp.helpdesk.views.desk import ONE, PAGE, Desk
from idp.helpdesk.words import ENDS, NEEDS, REFUSALS, WRONG_SEARCH
from idp.members.errors import BadSearch
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.staff.views.console import Menu
from idp.web.forms import read_form
from idp.web.i18n import mark as _
from idp.web.spoken import short_name

HANDLE, READ = Permission.CASE_HANDLE, Permission.CASE_READ
MENU = Menu(_("お電話のケース"), _("お電話の方を確かめて、ご案内します"))
TOKEN = {"csrf_token": 64}


@dataclass(frozen=True)
class CasePages:
    """Mounts and serves them."""

    desk: Desk
    searching: Searching

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        room = self.desk.console.room("cases")
        room.page(PAGE, self.list, needs=READ, menu=MENU)
        room.act(f"{PAGE}/search", self.search, needs=HANDLE)
        room.act(f"{PAGE}/open", self.open, needs=HANDLE)
        room.page(ONE, self.show, needs=READ)
        room.act(f"{ONE}/answer", self.answer, needs=HANDLE)
        room.act(f"{ONE}/aim", self.aim, needs=HANDLE)
        room.act(f"{ONE}/end", self.end, needs=HANDLE)
        return room.blueprint

    def list(self, acting: Acting) -> Response:
        """Show the search and the cases one may read."""
        return self._page(acting)

    def search(self, acting: Acting) -> Response:
        """Find whom the call is about; nothing of it stands in an address."""
        sent = read_form(request, TOKEN | {"wanted": 400})
        typed = sent["wanted"]
        try:
            found = self.searching.search(self.desk.operator(acting), typed)
        except BadSearch as error:
            return self._page(acting, 400, typed=typed, error=WRONG_SEARCH[error.detail])
        except CaseRefused as refused:
            return self._page(acting, refused.status, typed=typed, error=REFUSALS[refused.why])
        return self._page(acting, typed=typed, found=found)

    def open(self, acting: Acting) -> Response:
        """Open a case on one of those who were found."""
        sent = read_form(request, TOKEN | {"search": 36, "place": 2, "need": 24, "reason": 500})
        place = _number(sent["place"])
        needs = [one for one in Need if one.value == sent["need"]]
        if place is None or not needs:
            return self._page(acting, 400, error=REFUSALS[Why.NOT_FOUND])
        operator = self.desk.operator(acting)
        try:
            case = self.desk.cases.open(operator, sent["search"], place, needs[0], sent["reason"])
        except UnknownCase:
            return self._page(acting, 404, error=REFUSALS[Why.NOT_FOUND])
        except CaseRefused as refused:
            return self._page(acting, refused.status, error=REFUSALS[refused.why])
        return redirect(f"{PAGE}/{case.id}", 303)

    def show(self, acting: Acting, case_id: str) -> Response:
        """Show a case with its transcript."""
        return self.desk.show(acting, case_id)

    def answer(self, acting: Acting, case_id: str) -> Response:
        """Take what the caller said."""
        sent = read_form(request, TOKEN | {"place": 2, "answer": 400})
        place, said = _number(sent["place"]), sent["answer"]
        operator = self.desk.operator(acting)
        try:
            self.desk.cases.answer(operator, case_id, -1 if place is None else place, said)
        except CaseRefused as refused:
            return self.desk.show(acting, case_id, error=refused)
        return redirect(f"{PAGE}/{case_id}", 303)

    def aim(self, acting: Acting, case_id: str) -> Response:
        """Let the case come to something else."""
        sent = read_form(request, TOKEN | {"goal": 16})
        goals = [one for one in Goal if one.value == sent["goal"]]
        try:
            if not goals:
                raise CaseRefused(Why.NOT_PROVEN, 400, case=case_id)
            self.desk.cases.aim(self.desk.operator(acting), case_id, goals[0])
        except CaseRefused as refused:
            return self.desk.show(acting, case_id, error=refused)
        return redirect(f"{PAGE}/{case_id}", 303)

    def end(self, acting: Acting, case_id: str) -> Response:
        """End a case."""
        read_form(request, TOKEN)
        self.desk.cases.end(self.desk.operator(acting), case_id)
        return redirect(PAGE, 303)

    def _page(
        self,
        acting: Acting,
        status: int = 200,
        *,
        typed: str = "",
        error: str | None = None,
        found: Found | None = None,
    ) -> Response:
        who, handles = self.desk.operator(acting, READ), acting.may(HANDLE)
        every = acting.may(Permission.CASE_APPROVE) or acting.may(Permission.AUDIT_SEARCH)
        transcripts = self.desk.transcripts
        cases = transcripts.newest(who) if every else transcripts.of_operator(who)
        now = self.desk.cases.clock.now()
        rows: list[dict[str, Any]] = [
            {
                "id": one.id,
                "name": short_name(one.id),
                "need": NEEDS[one.need],
                "opened_at": one.opened_at,
                "is_open": one.is_open(now),
                "end": ENDS[one.end] if one.end else None,
            }
            for one in cases
        ]
        return self.desk.console.render(
            acting,
            "helpdesk/cases.html",
            status,
            here=PAGE,
            handles=handles,
            typed=typed,
            error=error,
            found=found,
            needs=[(one.value, said) for one, said in NEEDS.items()],
            cases=rows,
        )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
