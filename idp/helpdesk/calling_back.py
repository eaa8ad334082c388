"""The call-back: the number in the register is dialled, and whoever answers says the code.

The code is read to the caller, who is then called back at the registered number. A number that is
younger than `phone_settled` is never called back: whoever changed it last week may be the caller.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import date, datetime

from audit.names import EventName
from idp.clock import Clock, date_in_tokyo
from idp.helpdesk import store
from idp.helpdesk.cases import Cases
from idp.helpdesk.events import CaseEvents
from idp.helpdesk.model import BY_TWO, Case, CaseRefused, Operator, Why
from idp.inforce.service import PolicyInForce
from idp.members import store as members
from idp.members.model import Member
from idp.policy.helpdesk import Helpdesk
from idp.storage.secret_text import hash_token
from idp.storage.sql import Database, Tx
from idp.web.forms import fold_code
from idp.web.spoken import draw_spoken_code


@dataclass(frozen=True)
class CallingBack:
    """Begins a call-back and takes what is said at the other end."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    cases: Cases
    events: CaseEvents

    def begin(self, operator: Operator, case_id: str) -> str:
        """Give the code to read to the caller; it is shown this once. Raises `CaseRefused`."""
        now, code = self.clock.now(), draw_spoken_code()
        rules = self.policy.policy.helpdesk
        with self.database.begin() as tx:
            case = self.cases.hold_own(tx, operator, case_id, now)
            why = self._why_not(tx, case, now)
            if why is None:
                until = min(now + rules.call_back_lifetime.delta, case.expires_at)
                begun = replace(case, call_back_hash=hash_token(code), call_back_until=until)
                store.save(tx, begun)
                name = EventName.CASE_CALLED_BACK
                self.events.step(tx, name, begun, now, operator, what="begun", fields=["phone"])
                return code
            self.events.refused(tx, case, why, operator, now)
        raise CaseRefused(why, case=case_id)

    def hear(self, operator: Operator, case_id: str, typed: str) -> bool:
        """Take the code that was said at the registered number; raises `CaseRefused`."""
        now, said = self.clock.now(), fold_code(typed).upper()
        with self.database.begin() as tx:
            case = self.cases.hold_own(tx, operator, case_id, now)
            if case.call_back_hash is None or case.call_back_until is None:
                raise CaseRefused(Why.NOT_CALLED_BACK, case=case_id)
            in_time = now < case.call_back_until
            same = hmac.compare_digest(hash_token(said), case.call_back_hash)
            member = members.get(tx, case.member_number)
            still = why_no_call(member, date_in_tokyo(now), self.rules) is None
            right = same and in_time and still
            tries = case.call_back_tries + (not right)
            over = right or tries >= self.policy.policy.helpdesk.call_back_tries or not in_time
            case = replace(
                case,
                call_back_tries=tries,
                call_back_hash=None if over else case.call_back_hash,
                called_back_at=now if right else case.called_back_at,
            )
            store.save(tx, case)
            name = EventName.CASE_CALLED_BACK
            what = "right" if right else "wrong"
            self.events.step(tx, name, case, now, operator, what=what)
        return right

    def number(self, case: Case) -> str | None:
        """Give the number to dial (E.164) while a call-back is under way."""
        if case.call_back_hash is None:
            return None
        now = self.clock.now()
        with self.database.read() as tx:
            member = members.find(tx, case.member_number)
        return settled_phone(member, date_in_tokyo(now), self.rules) if member else None

    @property
    def rules(self) -> Helpdesk:
        """Give the rules in force."""
        return self.policy.policy.helpdesk

    def _why_not(self, tx: Tx, case: Case, now: datetime) -> Why | None:
        if case.goal not in BY_TWO or not case.reaches(case.goal, self.rules):
            return Why.NOT_PROVEN
        if case.call_back_tries >= self.rules.call_back_tries:
            return Why.CALL_BACKS
        return why_no_call(members.get(tx, case.member_number), date_in_tokyo(now), self.rules)


def why_no_call(member: Member, today: date, rules: Helpdesk) -> Why | None:
    """Tell why the registered number cannot be called back."""
    if not any(entry.value for entry in member.phones if entry.from_on <= today):
        return Why.NO_PHONE
    return None if settled_phone(member, today, rules) else Why.NEW_PHONE


def settled_phone(member: Member, today: date, rules: Helpdesk) -> str | None:
    """Give the number of today, unless it was changed, or added, lately.

    One that came with the record itself was not changed.
    """
    began = [entry for entry in member.phones if entry.from_on <= today]
    if not began or not began[-1].value:
        return None
    newest = began[-1]
    came_with_it = len(began) == 1 and newest.from_on <= member.names[0].from_on
    if not came_with_it and today - newest.from_on < rules.phone_settled.delta:
        return None
    return newest.value
