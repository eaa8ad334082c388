"""One-time links: how somebody of the staff sets password and app, first or after losing them.

A link is `selector.secret`; the secret stands hashed and is checked through the gate. Looking uses
nothing up. What is typed takes force with the first right code of the app, all at once: until then
the old password and app stay good.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from audit.event import Actor, new_id
from audit.names import EventName
from idp.accounts import passwords
from idp.accounts.common_words import fold
from idp.accounts.owner_words import words_about
from idp.accounts.password_rules import Why, check_password
from idp.blocks import store as blocks
from idp.clock import Clock, to_micros
from idp.floods.service import Floods
from idp.inforce.service import PolicyInForce
from idp.journal.service import REFUSED, Journal
from idp.policy.model import LimitName
from idp.staff import session_store, store
from idp.staff.factors import StaffApp
from idp.staff.model import End, StaffAccount, StaffFailed, StaffVisit
from idp.staff.sessions import StaffSessions
from idp.staff.store import Enrolment
from idp.storage.secret_text import hash_token
from idp.storage.sql import Database, Tx
from idp.throttle.buckets import COUNTED, NO_BUDGET, Buckets, bucket_of
from idp.throttle.budgets import STAFF_TOTP
from idp.throttle.gate import Gate, count_verification
from idp.throttle.lifting import Lifting
from idp.throttle.model import Budget, Lease
from idp.throttle.references import draw_reference
from idp.throttle.slots import LONGEST_WAIT_SECONDS, HashSlots

SECRET = "staff_enrolment"  # noqa: S105  the name of its metric
ENROLLED_ANEW = "password and app were set up with a one-time link"


@dataclass(frozen=True, slots=True)
class Enrolling:
    """Who holds an open link, and the secret of the app that is being set up."""

    account: StaffAccount
    enrolment: Enrolment
    totp_secret: str = field(repr=False)

    @property
    def has_password(self) -> bool:
        """Tell whether the first step is done."""
        return self.enrolment.password_hash is not None


@dataclass(frozen=True)
class Door:
    """Counts what goes wrong from one address, so that strangers cannot fill the log."""

    buckets: Buckets
    floods: Floods
    clock: Clock

    def turn_away(self, visit: StaffVisit) -> StaffFailed | None:
        """Answer an address over its limit; never inside a transaction."""
        full = self.buckets.exhausted(visit.buckets)
        if full is None:
            return None
        bucket = bucket_of(full, visit.buckets)
        return StaffFailed(self.floods.refuse(full, bucket, visit.origin, self.clock.now()))


@dataclass(frozen=True)
class StaffEnrolments:
    """Makes links and takes what is typed behind them."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    gate: Gate
    lifting: Lifting
    app: StaffApp
    sessions: StaffSessions
    door: Door | None = None
    """None for who stands on the node: nobody else reaches it without an address."""

    def issue(
        self,
        tx: Tx,
        staff_id: str,
        actor: Actor,
        reason: str,
        now: datetime,
        approval: str | None = None,
    ) -> str:
        """Make a link; older ones of the same person end. It is told once and kept nowhere."""
        at = to_micros(now)
        store.end_enrolments(tx, staff_id, at)
        enrolment_id = new_id(now)
        selector, secret = secrets.token_urlsafe(12), secrets.token_urlsafe(16)
        store.add_enrolment(
            tx,
            id=enrolment_id,
            selector=selector,
            secret_hash=hash_token(secret),
            staff_id=staff_id,
            totp_secret=self.app.draw(enrolment_id),
            created_at=at,
            expires_at=at + self.policy.policy.roles.enrolment_lifetime.micros,
        )
        self.journal.record(
            tx,
            EventName.STAFF_ENROLMENT_ISSUED,
            now,
            actor=actor,
            subject=staff_id,
            data={"reason": reason} | ({"approval": approval} if approval else {}),
        )
        return f"{selector}.{secret}"

    def open(self, link: str, visit: StaffVisit) -> Enrolling | StaffFailed:
        """Tell whose link this is, if it is good."""
        return self._through_the_door(visit, lambda tx, now: self._open(tx, link, visit, now))

    def set_password(
        self, link: str, password: str, visit: StaffVisit, slots: HashSlots
    ) -> Enrolling | StaffFailed:
        """Take a password; raises `BadPassword`, and `Busy` when no hash slot gets free in 10 s."""
        found = self.open(link, visit)
        if isinstance(found, StaffFailed):
            return found
        rules = self.policy.policy
        words = words_about(None, found.account.address, rules.organisation)
        names = (found.account.name, *found.account.name.split())
        words |= {fold(one): Why.NAME for one in names if len(one) > 1}
        check_password(password, rules.passwords, words)
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        with slots.admit(rules.passwords.queue), slots.hold(deadline), slots.core():
            password_hash = passwords.hash_password(password, rules.passwords.argon2)
        return self._through_the_door(
            visit, lambda tx, now: self._note(tx, found, password_hash, visit, now)
        )

    def _note(
        self, tx: Tx, found: Enrolling, password_hash: str, visit: StaffVisit, now: datetime
    ) -> Enrolling | StaffFailed:
        if store.note_password(tx, found.enrolment.id, password_hash):
            return found
        # Used up, or followed by a newer link, while the hash was made.
        return self._refuse(tx, visit, "link_over", None, now, found.account.id)

    def confirm(self, link: str, code: str, visit: StaffVisit) -> Enrolling | StaffFailed:
        """Take the first code of the app (already folded): password and app are in force."""
        return self._through_the_door(
            visit, lambda tx, now: self._confirm(tx, link, code, visit, now)
        )

    def _through_the_door(
        self, visit: StaffVisit, act: Callable[[Tx, datetime], Enrolling | StaffFailed]
    ) -> Enrolling | StaffFailed:
        turned_away = self.door.turn_away(visit) if self.door else None
        if turned_away is not None:
            return turned_away
        with self.database.begin() as tx:
            result = act(tx, self.clock.now())
        if isinstance(result, StaffFailed) and self.door:
            self.door.buckets.hit(visit.buckets)
        return result

    def _confirm(
        self, tx: Tx, link: str, code: str, visit: StaffVisit, now: datetime
    ) -> Enrolling | StaffFailed:
        found = self._open(tx, link, visit, now)
        if isinstance(found, StaffFailed):
            return found
        if not found.has_password:
            return self._refuse(tx, visit, "no_password", None, now, found.account.id)
        tx.lock(f"staff:{found.account.id}")
        tried = self.app.confirm(tx, found.enrolment, code, now)
        if not tried.right:
            facts = tried.decision.as_facts()
            return self._refuse(tx, visit, "wrong_code", facts, now, found.account.id)
        self._take_force(tx, found, visit, now)
        return found

    def _take_force(self, tx: Tx, found: Enrolling, visit: StaffVisit, now: datetime) -> None:
        staff_id = found.account.id
        actor = Actor("staff", staff_id)
        store.set_credentials(tx, staff_id, found.enrolment.password_hash or "", to_micros(now))
        self.sessions.end_all(tx, staff_id, End.CREDENTIALS_CHANGED, actor, now)
        session_store.forget_devices_of(tx, staff_id)
        for block in blocks.running_of(tx, staff_id, to_micros(now)):
            self.lifting.by_person(tx, block, actor, ENROLLED_ANEW, now)
        self.journal.record(
            tx,
            EventName.STAFF_ENROLLED,
            now,
            actor=actor,
            subject=staff_id,
            origin=visit.origin,
            data={"factor": STAFF_TOTP},
        )

    def _open(self, tx: Tx, link: str, visit: StaffVisit, now: datetime) -> Enrolling | StaffFailed:
        selector, _, secret = link.partition(".")
        one: Enrolment | None = None

        def check(lease: Lease) -> bool:
            nonlocal one
            one = store.find_enrolment(tx, selector)
            kept = one.secret_hash if one else hash_token(selector)
            right = hmac.compare_digest(kept, hash_token(secret)) and one is not None
            return count_verification(lease, SECRET, right=right)

        budget = Budget(LimitName.STAFF_ENROLMENT, hash_token(selector)[:32])
        tried = self.gate.try_cheap(tx, budget, now, check)
        facts = tried.decision.as_facts()
        if not tried.right or one is None:
            return self._refuse(tx, visit, "wrong_link", facts, now)
        account = store.find(tx, one.staff_id)
        over = one.consumed_at is not None or now >= one.expires_at
        if over or account is None or account.ended_at is not None:
            return self._refuse(tx, visit, "link_over", None, now, one.staff_id)
        return Enrolling(account, one, self.app.secret_of(one.id, one.totp_secret))

    def _refuse(
        self,
        tx: Tx,
        visit: StaffVisit,
        why: str,
        facts: dict[str, Any] | None,
        now: datetime,
        staff_id: str | None = None,
    ) -> StaffFailed:
        reference = draw_reference(tx)
        self.journal.record(
            tx,
            EventName.STAFF_ENROLMENT_REFUSED,
            now,
            outcome=REFUSED,
            actor=Actor("staff", staff_id) if staff_id else Actor("anonymous"),
            subject=staff_id,
            origin=visit.origin,
            decision=(facts or NO_BUDGET) | (COUNTED if self.door else {}),
            data={"why": why},
            reference=reference,
        )
        return StaffFailed(reference)
