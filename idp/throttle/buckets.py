"""Buckets: sliding windows of failures per address and network, and of mails (`limits` library).

Hit once per failure or per mail, never refunded; they may overshoot by what is in flight. They
protect the house, not a secret: each limit says in policy what is answered while its counter does
not answer. A mail limit withholds the mail only, never the page.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import structlog
from limits import RateLimitItemPerSecond
from limits.storage import Storage
from limits.strategies import MovingWindowRateLimiter

from idp.errors import StoreUnavailable
from idp.inforce.service import PolicyInForce
from idp.metrics import LIMIT_OUTAGES
from idp.policy.model import Limit, LimitName, Outage
from idp.throttle.breaker import Breaker
from idp.throttle.degraded import OutageLog

COUNTED = {"counts": True}
"""Stands in the decision of an event after which the caller's address buckets are hit."""

log = structlog.get_logger(__name__)

NO_BUDGET = {
    "outcome": "allow",
    "rule": LimitName.FAILURES_PER_ADDRESS.value,
    "settled": "wrong",
}
"""The decision on an attempt that no budget meets, for there was no secret to guess."""


@dataclass(frozen=True)
class Buckets:
    """Counts failures per key in the home the deployment has: Redis, or SQL when embedded."""

    storage: Storage
    policy: PolicyInForce
    outages: tuple[type[Exception], ...] = (StoreUnavailable,)
    breaker: Breaker = field(default_factory=Breaker)
    outage_log: OutageLog | None = None

    def exhausted(self, buckets: tuple[str, ...]) -> LimitName | None:
        """Name the limit that one of the caller's address buckets has reached, if any."""
        for rule, key in _named(buckets):
            limit = self.policy.policy.limits[rule]
            room = self._ask(rule, limit, self._limiter.test, key)
            if not room:
                return rule
        return None

    def hit(self, buckets: tuple[str, ...]) -> None:
        """Count one failure in each of the caller's address buckets."""
        for rule, key in _named(buckets):
            limit = self.policy.policy.limits[rule]
            self._ask(rule, limit, self._limiter.hit, key)

    def take(self, rule: LimitName, key: str) -> bool:
        """Count one use of a named limit; False when its window is full (it is not counted then).

        Never inside a transaction: the counter has a store of its own.
        """
        return self._ask(rule, self.policy.policy.limits[rule], self._limiter.hit, key)

    def take_window(self, name: str, room: tuple[int, int], key: str, cost: int = 1) -> bool | None:
        """Count uses in a window that is no limit on failures; `room` is how many in how many s.

        None while the counter does not answer. Never inside a transaction.
        """
        if not self.breaker.allows():
            return None
        item = RateLimitItemPerSecond(*room, namespace="kumiai")
        try:
            return self._limiter.hit(item, name, key, cost=cost)
        except self.outages:
            self.breaker.failed()
            return None

    def wait_window(self, name: str, room: tuple[int, int], key: str) -> int:
        """Tell after how many seconds a full window has room again; at most its whole length."""
        item = RateLimitItemPerSecond(*room, namespace="kumiai")
        try:
            until = self._limiter.get_window_stats(item, name, key).reset_time
        except self.outages:
            return room[1]
        return min(max(math.ceil(until - time.time()), 1), room[1])

    def take_mail(self, mailbox: str, caller: tuple[str, ...]) -> bool:
        """Count a mail somebody asked for: in the mailbox's window, and in the caller's address's.

        `mailbox` is a pseudonym, the same work for known and unknown ones.
        """
        address = caller[0] if caller else ""
        by_mailbox = self.take(LimitName.MAILS_PER_MAILBOX, mailbox)
        return self.take(LimitName.MAILS_PER_ADDRESS, address) and by_mailbox

    def forget(self, rule: LimitName, key: str) -> None:
        """Empty one window: staff lifted what it stopped. Raises what the storage raises."""
        self._limiter.clear(_item(self.policy.policy.limits[rule]), rule.value, key)

    def _ask(self, rule: LimitName, limit: Limit, question: Callable[..., bool], key: str) -> bool:
        if not self.breaker.allows():
            return _answer(rule, limit)
        try:
            answer = question(_item(limit), rule.value, key)
        except self.outages:
            self.breaker.failed()
            if self.outage_log is not None:
                self.outage_log.began(rule, limit)
            return _answer(rule, limit)
        if self.outage_log is not None:
            self.outage_log.ended()
        return answer

    @cached_property
    def _limiter(self) -> MovingWindowRateLimiter:
        return MovingWindowRateLimiter(self.storage)


def mail_facts(allowed: bool, digest: str) -> dict[str, str]:
    """Give what an event says about a mail somebody asked for: sent or withheld."""
    outcome = "allow" if allowed else "refuse"
    return {"rule": LimitName.MAILS_PER_MAILBOX.value, "outcome": outcome, "policy": digest}


def bucket_of(rule: LimitName, buckets: tuple[str, ...]) -> str:
    """Give the one of a caller's buckets that a limit counts in."""
    return dict(_named(buckets)).get(rule, buckets[0] if buckets else "")


def _named(buckets: tuple[str, ...]) -> list[tuple[LimitName, str]]:
    rules = (LimitName.FAILURES_PER_ADDRESS, LimitName.FAILURES_PER_NETWORK)
    return list(zip(rules, buckets, strict=False))


def _item(limit: Limit) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(limit.count, limit.window_seconds, namespace="kumiai")


def _answer(rule: LimitName, limit: Limit) -> bool:
    allowed = limit.on_outage is Outage.ALLOW
    LIMIT_OUTAGES.labels(rule.value, limit.on_outage.value).inc()
    log.warning("limit.unreachable", limit=rule.value, answer=limit.on_outage.value)
    return allowed
