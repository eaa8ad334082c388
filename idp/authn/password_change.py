"""A member who is signed in changes the password: by the old one, through the gate.

Everything else ends with it (other sessions, grants with their tokens, codes, mailed secrets,
sign-ins in progress); this session goes on under a new cookie, its time of authentication renewed
by the password that was just shown. Consents and known devices stay.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.event import Actor
from audit.names import EventName
from idp.accounts import passwords
from idp.accounts import store as accounts
from idp.accounts.model import Account, EndReason
from idp.accounts.owner_words import words_about
from idp.accounts.password_rules import check_password
from idp.authn.model import Failed, Visit
from idp.authn.reauthentication import Reauthentication
from idp.clock import Clock, to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.service import REFUSED, Journal
from idp.lifecycle.credentials import end_what_is_under_way, hold_account
from idp.lifecycle.endings import Endings
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.members import store as members
from idp.sessions import store as sessions
from idp.sessions.model import Session
from idp.storage.secret_text import draw_token, hash_token
from idp.storage.sql import Database, Tx
from idp.throttle.references import draw_reference
from idp.throttle.slots import HashSlots


@dataclass(frozen=True)
class PasswordChange:
    """Changes the password of the member of a session."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    slots: HashSlots
    reauthentication: Reauthentication
    endings: Endings
    mails: Mails

    def address_of(self, session: Session) -> str:
        """Give the sign-in address that the password belongs to."""
        with self.database.read() as tx:
            account = accounts.find(tx, session.subject)
        return account.address if account else ""

    def check(self, session: Session, new: str) -> None:
        """Refuse a new password that may not be used; raises `BadPassword` with the reason."""
        with self.database.read() as tx:
            account = accounts.find(tx, session.subject)
            member = members.find(tx, account.member_number) if account else None
        address = account.address if account else None
        words = words_about(member, address, self.policy.policy.organisation)
        check_password(new, self.policy.policy.passwords, words)

    def change(self, session: Session, current: str, new: str, visit: Visit) -> str | Failed:
        """Set a new password; answers the new cookie of this session.

        Raises `BadPassword`, and `idp.throttle.slots.Busy` when no slot gets free within 10 s.
        """
        self.check(session, new)
        with self.database.read() as tx:
            before = accounts.find(tx, session.subject)
        shown = self.reauthentication.by_password(session, current, visit)
        if isinstance(shown, Failed):
            return shown
        with self.slots.core():
            fresh = passwords.hash_password(new, self.policy.policy.passwords.argon2)
        with self.database.begin() as tx:
            hold_account(tx, session.subject)
            account, live = accounts.find(tx, session.subject), sessions.find(tx, session.id)
            if account is None or live is None or not _still(before, account, live):
                return self._refuse(tx, session, visit)
            return self._set(tx, account, live, fresh, visit)

    def _set(self, tx: Tx, account: Account, live: Session, fresh: str, visit: Visit) -> str:
        now, cookie = self.clock.now(), draw_token()
        at = max(to_micros(now), to_micros(account.credentials_changed_at) + 1)
        actor = Actor("member", account.subject)
        accounts.set_password(tx, account.subject, fresh, at)
        end_what_is_under_way(tx, account.subject, now)
        self.journal.record(
            tx,
            EventName.PASSWORD_SET,
            now,
            actor=actor,
            subject=account.subject,
            session=live.id,
            origin=visit.origin,
            data={"how": "change"},
        )
        sessions.renew(
            tx,
            live.id,
            cookie_hash=hash_token(cookie),
            auth_time=at,
            amr=" ".join(live.amr),
            expires_at=to_micros(live.expires_at),
        )
        self.endings.end_all(
            tx, account.subject, EndReason.SIGNED_OUT, actor, now, visit.origin, keep=live.id
        )
        told = {"how": "change"}
        kind, subject = MailKind.PASSWORD_CHANGED, account.subject
        self.mails.promise(tx, Mail(kind, account.address, visit.language, told, subject), now)
        return cookie

    def _refuse(self, tx: Tx, session: Session, visit: Visit) -> Failed:
        reference = draw_reference(tx)
        self.journal.record(
            tx,
            EventName.SESSION_REAUTHENTICATION_REFUSED,
            self.clock.now(),
            outcome=REFUSED,
            actor=Actor("member", session.subject),
            subject=session.subject,
            session=session.id,
            origin=visit.origin,
            data={"way": "password", "why": "password_changed"},
            reference=reference,
        )
        return Failed(reference)


def _still(before: Account | None, account: Account, live: Session) -> bool:
    """Tell whether nothing was changed or ended since the old password was shown."""
    unchanged = (
        before is not None and before.credentials_changed_at == account.credentials_changed_at
    )
    in_service = account.stopped_at is None and account.disabled_at is None
    return unchanged and in_service and live.ended_at is None
