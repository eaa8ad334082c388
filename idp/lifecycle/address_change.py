"""A member asks to sign in with another mail address; both mailboxes are asked to confirm.

Whether the wanted address signs in to another account is told to nobody but its owner, by mail:
page, outbox and time are the same. Confirming is `address_confirmation`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor, new_id
from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.clock import Clock, to_micros
from idp.errors import IdpError
from idp.inforce.service import PolicyInForce
from idp.journal.service import Journal
from idp.lifecycle import store
from idp.lifecycle.address_mails import AddressMails
from idp.lifecycle.credentials import hold_account
from idp.lifecycle.model import AddressChange, Asker, Side
from idp.members.japan.mail import MailAddress, parse_mail_address
from idp.policy.model import LimitName
from idp.policy.values import Duration
from idp.proving import store as mailed
from idp.proving.model import Purpose
from idp.proving.service import Proving
from idp.sessions.model import Session
from idp.storage.secret_text import hash_token
from idp.storage.sql import Database, Tx
from idp.throttle.buckets import Buckets

PURPOSES = {Side.NEW: Purpose.NEW_ADDRESS, Side.OLD: Purpose.OLD_ADDRESS}


class SameAddress(IdpError):
    """The wanted address is the one the account has."""

    code = "same_address"
    status = 400


@dataclass(frozen=True)
class AddressChanges:
    """Begins and gives up changes of the sign-in address."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    proving: Proving
    buckets: Buckets
    mails: AddressMails

    def pending(self, subject: str) -> AddressChange | None:
        """Find the change a member has under way."""
        with self.database.read() as tx:
            found = store.pending_address_change(tx, subject)
        return found if found is not None and found.is_pending(self.clock.now()) else None

    def request(self, session: Session, typed: str, asker: Asker) -> None:
        """Begin a change, in place of an earlier one; raises `BadMailAddress`, `SameAddress`.

        A mail limit withholds the mails to the wanted mailbox and changes nothing else.
        """
        wanted = parse_mail_address(typed, self.policy.policy.mail.carrier_domains)
        key = hash_token(wanted.normal_form)
        may_mail = self.buckets.take(LimitName.PROVING_MAILS_PER_MAILBOX, key)
        now = self.clock.now()
        with self.database.begin() as tx:
            hold_account(tx, session.subject)
            account = accounts.find(tx, session.subject)
            if account is None or account.address == wanted.typed:
                raise SameAddress("the account has this address")
            end_pending(tx, account.subject, now)
            change = self._add(tx, session, account, wanted, now)
            record_change(
                tx, self.journal, EventName.ADDRESS_CHANGE_REQUESTED, change, asker, now, session.id
            )
            self._ask(tx, change, account, wanted, asker, may_mail=may_mail, now=now)

    def withdraw(self, session: Session) -> None:
        """Give up a change that is under way."""
        now = self.clock.now()
        with self.database.begin() as tx:
            hold_account(tx, session.subject)
            change = store.pending_address_change(tx, session.subject)
            end_pending(tx, session.subject, now)
            if change is not None and change.case_id is not None:
                self.journal.record(
                    tx,
                    EventName.CASE_STOPPED,
                    now,
                    actor=Actor("member", session.subject),
                    subject=session.subject,
                    session=session.id,
                    case=change.case_id,
                    data={"why": "member"},
                )

    def _add(
        self, tx: Tx, session: Session, account: Account, wanted: MailAddress, now: datetime
    ) -> AddressChange:
        expires_at = now + self.policy.policy.recovery.address_change_lifetime.delta
        change = AddressChange(
            id=new_id(now),
            subject=account.subject,
            session_id=session.id,
            old_address=account.address,
            new_address=wanted.typed,
            requested_at=now,
            expires_at=expires_at,
        )
        store.add_address_change(tx, change, normal_form_of(account.address))
        return change

    def _ask(
        self,
        tx: Tx,
        change: AddressChange,
        account: Account,
        wanted: MailAddress,
        asker: Asker,
        *,
        may_mail: bool,
        now: datetime,
    ) -> None:
        rules = self.policy.policy.recovery
        taken = taken_by(tx, wanted.normal_form, account.subject, now, rules.undo)
        owner = accounts.find_by_address(tx, wanted.normal_form)
        if not may_mail or taken is None:
            owner = None
        free = may_mail and taken is None
        lifetime, whose = rules.address_change_lifetime.delta, version(account)
        secrets = {
            side: self.proving.issue(
                tx,
                purpose,
                change.flow(side.value),
                now,
                lifetime,
                subject=account.subject if free or side is Side.OLD else None,
                binding=whose,
            )
            for side, purpose in PURPOSES.items()
        }
        to_new = wanted.typed if free else None
        self.mails.ask(tx, change, account, secrets, rules, to_new, now, asker.language)
        self.mails.tell_owner(tx, owner, now, asker.language)


def taken_by(tx: Tx, normal: str, subject: str, now: datetime, undo: Duration) -> str | None:
    """Tell who else signs in with an address, or gave it up lately and may take it back."""
    owner = accounts.find_by_address(tx, normal)
    if owner is not None and owner.subject != subject:
        return owner.subject
    before = store.given_up_by(tx, normal, to_micros(now - undo.delta))
    return before if before != subject else None


def normal_form_of(address: str) -> str:
    """Give the normal form of an address that is stored: odd carrier forms were accepted then."""
    domain = address.rpartition("@")[2].lower()
    return parse_mail_address(address, {domain}).normal_form


def version(account: Account) -> str:
    """Name the version of the credentials that a mailed secret is bound to."""
    return str(to_micros(account.credentials_changed_at))


def record_change(
    tx: Tx,
    journal: Journal,
    name: EventName,
    change: AddressChange,
    asker: Asker,
    now: datetime,
    session: str | None = None,
    *,
    actor: Actor | None = None,
    case: str | None = None,
    **data: str,
) -> str:
    """Record a step of a change of address; by the member, unless somebody else is named."""
    return journal.record(
        tx,
        name,
        now,
        actor=actor or Actor("member", change.subject),
        subject=change.subject,
        session=session,
        origin=asker.origin,
        case=case,
        data={"change": change.id, **data},
    )


def end_pending(tx: Tx, subject: str, now: datetime) -> None:
    """Give up a change that is under way, and what its mailboxes were sent."""
    for change_id in store.end_address_changes(tx, subject, to_micros(now)):
        for side in Side:
            mailed.end_flow(tx, f"{change_id}:{side.value}", to_micros(now))
