"""Registering, second half: the password, and with it the account.

Everything happens in one transaction: the registration is finished, the invitation used up, the
account made. Of any number of parallel attempts with one invitation, or with one address, exactly
one makes an account. Nobody is signed in by it: the next step is the sign-in page. Nothing here can
make a membership (F9); it must hold on this very day (F4).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from audit.names import EventName
from idp.accounts import passwords
from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.accounts.owner_words import words_about
from idp.accounts.password_rules import check_password
from idp.clock import to_micros
from idp.errors import IdpError
from idp.invitations import store
from idp.invitations.model import Registration, Tried
from idp.invitations.registering import ANYBODY, Registering
from idp.invitations.tried import find_tried
from idp.invitations.visiting import RegistrationEnded, Visit
from idp.journal.service import REFUSED
from idp.mails.model import Mail, MailKind
from idp.members import store as members
from idp.members.model import name_on
from idp.storage.sql import Tx
from idp.subjects.service import by_number, told_of
from idp.throttle.slots import LONGEST_WAIT_SECONDS, HashSlots


class AddressTaken(IdpError):
    """Somebody else registered with this address in the meantime; another one is needed."""

    code = "address_taken"
    status = 409


class NotProven(IdpError):
    """The mailbox is not proven yet: an earlier step comes first."""

    code = "registration_step"
    status = 409


@dataclass(frozen=True)
class Finishing:
    """Ends a registration in an account."""

    registering: Registering
    slots: HashSlots
    forget_devices: Callable[[Tx, str], object]
    """Who comes back by an invitation is known to no browser any more."""

    def finish(self, handle: str, visit: Visit, password: str) -> str:
        """Make the account; answers its subject.

        Raises `BadPassword` (and the registration goes on), `NotProven`, `AddressTaken` (it asks
        for an address again), `RegistrationEnded`, `idp.throttle.slots.Busy`.
        """
        r = self.registering
        found = r.find(handle, visit.device_cookie)
        if not found.address_is_proven or found.address is None:
            raise NotProven
        with r.database.read() as tx:
            member = members.get(tx, found.member_number)
        policy = r.policy.policy
        words = words_about(member, found.address, policy.organisation)
        check_password(password, policy.passwords, words)
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        with (
            self.slots.admit(policy.passwords.queue),
            self.slots.hold(deadline),
            self.slots.core(),
        ):
            password_hash = passwords.hash_password(password, policy.passwords.argon2)
        now = r.clock.now()
        try:
            with r.database.begin() as tx:
                return self._register(tx, found, visit, password_hash, now)
        except (AddressTaken, RegistrationEnded) as refused:
            self._note(found, visit, refused, now)
            raise

    def _register(
        self, tx: Tx, found: Registration, visit: Visit, password_hash: str, now: datetime
    ) -> str:
        at = to_micros(now)
        address = self.registering.parse_address(found.address or "")
        tx.lock(f"address:{address.normal_form}")
        if not store.consume(tx, found.handle_hash, at):
            raise RegistrationEnded("finished already")
        tried = find_tried(tx, found.selector)
        if tried is None or not tried.may_register(now) or not store.spend(tx, found.selector, at):
            raise RegistrationEnded("the invitation is used up or ended")
        owner = accounts.find_by_address(tx, address.normal_form)
        if owner is not None and owner.subject != tried.subject:
            raise AddressTaken
        account = Account(
            subject=tried.subject or secrets.token_urlsafe(18),
            member_number=found.member_number,
            address=address.typed,
            password_hash=password_hash,
            credentials_changed_at=now,
        )
        if tried.subject is not None:
            made = accounts.come_back(tx, account, address.normal_form)
            self.forget_devices(tx, account.subject)
        else:
            made = accounts.add_if_free(tx, account, address.normal_form, at)
        if not made:
            raise RegistrationEnded("an account was made elsewhere")
        self._tell(tx, account, tried, visit, now)
        return account.subject

    def _tell(self, tx: Tx, account: Account, tried: Tried, visit: Visit, now: datetime) -> None:
        r = self.registering
        came_back = tried.subject is not None
        r.journal.record(
            tx,
            EventName.ACCOUNT_RESTORED if came_back else EventName.ACCOUNT_CREATED,
            now,
            actor=Actor("member", account.subject),
            subject=account.subject,
            origin=visit.origin,
            data={"by": "registration"},
        )
        name = name_on(tried.member, r.clock.today()).shown
        mail = Mail(
            MailKind.WELCOME, account.address, visit.language, {"name": name}, account.subject
        )
        r.mails.promise(tx, mail, now)

    def _note(self, found: Registration, visit: Visit, refused: IdpError, now: datetime) -> None:
        """Record a refusal; after a taken address the registration asks for another one."""
        r = self.registering
        with r.database.begin() as tx:
            if isinstance(refused, AddressTaken):
                store.set_address(tx, found.handle_hash, None)
            r.journal.record(
                tx,
                EventName.REGISTRATION_REFUSED,
                now,
                outcome=REFUSED,
                actor=ANYBODY,
                origin=visit.origin,
                data={"why": refused.code, "member": told_of(found.member_number)},
                person=by_number(found.member_number),
            )
