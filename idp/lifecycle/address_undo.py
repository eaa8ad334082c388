"""The old mailbox takes a change of the sign-in address back.

Somebody else may have made the change, with the password and for a moment with the mailbox. So the
old address comes back, the password goes, and with it all sessions, known devices and whatever
factors were set up lately. It gives no session: a new password is asked for by mail.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.event import Actor
from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.model import EndReason
from idp.clock import Clock, to_micros
from idp.floods.service import Floods
from idp.inforce.service import PolicyInForce
from idp.journal.service import REFUSED, Journal
from idp.lifecycle import store
from idp.lifecycle.address_change import normal_form_of, record_change
from idp.lifecycle.address_mails import AddressMails
from idp.lifecycle.credentials import end_what_is_under_way, hold_account
from idp.lifecycle.endings import Endings
from idp.lifecycle.model import AddressChange, Asker
from idp.proving.model import MailedSecret, Purpose
from idp.proving.service import Proving
from idp.sessions import store as sessions
from idp.storage.sql import Database, Tx
from idp.throttle.buckets import COUNTED, NO_BUDGET, Buckets, bucket_of


@dataclass(frozen=True)
class AddressUndo:
    """Puts the old address back."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    endings: Endings
    proving: Proving
    buckets: Buckets
    floods: Floods
    mails: AddressMails

    def undo(self, link: str, asker: Asker) -> bool:
        """Take a change back; False when the link is not (or no longer) good for that."""
        now = self.clock.now()
        full = self.buckets.exhausted(asker.buckets)
        if full is not None:
            self.floods.refuse(full, bucket_of(full, asker.buckets), asker.origin, now)
            return False
        with self.database.begin() as tx:
            checked = self.proving.check_link(tx, Purpose.UNDO_ADDRESS, link, now)
            if checked.proof is not None and self._undo(tx, checked.proof, asker):
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
                data={"why": "undo"},
            )
        self.buckets.hit(asker.buckets)
        return False

    def _undo(self, tx: Tx, proof: MailedSecret, asker: Asker) -> bool:
        now = self.clock.now()
        change = store.find_address_change(tx, proof.flow.partition(":")[0])
        if change is None:
            return False
        hold_account(tx, change.subject)
        change = store.find_address_change(tx, change.id) or change
        if change.changed_at is None or change.undone_at or change.ended_at:
            return False
        if not self.proving.spend(tx, proof, now):
            return False
        self._put_back(tx, change, asker)
        return True

    def _put_back(self, tx: Tx, change: AddressChange, asker: Asker) -> None:
        now = self.clock.now()
        at, subject = to_micros(now), change.subject
        account = accounts.find(tx, subject)
        assert account is not None  # the change names it by a foreign key
        normal = normal_form_of(change.old_address)
        moved = max(at, to_micros(account.credentials_changed_at) + 1)
        accounts.set_address(tx, subject, account.address, change.old_address, normal, moved)
        accounts.drop_password(tx, subject)
        store.mark_address_change(tx, change.id, "undone_at", at)
        store.end_later_changes(tx, subject, to_micros(change.requested_at), at)
        end_what_is_under_way(tx, subject, now)
        lately = change.requested_at - self.policy.policy.recovery.undo.delta
        factors, in_service = store.drop_factors_since(tx, subject, to_micros(lately))
        sessions.forget_devices_of(tx, subject)
        record_change(
            tx,
            self.journal,
            EventName.ADDRESS_CHANGE_UNDONE,
            change,
            asker,
            now,
            factors=str(factors),
        )
        actor = Actor("member", subject)
        for kind in in_service:
            data = {"factor": kind, "why": "address change undone"}
            self.journal.record(
                tx,
                EventName.FACTOR_REMOVED,
                now,
                actor=actor,
                subject=subject,
                origin=asker.origin,
                data=data,
            )
        self.endings.end_all(tx, subject, EndReason.SIGNED_OUT, actor, now, asker.origin)
        self.mails.undone(tx, change, now, asker.language)
