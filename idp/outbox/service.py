"""Deliver what was promised, after the commit that promised it; retry, give up, report.

Knows no one above: each kind has a handler passed in. A message is taken by compare-and-set on its
attempts and becomes due again by itself, so a worker killed in the middle of a delivery loses
nothing; handlers must bear being called twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import structlog

from audit.event import new_id
from idp.clock import Clock, to_micros
from idp.metrics import DELIVERIES
from idp.outbox import store
from idp.policy.model import Outbox as Rules
from idp.storage.sql import Database, Tx

log = structlog.get_logger(__name__)
BATCH = 50


class DeliveryFailed(Exception):
    """The other side did not take the message; the text is a short reason for the record."""


Handler = Callable[[dict[str, Any], datetime], None]
Reporter = Callable[[Tx, str, dict[str, Any], str | None, datetime, bool], None]


def promise(tx: Tx, kind: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Store a message in the caller's transaction; it is delivered after the commit."""
    store.add(tx, new_id(now), kind, msgspec.json.encode(payload).decode(), to_micros(now))


@dataclass(frozen=True)
class Outbox:
    """Takes due messages and hands them to their handlers."""

    database: Database
    clock: Clock
    rules: Callable[[], Rules]
    handlers: Mapping[str, Handler]
    report: Reporter
    """Called in the settling transaction: kind, payload, error or None, now, given up."""

    def deliver_due(self) -> int:
        """Try every due message once; answers how many were delivered."""
        with self.database.read() as tx:
            due = store.due(tx, to_micros(self.clock.now()), BATCH)
        return sum(
            self._try(message, kind, payload, seen) for message, kind, payload, seen, _ in due
        )

    def _try(self, message: str, kind: str, payload: str, seen: int) -> bool:
        now = self.clock.now()
        waits = self.rules().retries
        last = seen >= len(waits)
        next_due = to_micros(now) + waits[min(seen, len(waits) - 1)].micros
        with self.database.begin() as tx:
            if not store.lease(tx, message, seen, next_due):
                return False
        content: dict[str, Any] = msgspec.json.decode(payload)
        error = self._hand_over(kind, content, now)
        settled = self.clock.now()
        with self.database.begin() as tx:
            if error is None:
                store.delivered(tx, message, to_micros(settled))
            else:
                given_up = to_micros(settled) if last else None
                store.failed(tx, message, None if last else next_due, given_up, error[:200])
            if error is None or last or seen == 0:
                self.report(tx, kind, content, error, settled, last)
        outcome = "delivered" if error is None else "given_up" if last else "failed"
        DELIVERIES.labels(kind, outcome).inc()
        return error is None

    def _hand_over(self, kind: str, content: dict[str, Any], now: datetime) -> str | None:
        handler = self.handlers.get(kind)
        if handler is None:
            return f"no handler for {kind}"
        try:
            handler(content, now)
        except DeliveryFailed as failure:
            return str(failure) or "refused"
        except Exception as failure:  # a bug in one handler must not stop the other deliveries
            log.exception("outbox.handler_failed", kind=kind)
            return type(failure).__name__
        return None

    def clean(self) -> int:
        """Delete finished messages older than the policy keeps them."""
        before = to_micros(self.clock.now()) - self.rules().keep.micros
        with self.database.begin() as tx:
            return store.clean(tx, before)
