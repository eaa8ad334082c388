"""What a member does with factors: set up, confirm, take away. Each act with its event and a mail.

Whether somebody authenticated a moment ago is asked before, by the pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from audit.event import Actor, new_id
from audit.names import EventName
from idp.accounts import store as accounts
from idp.clock import Clock, to_micros
from idp.factors import store
from idp.factors.model import Authenticator, FactorKind
from idp.factors.passkeys import Passkeys, Question
from idp.factors.recovery_codes import RecoveryCodes
from idp.factors.totp import Totp
from idp.inforce.service import PolicyInForce
from idp.journal.model import Origin
from idp.journal.service import REFUSED, Journal
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.storage.sql import Database, Tx
from idp.web.organisation import Language


class Change(StrEnum):
    """What happened to a member's factors, as the mail says it (`what`)."""

    APP_ADDED = "app_added"
    APP_REMOVED = "app_removed"
    MAIL_ADDED = "mail_added"
    MAIL_REMOVED = "mail_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    CODES_DRAWN = "codes_drawn"


@dataclass(frozen=True, slots=True)
class Person:
    """The signed-in member who acts."""

    subject: str
    session: str
    origin: Origin
    language: Language


@dataclass(frozen=True)
class Overview:
    """What stands on the page about a member's factors."""

    app: Authenticator | None
    app_begun: Authenticator | None
    mail: Authenticator | None
    passkeys: tuple[Authenticator, ...]
    codes_left: int


@dataclass(frozen=True)
class Factors:
    """The use cases; everything they depend on is a field."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    mails: Mails
    totp: Totp
    recovery_codes: RecoveryCodes
    passkeys: Passkeys

    def overview(self, subject: str) -> Overview:
        """Tell what a member has set up."""
        with self.database.read() as tx:
            every, left = store.list_of(tx, subject), store.codes_left(tx, subject)
        apps = [one for one in every if one.kind is FactorKind.TOTP]
        return Overview(
            app=next((one for one in apps if one.confirmed_at), None),
            app_begun=next((one for one in apps if not one.confirmed_at), None),
            mail=next((one for one in every if one.kind is FactorKind.EMAIL), None),
            passkeys=tuple(one for one in every if one.kind is FactorKind.PASSKEY),
            codes_left=left,
        )

    def begin_app(self, who: Person) -> None:
        """Draw a secret for an authenticator app; it counts for nothing yet."""
        now = self.clock.now()
        with self.database.begin() as tx:
            if store.find_confirmed(tx, who.subject, FactorKind.TOTP) is None:
                self.totp.begin(tx, who.subject, now)

    def confirm_app(self, who: Person, code: str) -> list[str] | None:
        """Put the app into service and draw recovery codes; None when the code is wrong."""
        now = self.clock.now()
        with self.database.begin() as tx:
            tx.lock(f"factors:{who.subject}")
            if store.find_confirmed(tx, who.subject, FactorKind.TOTP) is not None:
                return None
            tried = self.totp.confirm(tx, who.subject, code, now)
            if not tried.right:
                facts = tried.decision.as_facts()
                self._record(tx, EventName.FACTOR_REFUSED, who, now, "totp", facts, REFUSED)
                return None
            self._record(tx, EventName.FACTOR_ADDED, who, now, "totp")
            self._tell(tx, who, Change.APP_ADDED, now)
            return self._draw(tx, who, now)

    def remove_app(self, who: Person) -> bool:
        """Turn the app off; its recovery codes end with it."""
        now = self.clock.now()
        with self.database.begin() as tx:
            tx.lock(f"factors:{who.subject}")
            one = store.find_confirmed(tx, who.subject, FactorKind.TOTP)
            if one is None or not store.remove(tx, who.subject, FactorKind.TOTP, one.id):
                return False
            store.replace_codes(tx, who.subject, [], to_micros(now))
            self._record(tx, EventName.FACTOR_REMOVED, who, now, "totp")
            self._tell(tx, who, Change.APP_REMOVED, now)
            return True

    def draw_codes(self, who: Person) -> list[str] | None:
        """Draw new recovery codes; None for a member without an app."""
        now = self.clock.now()
        with self.database.begin() as tx:
            tx.lock(f"factors:{who.subject}")
            if store.find_confirmed(tx, who.subject, FactorKind.TOTP) is None:
                return None
            self._tell(tx, who, Change.CODES_DRAWN, now)
            return self._draw(tx, who, now)

    def set_mail_codes(self, who: Person, *, wanted: bool) -> None:
        """Turn codes by mail on or off."""
        now = self.clock.now()
        with self.database.begin() as tx:
            tx.lock(f"factors:{who.subject}")
            one = store.find_confirmed(tx, who.subject, FactorKind.EMAIL)
            if wanted and one is None:
                at = to_micros(now)
                store.add(
                    tx,
                    id=new_id(now),
                    subject=who.subject,
                    kind=FactorKind.EMAIL.value,
                    name="",
                    created_at=at,
                    confirmed_at=at,
                )
                self._record(tx, EventName.FACTOR_ADDED, who, now, "email")
                self._tell(tx, who, Change.MAIL_ADDED, now)
            elif not wanted and one is not None:
                store.remove(tx, who.subject, FactorKind.EMAIL, one.id)
                self._record(tx, EventName.FACTOR_REMOVED, who, now, "email")
                self._tell(tx, who, Change.MAIL_REMOVED, now)

    def ask_for_passkey(self, who: Person, display_name: str, browser: str) -> Question:
        """Ask the browser to make a passkey."""
        now = self.clock.now()
        with self.database.begin() as tx:
            account = accounts.find(tx, who.subject)
            address = account.address if account else ""
            return self.passkeys.ask_to_make(tx, who.subject, address, display_name, browser, now)

    def add_passkey(
        self, who: Person, handle: str, browser: str, credential: str, name: str
    ) -> bool:
        """Keep the passkey a browser made; False when it cannot be kept."""
        now = self.clock.now()
        with self.database.begin() as tx:
            tx.lock(f"factors:{who.subject}")
            added = self.passkeys.add(tx, who.subject, handle, browser, credential, name, now)
            if added:
                self._record(tx, EventName.FACTOR_ADDED, who, now, "passkey")
                self._tell(tx, who, Change.PASSKEY_ADDED, now)
            else:
                self._record(tx, EventName.FACTOR_REFUSED, who, now, "passkey", None, REFUSED)
            return added

    def remove_passkey(self, who: Person, authenticator_id: str) -> bool:
        """Take a passkey away; False when it is none of the member's."""
        now = self.clock.now()
        with self.database.begin() as tx:
            if not store.remove(tx, who.subject, FactorKind.PASSKEY, authenticator_id):
                return False
            self._record(tx, EventName.FACTOR_REMOVED, who, now, "passkey")
            self._tell(tx, who, Change.PASSKEY_REMOVED, now)
            return True

    def _draw(self, tx: Tx, who: Person, now: datetime) -> list[str]:
        count = self.policy.policy.verification.recovery_codes
        codes = self.recovery_codes.draw(tx, who.subject, count, now)
        self._record(tx, EventName.RECOVERY_CODES_DRAWN, who, now, "recovery_code")
        return codes

    def _tell(self, tx: Tx, who: Person, change: Change, now: datetime) -> None:
        account = accounts.find(tx, who.subject)
        if account is not None:
            values = {"what": change.value}
            kind = MailKind.FACTOR_CHANGED
            self.mails.promise(
                tx, Mail(kind, account.address, who.language, values, who.subject), now
            )

    def _record(
        self,
        tx: Tx,
        name: EventName,
        who: Person,
        now: datetime,
        factor: str,
        decision: dict[str, Any] | None = None,
        outcome: str = "done",
    ) -> None:
        self.journal.record(
            tx,
            name,
            now,
            outcome=outcome,
            actor=Actor("member", who.subject),
            subject=who.subject,
            session=who.session,
            origin=who.origin,
            decision=decision,
            data={"factor": factor},
        )
