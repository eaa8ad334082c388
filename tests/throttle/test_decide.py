"""The rule of a limit: refuse what is spent, wait for what is in flight, never count too much."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.policy.folder import read_folder
from idp.policy.model import Limit, LimitName
from idp.throttle.model import Budget, Outcome, Spent, decide
from tests.stores.conftest import POLICIES

RULE = LimitName.PASSWORD_FROM_UNKNOWN_DEVICE
AT = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
LIMITS = read_folder(POLICIES).policy.limits
LIMIT = LIMITS[RULE]


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
    decision = decide(RULE, LIMIT, Spent(failed, in_flight, AT if failed else None))
    assert decision.outcome is outcome


@given(st.sampled_from(sorted(LIMITS)), st.integers(0, 500), st.integers(0, 500))
def test_what_is_allowed_can_never_exceed_the_limit(
    rule: LimitName, failed: int, in_flight: int
) -> None:
    limit: Limit = LIMITS[rule]
    decision = decide(rule, limit, Spent(failed, in_flight, AT))
    if decision.outcome is Outcome.ALLOW:
        assert failed + in_flight + 1 <= limit.count
    if decision.outcome is Outcome.WAIT:
        assert failed < limit.count, "waiting is for attempts that may yet succeed"
    assert (decision.retry_at is not None) == (decision.outcome is Outcome.REFUSE)


def test_a_refusal_tells_when_the_oldest_failure_leaves_the_window() -> None:
    assert decide(RULE, LIMIT, Spent(5, 0, AT)).retry_at == AT + LIMIT.period.delta


def test_the_facts_explain_the_decision() -> None:
    facts = decide(RULE, LIMIT, Spent(3, 2, AT)).as_facts("digest")
    assert facts == {
        "outcome": "wait",
        "rule": RULE.value,
        "failed": 3,
        "in_flight": 2,
        "limit": 5,
        "window_seconds": 900,
        "policy": "digest",
    }


def test_budgets_of_different_rules_never_share_a_bucket() -> None:
    buckets = {Budget(rule, "somebody").bucket for rule in LimitName}
    assert len(buckets) == len(LimitName)
