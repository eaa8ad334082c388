"""What a limit decides, and the pure rule that decides it.

`decide` reads no clock and does no I/O: everything it looked at goes into the audit event, so a
decision can be explained later and replayed under another policy (`idp.rehearsal`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from idp.clock import to_micros
from idp.policy.model import Limit, LimitName

Limits = Mapping[LimitName, Limit]


class Outcome(StrEnum):
    """What happens to one attempt."""

    ALLOW = "allow"
    WAIT = "wait"
    REFUSE = "refuse"


class Settled(StrEnum):
    """What became of an attempt: looked at and right or wrong, never answered, or not looked at."""

    RIGHT = "right"
    WRONG = "wrong"
    ABANDONED = "abandoned"
    UNSEEN = "unseen"


@dataclass(frozen=True)
class Budget:
    """One budget: a limit, and whose failures it counts (a digest: no person stands in it).

    `authenticator` names the password or app whose failures in a row are counted as well, over all
    its budgets; `stranger` tells attempts of browsers that are not known to its owner.
    """

    rule: LimitName
    key: str
    authenticator: str | None = None
    stranger: bool = True
    subject: str | None = None

    @cached_property
    def bucket(self) -> str:
        """Give the text under which the budget stands in the store."""
        return f"{self.rule.value}:{self.key}"

    @property
    def lock_name(self) -> str:
        """Name what an attempt holds: the authenticator, for its row of failures is one."""
        return f"lease:{self.authenticator or self.bucket}"


@dataclass(frozen=True, slots=True)
class Spent:
    """What stands in a budget, and in the row of failures of its authenticator.

    `failed` lie inside the window; `in_flight` are not settled yet. `blocked_by` runs until
    `blocked_until`, or without an end of its own.
    """

    failed: int = 0
    in_flight: int = 0
    oldest_failure_at: datetime | None = None
    row: int = 0
    row_in_flight: int = 0
    row_of_strangers: int = 0
    row_of_strangers_in_flight: int = 0
    blocked_by: LimitName | None = None
    blocked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, with everything it was made from."""

    outcome: Outcome
    rule: LimitName
    budget: Budget
    spent: Spent
    limit: int
    window_seconds: int
    retry_at: datetime | None
    at: datetime
    policy: str
    settled: Settled | None = None
    lease: str | None = None

    @property
    def failed(self) -> int:
        """Give the failures that the deciding rule counted."""
        if self.rule is LimitName.CONSECUTIVE_FAILURES:
            return self.spent.row
        if self.rule is LimitName.CONSECUTIVE_FAILURES_OF_STRANGERS:
            return self.spent.row_of_strangers
        return self.spent.failed

    def after(self, settled: Settled) -> Decision:
        """Give the decision with what became of its attempt."""
        return replace(self, settled=settled)

    def as_facts(self) -> dict[str, Any]:
        """Give the decision as it stands in an audit event; instants are microseconds."""
        budget, spent = self.budget, self.spent
        facts: dict[str, Any] = {
            "outcome": self.outcome.value,
            "rule": self.rule.value,
            "budget": budget.rule.value,
            "key": budget.key,
            "stranger": budget.stranger,
            "at": to_micros(self.at),
            "failed": self.failed,
            "in_flight": spent.in_flight,
            "limit": self.limit,
            "window_seconds": self.window_seconds,
            "policy": self.policy,
        }
        if budget.authenticator is not None:
            facts["authenticator"] = budget.authenticator
            facts["row"] = spent.row
            facts["row_of_strangers"] = spent.row_of_strangers
        if spent.blocked_by is not None:
            facts["blocked_by"] = spent.blocked_by.value
        if self.retry_at is not None:
            facts["retry_at"] = to_micros(self.retry_at)
        if self.settled is not None:
            facts["settled"] = self.settled.value
        if self.lease is not None:
            facts["lease"] = self.lease
        return facts


@dataclass(frozen=True, slots=True)
class Considered:
    """One rule that an attempt met, with what it counted."""

    rule: LimitName
    counted: int
    in_flight: int
    limit: int

    @property
    def outcome(self) -> Outcome:
        """Tell what this rule alone says: `failed >= count` refuses, with those in flight waits."""
        if self.counted >= self.limit:
            return Outcome.REFUSE
        if self.counted + self.in_flight >= self.limit:
            return Outcome.WAIT
        return Outcome.ALLOW


def considered(limits: Limits, budget: Budget, spent: Spent) -> list[Considered]:
    """List the rules that an attempt on a budget meets, the wider ones first."""
    own = Considered(budget.rule, spent.failed, spent.in_flight, limits[budget.rule].count)
    if budget.authenticator is None:
        return [own]
    whole = LimitName.CONSECUTIVE_FAILURES
    rules = [Considered(whole, spent.row, spent.row_in_flight, limits[whole].count)]
    if budget.stranger:
        strangers = LimitName.CONSECUTIVE_FAILURES_OF_STRANGERS
        rules.append(
            Considered(
                strangers,
                spent.row_of_strangers,
                spent.row_of_strangers_in_flight,
                limits[strangers].count,
            )
        )
    return [*rules, own]


def decide(limits: Limits, budget: Budget, spent: Spent, now: datetime, policy: str) -> Decision:
    """Decide one attempt under the limits of the policy with the digest `policy`.

    A running block refuses; else the first rule that is exhausted does; else the first one that
    would be, if those in flight failed, makes it wait.
    """
    if spent.blocked_by is not None:
        rule, outcome, retry_at = spent.blocked_by, Outcome.REFUSE, spent.blocked_until
        return _made(limits, budget, spent, rule, outcome, retry_at, now, policy)
    met = considered(limits, budget, spent)
    for wanted in (Outcome.REFUSE, Outcome.WAIT):
        for one in met:
            if one.outcome is wanted:
                retry_at = None
                if wanted is Outcome.REFUSE and one.rule is budget.rule:
                    retry_at = _free_again(limits[one.rule], spent)
                return _made(limits, budget, spent, one.rule, wanted, retry_at, now, policy)
    return _made(limits, budget, spent, budget.rule, Outcome.ALLOW, None, now, policy)


def _free_again(limit: Limit, spent: Spent) -> datetime | None:
    if spent.oldest_failure_at is None or limit.period is None:
        return None
    return spent.oldest_failure_at + limit.period.delta


def _made(
    limits: Limits,
    budget: Budget,
    spent: Spent,
    rule: LimitName,
    outcome: Outcome,
    retry_at: datetime | None,
    now: datetime,
    policy: str,
) -> Decision:
    limit = limits[rule]
    return Decision(
        outcome, rule, budget, spent, limit.count, limit.window_seconds, retry_at, now, policy
    )


@dataclass(frozen=True, slots=True)
class Lease:
    """Proof that an attempt was paid for. Functions that check a secret demand one."""

    id: str
    budget: Budget
    decision: Decision


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying a cheap secret: right or not, looked at or refused unseen, and why."""

    right: bool
    checked: bool
    decision: Decision
