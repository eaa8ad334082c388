"""All counters of the gate, recomputed from the stream of attempts; pure.

What `idp.throttle.store` keeps in rows stands here in memory: failures per budget, failures in a
row, blocks and how many came since the last success. The decision itself is the live one
(`idp.throttle.model.decide`), so that a replay cannot drift from what it replays.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from idp.blocks.model import length_of
from idp.clock import from_micros
from idp.policy.model import LimitName
from idp.throttle.model import Budget, Decision, Limits, Spent, decide

ADDRESS_RULES = (LimitName.FAILURES_PER_ADDRESS, LimitName.FAILURES_PER_NETWORK)
SLACK = 60_000_000
"""How far behind an attempt may have been decided that stands later in the stream."""
_ONE_MICRO = timedelta(microseconds=1)


@dataclass(slots=True)
class Row:
    """Failures in a row of one authenticator."""

    strangers: int = 0
    known: int = 0
    succeeded_at: int = 0


@dataclass(frozen=True, slots=True)
class Set:
    """A block as the replay sets it; instants in microseconds, `until` None without an end."""

    bucket: str
    rule: LimitName
    subject: str | None
    started_at: int
    until: int | None


@dataclass
class Counters:
    """The state of every budget under one policy."""

    limits: Limits
    digest: str
    failures: dict[str, list[int]] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    blocks: dict[str, list[Set]] = field(default_factory=dict)
    hits: dict[str, list[int]] = field(default_factory=dict)
    made: list[Set] = field(default_factory=list)
    _buckets_of: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _blocked_of: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def is_untouched(self, budget: Budget) -> bool:
        """Tell whether nothing stands against an attempt: it is allowed, whatever the limits."""
        bucket = budget.bucket
        return (
            bucket not in self.failures
            and bucket not in self.blocks
            and (budget.authenticator is None or budget.authenticator not in self.rows)
        )

    def decide(self, budget: Budget, at: int) -> Decision:
        """Decide one attempt at an instant, as the gate would."""
        limit = self.limits[budget.rule]
        failures = self._window(budget.bucket, at, limit.window_micros)
        row = self.rows.get(budget.authenticator) if budget.authenticator else None
        block = self._running(budget.bucket, at)
        spent = Spent(
            failed=len(failures),
            oldest_failure_at=from_micros(failures[0]) if failures else None,
            row=row.strangers + row.known if row else 0,
            row_of_strangers=row.strangers if row else 0,
            blocked_by=block.rule if block else None,
            blocked_until=from_micros(block.until) if block and block.until else None,
        )
        return decide(self.limits, budget, spent, from_micros(at), self.digest)

    def address_full(self, sources: tuple[str, ...], at: int) -> LimitName | None:
        """Name the limit that the networks of an attempt have reached."""
        for rule, source in zip(ADDRESS_RULES, sources, strict=False):
            limit = self.limits[rule]
            hits = self.hits.get(f"{rule.value}:{source}")
            if hits is not None and len(_since(hits, at - limit.window_micros)) >= limit.count:
                return rule
        return None

    def hit(self, sources: tuple[str, ...], at: int) -> None:
        """Count one failure against the networks of an attempt."""
        for rule, source in zip(ADDRESS_RULES, sources, strict=False):
            hits = self.hits.setdefault(f"{rule.value}:{source}", [])
            if len(_since(hits, at - self.limits[rule].window_micros)) < self.limits[rule].count:
                insort(hits, at)  # a full window takes no more: the counter refuses them

    def wrong(self, budget: Budget, at: int, now: int | None = None) -> None:
        """Count a failure; a block it reaches starts at `now`, if that is later."""
        insort(self.failures.setdefault(budget.bucket, []), at)
        row = None
        if budget.authenticator is not None:
            self._buckets_of[budget.authenticator].add(budget.bucket)
            row = self.rows.setdefault(budget.authenticator, Row())
            if budget.stranger:
                row.strangers += 1
            else:
                row.known += 1
        self._block(budget, row, at if now is None else now)

    def right(self, budget: Budget, at: int) -> None:
        """Empty the budget, and end the row of failures if there ever was one."""
        self.failures.pop(budget.bucket, None)
        row = self.rows.get(budget.authenticator) if budget.authenticator else None
        if row is not None:
            row.strangers = row.known = 0
            row.succeeded_at = at

    def forgive(self, bucket: str, at: int) -> None:
        """Lift the blocks on a budget or a row, and forget what stood in it."""
        self.failures.pop(bucket, None)
        self.blocks[bucket] = [
            one for one in self.blocks.get(bucket, []) if one.until is not None and one.until <= at
        ]
        rule, _, authenticator = bucket.partition(":")
        if rule.startswith(LimitName.CONSECUTIVE_FAILURES.value):
            self.forgive_authenticator(authenticator, at)

    def forgive_authenticator(self, authenticator: str, at: int) -> None:
        """Start counting anew in every budget of an authenticator."""
        self.rows[authenticator] = Row(succeeded_at=at)
        for bucket in self._buckets_of.pop(authenticator, ()):
            self.failures.pop(bucket, None)

    def forgive_subject(self, subject: str, at: int) -> None:
        """Do what a proven mailbox does."""
        for bucket in self._blocked_of.pop(subject, ()):
            self.forgive(bucket, at)
        for kind in ("password", "totp", "mail_code"):
            self.forgive_authenticator(f"{kind}:{subject}", at)
        self.failures.pop(f"{LimitName.RECOVERY_CODE.value}:{subject}", None)

    def _window(self, bucket: str, at: int, window: int) -> list[int]:
        failures = self.failures.get(bucket)
        return _since(failures, at - window) if failures else []

    def _running(self, bucket: str, at: int) -> Set | None:
        running = [
            one for one in self.blocks.get(bucket, ()) if one.until is not None and one.until > at
        ]
        return max(running, key=lambda one: one.until or 0) if running else None

    def _block(self, budget: Budget, row: Row | None, now: int) -> None:
        limit = self.limits[budget.rule]
        failures = self._window(budget.bucket, now, limit.window_micros)
        then = limit.then
        if (
            then is not None
            and len(failures) >= limit.count
            and self._running(budget.bucket, now) is None
        ):
            since = row.succeeded_at if row else 0
            blocks = self.blocks.setdefault(budget.bucket, [])
            before = sum(one.started_at > since for one in blocks)
            length = length_of(then, before)
            until = now + length // _ONE_MICRO if length else None
            made = Set(budget.bucket, budget.rule, budget.subject, now, until)
            blocks.append(made)
            self.made.append(made)
            if budget.subject is not None:
                self._blocked_of[budget.subject].add(budget.bucket)
        if row is not None:
            self._end_of_row(budget, row, now)

    def _end_of_row(self, budget: Budget, row: Row, now: int) -> None:
        whole, strangers = (
            LimitName.CONSECUTIVE_FAILURES,
            LimitName.CONSECUTIVE_FAILURES_OF_STRANGERS,
        )
        for rule, counted in ((strangers, row.strangers), (whole, row.strangers + row.known)):
            grew = budget.stranger or rule is whole
            if grew and counted == self.limits[rule].count:
                bucket = f"{rule.value}:{budget.authenticator}"
                self.made.append(Set(bucket, rule, budget.subject, now, None))


def _since(times: list[int], since: int) -> list[int]:
    """Give what lies after an instant; what is far before it is dropped for good."""
    if times and times[0] < since - SLACK:
        del times[: bisect_right(times, since - SLACK)]
    return times[bisect_right(times, since) :] if times and times[0] <= since else times
