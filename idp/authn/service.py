"""Signing in with mail address and password: spend, verify, settle.

Walk: admitted to the queue, a hash slot, spend the lease (commit), Argon2, settle (commit) with the
session and its event, or with the question for a second factor (`idp.authn.second_steps`). An
unknown address and a wrong password in any state do the same work and get the same answer; so does
everyone once a limit is reached, without the secret being looked at.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from audit.names import EventName
from idp.accounts import passwords
from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.authn.model import Attempt, Failed, NoAccess, SignInResult
from idp.authn.second_steps import SecondSteps
from idp.authn.sign_in_sessions import Proven, SignInSessions
from idp.clock import Clock, to_micros
from idp.floods.service import Floods
from idp.inforce.service import PolicyInForce
from idp.journal.service import REFUSED, Journal
from idp.lifecycle.credentials import hold_account
from idp.members.errors import BadMailAddress
from idp.members.japan.mail import parse_mail_address
from idp.policy.model import LimitName
from idp.sessions import store as sessions
from idp.sessions.model import why_inactive
from idp.storage.secret_text import hash_token
from idp.storage.sql import Database, Tx
from idp.subjects.service import PersonKeys
from idp.throttle.buckets import COUNTED, Buckets, bucket_of
from idp.throttle.budgets import password_budget
from idp.throttle.gate import Gate
from idp.throttle.model import Budget, Decision, Lease, Outcome, Settled
from idp.throttle.references import draw_reference
from idp.throttle.slots import LONGEST_WAIT_SECONDS, HashSlots
from idp.throttle.telling import told_to
from idp.throttle.waiting import LeaseWaiters


@dataclass(frozen=True)
class _Known:
    """What was looked up before the first hash: the account, if any, and the budget to pay from."""

    account: Account | None
    budget: Budget
    device_known: bool
    pseudonym: str | None


@dataclass(frozen=True)
class PasswordSignIn:
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
    sessions: SignInSessions
    steps: SecondSteps

    def sign_in(self, attempt: Attempt) -> SignInResult:
        """Try one password.

        Raises `idp.throttle.slots.Busy` when it cannot be tried within 10 s; nothing was counted.
        """
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        with self.slots.admit(self.policy.policy.passwords.queue):
            known = self._look_up(attempt)
            while True:
                with self.slots.hold(deadline):
                    full = None if known.device_known else self._full(attempt)
                    if full is not None:
                        return self._turn_away(attempt, full)
                    spent = self._spend(attempt, known)
                    if isinstance(spent, Lease):
                        return self._verify(attempt, known, spent)
                    if isinstance(spent, Failed):
                        self._pretend(attempt)
                        if not known.device_known:
                            self.buckets.hit(attempt.visit.buckets)
                        return spent
                # The slot is given back: one attacked account cannot hold the slots.
                if not self.waiters.wait(deadline):
                    raise self.slots.turn_away()

    def _look_up(self, attempt: Attempt) -> _Known:
        normal = _normal_form(attempt.username, self.policy.policy.mail.carrier_domains)
        now = self.clock.now()
        device = hash_token(attempt.visit.device_cookie) if attempt.visit.device_cookie else ""
        with self.database.read() as tx:
            account, seen = sessions.account_from_device(tx, normal or "", device)
        if account is not None:
            fresh = self.policy.policy.sessions.known_device.micros
            known = seen is not None and seen > to_micros(now) - fresh
            budget = password_budget(account.subject, device if known else None)
            return _Known(account, budget, known, None)
        pseudonym = self.persons.pseudonym(normal or attempt.username, now)
        return _Known(None, password_budget(None, None, pseudonym), False, pseudonym)

    def _full(self, attempt: Attempt) -> LimitName | None:
        """Name the limit that the caller's address has reached."""
        return self.buckets.exhausted(attempt.visit.buckets)

    def _turn_away(self, attempt: Attempt, full: LimitName) -> Failed:
        """Answer an address over its limit as any other failure; it is only counted."""
        self._pretend(attempt)
        visit = attempt.visit
        bucket = bucket_of(full, visit.buckets)
        return Failed(self.floods.refuse(full, bucket, visit.origin, self.clock.now()))

    def _pretend(self, attempt: Attempt) -> None:
        with self.slots.core():
            passwords.pretend(attempt.password, self.policy.policy.passwords.argon2)

    def _spend(self, attempt: Attempt, known: _Known) -> Lease | Failed | None:
        """Pay for the attempt; None when it has to wait, and the refusal when the limit says so."""
        now = self.clock.now()
        with self.database.begin() as tx:
            spent = self.gate.spend(tx, known.budget, now)
            if isinstance(spent, Lease):
                return spent
            if spent.outcome is Outcome.WAIT:
                return None
            return self._refuse_unseen(tx, attempt, known, spent, now)

    def _verify(self, attempt: Attempt, known: _Known, lease: Lease) -> SignInResult:
        rules = self.policy.policy.passwords.argon2
        account, fresh_hash = known.account, None
        with self.slots.core():
            if account is None or account.password_hash is None:
                passwords.pretend(attempt.password, rules)
                right = False
            else:
                right = passwords.verify(lease, account.password_hash, attempt.password, rules)
                if right and passwords.needs_rehash(account.password_hash, rules):
                    fresh_hash = passwords.hash_password(attempt.password, rules)
        try:
            if account is not None and right:
                return self._settle_right(attempt, known, account, lease, fresh_hash)
            return self._settle_wrong(attempt, known, lease)
        finally:
            self.waiters.settled()

    def _settle_right(
        self,
        attempt: Attempt,
        known: _Known,
        account: Account,
        lease: Lease,
        fresh_hash: str | None,
    ) -> SignInResult:
        now = self.clock.now()
        with self.database.begin() as tx:
            # Nobody changes the credentials between the look at them and the session.
            hold_account(tx, account.subject)
            self.gate.hold(tx, lease)
            facts, has_factors = sessions.facts_and_factors(tx, account.subject)
            changed = (
                facts is None or facts.credentials_changed_at != account.credentials_changed_at
            )
            if facts is None or changed:
                return self._count_wrong(tx, attempt, account, lease, now, "password_changed")
            why = why_inactive(facts, False, now, now)
            if why is not None:
                failed = self._count_wrong(tx, attempt, account, lease, now, why.value)
                return NoAccess(why, failed.reference)
            decision = self.gate.settle_right(tx, lease, now)
            if fresh_hash and account.password_hash:
                self._rehash(tx, account, account.password_hash, fresh_hash, now)
            ways = self.steps.asked(
                tx, account.subject, attempt.wanted, known.device_known, has_factors=has_factors
            )
            facts_of = decision.as_facts()
            if ways:
                return self.steps.begin(tx, attempt, account, ways, facts_of, now)
            proven = Proven(
                account.subject,
                facts_of,
                shared_device=attempt.shared_device,
                target=attempt.target,
            )
            return self.sessions.start(tx, attempt.visit, proven, now)

    def _rehash(self, tx: Tx, account: Account, old: str, new: str, now: datetime) -> None:
        if accounts.rehash(tx, account.subject, old, new):
            self.journal.record(
                tx,
                EventName.PASSWORD_REHASHED,
                now,
                actor=Actor("member", account.subject),
                subject=account.subject,
            )

    def _settle_wrong(self, attempt: Attempt, known: _Known, lease: Lease) -> Failed:
        now = self.clock.now()
        why = "wrong_password" if known.account else "unknown_address"
        with self.database.begin() as tx:
            failed = self._count_wrong(tx, attempt, known.account, lease, now, why, known.pseudonym)
        if not known.device_known:
            self.buckets.hit(attempt.visit.buckets)
        return failed

    def _count_wrong(
        self,
        tx: Tx,
        attempt: Attempt,
        account: Account | None,
        lease: Lease,
        now: datetime,
        why: str,
        pseudonym: str | None = None,
    ) -> Failed:
        decision = self.gate.settle_wrong(tx, lease, now)
        reference = draw_reference(tx)
        self.journal.record(
            tx,
            EventName.SIGN_IN_REFUSED,
            now,
            outcome=REFUSED,
            actor=Actor("member", account.subject) if account else Actor("anonymous"),
            subject=account.subject if account else None,
            origin=attempt.visit.origin,
            decision=decision.as_facts() | (COUNTED if lease.budget.stranger else {}),
            data={"why": why, "typed": pseudonym},
            reference=reference,
        )
        return Failed(reference, told_to(tx, lease.budget, now))

    def _refuse_unseen(
        self, tx: Tx, attempt: Attempt, known: _Known, decision: Decision, now: datetime
    ) -> Failed:
        """Answer as for a wrong password, without looking at the secret: the limit is reached.

        Recorded with the decision, in its transaction: a replay meets both at one place.
        """
        account = known.account
        reference = draw_reference(tx)
        self.journal.record(
            tx,
            EventName.SIGN_IN_LIMITED,
            now,
            outcome=REFUSED,
            actor=Actor("member", account.subject) if account else Actor("anonymous"),
            subject=account.subject if account else None,
            origin=attempt.visit.origin,
            decision=decision.after(Settled.UNSEEN).as_facts()
            | (COUNTED if known.budget.stranger else {}),
            data={"typed": known.pseudonym},
            reference=reference,
        )
        return Failed(reference, told_to(tx, known.budget, now))


def _normal_form(username: str, carriers: Collection[str]) -> str | None:
    try:
        return parse_mail_address(username, carriers).normal_form
    except BadMailAddress:
        return None
