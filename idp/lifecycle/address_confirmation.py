"""Both mailboxes confirm a change of the sign-in address, and then it changes.

By link from anywhere (a mail is often read on another device), by code in the member's session;
looking at a page confirms nothing. Afterwards only the session it was asked for in goes on, and the
old mailbox may take the change back (`address_undo`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from audit.event import Actor
from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.clock import Clock, to_micros
from idp.floods.service import Floods
from idp.inforce.service import PolicyInForce
from idp.journal.service import REFUSED, Journal
from idp.lifecycle import store
from idp.lifecycle.address_change import PURPOSES, record_change, version
from idp.lifecycle.address_mails import AddressMails
from idp.lifecycle.address_switch import AddressSwitch
from idp.lifecycle.credentials import hold_account
from idp.lifecycle.endings import Endings
from idp.lifecycle.model import AddressChange, Asker, Side
from idp.proving.model import MailedSecret
from idp.proving.service import Checked, Proving
from idp.sessions import store as sessions
from idp.sessions.model import Session, why_inactive
from idp.storage.sql import Database, Tx
from idp.throttle.buckets import COUNTED, NO_BUDGET, Buckets, bucket_of


class Step(StrEnum):
    """What came of one confirmation."""

    WRONG = "wrong"
    ONE_LEFT = "one_left"
    LATER = "later"
    """The office makes the change, when its cooling-off is over."""
    CHANGED = "changed"
    IMPOSSIBLE = "impossible"
    """Both confirmed, but the address is not to be had any more."""


@dataclass(frozen=True)
class AddressConfirmations:
    """Takes what the two mailboxes were sent, and carries the change out."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    endings: Endings
    proving: Proving
    buckets: Buckets
    floods: Floods
    mails: AddressMails

    def confirm_code(self, session: Session, code: str, asker: Asker) -> Step:
        """Confirm by a code, typed (folded already) in any session of the member."""
        now = self.clock.now()
        with self.database.begin() as tx:
            change = store.pending_address_change(tx, session.subject)
            if change is None or not change.is_pending(now):
                return self._refuse(tx, None, session.subject, asker, now)
            checked = Checked(None, None)
            for side in (one for one in Side if not change.confirmed(one)):
                flow = change.flow(side.value)
                checked = self.proving.check_code(tx, PURPOSES[side], flow, code, now)
                if checked.proof is not None:
                    return self._confirm(tx, side, checked.proof, asker, now)
            return self._refuse(tx, checked, session.subject, asker, now)

    def confirm_link(self, side: Side, link: str, asker: Asker) -> Step:
        """Confirm by what stood in the link of a mail; whoever reads the mailbox may."""
        now = self.clock.now()
        full = self.buckets.exhausted(asker.buckets)
        if full is not None:
            self.floods.refuse(full, bucket_of(full, asker.buckets), asker.origin, now)
            return Step.WRONG
        with self.database.begin() as tx:
            checked = self.proving.check_link(tx, PURPOSES[side], link, now)
            if checked.proof is not None:
                return self._confirm(tx, side, checked.proof, asker, now)
            step = self._refuse(tx, checked, None, asker, now, counted=True)
        self.buckets.hit(asker.buckets)
        return step

    def _confirm(
        self, tx: Tx, side: Side, proof: MailedSecret, asker: Asker, now: datetime
    ) -> Step:
        subject = proof.subject or ""
        hold_account(tx, subject)
        change = store.find_address_change(tx, proof.flow.partition(":")[0])
        account = accounts.find(tx, subject)
        if (
            change is None
            or account is None
            or not change.is_pending(now)
            or change.old_address != account.address
            or proof.binding != version(account)
            or not self._is_active(tx, subject, now)
            or not self.proving.spend(tx, proof, now)
        ):
            return self._refuse(tx, None, subject, asker, now)
        store.mark_address_change(tx, change.id, f"{side.value}_confirmed_at", to_micros(now))
        name = EventName.ADDRESS_CONFIRMED
        record_change(tx, self.journal, name, change, asker, now, side=side.value)
        if change.due_at is not None:
            return Step.LATER
        other = Side.OLD if side is Side.NEW else Side.NEW
        if not change.confirmed(other):
            return Step.ONE_LEFT
        return self._carry_out(tx, change, account, asker, now)

    def _carry_out(
        self, tx: Tx, change: AddressChange, account: Account, asker: Asker, now: datetime
    ) -> Step:
        switch = AddressSwitch(self.policy, self.journal, self.endings, self.proving, self.mails)
        if switch.switch(tx, change, account, asker, now) is not None:
            return Step.CHANGED
        self._refuse(tx, None, account.subject, asker, now, why="taken")
        return Step.IMPOSSIBLE

    def _is_active(self, tx: Tx, subject: str, now: datetime) -> bool:
        facts = sessions.subject_facts(tx, subject)
        return facts is not None and why_inactive(facts, False, now, now) is None

    def _refuse(
        self,
        tx: Tx,
        checked: Checked | None,
        subject: str | None,
        asker: Asker,
        now: datetime,
        why: str = "wrong",
        *,
        counted: bool = False,
    ) -> Step:
        decision = checked.decision if checked else None
        facts = decision.as_facts() if decision else None
        if counted:
            facts = {**(facts or NO_BUDGET), **COUNTED}
        self.journal.record(
            tx,
            EventName.ADDRESS_CHANGE_REFUSED,
            now,
            outcome=REFUSED,
            actor=Actor("member", subject) if subject else Actor("anonymous"),
            subject=subject,
            origin=asker.origin,
            decision=facts,
            data={"why": why},
        )
        return Step.WRONG
