"""Authenticating again in a session: for an act that matters, or because a client asks for more.

The session stays (its `sid`, its cookie); the time of authentication is renewed, and its `amr`
gains what was shown (RFC 9470). One factor is enough for the renewal, for the session is another
(NIST SP 800-63B-4 2.2.3); who has set up an app is asked for its code and not for the password.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from audit.names import EventName
from idp.accounts import passwords
from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.authn.assurance import BY_PASSKEY, BY_PASSWORD, PASSWORD, Way, acr_of, target, ways
from idp.authn.codes import Checked, SecondFactors
from idp.authn.model import Failed, Visit
from idp.clock import Clock, to_micros
from idp.factors import store as factors
from idp.factors.passkeys import Purpose as PasskeyPurpose
from idp.factors.passkeys import Question
from idp.inforce.service import PolicyInForce
from idp.journal.service import REFUSED, Journal
from idp.proving.model import Purpose
from idp.sessions import store as sessions
from idp.sessions.model import Session
from idp.storage.sql import Database, Tx
from idp.throttle.budgets import reauthentication_budget
from idp.throttle.gate import Gate
from idp.throttle.model import Lease, Settled
from idp.throttle.references import draw_reference
from idp.throttle.slots import LONGEST_WAIT_SECONDS, HashSlots
from idp.throttle.telling import told_to

WITH_PASSWORD = "password"  # noqa: S105  the name of a way


@dataclass(frozen=True, slots=True)
class Again:
    """How somebody can authenticate again."""

    ways: tuple[Way, ...]
    by_password: bool
    username: str
    """The sign-in address: a password manager finds the right password by it."""

    @property
    def by_code(self) -> bool:
        """Tell whether a code is asked for instead of the password."""
        return Way.APP in self.ways or Way.MAIL in self.ways


@dataclass(frozen=True)
class Reauthentication:
    """Authenticates the person of a live session again."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    gate: Gate
    slots: HashSlots
    factors: SecondFactors

    def ways_of(self, session: Session, wanted: tuple[str, ...] = ()) -> Again:
        """Tell how; `wanted` are the `acr` values a client asked for."""
        with self.database.read() as tx:
            kinds = self.factors.usable(factors.kinds_of(tx, session.subject))
            account = accounts.find(tx, session.subject)
        level = target(wanted, kinds) or PASSWORD
        open_ways = ways(kinds, level)
        if level == PASSWORD:  # the password will do where there is no app
            open_ways = tuple(way for way in open_ways if way is not Way.MAIL)
        by_code = Way.APP in open_ways or Way.MAIL in open_ways
        by_password = level == PASSWORD and not by_code
        return Again(open_ways, by_password, account.address if account else "")

    def send_code(self, session: Session, visit: Visit) -> None:
        """Send a code by mail for this session."""
        now = self.clock.now()
        with self.database.begin() as tx:
            account = accounts.find(tx, session.subject)
            if account is not None:
                purpose = Purpose.REAUTHENTICATE
                self.factors.send_code(tx, account, session.id, visit, now, purpose)

    def by_code(self, session: Session, again: Again, code: str, visit: Visit) -> Session | Failed:
        """Try a code (already folded)."""
        now = self.clock.now()
        with self.database.begin() as tx:
            checked = self.factors.check(
                tx,
                session.subject,
                session.id,
                again.ways,
                code,
                now,
                place=session.id,
                purpose=Purpose.REAUTHENTICATE,
            )
            return self._settle(tx, session, checked, visit, now)

    def by_password(self, session: Session, password: str, visit: Visit) -> Session | Failed:
        """Try the password; raises `idp.throttle.slots.Busy` when no slot gets free within 10 s."""
        budget = reauthentication_budget(session.subject, session.id)
        rules = self.policy.policy.passwords
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        right = False
        with self.slots.admit(rules.queue), self.slots.hold(deadline):
            with self.database.begin() as tx:
                account = accounts.find(tx, session.subject)
                spent = self.gate.spend(tx, budget, self.clock.now())
            with self.slots.core():
                if isinstance(spent, Lease) and account and account.password_hash:
                    right = passwords.verify(spent, account.password_hash, password, rules.argon2)
                else:
                    passwords.pretend(password, rules.argon2)
        now = self.clock.now()
        with self.database.begin() as tx:
            right = right and _unchanged(tx, account)
            if not isinstance(spent, Lease):
                decision = spent.after(Settled.UNSEEN)
            elif right:
                decision = self.gate.settle_right(tx, spent, now)
            else:
                decision = self.gate.settle_wrong(tx, spent, now)
            facts = self.factors.facts_of(decision)
            amr = BY_PASSWORD if right else ()
            checked = Checked(right, WITH_PASSWORD, amr, facts, budget)
            return self._settle(tx, session, checked, visit, now)

    def ask_passkey(self, cookie: str) -> Question:
        """Ask the browser of a session for a passkey."""
        with self.database.begin() as tx:
            return self.factors.passkeys.ask(
                tx, PasskeyPurpose.REAUTHENTICATE, cookie, self.clock.now()
            )

    def by_passkey(
        self, session: Session, handle: str, cookie: str, credential: str, visit: Visit
    ) -> Session | Failed:
        """Take the browser's answer."""
        now = self.clock.now()
        with self.database.begin() as tx:
            answered = self.factors.passkeys.check(
                tx, PasskeyPurpose.REAUTHENTICATE, handle, cookie, credential, now
            )
            right = answered.subject == session.subject
            facts = self.factors.facts_of(answered.decision)
            checked = Checked(right, Way.PASSKEY.value, BY_PASSKEY if right else (), facts)
            return self._settle(tx, session, checked, visit, now)

    def _settle(
        self, tx: Tx, session: Session, checked: Checked, visit: Visit, now: datetime
    ) -> Session | Failed:
        amr = tuple(dict.fromkeys((*session.amr, *checked.amr)))
        if checked.right and sessions.reauthenticate(tx, session.id, " ".join(amr), to_micros(now)):
            self.journal.record(
                tx,
                EventName.SESSION_REAUTHENTICATED,
                now,
                actor=Actor("member", session.subject),
                subject=session.subject,
                session=session.id,
                origin=visit.origin,
                decision=checked.facts,
                data={"way": checked.way, "amr": list(amr), "acr": acr_of(amr)},
            )
            return session
        reference = draw_reference(tx)
        self.journal.record(
            tx,
            EventName.SESSION_REAUTHENTICATION_REFUSED,
            now,
            outcome=REFUSED,
            actor=Actor("member", session.subject),
            subject=session.subject,
            session=session.id,
            origin=visit.origin,
            decision=checked.facts,
            data={"way": checked.way},
            reference=reference,
        )
        return Failed(reference, told_to(tx, checked.budget, now))


def _unchanged(tx: Tx, before: Account | None) -> bool:
    now = accounts.find(tx, before.subject) if before else None
    return (
        before is not None
        and now is not None
        and now.credentials_changed_at == before.credentials_changed_at
    )
