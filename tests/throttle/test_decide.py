"""The rule of a limit: refuse what is spent, wait for what is in flight, never count too much."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.policy.folder import read_folder
from idp.policy.limit_rules import IN_A_ROW
from idp.policy.model import LimitName
from idp.throttle.budgets import password_budget
from idp.throttle.model import Budget, Decision, Outcome, Settled, Spent, decide
from tests.stores.conftest import POLICIES

RULE = LimitName.PASSWORD_FROM_UNKNOWN_DEVICE
AT = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
LIMITS = read_folder(POLICIES).policy.limits
LIMIT = LIMITS[RULE]
UNTIL = AT + timedelta(minutes=30)
WHOLE = LimitName.CONSECUTIVE_FAILURES
STRANGERS = LimitName.CONSECUTIVE_FAILURES_OF_STRANGERS


def decided(budget: Budget, spent: Spent) -> Decision:
    return decide(LIMITS, budget, spent, AT, "digest")


@pytest.mark.parametrize(
    ("failed", "in_flight", "outcome"),
    [
        (0, 0, Outcome.ALLOW),
        (4, 0, Outcome.ALLOW),
        (0, 4, Outcome.ALLOW),
        (0, 5, Outcome.WAIT),
        (4, 1, Outcome.WAIT),
        (1, 400, Outcome.WAIT),
        (5, 0, Outcome.REFUSE),
        (5, 5, Outcome.REFUSE),
        (600, 0, Outcome.REFUSE),
    ],
)
def test_the_table_of_decisions(failed: int, in_flight: int, outcome: Outcome) -> None:
    assert LIMIT.count == 5
    decision = decided(Budget(RULE, "a"), Spent(failed, in_flight, AT if failed else None))
    assert decision.outcome is outcome


@given(st.sampled_from(sorted(set(LIMITS) - IN_A_ROW)), st.integers(0, 500), st.integers(0, 500))
def test_what_is_allowed_can_never_exceed_the_limit(
    rule: LimitName, failed: int, in_flight: int
) -> None:
    limit = LIMITS[rule]
    decision = decided(Budget(rule, "a"), Spent(failed, in_flight, AT))
    if decision.outcome is Outcome.ALLOW:
        assert failed + in_flight + 1 <= limit.count
    if decision.outcome is Outcome.WAIT:
        assert failed < limit.count, "waiting is for attempts that may yet succeed"
    assert (decision.retry_at is not None) == (decision.outcome is Outcome.REFUSE)


def test_a_refusal_tells_when_the_oldest_failure_leaves_the_window() -> None:
    assert LIMIT.period is not None
    assert decided(Budget(RULE, "a"), Spent(5, 0, AT)).retry_at == AT + LIMIT.period.delta


@pytest.mark.parametrize(
    ("stranger", "row", "strangers", "outcome", "rule"),
    [
        (True, 49, 49, Outcome.ALLOW, RULE),
        (True, 50, 50, Outcome.REFUSE, STRANGERS),
        (False, 50, 50, Outcome.ALLOW, LimitName.PASSWORD_FROM_KNOWN_DEVICE),
        (False, 99, 50, Outcome.ALLOW, LimitName.PASSWORD_FROM_KNOWN_DEVICE),
        (False, 100, 50, Outcome.REFUSE, WHOLE),
        (False, 100, 0, Outcome.REFUSE, WHOLE),
        (True, 100, 0, Outcome.REFUSE, WHOLE),
    ],
)
def test_half_of_the_failures_in_a_row_are_kept_for_known_devices(
    stranger: bool, row: int, strangers: int, outcome: Outcome, rule: LimitName
) -> None:
    budget = password_budget("somebody", None if stranger else "phone")
    decision = decided(budget, Spent(row=row, row_of_strangers=strangers))
    assert (decision.outcome, decision.rule) == (outcome, rule)


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 60), st.integers(0, 60), st.booleans())
def test_no_burst_gets_past_the_end_of_a_row(
    failed: int, in_flight: int, strangers: int, flying: int, stranger: bool
) -> None:
    spent = Spent(
        failed,
        in_flight,
        AT,
        row=strangers,
        row_in_flight=flying,
        row_of_strangers=strangers,
        row_of_strangers_in_flight=flying,
    )
    decision = decided(password_budget("a", None if stranger else "phone"), spent)
    if decision.outcome is Outcome.ALLOW:
        assert strangers + flying + 1 <= LIMITS[STRANGERS if stranger else WHOLE].count
    if decision.outcome is Outcome.WAIT:
        assert strangers < LIMITS[WHOLE].count


def test_a_running_block_refuses_whatever_the_counts_say_and_tells_until_when() -> None:
    budget = password_budget("a", None)
    decision = decided(budget, Spent(blocked_by=RULE, blocked_until=UNTIL))
    assert decision.outcome is Outcome.REFUSE
    assert (decision.rule, decision.retry_at) == (RULE, UNTIL)


def test_the_facts_explain_the_decision() -> None:
    spent = Spent(3, 2, AT, row=7, row_of_strangers=6)
    decision = decided(password_budget("a", None), spent)
    facts = decision.after(Settled.UNSEEN).as_facts()
    assert facts == {
        "outcome": "wait",
        "rule": RULE.value,
        "budget": RULE.value,
        "key": "a",
        "stranger": True,
        "authenticator": "password:a",
        "at": int(AT.timestamp()) * 1_000_000,
        "failed": 3,
        "in_flight": 2,
        "row": 7,
        "row_of_strangers": 6,
        "limit": 5,
        "window_seconds": 900,
        "policy": "digest",
        "settled": "unseen",
    }


def test_budgets_of_different_rules_never_share_a_bucket() -> None:
    buckets = {Budget(rule, "somebody").bucket for rule in LimitName}
    assert len(buckets) == len(LimitName)
