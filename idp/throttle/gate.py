"""The one gate around every secret: spend, verify, settle.

A secret is checked only by a function that takes a `Lease`, and a `Lease` comes only from here; so
a check cannot pass the limits by, in whatever package it stands (CVE-2024-4629: failures counted
after the check let parallel guesses through).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from audit.event import new_id
from idp.clock import to_micros
from idp.inforce.service import PolicyInForce
from idp.metrics import REFUSALS, VERIFICATIONS
from idp.storage.sql import Tx
from idp.throttle import store
from idp.throttle.model import Budget, Decision, Lease, Outcome, Tried, decide


@dataclass(frozen=True)
class Gate:
    """Hands out leases on secrets and settles them."""

    policy: PolicyInForce

    def spend(self, tx: Tx, budget: Budget, now: datetime) -> Lease | Decision:
        """Pay for one attempt; a `Decision` instead of a lease means wait or refuse.

        The caller commits before it verifies a slow secret. For a cheap one, spend, verify and
        settle are one transaction.
        """
        store.lock(tx, budget.bucket)
        limit = self.policy.policy.limits[budget.rule]
        spent = store.spent(tx, budget.bucket, to_micros(now), limit.period.micros)
        decision = decide(budget.rule, limit, spent)
        if decision.outcome is not Outcome.ALLOW:
            if decision.outcome is Outcome.REFUSE:
                REFUSALS.labels(budget.rule.value).inc()
            return decision
        lease = Lease(new_id(now), budget, decision)
        store.add(tx, lease.id, budget.bucket, to_micros(now))
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
        store.lock(tx, budget.bucket)
        limit = self.policy.policy.limits[budget.rule]
        spent = store.spent(tx, budget.bucket, to_micros(now), limit.period.micros)
        decision = decide(budget.rule, limit, spent)
        if decision.outcome is not Outcome.ALLOW:
            REFUSALS.labels(budget.rule.value).inc()
            return Tried(False, False, decision)
        lease = Lease(new_id(now), budget, decision)
        right = check(lease)
        if not right:
            store.add(tx, lease.id, budget.bucket, to_micros(now))
            store.fail(tx, lease.id, to_micros(now))
        elif spent.failed:
            store.empty(tx, budget.bucket, lease.id)
        return Tried(right, True, decision)

    def hold(self, tx: Tx, lease: Lease) -> None:
        """Hold everyone else off the lease's budget, before anything else of the settling act."""
        store.lock(tx, lease.budget.bucket)

    def settle_wrong(self, tx: Tx, lease: Lease, now: datetime) -> None:
        """Count the attempt as a failure."""
        store.lock(tx, lease.budget.bucket)
        store.fail(tx, lease.id, to_micros(now))

    def settle_right(self, tx: Tx, lease: Lease) -> None:
        """Empty the budget the attempt was paid from; no other budget changes."""
        store.lock(tx, lease.budget.bucket)
        store.empty(tx, lease.budget.bucket, lease.id)

    def forget(self, tx: Tx, budget: Budget) -> None:
        """Forget the failures of a budget: its owner proved themselves in another way.

        Takes no lock: attempts in flight settle as they will.
        """
        store.forget(tx, budget.bucket)


def count_verification(lease: Lease, secret: str, *, right: bool) -> bool:
    """Count one real check of a secret, under its lease; answers `right` again."""
    assert lease.id, "a secret was checked without a lease"
    VERIFICATIONS.labels(secret, "right" if right else "wrong").inc()
    return right
