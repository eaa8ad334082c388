"""What comes of a case: told, mailed, explained; called back; asked of a second person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.approvals.model import ApprovalRefused
from idp.helpdesk.asking import Asking
from idp.helpdesk.model import CaseRefused, Operator, Why
from idp.helpdesk.views.desk import ONE, PAGE, Desk
from idp.helpdesk.views.pages import HANDLE, TOKEN
from idp.staff.model import Acting
from idp.web.forms import read_form

REASON = TOKEN | {"reason": 500}


@dataclass(frozen=True)
class ResultPages:
    """Mounts and serves them."""

    desk: Desk
    asking: Asking

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        room = self.desk.console.room("case_results")
        for name, view in (
            ("tell", self.tell),
            ("reset", self.reset),
            ("explain", self.explain),
            ("call-back", self.call_back),
            ("called", self.called),
            ("disclose", self.disclose),
            ("address", self.address),
            ("factor", self.factor),
        ):
            room.act(f"{ONE}/{name}", view, needs=HANDLE)
        return room.blueprint

    def tell(self, acting: Acting, case_id: str) -> Response:
        """Show the masked address."""
        read_form(request, TOKEN)
        return self._do(acting, case_id, self.desk.outcomes.tell_masked)

    def reset(self, acting: Acting, case_id: str) -> Response:
        """Mail a reset to the stored address."""
        read_form(request, TOKEN)
        return self._do(acting, case_id, self.desk.outcomes.send_reset)

    def explain(self, acting: Acting, case_id: str) -> Response:
        """Explain a reference code; the answer is shown at once and kept nowhere."""
        sent = read_form(request, TOKEN | {"reference": 40})
        operator = self.desk.operator(acting)
        try:
            block = self.desk.outcomes.explain(operator, case_id, sent["reference"])
        except CaseRefused as refused:
            return self.desk.show(acting, case_id, error=refused)
        return self.desk.show(acting, case_id, block=block)

    def call_back(self, acting: Acting, case_id: str) -> Response:
        """Begin a call-back; the code is shown this once."""
        read_form(request, TOKEN)
        operator = self.desk.operator(acting)
        try:
            code = self.desk.calling_back.begin(operator, case_id)
        except CaseRefused as refused:
            return self.desk.show(acting, case_id, error=refused)
        return self.desk.show(acting, case_id, code=code)

    def called(self, acting: Acting, case_id: str) -> Response:
        """Take the code that was said at the registered number."""
        sent = read_form(request, TOKEN | {"said": 40})

        def hear(operator: Operator, which: str) -> None:
            if not self.desk.calling_back.hear(operator, which, sent["said"]):
                raise CaseRefused(Why.NOT_CALLED_BACK, case=which)

        return self._do(acting, case_id, hear)

    def disclose(self, acting: Acting, case_id: str) -> Response:
        """Ask to tell the whole address."""
        reason = read_form(request, REASON)["reason"]
        return self._do(
            acting, case_id, lambda who, which: self.asking.disclose(who, which, reason)
        )

    def address(self, acting: Acting, case_id: str) -> Response:
        """Ask for another sign-in address."""
        sent = read_form(request, REASON | {"email": 400})

        def ask(operator: Operator, which: str) -> object:
            return self.asking.change_address(operator, which, sent["email"], sent["reason"])

        return self._do(acting, case_id, ask)

    def factor(self, acting: Acting, case_id: str) -> Response:
        """Ask to remove a second factor."""
        sent = read_form(request, REASON | {"factor": 16})

        def ask(operator: Operator, which: str) -> object:
            return self.asking.remove_factor(operator, which, sent["factor"], sent["reason"])

        return self._do(acting, case_id, ask)

    def _do(self, acting: Acting, case_id: str, act: Callable[[Operator, str], object]) -> Response:
        try:
            act(self.desk.operator(acting), case_id)
        except CaseRefused as refused:
            return self.desk.show(acting, case_id, error=refused)
        except ApprovalRefused as refused:
            why = Why.REASON if refused.status == 400 else Why.ASKED
            error = CaseRefused(why, refused.status, case=case_id)
            return self.desk.show(acting, case_id, error=error)
        return redirect(f"{PAGE}/{case_id}", 303)
