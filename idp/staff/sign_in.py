"""Signing in to the console, first step: mail address and password. A code is asked for always.

The walk is that of the members (`idp.authn.service`): admitted, a hash slot, spend (commit),
Argon2, settle (commit). An unknown address, one that has ended, a wrong password in any state: the
same work, the same bytes. A browser the account knows has a budget of its own, so that nobody who
knows a colleague's address locks him out of his own desk.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime

from audit.event import Actor
from audit.names import EventName
from idp.accounts import passwords
from idp.clock import Clock, to_micros
from idp.floods.service import Floods
from idp.inforce.service import PolicyInForce
from idp.journal.service import REFUSED, Journal
from idp.members.errors import BadMailAddress
from idp.members.japan.mail import parse_mail_address
from idp.policy.model import LimitName
from idp.staff import session_store, store
from idp.staff.model import StaffAccount, StaffCodeNeeded, StaffFailed, StaffVisit
from idp.storage.secret_text import draw_token, hash_token
from idp.storage.sql import Database, Tx
from idp.subjects.service import PersonKeys
from idp.throttle.buckets import COUNTED, Buckets, bucket_of
from idp.throttle.budgets import STAFF_PASSWORD, staff_password_budget
from idp.throttle.gate import Gate
from idp.throttle.model import Budget, Decision, Lease, Outcome, Settled
from idp.throttle.references import draw_reference
from idp.throttle.slots import LONGEST_WAIT_SECONDS, HashSlots
from idp.throttle.telling import told_to
from idp.throttle.waiting import LeaseWaiters


@dataclass(frozen=True, slots=True)
class StaffAttempt:
    """One password attempt as it came from the form; `target` is the page that is wanted."""

    username: str
    password: str = field(repr=False)
    visit: StaffVisit
    target: str = ""


@dataclass(frozen=True)
class _Known:
    """What was looked up before the hash: the account, if any, and the budget to pay from."""

    account: StaffAccount | None
    budget: Budget
    pseudonym: str | None


@dataclass(frozen=True)
class StaffSignIn:
    """The use case; everything it depends on is a field."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    persons: PersonKeys
    gate: Gate
    buckets: Buckets
    floods: Floods
    slots: HashSlots
    waiters: LeaseWaiters

    def sign_in(self, attempt: StaffAttempt) -> StaffCodeNeeded | StaffFailed:
        """Try one password.

        Raises `idp.throttle.slots.Busy` when it cannot be tried within 10 s; nothing was counted.
        """
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        with self.slots.admit(self.policy.policy.passwords.queue):
            known = self._look_up(attempt)
            while True:
                with self.slots.hold(deadline):
                    full = self._full(attempt, known)
                    if full is not None:
                        return self._turn_away(attempt, full)
                    spent = self._spend(attempt, known)
                    if isinstance(spent, Lease):
                        return self._verify(attempt, known, spent)
                    if isinstance(spent, StaffFailed):
                        self._pretend(attempt)
                        self._hit(attempt, known)
                        return spent
                if not self.waiters.wait(deadline):
                    raise self.slots.turn_away()

    def _look_up(self, attempt: StaffAttempt) -> _Known:
        try:
            normal = parse_mail_address(attempt.username).normal_form
        except BadMailAddress:
            normal = ""
        now = self.clock.now()
        device = hash_token(attempt.visit.device_cookie) if attempt.visit.device_cookie else ""
        with self.database.read() as tx:
            account, seen = session_store.account_from_device(tx, normal, device)
        if account is not None:
            fresh = self.policy.policy.roles.sessions.known_device.micros
            known = seen is not None and seen > to_micros(now) - fresh
            return _Known(
                account, staff_password_budget(account.id, device if known else None), None
            )
        pseudonym = self.persons.pseudonym(normal or attempt.username, now)
        return _Known(None, staff_password_budget(None, None, pseudonym), pseudonym)

    def _full(self, attempt: StaffAttempt, known: _Known) -> LimitName | None:
        """Name the limit that a stranger's address has reached."""
        if not known.budget.stranger:
            return None
        return self.buckets.exhausted(attempt.visit.buckets)

    def _turn_away(self, attempt: StaffAttempt, full: LimitName) -> StaffFailed:
        self._pretend(attempt)
        visit = attempt.visit
        bucket = bucket_of(full, visit.buckets)
        return StaffFailed(self.floods.refuse(full, bucket, visit.origin, self.clock.now()))

    def _pretend(self, attempt: StaffAttempt) -> None:
        with self.slots.core():
            passwords.pretend(attempt.password, self.policy.policy.passwords.argon2)

    def _hit(self, attempt: StaffAttempt, known: _Known) -> None:
        if known.budget.stranger:
            self.buckets.hit(attempt.visit.buckets)

    def _spend(self, attempt: StaffAttempt, known: _Known) -> Lease | StaffFailed | None:
        """Pay for the attempt; None when it has to wait, and the refusal when the limit says so."""
        now = self.clock.now()
        with self.database.begin() as tx:
            spent = self.gate.spend(tx, known.budget, now)
            if isinstance(spent, Lease):
                return spent
            if spent.outcome is Outcome.WAIT:
                return None
            decision = spent.after(Settled.UNSEEN)
            return self._refused(tx, attempt, known, decision, now, None)

    def _verify(
        self, attempt: StaffAttempt, known: _Known, lease: Lease
    ) -> StaffCodeNeeded | StaffFailed:
        rules = self.policy.policy.passwords.argon2
        account, fresh_hash, right = known.account, None, False
        with self.slots.core():
            if account is None or account.password_hash is None:
                passwords.pretend(attempt.password, rules)
            else:
                kept = account.password_hash
                right = passwords.verify(lease, kept, attempt.password, rules, STAFF_PASSWORD)
                if right and passwords.needs_rehash(kept, rules):
                    fresh_hash = passwords.hash_password(attempt.password, rules)
        try:
            if account is not None and right:
                return self._settle_right(attempt, known, account, lease, fresh_hash)
            now = self.clock.now()
            why = "wrong_password" if account else "unknown_address"
            with self.database.begin() as tx:
                decision = self.gate.settle_wrong(tx, lease, now)
                failed = self._refused(tx, attempt, known, decision, now, why)
            self._hit(attempt, known)
            return failed
        finally:
            self.waiters.settled()

    def _settle_right(
        self,
        attempt: StaffAttempt,
        known: _Known,
        account: StaffAccount,
        lease: Lease,
        fresh_hash: str | None,
    ) -> StaffCodeNeeded | StaffFailed:
        now = self.clock.now()
        with self.database.begin() as tx:
            tx.lock(f"staff:{account.id}")
            self.gate.hold(tx, lease)
            present = store.find(tx, account.id)
            if (
                present is None
                or present.ended_at is not None
                or present.credentials_changed_at != account.credentials_changed_at
            ):
                decision = self.gate.settle_wrong(tx, lease, now)
                return self._refused(tx, attempt, known, decision, now, "password_changed")
            decision = self.gate.settle_right(tx, lease, now)
            if fresh_hash and account.password_hash:
                self._rehash(tx, account.id, account.password_hash, fresh_hash, now)
            return self._ask_for_code(tx, attempt, account, decision, now)

    def _rehash(self, tx: Tx, staff_id: str, old: str, new: str, now: datetime) -> None:
        if store.rehash(tx, staff_id, old, new):
            actor = Actor("staff", staff_id)
            name = EventName.PASSWORD_REHASHED
            self.journal.record(tx, name, now, actor=actor, subject=staff_id)

    def _ask_for_code(
        self,
        tx: Tx,
        attempt: StaffAttempt,
        account: StaffAccount,
        decision: Decision,
        now: datetime,
    ) -> StaffCodeNeeded:
        handle, at, visit = draw_token(), to_micros(now), attempt.visit
        session_store.add_progress(
            tx,
            handle_hash=hash_token(handle),
            browser_hash=hash_token(visit.device_cookie or ""),
            staff_id=account.id,
            credentials_changed_at=to_micros(account.credentials_changed_at),
            target=attempt.target,
            created_at=at,
            expires_at=at + self.policy.policy.roles.sessions.between_steps.micros,
        )
        self.journal.record(
            tx,
            EventName.SIGN_IN_CONTINUED,
            now,
            actor=Actor("staff", account.id),
            subject=account.id,
            origin=visit.origin,
            decision=decision.as_facts(),
            data={"ways": ["app"]},
        )
        return StaffCodeNeeded(handle)

    def _refused(
        self,
        tx: Tx,
        attempt: StaffAttempt,
        known: _Known,
        decision: Decision,
        now: datetime,
        why: str | None,
    ) -> StaffFailed:
        """Record a refusal; `why` is None where the secret was not looked at."""
        account, reference = known.account, draw_reference(tx)
        data = {"typed": known.pseudonym} if why is None else {"why": why, "typed": known.pseudonym}
        self.journal.record(
            tx,
            EventName.SIGN_IN_LIMITED if why is None else EventName.SIGN_IN_REFUSED,
            now,
            outcome=REFUSED,
            actor=Actor("staff", account.id) if account else Actor("anonymous"),
            subject=account.id if account else None,
            origin=attempt.visit.origin,
            decision=decision.as_facts() | (COUNTED if known.budget.stranger else {}),
            data=data,
            reference=reference,
        )
        return StaffFailed(reference, told_to(tx, known.budget, now))
