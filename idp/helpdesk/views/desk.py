"""What the pages of the help desk share: who is on the telephone, and how a case is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import request
from werkzeug.wrappers import Response

from audit import instant
from idp.audit_room.words import sentence
from idp.blocks.model import Block
from idp.blocks.words import sentences
from idp.factors.model import FactorKind
from idp.helpdesk.acts import FACTORS
from idp.helpdesk.calling_back import CallingBack
from idp.helpdesk.cases import Cases
from idp.helpdesk.model import BY_TWO, Case, CaseRefused, End, Goal, Operator, Why
from idp.helpdesk.outcomes import Outcomes
from idp.helpdesk.transcript import Event, Transcripts
from idp.helpdesk.words import (
    ENDS,
    GOALS,
    HINTS,
    MATCH,
    NAMES,
    NEEDS,
    NO_MATCH,
    QUESTIONS,
    TAKEN,
    about,
)
from idp.helpdesk.words import REFUSALS as SAID
from idp.members.japan.phones import format_national
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.staff.views.console import Console
from idp.storage.secret_text import hash_token
from idp.web.spoken import short_name, spelled

PAGE: Final = "/staff/cases"
ONE: Final = f"{PAGE}/<case_id>"


@dataclass(frozen=True)
class Desk:
    """Renders cases; a refused act shows the case as it is, with why."""

    console: Console
    cases: Cases
    outcomes: Outcomes
    calling_back: CallingBack
    transcripts: Transcripts

    def operator(self, acting: Acting, permission: Permission = Permission.CASE_HANDLE) -> Operator:
        """Name who acts, in the role that allows it."""
        device = self.console.browser.device_cookie(request)
        caller = self.console.browser.caller(request)
        return Operator(
            staff_id=acting.staff_id,
            address=acting.address,
            actor=acting.actor(permission, self.console.policy.policy.roles),
            session=acting.session.id,
            origin=self.console.origin(),
            buckets=caller.buckets,
            browser=hash_token(device) if device else None,
        )

    def show(
        self,
        acting: Acting,
        case_id: str,
        *,
        status: int = 200,
        error: CaseRefused | None = None,
        code: str | None = None,
        block: Block | None = None,
    ) -> Response:
        """Show a case; raises `UnknownCase`. The look is an event."""
        every = acting.may(Permission.CASE_APPROVE) or acting.may(Permission.AUDIT_SEARCH)
        who = self.operator(acting, Permission.CASE_READ)
        case, events = self.transcripts.view(who, case_id, every=every)
        own = case.operator == acting.staff_id and acting.may(Permission.CASE_HANDLE)
        rules = self.console.policy.policy.helpdesk
        matches = rules.show_matches or not own
        return self.console.render(
            acting,
            "helpdesk/case.html",
            error.status if error else status,
            here=f"{PAGE}/{case.id}",
            shown_once=code is not None,
            error=SAID[error.why] if error else None,
            why=error.why.value if error else None,
            **self._facts(case, matches=matches),
            **self._work(case, code=code, block=block, own=own),
            transcript=[self._line(one, matches=matches) for one in events],
        )

    def _facts(self, case: Case, *, matches: bool) -> dict[str, Any]:
        now = self.cases.clock.now()
        asked = [
            (NAMES[one.kind], (MATCH if one.fits else NO_MATCH) if matches else TAKEN)
            for one in case.questions
            if one.fits is not None
        ]
        return {
            "case": case.id,
            "name": short_name(case.id),
            "number": "＊" * 6 + case.member_number[-2:],
            "need": NEEDS[case.need],
            "reason": case.reason,
            "goal": GOALS[case.goal],
            "opened_at": case.opened_at,
            "expires_at": case.expires_at,
            "is_open": case.is_open(now),
            "failed": case.end is End.FAILED,
            "ended": ENDS[case.end] if case.end else ENDS[End.EXPIRED],
            "ended_at": case.ended_at,
            "asked": asked,
            "wanted": case.wanted,
            "asked_at": case.asked_at,
            "planned_at": case.planned_at,
            "called_back": case.called_back_at is not None,
        }

    def _work(
        self, case: Case, *, code: str | None, block: Block | None, own: bool
    ) -> dict[str, Any]:
        """Give what the operator of an open case works with; nothing of it to anybody else."""
        now, rules = self.cases.clock.now(), self.console.policy.policy.helpdesk
        open_now, language = own and case.is_open(now), self.console.pages.language()
        address, whole = self.outcomes.shown_address(case, now) if own else (None, False)
        place = case.place if open_now else None
        asked = case.questions[place].kind if place is not None else None
        reached = [g for g in Goal if case.reaches(g, rules)] if open_now and place is None else []
        waits = case.called_back_at is None and case.call_back_hash is not None
        number = self.calling_back.number(case) if open_now and waits else None
        return {
            "own": own,
            "place": place,
            "question": QUESTIONS[asked] if asked else None,
            "hint": HINTS[asked] if asked else None,
            "may": {goal.value: goal in reached for goal in Goal} if reached else {},
            "more": [(g.value, GOALS[g]) for g in Goal if g not in reached] if reached else [],
            "calls_back": bool(reached) and case.goal in BY_TWO and case.goal in reached,
            "aim": case.goal.value,
            "address": address,
            "whole": whole,
            "reset_sent": case.reset_at is not None,
            "code": code,
            "spelled": spelled(code, language) if code else [],
            "dial": format_national(number) if number else None,
            "factors": [(kind.value, FACTORS[kind]) for kind in FactorKind],
            "explained": sentences(block, language) if block else [],
            "explained_over": block is not None and not block.runs(now),
        }

    def _line(self, event: Event, *, matches: bool) -> dict[str, Any]:
        language = self.console.pages.language()
        actor = event["actor"]
        roles = self.console.role_names((actor.get("role") or "",), language)
        return {
            "at": instant.from_text(event["occurred_at"]),
            "what": sentence(event, language),
            "about": about(event, language, matches=matches),
            "who": roles[0] if roles else None,
            "reason": (event.get("data") or {}).get("reason"),
        }


def refused_in(error: CaseRefused, case_id: str) -> bool:
    """Tell whether a refusal is shown on the page of its case."""
    return error.case == case_id or error.why in (Why.OVER, Why.ANSWERED)
