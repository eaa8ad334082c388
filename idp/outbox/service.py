"""Deliver what was promised, after the commit that promised it; retry, give up, report.

Knows no one above: each kind has a handler passed in. A message is taken by compare-and-set on its
attempts and becomes due again by itself, so a worker killed in the middle of a delivery loses
nothing; handlers must bear being called twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
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
BATCH = 1_000
LANES = 16
"""Receivers that are served at the same time; each gets its messages one after the other."""


class DeliveryFailed(Exception):
    """The other side did not take the message; the text is a short reason for the record."""


@dataclass(frozen=True)
class Due:
    """One message to try; `seen` are the tries so far."""

    message: str
    kind: str
    content: dict[str, Any]
    seen: int


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
        """Try every due message once; answers how many were delivered.

        Receivers are served side by side, so that one that hangs delays only itself; when it fails
        one message, the rest of its own wait a moment too.
        """
        with self.database.read() as tx:
            due = store.due(tx, to_micros(self.clock.now()), BATCH)
        lanes: dict[str, list[Due]] = {}
        for message, kind, payload, seen, _ in due:
            content: dict[str, Any] = msgspec.json.decode(payload)
            lane = lanes.setdefault(f"{kind} {content.get('client_id', '')}", [])
            lane.append(Due(message, kind, content, seen))
        if len(lanes) <= 1:
            return sum(map(self._serve, lanes.values()))
        with ThreadPoolExecutor(min(LANES, len(lanes)), thread_name_prefix="outbox") as pool:
            return sum(pool.map(self._serve, lanes.values()))

    def _serve(self, lane: list[Due]) -> int:
        delivered = 0
        for index, due in enumerate(lane):
            done = self._try(due.message, due.kind, due.content, due.seen)
            delivered += bool(done)
            if done is False and lane[index + 1 :]:
                later = to_micros(self.clock.now()) + self.rules().retries[0].micros
                with self.database.begin() as tx:
                    store.postpone(
                        tx, [(rest.message, rest.seen) for rest in lane[index + 1 :]], later
                    )
                break
        return delivered

    def _try(self, message: str, kind: str, content: dict[str, Any], seen: int) -> bool | None:
        """Try one message: whether it was delivered, None when another worker has it."""
        now = self.clock.now()
        waits = self.rules().retries
        last = seen >= len(waits)
        next_due = to_micros(now) + waits[min(seen, len(waits) - 1)].micros
        with self.database.begin() as tx:
            if not store.lease(tx, message, seen, next_due):
                return None
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
