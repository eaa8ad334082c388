"""What comes of a case at once: the address told in part, a reset mailed, a code explained.

Each needs its level (policy), and an account. What is told is read anew each time it is shown;
a mail goes to the stored address and to no other (CWE-640).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.blocks import store as blocks
from idp.blocks.model import Block, SubjectKind
from idp.clock import Clock
from idp.helpdesk import store
from idp.helpdesk.cases import Cases
from idp.helpdesk.events import CaseEvents
from idp.helpdesk.model import Case, CaseRefused, Goal, Operator, Why
from idp.inforce.service import PolicyInForce
from idp.lifecycle.reset import PAGE, binding_of, digest_of
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.members.japan.mail import masked
from idp.proving.model import Purpose
from idp.proving.service import Proving
from idp.sessions import store as sessions
from idp.sessions.model import why_inactive
from idp.storage.sql import Database, Tx
from idp.web.forms import fold_code

Done = Case | Why


@dataclass(frozen=True)
class Outcomes:
    """Tells, mails and explains."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    cases: Cases
    events: CaseEvents
    proving: Proving
    mails: Mails

    def tell_masked(self, operator: Operator, case_id: str) -> None:
        """Let the case show the masked address."""

        def tell(_tx: Tx, case: Case, _account: Account, now: datetime) -> Done:
            return replace(case, told_at=now)

        self._do(operator, case_id, Goal.MASKED, tell)

    def send_reset(self, operator: Operator, case_id: str) -> None:
        """Mail a link for a new password to the stored address, once in a case."""

        def send(tx: Tx, case: Case, account: Account, now: datetime) -> Done:
            if case.reset_at is not None:
                return Why.ANSWERED
            facts = sessions.subject_facts(tx, account.subject)
            if facts is None or why_inactive(facts, False, now, now) is not None:
                return Why.INACTIVE
            self._mail_reset(tx, operator, case, account, now)
            return replace(case, reset_at=now)

        self._do(operator, case_id, Goal.RESET, send)

    def explain(self, operator: Operator, case_id: str, typed: str) -> Block:
        """Find the block of a reference code the caller reads out; it must be the caller's.

        A code of somebody else and one that does not exist get the same answer (CWE-203); each try
        counts. Raises `CaseRefused`.
        """
        code, found = fold_code(typed).upper(), []

        def look(tx: Tx, case: Case, _account: Account, _now: datetime) -> Done:
            if case.explained >= self.policy.policy.helpdesk.explanations:
                return Why.EXPLANATIONS
            block = blocks.find_by_reference(tx, code) if code.isascii() else None
            if block is not None and _is_theirs(block, case):
                found.append(block)
            return replace(case, explained=case.explained + 1)

        self._do(operator, case_id, Goal.EXPLAIN, look, found=found)
        if not found:
            raise CaseRefused(Why.NOT_THEIRS, 404, case=case_id)
        return found[0]

    def shown_address(self, case: Case, now: datetime) -> tuple[str | None, bool]:
        """Give the address a case may show now, and whether whole."""
        if case.subject is None or (case.told_at is None and case.disclosed_at is None):
            return None, False
        lifetime = self.policy.policy.helpdesk.case_lifetime.delta
        whole = case.disclosed_at is not None and now < case.disclosed_at + lifetime
        if not whole and not (case.told_at is not None and case.is_open(now)):
            return None, False
        with self.database.read() as tx:
            account = accounts.find(tx, case.subject)
        if account is None:
            return None, False
        return (account.address if whole else masked(account.address)), whole

    def _do(
        self,
        operator: Operator,
        case_id: str,
        goal: Goal,
        act: Callable[[Tx, Case, Account, datetime], Done],
        found: list[Block] | None = None,
    ) -> None:
        now = self.clock.now()
        with self.database.begin() as tx:
            case = self.cases.hold_own(tx, operator, case_id, now)
            done = self._try(tx, case, goal, act, now)
            if isinstance(done, Case):
                store.save(tx, done)
                data = {} if found is None else {"explained": bool(found)}
                name = EventName.CASE_OUTCOME
                self.events.step(tx, name, done, now, operator, more=_facts(done, goal) | data)
                return
            self.events.refused(tx, case, done, operator, now)
        raise CaseRefused(done, case=case_id)

    def _try(
        self,
        tx: Tx,
        case: Case,
        goal: Goal,
        act: Callable[[Tx, Case, Account, datetime], Done],
        now: datetime,
    ) -> Done:
        if not case.reaches(goal, self.policy.policy.helpdesk):
            return Why.NOT_PROVEN
        account = accounts.find(tx, case.subject) if case.subject else None
        return act(tx, case, account, now) if account is not None else Why.NO_ACCOUNT

    def _mail_reset(
        self, tx: Tx, operator: Operator, case: Case, account: Account, now: datetime
    ) -> None:
        lifetime = self.policy.policy.recovery.reset_lifetime
        flow = f"case:{case.id}"
        issued = self.proving.issue(
            tx,
            Purpose.RESET,
            flow,
            now,
            lifetime.delta,
            subject=account.subject,
            address=account.address,
            binding=binding_of(account),
        )
        values = {"link": f"{PAGE}/{issued.link}", "minutes": str(lifetime.seconds // 60)}
        kind = MailKind.RESET_BY_PHONE
        self.mails.promise(tx, Mail(kind, account.address, "ja", values, account.subject), now)
        name = EventName.PASSWORD_RESET_REQUESTED
        self.events.step(tx, name, case, now, operator, procedure=digest_of(flow))


def _facts(case: Case, goal: Goal) -> dict[str, object]:
    right = sum(bool(one.fits) for one in case.questions)
    return {"outcome": goal.value, "matches": right, "wrong": case.wrong, "points": case.points}


def _is_theirs(block: Block, case: Case) -> bool:
    """Tell whether a block is the member's, or stands on an address: that is nobody's secret."""
    if block.subject is None:
        return block.subject_kind is SubjectKind.MEMBER
    return block.subject == case.subject
