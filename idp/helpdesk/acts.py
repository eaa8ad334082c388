"""Acts upon a call that a second person may have to decide: tell, change the address, remove.

What the caller knows proves little, so nothing here is done upon it alone: the answers, the
call-back and the telephone number are looked at when it is asked for and again when it is decided;
after the decision a change waits for its cooling-off (`plans`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from audit.event import Personal, new_id
from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.approvals.model import Author, Difference, Line, Parameters
from idp.clock import Clock, date_in_tokyo
from idp.factors import store as factors
from idp.factors.model import FactorKind
from idp.helpdesk import store
from idp.helpdesk.calling_back import why_no_call
from idp.helpdesk.events import CaseEvents
from idp.helpdesk.model import Case, CaseRefused, End, Goal, Removal, UnknownCase, Why
from idp.helpdesk.plan_mails import PlanMails
from idp.helpdesk.same_person import is_same_person
from idp.inforce.service import PolicyInForce
from idp.lifecycle import store as changes
from idp.lifecycle.address_change import end_pending, normal_form_of, taken_by
from idp.lifecycle.credentials import hold_account
from idp.lifecycle.model import AddressChange
from idp.members import store as members
from idp.members.japan.mail import masked, parse_mail_address
from idp.policy.approvals import ApprovalKind
from idp.policy.helpdesk import Helpdesk
from idp.policy.staff import Permission
from idp.staff import store as staff
from idp.storage.sql import Tx
from idp.web.i18n import mark as _

TOLD, ADDRESS, FACTOR, CASE = (
    _("ログイン用のメールアドレスを電話で伝える"),
    _("ログイン用のメールアドレス"),
    _("ログインの確認方法"),
    _("お電話の番号"),
)
FACTORS = {
    FactorKind.TOTP: _("認証アプリ"),
    FactorKind.PASSKEY: _("パスキー"),
    FactorKind.EMAIL: _("メールの認証コード"),
}
REMOVED = _("外す")


def upon(author: Author) -> dict[str, Any]:
    """Name the approval an act was done upon, where there was one."""
    return {"approval": author.approval} if author.approval else {}


@dataclass(frozen=True)
class CaseActs:
    """What the three acts look at alike."""

    clock: Clock
    policy: PolicyInForce
    events: CaseEvents
    mails: PlanMails

    @property
    def rules(self) -> Helpdesk:
        """Give the rules in force."""
        return self.policy.policy.helpdesk

    def proven(self, tx: Tx, parameters: Parameters, goal: Goal) -> tuple[Case, Account]:
        """Give a case whose answers are enough, held; raises `UnknownCase`, `CaseRefused`."""
        case = self._case(tx, parameters)
        store.hold(tx, case.member_number)
        case = self._case(tx, parameters)
        if case.end is End.FAILED or not case.reaches(goal, self.rules):
            raise CaseRefused(Why.NOT_PROVEN, case=case.id)
        account = accounts.find(tx, case.subject) if case.subject else None
        if account is None or account.stopped_at or account.disabled_at:
            raise CaseRefused(Why.INACTIVE if account else Why.NO_ACCOUNT, case=case.id)
        return case, account

    def called_back(self, tx: Tx, parameters: Parameters, goal: Goal) -> tuple[Case, Account]:
        """Give a case that was called back on a number that still counts."""
        case, account = self.proven(tx, parameters, goal)
        if case.called_back_at is None:
            raise CaseRefused(Why.NOT_CALLED_BACK, case=case.id)
        today = date_in_tokyo(self.clock.now())
        why = why_no_call(members.get(tx, case.member_number), today, self.rules)
        if why is not None:
            raise CaseRefused(why, case=case.id)
        return case, account

    def permit(self, tx: Tx, parameters: Parameters, requester: str) -> None:
        """Let only the operator of the case ask."""
        if self._case(tx, parameters).operator != requester:
            raise UnknownCase("a case of somebody else")

    def permit_decision(self, tx: Tx, parameters: Parameters, decider: str) -> None:
        """Keep from deciding who is the member, or took a call about the member lately."""
        case = self._case(tx, parameters)
        who = staff.find(tx, decider)
        account = accounts.find(tx, case.subject) if case.subject else None
        member = members.get(tx, case.member_number)
        if who is None or is_same_person(who, member, account):
            raise CaseRefused(Why.OWN, 403, case=case.id)
        since = self.clock.now() - self.rules.wrong_period.delta
        if any(one.operator == decider for one in store.on_since(tx, case.member_number, since)):
            raise CaseRefused(Why.DECIDER, 403, case=case.id)

    def plan(self, tx: Tx, case: Case, author: Author, now: datetime, **data: Any) -> None:
        """Note that two persons decided something that waits now."""
        store.save(tx, replace(case, planned_at=now, approval=author.approval or case.approval))
        self.events.step(
            tx,
            EventName.CASE_PLANNED,
            case,
            now,
            actor=author.actor,
            origin=author.origin,
            session=author.session,
            reason=author.reason,
            more=upon(author) | data,
        )

    def _case(self, tx: Tx, parameters: Parameters) -> Case:
        found = store.find(tx, str(parameters.get("case", ""))[:40])
        if found is None:
            raise UnknownCase("no such case")
        return found


@dataclass(frozen=True)
class _CaseAct:
    """The permission rules of all three."""

    acts: CaseActs
    needs: ClassVar[Permission] = Permission.CASE_HANDLE

    def permit(self, tx: Tx, parameters: Parameters, requester: str) -> None:
        """Let only the operator of the case ask."""
        self.acts.permit(tx, parameters, requester)

    def permit_decision(self, tx: Tx, parameters: Parameters, decider: str) -> None:
        """Keep from deciding who is too near to the case."""
        self.acts.permit_decision(tx, parameters, decider)


@dataclass(frozen=True)
class DiscloseAddress(_CaseAct):
    """Tell the caller the whole sign-in address."""

    kind: ClassVar[ApprovalKind] = ApprovalKind.MEMBER_DISCLOSURE

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Say that it is told; the second person need not read it either."""
        case, account = self.acts.proven(tx, parameters, Goal.DISCLOSE)
        return Difference((Line(TOLD, None, masked(account.address)),), case.subject)

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:
        """Let the case show it."""
        case, _account = self.acts.proven(tx, parameters, Goal.DISCLOSE)
        case = replace(case, disclosed_at=now)
        store.save(tx, case)
        right = sum(bool(one.fits) for one in case.questions)
        self.acts.events.step(
            tx,
            EventName.CASE_OUTCOME,
            case,
            now,
            actor=author.actor,
            origin=author.origin,
            session=author.session,
            matches=right,
            wrong=case.wrong,
            reason=author.reason,
            more=upon(author) | {"outcome": Goal.DISCLOSE.value},
        )


@dataclass(frozen=True)
class ChangeAddress(_CaseAct):
    """Plan another sign-in address: it waits for its cooling-off and for the new mailbox."""

    kind: ClassVar[ApprovalKind] = ApprovalKind.MEMBER_ADDRESS

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Show the wanted address whole, and the old one in part: the operator knows neither."""
        case, account = self.acts.called_back(tx, parameters, Goal.ADDRESS)
        wanted = self._wanted(parameters)
        if wanted == account.address:
            raise CaseRefused(Why.SAME_ADDRESS, 400, case=case.id)
        lines = (Line(CASE, None, case.id), Line(ADDRESS, masked(account.address), wanted))
        return Difference(lines, case.subject)

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:
        """Begin the cooling-off; both mailboxes are told, and the old one may stop it."""
        case, account = self.acts.called_back(tx, parameters, Goal.ADDRESS)
        rules, wanted = self.acts.rules, self._wanted(parameters)
        if case.planned_at is not None:
            raise CaseRefused(Why.ASKED, case=case.id)
        hold_account(tx, account.subject)
        end_pending(tx, account.subject, now)
        due = now + rules.cooling_off.delta
        change = AddressChange(
            id=new_id(now),
            subject=account.subject,
            session_id="",
            old_address=account.address,
            new_address=wanted,
            requested_at=now,
            expires_at=due + rules.plan_lifetime.delta,
            due_at=due,
            case_id=case.id,
        )
        changes.add_address_change(tx, change, normal_form_of(account.address))
        undo, normal = self.acts.policy.policy.recovery.undo, normal_form_of(wanted)
        free = taken_by(tx, normal, account.subject, now, undo) is None
        self.acts.mails.address(tx, change, account, now, free=free)
        address = Personal(wanted, account.subject)
        until = due.isoformat()
        self.acts.plan(tx, case, author, now, what="address", address=address, due=until)

    def _wanted(self, parameters: Parameters) -> str:
        domains = self.acts.policy.policy.mail.carrier_domains
        return parse_mail_address(str(parameters.get("address", "")), domains).typed


@dataclass(frozen=True)
class RemoveFactor(_CaseAct):
    """Plan the removal of a second factor; it waits for its cooling-off."""

    kind: ClassVar[ApprovalKind] = ApprovalKind.MEMBER_FACTOR

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Show which factor goes."""
        case, account = self.acts.called_back(tx, parameters, Goal.FACTOR)
        factor = self._factor(tx, parameters, case, account)
        lines = (Line(CASE, None, case.id), Line(FACTOR, FACTORS[factor], REMOVED))
        return Difference(lines, case.subject)

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:
        """Begin the cooling-off; the stored mailbox is told, and may stop it."""
        case, account = self.acts.called_back(tx, parameters, Goal.FACTOR)
        factor = self._factor(tx, parameters, case, account)
        if case.planned_at is not None:
            raise CaseRefused(Why.ASKED, case=case.id)
        due = now + self.acts.rules.cooling_off.delta
        new = Removal(
            new_id(now), case.id, account.subject, factor.value, author.approval, now, due
        )
        store.add_removal(tx, new)
        self.acts.mails.factor(tx, new, account, now)
        until = due.isoformat()
        self.acts.plan(tx, case, author, now, what="factor", factor=factor.value, due=until)

    def _factor(self, tx: Tx, parameters: Parameters, case: Case, account: Account) -> FactorKind:
        wanted = str(parameters.get("factor", ""))
        for kind in factors.kinds_of(tx, account.subject):
            if kind.value == wanted:
                return kind
        raise CaseRefused(Why.NO_FACTOR, case=case.id)
