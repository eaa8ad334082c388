"""Cases: opened on somebody who was found, asked question by question, ended.

Who is asked what, how often and for how long is decided here, under the hold of the member: two
calls about one member, two answers at once and a second operator are one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from audit.event import new_id
from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.approvals import store as approvals
from idp.approvals.model import State
from idp.clock import Clock, date_in_tokyo
from idp.helpdesk import drawing, store
from idp.helpdesk.answers import Facts, facts_of, fits
from idp.helpdesk.events import CaseEvents
from idp.helpdesk.model import (
    FIRST_GOAL,
    Case,
    CaseRefused,
    End,
    Goal,
    Need,
    Operator,
    UnknownCase,
    Why,
)
from idp.helpdesk.same_person import is_same_person
from idp.helpdesk.searching import said_already
from idp.inforce.service import PolicyInForce
from idp.members import store as members
from idp.members.model import Member
from idp.policy.helpdesk import Helpdesk
from idp.staff import store as staff
from idp.storage.sql import Database, Tx

LONGEST_REASON = 500
Refusal = Why | None


@dataclass(frozen=True)
class Cases:
    """Opens, asks and ends."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    events: CaseEvents

    @property
    def rules(self) -> Helpdesk:
        """Give the rules in force."""
        return self.policy.policy.helpdesk

    def open(self, operator: Operator, search: str, place: int, need: Need, reason: str) -> Case:
        """Open a case on somebody a search of this operator showed; the open one where there is.

        Raises `UnknownCase` for what no search of hers showed, `CaseRefused` (409, 403).
        """
        why = _reason(reason)
        now = self.clock.now()
        with self.database.begin() as tx:
            number = self._found(tx, operator, search, place, now)
            store.hold(tx, number)
            member, account = members.get(tx, number), accounts.find_by_number(tx, number)
            self._end_over(tx, store.open_on(tx, number), now)
            standing = store.open_on(tx, number)
            if standing is not None and standing.operator == operator.staff_id:
                return standing
            refused = self._why_not(tx, operator, member, account, now)
            if refused is None:
                return self._open(tx, operator, member, account, need, why, now)
            subject = account.subject if account else None
            self.events.not_opened(tx, number, subject, refused, operator, now)
        raise CaseRefused(refused, 403 if refused is Why.OWN else 409)

    def answer(self, operator: Operator, case_id: str, place: int, typed: str) -> None:
        """Take what the caller says to the question that stands open.

        `place` says which question the operator had before her: an answer to another one, or a
        second one to the same, is not looked at (CWE-307, CWE-362). Raises `CaseRefused`.
        """
        now = self.clock.now()
        with self.database.begin() as tx:
            case = self.hold_own(tx, operator, case_id, now)
            if place != case.place:
                raise CaseRefused(Why.ANSWERED, case=case_id)
            if not typed.strip():
                raise CaseRefused(Why.EMPTY, 400, case=case_id)
            facts = self._facts(tx, case, now)
            asked = case.questions[place]
            right = fits(asked.kind, typed, facts)
            done = (
                *case.questions[:place],
                replace(asked, fits=right),
                *case.questions[place + 1 :],
            )
            case = replace(case, questions=done)
            kind = asked.kind.value
            name = EventName.CASE_ANSWERED
            self.events.step(tx, name, case, now, operator, question=kind, match=right)
            self._go_on(tx, operator, case, facts, now)

    def aim(self, operator: Operator, case_id: str, goal: Goal) -> None:
        """Let the case come to something else; more is asked where more is needed."""
        now = self.clock.now()
        with self.database.begin() as tx:
            case = self.hold_own(tx, operator, case_id, now)
            facts = self._facts(tx, case, now)
            more = drawing.left_of(case, self.rules, facts)
            waiting = [one for one in case.questions if one.fits is None]
            points = case.points + sum(one.points for one in waiting)
            if drawing.can_reach(points, more, goal, self.rules):
                self._go_on(tx, operator, replace(case, goal=goal), facts, now)
                return
            self.events.refused(tx, case, Why.TOO_LITTLE, operator, now)
        raise CaseRefused(Why.TOO_LITTLE, case=case_id)

    def end(self, operator: Operator, case_id: str) -> None:
        """End a case; one that is over stays as it is."""
        now = self.clock.now()
        with self.database.begin() as tx:
            case = self._hold(tx, case_id)
            if case.operator != operator.staff_id:
                raise UnknownCase(case_id)
            if case.ended_at is None:
                self._end(tx, case, End.OPERATOR, now, operator)

    def expire(self) -> int:
        """End cases whose time is over; answers how many."""
        now = self.clock.now()
        with self.database.read() as tx:
            over = store.over(tx, now)
        for one in over:
            with self.database.begin() as tx:
                self._end_over(tx, self._hold(tx, one.id), now)
        return len(over)

    def hold_own(self, tx: Tx, operator: Operator, case_id: str, now: datetime) -> Case:
        """Hold a case of this operator that goes on; raises `UnknownCase`, `CaseRefused`."""
        case = self._hold(tx, case_id)
        if case.operator != operator.staff_id:
            raise UnknownCase(case_id)
        if not case.is_open(now):
            raise CaseRefused(Why.OVER, case=case_id)
        return case

    def _hold(self, tx: Tx, case_id: str) -> Case:
        found = store.find(tx, case_id)
        if found is None:
            raise UnknownCase(case_id)
        store.hold(tx, found.member_number)
        return store.find(tx, case_id) or found

    def _found(self, tx: Tx, operator: Operator, search: str, place: int, now: datetime) -> str:
        since = now - self.rules.case_lifetime.delta
        for one in store.searches(tx, operator.staff_id, since):
            if one.id == search and 0 <= place < len(one.found):
                return one.found[place]
        raise UnknownCase("no search of this operator showed anybody there")

    def _why_not(
        self, tx: Tx, operator: Operator, member: Member, account: Account | None, now: datetime
    ) -> Refusal:
        number = member.member_number
        who = staff.find(tx, operator.staff_id)
        if members.is_erased(tx, number):
            return Why.NOT_FOUND
        if who is None or is_same_person(who, member, account):
            return Why.OWN
        if store.open_on(tx, number) is not None:
            return Why.SOMEBODY_ELSE
        if self._waits_for_her(tx, operator, number, now):
            return Why.ASKED
        return self._why_no_call(tx, number, now)

    def _why_no_call(self, tx: Tx, number: str, now: datetime) -> Refusal:
        """Tell which limit of the member stops every call, whoever takes it."""
        rules = self.rules
        lately = store.on_since(tx, number, now - rules.again_after.delta)
        if any(one.was_in_vain() for one in lately):
            return Why.PAUSED
        if len(lately) >= rules.cases_of_member:
            return Why.CASES
        wrong = self._wrong(tx, number, now)
        return Why.WRONG_ANSWERS if wrong >= rules.wrong_of_member else None

    def _waits_for_her(self, tx: Tx, operator: Operator, number: str, now: datetime) -> bool:
        """Tell whether a request this operator made about the member still waits for a second."""
        since = now - self.policy.policy.approvals.lifetime.delta
        for one in store.on_since(tx, number, since):
            if one.operator == operator.staff_id and one.approval is not None:
                asked = approvals.find(tx, one.approval)
                if asked is not None and asked.state is State.WAITING and now < asked.expires_at:
                    return True
        return False

    def _wrong(self, tx: Tx, number: str, now: datetime) -> int:
        since = now - self.rules.wrong_period.delta
        return sum(one.wrong for one in store.on_since(tx, number, since))

    def _open(
        self,
        tx: Tx,
        operator: Operator,
        member: Member,
        account: Account | None,
        need: Need,
        reason: str,
        now: datetime,
    ) -> Case:
        number = member.member_number
        since = now - self.rules.case_lifetime.delta
        case = Case(
            id=new_id(now),
            operator=operator.staff_id,
            member_number=number,
            subject=account.subject if account else None,
            need=need,
            reason=reason,
            goal=FIRST_GOAL[need],
            questions=(),
            searched_by=said_already(store.searches(tx, operator.staff_id, since), number),
            opened_at=now,
            expires_at=now + self.rules.case_lifetime.delta,
        )
        store.add(tx, case)
        self.events.opened(tx, case, operator, now)
        return self._go_on(tx, operator, case, self._facts(tx, case, now), now)

    def _go_on(self, tx: Tx, operator: Operator, case: Case, facts: Facts, now: datetime) -> Case:
        """Take the next step: enough, too many wrong, nothing left to ask, or another question."""
        rules = self.rules
        store.save(tx, case)
        failed = case.wrong >= rules.wrong_in_case
        if failed or self._wrong(tx, case.member_number, now) >= rules.wrong_of_member:
            return self._end(tx, case, End.FAILED, now, operator)
        if case.reaches(case.goal, rules):
            return self._prove(tx, operator, case, now)
        if case.place is not None:
            return case
        more = drawing.left_of(case, rules, facts)
        enough = drawing.can_reach(case.points, more, case.goal, rules)
        asked = drawing.draw(more) if enough else None
        if asked is None:
            return self._end(tx, case, End.FAILED, now, operator)
        case = replace(case, questions=(*case.questions, asked))
        store.save(tx, case)
        return case

    def _prove(self, tx: Tx, operator: Operator, case: Case, now: datetime) -> Case:
        case = replace(case, proven_at=case.proven_at or now)
        store.save(tx, case)
        right = sum(bool(one.fits) for one in case.questions)
        name, goal = EventName.CASE_PROVEN, case.goal.value
        self.events.step(tx, name, case, now, operator, goal=goal, matches=right, wrong=case.wrong)
        return case

    def _end_over(self, tx: Tx, case: Case | None, now: datetime) -> None:
        if case is not None and case.ended_at is None and now >= case.expires_at:
            self._end(tx, case, End.EXPIRED, now)

    def _end(self, tx: Tx, case: Case, why: End, now: datetime, by: Operator | None = None) -> Case:
        case = replace(case, ended_at=now, end=why, call_back_hash=None)
        store.save(tx, case)
        self.events.step(tx, EventName.CASE_ENDED, case, now, by, end=why.value)
        return case

    def _facts(self, tx: Tx, case: Case, now: datetime) -> Facts:
        return facts_of(members.get(tx, case.member_number), date_in_tokyo(now))


def _reason(text: str) -> str:
    """Read why somebody phones, in words; raises `CaseRefused`."""
    said = text.replace("\u3000", " ").strip()
    if not said or len(said) > LONGEST_REASON or not said.isprintable():
        raise CaseRefused(Why.REASON, 400)
    return said
