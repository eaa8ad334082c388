"""The one gate around every secret: spend, verify, settle.

A secret is checked only by a function that takes a `Lease`, and a `Lease` comes only from here; so
a check cannot pass the limits by, in whatever package it stands (CVE-2024-4629: failures counted
after the check let parallel guesses through).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from audit.event import new_id
from audit.names import EventName
from idp.clock import from_micros, to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.service import FAILED, Journal
from idp.metrics import REFUSALS, VERIFICATIONS
from idp.storage.sql import Tx
from idp.throttle import store
from idp.throttle.blocking import Blocking
from idp.throttle.model import (
    Budget,
    Decision,
    Lease,
    Outcome,
    Settled,
    Tried,
    decide,
)
from idp.throttle.store import State


@dataclass(frozen=True)
class Gate:
    """Hands out leases on secrets and settles them."""

    policy: PolicyInForce
    journal: Journal
    blocking: Blocking

    def spend(self, tx: Tx, budget: Budget, now: datetime) -> Lease | Decision:
        """Pay for one attempt; a `Decision` instead of a lease means wait or refuse.

        The caller commits before it verifies a slow secret. For a cheap one, spend, verify and
        settle are one transaction.
        """
        decision = self._decide(tx, budget, now)
        if decision.outcome is not Outcome.ALLOW:
            return decision
        lease = Lease(decision.lease or "", budget, decision)
        store.add(tx, lease.id, budget, to_micros(now))
        return lease

    def check_cheap(
        self, tx: Tx, budget: Budget, now: datetime, check: Callable[[Lease], bool]
    ) -> bool:
        """Spend, verify and settle a cheap secret in this one transaction; False when refused."""
        return self.try_cheap(tx, budget, now, check).right

    def try_cheap(
        self, tx: Tx, budget: Budget, now: datetime, check: Callable[[Lease], bool]
    ) -> Tried:
        """Do as `check_cheap`, and tell the decision for the event.

        Nothing is written for a right answer to an empty budget: the lock alone held others off.
        """
        decision = self._decide(tx, budget, now)
        if decision.outcome is not Outcome.ALLOW:
            return Tried(False, False, decision.after(Settled.UNSEEN))
        lease = Lease(decision.lease or "", budget, decision)
        right = check(lease)
        if right:
            spent = decision.spent
            if spent.failed or spent.row:
                self._succeed(tx, lease, now)
            return Tried(True, True, decision.after(Settled.RIGHT))
        store.add(tx, lease.id, budget, to_micros(now), failed_at=to_micros(now))
        self._failed(tx, budget, now)
        return Tried(False, True, decision.after(Settled.WRONG))

    def hold(self, tx: Tx, lease: Lease) -> None:
        """Hold everyone else off the lease's budget, before anything else of the settling act."""
        store.lock(tx, lease.budget)

    def settle_wrong(self, tx: Tx, lease: Lease, now: datetime) -> Decision:
        """Count the attempt as a failure, and set the block that follows; gives the decision."""
        store.lock(tx, lease.budget)
        if store.fail(tx, lease.id, to_micros(now)):  # else it was given up and counted before
            self._failed(tx, lease.budget, now)
        return lease.decision.after(Settled.WRONG)

    def settle_right(self, tx: Tx, lease: Lease, now: datetime) -> Decision:
        """Empty the budget the attempt was paid from, and end the row of failures.

        No other budget changes, and no running block; gives the decision.
        """
        store.lock(tx, lease.budget)
        self._succeed(tx, lease, now)
        return lease.decision.after(Settled.RIGHT)

    def count_one(self, tx: Tx, budget: Budget, now: datetime) -> Decision:
        """Count something that is no secret (a mail): in the budget while there is room.

        Each one counts, so it is settled as a failure; the decision says whether there was room.
        """
        decision = self._decide(tx, budget, now)
        if decision.outcome is not Outcome.ALLOW:
            return decision.after(Settled.UNSEEN)
        store.add(tx, decision.lease or "", budget, to_micros(now), failed_at=to_micros(now))
        return decision.after(Settled.WRONG)

    def forgive(self, tx: Tx, budget: Budget, now: datetime) -> None:
        """Forget the failures of a budget and of its authenticator, in all budgets of it.

        Its owner proved themselves in another way, or staff lifted a block. Takes no lock: attempts
        in flight settle as they will.
        """
        store.forget(tx, budget.bucket)
        if budget.authenticator is not None:
            store.forget_authenticator(tx, budget.authenticator)
            store.end_row(tx, budget.authenticator, to_micros(now))

    def count_abandoned(self, tx: Tx, budget: Budget, now: datetime) -> None:
        """Turn attempts that nobody settled into failures; for the cleaning."""
        store.lock(tx, budget)
        self._settle_abandoned(tx, budget, store.state(tx, budget, to_micros(now)), now)

    def _decide(self, tx: Tx, budget: Budget, now: datetime) -> Decision:
        rules, digest = self.policy.policy.limits, self.policy.digest
        at = to_micros(now)
        store.lock(tx, budget)
        state = store.state(tx, budget, at)
        if state.abandoned(at):
            self._settle_abandoned(tx, budget, state, now)
            state = store.state(tx, budget, at)
        spent = state.spent(budget, at, rules[budget.rule].window_micros)
        decision = decide(rules, budget, spent, now, digest)
        if decision.outcome is Outcome.REFUSE:
            REFUSALS.labels(decision.rule.value).inc()
        return replace(decision, lease=new_id(now))

    def _settle_abandoned(self, tx: Tx, budget: Budget, state: State, now: datetime) -> None:
        """Count what a killed process left, at the moment it was given up, with an event each."""
        rules, digest = self.policy.policy.limits, self.policy.digest
        for one in state.abandoned(to_micros(now)):
            at = one.leased_at + store.ABANDONED_MICROS
            store.fail(tx, one.id, at)
            if budget.authenticator is not None:
                store.lengthen_row(tx, budget.authenticator, at, stranger=one.stranger)
            rule, _, key = one.bucket.partition(":")
            name = type(budget.rule)(rule)
            owner = replace(budget, rule=name, key=key, stranger=one.stranger)
            spent = state.spent(owner, at, rules[name].window_micros)
            decision = decide(rules, owner, spent, from_micros(at), digest)
            facts = replace(decision, outcome=Outcome.ALLOW, lease=one.id)
            self.journal.record(
                tx,
                EventName.ATTEMPT_ABANDONED,
                now,
                outcome=FAILED,
                subject=budget.subject,
                decision=facts.after(Settled.ABANDONED).as_facts(),
            )
            self.blocking.after_failure(tx, owner, now)

    def _failed(self, tx: Tx, budget: Budget, now: datetime) -> None:
        if budget.authenticator is not None:
            store.lengthen_row(tx, budget.authenticator, to_micros(now), stranger=budget.stranger)
        self.blocking.after_failure(tx, budget, now)

    def _succeed(self, tx: Tx, lease: Lease, now: datetime) -> None:
        budget = lease.budget
        store.empty(tx, budget.bucket, lease.id)
        if budget.authenticator is not None:
            store.end_row(tx, budget.authenticator, to_micros(now))
            self.blocking.after_success(tx, lease.decision, now)


def count_verification(lease: Lease, secret: str, *, right: bool) -> bool:
    """Count one real check of a secret, under its lease; answers `right` again."""
    assert lease.id, "a secret was checked without a lease"
    VERIFICATIONS.labels(secret, "right" if right else "wrong").inc()
    return right
