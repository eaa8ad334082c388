"""The moment at which a sign-in address changes: confirmed by both mailboxes, or by the office.

What else authenticated before ends with it, and the old mailbox gets the link that takes the change
back (`address_undo`), whoever made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from audit.event import Actor
from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.model import Account, EndReason
from idp.clock import to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.service import Journal
from idp.lifecycle import store
from idp.lifecycle.address_change import normal_form_of, record_change, taken_by
from idp.lifecycle.address_mails import UNDO, AddressMails
from idp.lifecycle.credentials import end_what_is_under_way
from idp.lifecycle.endings import Endings
from idp.lifecycle.model import AddressChange, Asker
from idp.proving.model import Purpose
from idp.proving.service import Proving
from idp.sessions import store as sessions
from idp.storage.sql import Tx

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class AddressSwitch:
    """Carries a change out, in the transaction of who decided that it is due."""

    policy: PolicyInForce
    journal: Journal
    endings: Endings
    proving: Proving
    mails: AddressMails

    def switch(
        self,
        tx: Tx,
        change: AddressChange,
        account: Account,
        asker: Asker,
        now: datetime,
        actor: Actor | None = None,
    ) -> str | None:
        """Put the new address in place; gives its event, None when it is not to be had any more.

        The account is held. `actor` is who did it, when it was not the member.
        """
        rules = self.policy.policy.recovery
        at, normal = to_micros(now), normal_form_of(change.new_address)
        tx.lock(f"address:{normal}")
        if taken_by(tx, normal, account.subject, now, rules.undo) is not None:
            store.mark_address_change(tx, change.id, "ended_at", at)
            return None
        kept = sessions.find(tx, change.session_id) if change.session_id else None
        lives = kept is not None and kept.ended_at is None
        # The kept session authenticated before: what else did so ends with the tick after it.
        since = kept.auth_time if kept is not None and lives else now
        moved = to_micros(max(since, account.credentials_changed_at) + _TICK)
        accounts.set_address(
            tx, account.subject, account.address, change.new_address, normal, moved
        )
        if lives:
            sessions.keep(tx, change.session_id, moved)
        store.mark_address_change(tx, change.id, "changed_at", at)
        end_what_is_under_way(tx, account.subject, now)
        name, who = EventName.ADDRESS_CHANGED, actor or Actor("member", account.subject)
        event = record_change(
            tx, self.journal, name, change, asker, now, actor=who, case=change.case_id
        )
        self.endings.end_all(
            tx,
            account.subject,
            EndReason.SIGNED_OUT,
            who,
            now,
            asker.origin,
            keep=change.session_id if lives else None,
        )
        self._tell(tx, change, asker, now)
        return event

    def _tell(self, tx: Tx, change: AddressChange, asker: Asker, now: datetime) -> None:
        rules = self.policy.policy.recovery
        # Bound to the mailbox, not to the account: no later change of a password ends it.
        undo = self.proving.issue(
            tx,
            Purpose.UNDO_ADDRESS,
            change.flow(UNDO),
            now,
            rules.undo.delta,
            address=change.old_address,
        )
        self.mails.changed(tx, change, undo, rules, now, asker.language)
