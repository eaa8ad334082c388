"""Asking, out of a case, for what a second person decides: one thing in each case."""

from __future__ import annotations

from dataclasses import dataclass, replace

from audit.names import EventName
from idp.approvals.act import Act
from idp.approvals.model import Requester, Submitted, Waits
from idp.approvals.service import Approvals
from idp.clock import Clock
from idp.helpdesk import store
from idp.helpdesk.acts import CaseActs, ChangeAddress, DiscloseAddress, RemoveFactor
from idp.helpdesk.cases import Cases
from idp.helpdesk.events import CaseEvents
from idp.helpdesk.model import CaseRefused, Goal, Operator, Why
from idp.members.errors import BadMailAddress
from idp.members.japan.mail import parse_mail_address
from idp.storage.sql import Database


@dataclass(frozen=True)
class Asking:
    """Sends what a caller wants to the approvals, and notes it in the case."""

    database: Database
    clock: Clock
    cases: Cases
    events: CaseEvents
    approvals: Approvals
    acts: CaseActs

    def disclose(self, operator: Operator, case_id: str, reason: str) -> Submitted:
        """Ask to tell the whole address; raises `CaseRefused`, `ApprovalRefused`."""
        act = DiscloseAddress(self.acts)
        return self._ask(operator, case_id, Goal.DISCLOSE, act, {}, reason)

    def change_address(
        self, operator: Operator, case_id: str, typed: str, reason: str
    ) -> Submitted:
        """Ask for another sign-in address; raises `CaseRefused`, `ApprovalRefused`."""
        domains = self.acts.policy.policy.mail.carrier_domains
        try:
            wanted = parse_mail_address(typed, domains).typed
        except BadMailAddress as error:
            raise CaseRefused(Why.BAD_ADDRESS, 400, case=case_id) from error
        act = ChangeAddress(self.acts)
        return self._ask(operator, case_id, Goal.ADDRESS, act, {"address": wanted}, reason)

    def remove_factor(
        self, operator: Operator, case_id: str, factor: str, reason: str
    ) -> Submitted:
        """Ask to remove a second factor; raises `CaseRefused`, `ApprovalRefused`."""
        act = RemoveFactor(self.acts)
        return self._ask(operator, case_id, Goal.FACTOR, act, {"factor": factor}, reason)

    def _ask(
        self,
        operator: Operator,
        case_id: str,
        goal: Goal,
        act: Act,
        given: dict[str, str],
        reason: str,
    ) -> Submitted:
        try:
            return self._submit(operator, case_id, goal, act, given, reason)
        except CaseRefused as refused:
            self._record(operator, case_id, refused.why)
            raise

    def _submit(
        self,
        operator: Operator,
        case_id: str,
        goal: Goal,
        act: Act,
        given: dict[str, str],
        reason: str,
    ) -> Submitted:
        """Submit it and note it, in one transaction: the case never asks for two things."""
        now = self.clock.now()
        who = Requester(
            operator.staff_id, operator.actor, operator.origin, operator.session, operator.browser
        )
        with self.database.together() as tx:
            case = self.cases.hold_own(tx, operator, case_id, now)
            if case.asked_at is not None:
                raise CaseRefused(Why.ASKED, case=case_id)
            submitted = self.approvals.submit(act, {"case": case_id, **given}, who, reason)
            case = store.find(tx, case_id) or case
            if not isinstance(submitted, Waits):
                return submitted
            wanted = next(iter(given.values()), None)
            case = replace(case, asked_at=now, approval=submitted.approval, wanted=wanted)
            store.save(tx, case)
            name, right = EventName.CASE_OUTCOME, sum(bool(one.fits) for one in case.questions)
            self.events.step(
                tx,
                name,
                case,
                now,
                operator,
                matches=right,
                wrong=case.wrong,
                approval=submitted.approval,
                more={"outcome": goal.value},
            )
            return submitted

    def _record(self, operator: Operator, case_id: str, why: Why) -> None:
        """Record a refusal, which the transaction of the request could not keep."""
        with self.database.begin() as tx:
            case = store.find(tx, case_id)
            if case is not None and case.operator == operator.staff_id:
                self.events.refused(tx, case, why, operator, self.clock.now())
