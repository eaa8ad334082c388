"""What waits for its cooling-off: stopped from the mailbox, or carried out by the worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.clock import Clock, to_micros
from idp.factors import store as factors
from idp.factors.model import FactorKind
from idp.factors.service import Change
from idp.floods.service import Floods
from idp.helpdesk import store
from idp.helpdesk.model import Removal
from idp.helpdesk.plan_mails import ADDRESS
from idp.journal.model import NOWHERE, Origin
from idp.journal.service import REFUSED, SYSTEM, Journal
from idp.lifecycle import store as changes
from idp.lifecycle.address_change import end_pending
from idp.lifecycle.address_switch import AddressSwitch
from idp.lifecycle.credentials import hold_account
from idp.lifecycle.model import AddressChange, Asker
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.proving.model import Purpose
from idp.proving.service import Proving
from idp.sessions import store as sessions
from idp.sessions.model import why_inactive
from idp.storage.sql import Database, Tx
from idp.throttle.buckets import COUNTED, NO_BUDGET, Buckets, bucket_of

REMOVALS = {
    FactorKind.TOTP: Change.APP_REMOVED,
    FactorKind.PASSKEY: Change.PASSKEY_REMOVED,
    FactorKind.EMAIL: Change.MAIL_REMOVED,
}
WORKER = Asker(NOWHERE, "ja", ())


@dataclass(frozen=True)
class Plans:
    """Carries out what two persons decided, when its time has come; stops what is not wanted."""

    database: Database
    clock: Clock
    journal: Journal
    proving: Proving
    mails: Mails
    switch: AddressSwitch

    def carry_out_due(self) -> int:
        """Carry out what is due; answers how many changes there were."""
        now = self.clock.now()
        with self.database.read() as tx:
            addresses = changes.due_address_changes(tx, to_micros(now))
            removals = store.due_removals(tx, now)
        done = sum(self._change(one, now) for one in addresses)
        return done + sum(self._remove(one, now) for one in removals)

    def stop(self, tx: Tx, flow: str, origin: Origin, now: datetime) -> bool:
        """Stop what a link names; False when it is done, or was stopped before."""
        _stop, kind, which = flow.split(":", 2)
        if kind == ADDRESS:
            change = changes.find_address_change(tx, which)
            if change is None or not change.is_pending(now):
                return False
            hold_account(tx, change.subject)
            change = changes.find_address_change(tx, which) or change
            if not change.is_pending(now):
                return False
            end_pending(tx, change.subject, now)
            self._stopped(tx, change.case_id, change.subject, "member", now, origin)
            return True
        removal = store.find_removal(tx, which)
        if removal is None or not store.removal_ended(tx, removal.id, now):
            return False
        self._stopped(tx, removal.case_id, removal.subject, "member", now, origin)
        return True

    def _change(self, due: AddressChange, now: datetime) -> bool:
        with self.database.begin() as tx:
            hold_account(tx, due.subject)
            change = changes.find_address_change(tx, due.id)
            if change is None or not change.is_pending(now) or change.new_confirmed_at is None:
                return False
            account = self._in_service(tx, due.subject, now)
            fits = account is not None and account.address == change.old_address
            if account is not None and fits:
                event = self.switch.switch(tx, change, account, WORKER, now, SYSTEM)
                if event is not None:
                    store.add_step(tx, change.case_id or "", event, now)
                    return True
            else:
                changes.mark_address_change(tx, change.id, "ended_at", to_micros(now))
            self._stopped(tx, change.case_id, due.subject, "impossible", now)
            return False

    def _remove(self, due: Removal, now: datetime) -> bool:
        with self.database.begin() as tx:
            hold_account(tx, due.subject)
            tx.lock(f"factors:{due.subject}")
            account = self._in_service(tx, due.subject, now)
            if account is None:
                if store.removal_ended(tx, due.id, now):
                    self._stopped(tx, due.case_id, due.subject, "impossible", now)
                return False
            if not store.removal_done(tx, due.id, now):
                return False
            kind = FactorKind(due.factor)
            # What was set up after the decision is the member's own, and stays.
            for one in factors.list_of(tx, due.subject):
                if one.kind is kind and one.created_at <= due.planned_at:
                    factors.remove(tx, due.subject, kind, one.id)
            if kind is FactorKind.TOTP and not self._has_app(tx, due.subject):
                factors.replace_codes(tx, due.subject, [], to_micros(now))
            changes.end_sign_ins(tx, due.subject, to_micros(now))
            self._removed(tx, due, account, kind, now)
            return True

    def _has_app(self, tx: Tx, subject: str) -> bool:
        return factors.find_confirmed(tx, subject, FactorKind.TOTP) is not None

    def _removed(
        self, tx: Tx, due: Removal, account: Account, kind: FactorKind, now: datetime
    ) -> None:
        data = {"factor": kind.value, "why": "telephone case"}
        if due.approval is not None:
            data["approval"] = due.approval
        event = self.journal.record(
            tx,
            EventName.FACTOR_REMOVED,
            now,
            subject=due.subject,
            case=due.case_id,
            data=data,
        )
        store.add_step(tx, due.case_id, event, now)
        values = {"what": REMOVALS[kind].value}
        mail = Mail(MailKind.FACTOR_CHANGED, account.address, "ja", values, due.subject)
        self.mails.promise(tx, mail, now)

    def _in_service(self, tx: Tx, subject: str, now: datetime) -> Account | None:
        facts = sessions.subject_facts(tx, subject)
        if facts is None or why_inactive(facts, False, now, now) is not None:
            return None
        return accounts.find(tx, subject)

    def _stopped(
        self,
        tx: Tx,
        case_id: str | None,
        subject: str,
        why: str,
        now: datetime,
        origin: Origin = NOWHERE,
    ) -> None:
        event = self.journal.record(
            tx,
            EventName.CASE_STOPPED,
            now,
            actor=Actor("member", subject) if why == "member" else SYSTEM,
            subject=subject,
            origin=origin,
            case=case_id,
            data={"why": why},
        )
        if case_id is not None:
            store.add_step(tx, case_id, event, now)


@dataclass(frozen=True)
class Stopping:
    """Takes the link of a notice: whoever reads the mailbox may stop what was planned."""

    database: Database
    clock: Clock
    journal: Journal
    proving: Proving
    plans: Plans
    buckets: Buckets
    floods: Floods

    def stop(self, link: str, asker: Asker) -> bool:
        """Stop it; False when the link is not (or no longer) good for that."""
        now = self.clock.now()
        full = self.buckets.exhausted(asker.buckets)
        if full is not None:
            self.floods.refuse(full, bucket_of(full, asker.buckets), asker.origin, now)
            return False
        with self.database.begin() as tx:
            checked = self.proving.check_link(tx, Purpose.STOP_CHANGE, link, now)
            proof = checked.proof
            if proof is not None and self.plans.stop(tx, proof.flow, asker.origin, now):
                self.proving.spend(tx, proof, now)
                return True
            decision = checked.decision
            self.journal.record(
                tx,
                EventName.ADDRESS_CHANGE_REFUSED,
                now,
                outcome=REFUSED,
                actor=Actor("anonymous"),
                origin=asker.origin,
                decision={**(decision.as_facts() if decision else NO_BUDGET), **COUNTED},
                data={"why": "stop"},
            )
        self.buckets.hit(asker.buckets)
        return False
