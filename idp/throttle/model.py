"""What a limit decides, and the pure rule that decides it.

`decide` reads no clock and does no I/O: everything it looked at goes into the audit event, so a
decision can be explained later and replayed under another policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from idp.policy.model import Limit, LimitName


class Outcome(StrEnum):
    """What happens to one attempt."""

    ALLOW = "allow"
    WAIT = "wait"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Spent:
    """What stands in a budget: failures inside the window, and attempts not settled yet."""

    failed: int
    in_flight: int
    oldest_failure_at: datetime | None


@dataclass(frozen=True)
class Decision:
    """The answer, with everything it was made from."""

    outcome: Outcome
    rule: LimitName
    failed: int
    in_flight: int
    limit: int
    window_seconds: int
    retry_at: datetime | None

    def as_facts(self, digest: str) -> dict[str, str | int]:
        """Give the decision as it stands in an audit event."""
        return {
            "outcome": self.outcome.value,
            "rule": self.rule.value,
            "failed": self.failed,
            "in_flight": self.in_flight,
            "limit": self.limit,
            "window_seconds": self.window_seconds,
            "policy": digest,
        }


def decide(rule: LimitName, limit: Limit, spent: Spent) -> Decision:
    """Decide one attempt: `failed >= count` refuses; `failed + in_flight >= count` waits."""
    if spent.failed >= limit.count:
        outcome = Outcome.REFUSE
    elif spent.failed + spent.in_flight >= limit.count:
        outcome = Outcome.WAIT
    else:
        outcome = Outcome.ALLOW
    retry_at = None
    if outcome is Outcome.REFUSE and spent.oldest_failure_at is not None:
        retry_at = spent.oldest_failure_at + limit.period.delta
    return Decision(
        outcome, rule, spent.failed, spent.in_flight, limit.count, limit.period.seconds, retry_at
    )


@dataclass(frozen=True)
class Budget:
    """One budget: a limit, and whose failures it counts (a digest: no person stands in it)."""

    rule: LimitName
    key: str

    @property
    def bucket(self) -> str:
        """Give the text under which the budget stands in the store."""
        return f"{self.rule.value}:{self.key}"


@dataclass(frozen=True)
class Lease:
    """Proof that an attempt was paid for. Functions that check a secret demand one."""

    id: str
    budget: Budget
    decision: Decision


@dataclass(frozen=True)
class Tried:
    """What came of trying a cheap secret: right or not, looked at or refused unseen, and why."""

    right: bool
    checked: bool
    decision: Decision
