"""Blocks: one per limit reached, growing, told once; the row of failures ends only by a success."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from audit.event import Actor, new_id
from idp.assembly.foundation import Foundation
from idp.blocks import store as blocks
from idp.blocks.model import Block, Scope
from idp.clock import to_micros
from idp.policy.model import LimitName
from idp.storage.sql import Database
from idp.throttle.budgets import password_budget
from idp.throttle.gate import Gate
from idp.throttle.model import Budget, Decision, Lease, Outcome

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
LIMIT, FIRST_BLOCK, LONGEST = 5, timedelta(minutes=30), timedelta(hours=24)
OF_STRANGERS, OF_ALL = 50, 100
ADMIN = Actor("operator", "cli:test")


@pytest.fixture
def gate(foundation: Foundation) -> Gate:
    return foundation.gate


@pytest.fixture
def who() -> str:
    return new_id(NOW)


def attempt(
    database: Database, gate: Gate, budget: Budget, now: datetime, *, right: bool = False
) -> Decision:
    """Try once; the decision says whether the secret was looked at."""
    with database.begin() as tx:
        spent = gate.spend(tx, budget, now)
    if not isinstance(spent, Lease):
        return spent
    with database.begin() as tx:
        if right:
            return gate.settle_right(tx, spent, now)
        return gate.settle_wrong(tx, spent, now)


def all_blocks(database: Database, who: str) -> list[Block]:
    with database.read() as tx:
        return blocks.of_subject(tx, who, 0)


def exhaust(database: Database, gate: Gate, budget: Budget, now: datetime) -> None:
    for _ in range(LIMIT):
        assert attempt(database, gate, budget, now).outcome is Outcome.ALLOW


def test_the_failure_that_reaches_the_limit_sets_one_block_and_refusals_set_none(
    database: Database, gate: Gate, who: str
) -> None:
    stranger = password_budget(who, None)
    exhaust(database, gate, stranger, NOW)
    for _ in range(20):
        refused = attempt(database, gate, stranger, NOW, right=True)
        assert refused.outcome is Outcome.REFUSE
        assert refused.retry_at == NOW + FIRST_BLOCK
    (block,) = all_blocks(database, who)
    assert block.scope is Scope.STRANGERS
    assert block.rule is LimitName.PASSWORD_FROM_UNKNOWN_DEVICE
    assert block.evidence is not None
    assert block.evidence.failed == LIMIT


def test_blocks_double_up_to_a_day_and_start_anew_after_a_success(
    database: Database, gate: Gate, who: str
) -> None:
    stranger, phone, now = password_budget(who, None), password_budget(who, "phone"), NOW
    lengths = []
    for _ in range(8):
        exhaust(database, gate, stranger, now)
        newest = all_blocks(database, who)[0]
        assert newest.until is not None
        lengths.append(newest.until - newest.started_at)
        now = newest.until
    assert lengths == [min(FIRST_BLOCK * 2**n, LONGEST) for n in range(8)]
    assert attempt(database, gate, phone, now, right=True).outcome is Outcome.ALLOW
    exhaust(database, gate, stranger, now + timedelta(seconds=1))
    newest = all_blocks(database, who)[0]
    assert newest.until == now + timedelta(seconds=1) + FIRST_BLOCK


def test_a_success_elsewhere_ends_no_running_block(
    database: Database, gate: Gate, who: str
) -> None:
    stranger, phone = password_budget(who, None), password_budget(who, "phone")
    exhaust(database, gate, stranger, NOW)
    attempt(database, gate, phone, NOW, right=True)
    assert attempt(database, gate, stranger, NOW).outcome is Outcome.REFUSE


def test_1000_days_of_guessing_get_50_guesses_and_the_phone_still_works(
    database: Database, gate: Gate, who: str
) -> None:
    stranger, looked_at, now = password_budget(who, None), 0, NOW
    for _ in range(1000):
        for _ in range(6):
            looked_at += attempt(database, gate, stranger, now).outcome is Outcome.ALLOW
        now += timedelta(days=1)
    assert looked_at == OF_STRANGERS
    # Not even the right password from a new browser: the same answer as before.
    assert attempt(database, gate, stranger, now, right=True).outcome is Outcome.REFUSE
    assert attempt(database, gate, password_budget(who, "phone"), now).outcome is Outcome.ALLOW
    right = attempt(database, gate, password_budget(who, "phone"), now, right=True)
    assert right.outcome is Outcome.ALLOW
    assert attempt(database, gate, stranger, now).outcome is Outcome.ALLOW, "a success resets"
    row = [
        one
        for one in all_blocks(database, who)
        if one.rule is LimitName.CONSECUTIVE_FAILURES_OF_STRANGERS
    ]
    assert len(row) == 1, "told once"
    assert row[0].lifted_at == now


def test_100_failures_in_a_row_are_the_end_for_known_devices_too(
    database: Database, gate: Gate, who: str
) -> None:
    looked_at, now = 0, NOW
    for day in range(60):
        for device in ("phone", "tablet", None):
            for _ in range(12):
                budget = password_budget(who, device)
                looked_at += attempt(database, gate, budget, now).outcome is Outcome.ALLOW
        now = NOW + timedelta(days=day + 1)
    assert looked_at == OF_ALL
    refused = attempt(database, gate, password_budget(who, "new phone"), now, right=True)
    assert (refused.outcome, refused.rule) == (Outcome.REFUSE, LimitName.CONSECUTIVE_FAILURES)


def test_the_proven_mailbox_ends_every_block_of_a_limit_and_none_of_a_person(
    foundation: Foundation, database: Database, gate: Gate, who: str
) -> None:
    stranger = password_budget(who, None)
    exhaust(database, gate, stranger, NOW)
    with database.begin() as tx:
        made = all_blocks(database, who)[0]
        person = Block(
            **{
                **{name: getattr(made, name) for name in Block.__slots__},
                "id": new_id(NOW),
                "rule": None,
                "bucket": f"person:{who}",
                "until": None,
            }
        )
        blocks.add(tx, person)
    with database.begin() as tx:
        foundation.lifting.by_mailbox(tx, who, NOW)
    with database.read() as tx:
        assert [one.id for one in blocks.running_of(tx, who, to_micros(NOW))] == [person.id]
    assert attempt(database, gate, stranger, NOW).outcome is Outcome.ALLOW


def test_staff_lift_a_block_once_and_the_next_attempt_is_looked_at(
    foundation: Foundation, database: Database, gate: Gate, who: str
) -> None:
    stranger = password_budget(who, None)
    exhaust(database, gate, stranger, NOW)
    (block,) = all_blocks(database, who)
    with database.begin() as tx:
        assert foundation.lifting.by_person(tx, block, ADMIN, "proofed by telephone", NOW)
    with database.begin() as tx:
        assert not foundation.lifting.by_person(tx, block, ADMIN, "again", NOW)
    assert attempt(database, gate, stranger, NOW).outcome is Outcome.ALLOW
    (block,) = all_blocks(database, who)
    assert (block.lifted_by, block.lift_reason) == ("cli:test", "proofed by telephone")


def test_an_unknown_address_is_blocked_by_the_same_writes(database: Database, gate: Gate) -> None:
    nobody = password_budget(None, None, "pseudonym")
    exhaust(database, gate, nobody, NOW)
    assert attempt(database, gate, nobody, NOW).outcome is Outcome.REFUSE
    with database.read() as tx:
        (block,) = blocks.running_on(tx, nobody.bucket, to_micros(NOW))
    assert block.subject is None


def test_a_killed_process_leaves_a_failure_in_the_row_with_an_event(
    database: Database, gate: Gate, who: str
) -> None:
    stranger = password_budget(who, None)
    with database.begin() as tx:
        assert isinstance(gate.spend(tx, stranger, NOW), Lease)
    later = NOW + timedelta(hours=3)
    attempt(database, gate, stranger, later)
    with database.read() as tx:
        names = [
            row[0]
            for row in tx.text(
                "SELECT name FROM audit_event WHERE subject = '" + who + "'"
            ).fetchall()
        ]
        spent = gate_row(tx, stranger, later)
    assert names == ["attempt.abandoned"]
    assert spent == 2


def gate_row(tx: object, budget: Budget, now: datetime) -> int:
    from idp.throttle import store

    state = store.state(tx, budget, to_micros(now))  # type: ignore[arg-type]
    return state.strangers + state.known
