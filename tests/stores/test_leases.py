"""Leases are exact: however many ask at once, on however many nodes, the limit is the limit."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from audit.event import new_id
from idp.assembly.foundation import Foundation, build_foundation
from idp.policy.model import LimitName
from idp.settings import Settings
from idp.storage.sql import Database
from idp.throttle.gate import Gate
from idp.throttle.model import Budget, Decision, Lease, Outcome
from tests.stores.rolled_back import rolled_back
from tests.stores.together import together

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
UNKNOWN, KNOWN = LimitName.PASSWORD_FROM_UNKNOWN_DEVICE, LimitName.PASSWORD_FROM_KNOWN_DEVICE
LIMIT, BLOCK = 5, timedelta(minutes=30)


@pytest.fixture
def gate(foundation: Foundation) -> Gate:
    assert foundation.policy.policy.limits[UNKNOWN].count == LIMIT
    return foundation.gate


@pytest.fixture
def budget() -> Budget:
    return Budget(UNKNOWN, new_id(NOW))


def spend(database: Database, gate: Gate, budget: Budget, now: datetime = NOW) -> Lease | Decision:
    with database.begin() as tx:
        return gate.spend(tx, budget, now)


def outcome(spent: Lease | Decision) -> Outcome:
    return Outcome.ALLOW if isinstance(spent, Lease) else spent.outcome


def crowd(settings: Settings, budget: Budget) -> Counter[Outcome]:
    """Let 40 in eight processes spend from one budget at once, none of them settling."""

    def attempt(own: Foundation, _: int) -> Outcome:
        return outcome(spend(own.database, own.gate, budget))

    return Counter(together(lambda: build_foundation(settings), attempt))


def test_40_at_once_get_exactly_5_leases(
    settings: Settings, foundation: Foundation, gate: Gate, budget: Budget
) -> None:
    assert crowd(settings, budget) == {Outcome.ALLOW: LIMIT, Outcome.WAIT: 40 - LIMIT}
    assert crowd(settings, budget) == {Outcome.WAIT: 40}


def test_after_5_failures_all_are_refused(
    settings: Settings, database: Database, gate: Gate, budget: Budget
) -> None:
    leases = [spend(database, gate, budget) for _ in range(LIMIT)]
    for lease in leases:
        assert isinstance(lease, Lease)
        with database.begin() as tx:
            gate.settle_wrong(tx, lease, NOW)
    assert crowd(settings, budget) == {Outcome.REFUSE: 40}


def test_parallel_failures_are_all_counted_and_never_too_many_checked(
    settings: Settings, database: Database, budget: Budget
) -> None:
    def guess(own: Foundation, _: int) -> bool:
        gate = own.gate
        for _ in range(1000):
            spent = spend(own.database, gate, budget)
            if isinstance(spent, Lease):
                with own.database.begin() as tx:
                    gate.settle_wrong(tx, spent, NOW)
                return True
            if spent.outcome is Outcome.REFUSE:
                return False
        raise AssertionError("waited for ever")

    checked = together(lambda: build_foundation(settings), guess)
    assert sum(checked) == LIMIT


def test_parallel_right_ones_all_pass(settings: Settings, budget: Budget) -> None:
    def enter(own: Foundation, _: int) -> bool:
        gate = own.gate
        for _ in range(1000):
            spent = spend(own.database, gate, budget)
            if isinstance(spent, Lease):
                with own.database.begin() as tx:
                    gate.settle_right(tx, spent, NOW)
                return True
            assert spent.outcome is Outcome.WAIT
        return False

    assert all(together(lambda: build_foundation(settings), enter, processes=4, threads=4))


def test_a_cheap_secret_is_checked_20_times_at_most(settings: Settings) -> None:
    client = Budget(LimitName.CLIENT_SECRET, new_id(NOW))

    def guess(own: Foundation, _: int) -> int:
        checks: list[Lease] = []

        def wrong(lease: Lease) -> bool:
            checks.append(lease)
            return False

        with own.database.begin() as tx:
            assert own.gate.check_cheap(tx, client, NOW, wrong) is False
        return len(checks)

    assert sum(together(lambda: build_foundation(settings), guess)) == 20


def test_a_success_empties_its_own_budget_only(
    database: Database, gate: Gate, budget: Budget
) -> None:
    other = Budget(KNOWN, budget.key)
    for owned, count in ((budget, LIMIT - 1), (other, 10)):
        for _ in range(count):
            fail(database, gate, owned)
    lease = spend(database, gate, budget)
    assert isinstance(lease, Lease)
    with database.begin() as tx:
        gate.settle_right(tx, lease, NOW)
    for _ in range(LIMIT):
        fail(database, gate, budget)
    assert outcome(spend(database, gate, budget)) is Outcome.REFUSE
    assert outcome(spend(database, gate, other)) is Outcome.REFUSE


def test_a_lease_never_settled_becomes_a_failure_after_30_seconds(
    database: Database, gate: Gate, budget: Budget
) -> None:
    for _ in range(LIMIT):
        spend(database, gate, budget)
    assert outcome(spend(database, gate, budget, NOW + timedelta(seconds=29))) is Outcome.WAIT
    later = spend(database, gate, budget, NOW + timedelta(seconds=31))
    assert isinstance(later, Decision)
    assert later.outcome is Outcome.REFUSE
    assert later.retry_at == NOW + timedelta(seconds=31) + BLOCK


def test_the_window_slides(database: Database, gate: Gate) -> None:
    budget, window = Budget(LimitName.MAILED_CODE, new_id(NOW)), timedelta(hours=1)
    for minute in range(LIMIT):
        fail(database, gate, budget, NOW + timedelta(minutes=minute))
    inside = spend(database, gate, budget, NOW + window - timedelta(microseconds=1))
    assert isinstance(inside, Decision)
    assert inside.retry_at == NOW + window
    assert outcome(spend(database, gate, budget, NOW + window)) is Outcome.ALLOW
    assert outcome(spend(database, gate, budget, NOW + window)) is Outcome.WAIT


def test_a_rolled_back_spend_is_no_spend(database: Database, gate: Gate, budget: Budget) -> None:
    for _ in range(LIMIT + 1):
        with rolled_back(database) as tx:
            assert isinstance(gate.spend(tx, budget, NOW), Lease)
    assert outcome(spend(database, gate, budget)) is Outcome.ALLOW


def fail(database: Database, gate: Gate, budget: Budget, now: datetime = NOW) -> None:
    lease = spend(database, gate, budget, now)
    assert isinstance(lease, Lease)
    with database.begin() as tx:
        gate.settle_wrong(tx, lease, now)
