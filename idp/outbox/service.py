"""Deliver what was promised, after the commit that promised it; retry, give up, report.

Knows no one above: each kind has a carrier passed in. A message is taken by compare-and-set on its
attempts and becomes due again by itself, so a worker killed in the middle of a delivery loses
nothing; carriers must bear being called twice. Kinds without a carrier wait in the outbox.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import msgspec
import structlog

from audit.event import new_id
from idp.clock import Clock, from_micros, to_micros
from idp.metrics import DELIVERIES
from idp.outbox import store
from idp.policy.model import Outbox as Rules
from idp.policy.values import Duration
from idp.storage.sql import Database, Tx

log = structlog.get_logger(__name__)
BATCH = 1_000
LANES = 16
"""Receivers that are served at the same time; each gets its messages one after the other."""


class DeliveryFailed(Exception):
    """The other side did not take the message; the text is a short reason for the record."""

    def __init__(
        self,
        reason: str,
        *,
        final: bool = False,
        outage: bool = False,
        holds_up: bool = True,
        about: Any = None,
    ) -> None:
        super().__init__(reason)
        self.final = final
        """Trying again is of no use: given up at once."""
        self.outage = outage
        """The receiver was not reached at all: the try is not counted, and not reported."""
        self.holds_up = holds_up
        """The receiver's other messages would fail as well, and wait a moment."""
        self.about = about
        """What the carrier's report wants to know, as what `deliver` answers."""


@dataclass(frozen=True)
class Due:
    """One message to try; `seen` are the tries so far."""

    message: str
    kind: str
    content: dict[str, Any]
    seen: int
    created_at: datetime


@dataclass(frozen=True)
class Outcome:
    """What came of a try, as it is reported."""

    error: str | None
    given_up: bool
    about: Any = None


class Carrier(Protocol):
    """Delivers one kind of message."""

    def lane(self, due: Due) -> str:
        """Name the receiver; one receiver's messages go one after the other."""
        ...

    def retries(self) -> Sequence[Duration]:
        """Give the waits between the tries."""
        ...

    def deliver(self, due: Due, now: datetime, /) -> Any:
        """Hand one message over; answers what `report` wants to know. Raises `DeliveryFailed`."""
        ...

    def report(self, tx: Tx, due: Due, outcome: Outcome, now: datetime) -> None:
        """Record a delivery, a first failure, or giving up, in the settling transaction."""
        ...


def promise(tx: Tx, kind: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Store a message in the caller's transaction; it is delivered after the commit."""
    store.add(tx, new_id(now), kind, msgspec.json.encode(payload).decode(), to_micros(now))


@dataclass(frozen=True)
class Outbox:
    """Takes due messages and hands them to their carriers."""

    database: Database
    clock: Clock
    rules: Callable[[], Rules]
    carriers: Mapping[str, Carrier]

    def deliver_due(self, kind: str) -> int:
        """Try every due message of a kind once; answers how many were delivered.

        Receivers are served side by side, so that one that hangs delays only itself; when it fails
        one message, the rest of its own wait a moment too.
        """
        with self.database.read() as tx:
            due = store.due(tx, kind, to_micros(self.clock.now()), BATCH)
        lanes: dict[str, list[Due]] = {}
        for message, payload, seen, created_at in due:
            content: dict[str, Any] = msgspec.json.decode(payload)
            one = Due(message, kind, content, seen, from_micros(created_at))
            lanes.setdefault(self.carriers[kind].lane(one), []).append(one)
        if len(lanes) <= 1:
            return sum(map(self._serve, lanes.values()))
        with ThreadPoolExecutor(min(LANES, len(lanes)), thread_name_prefix="outbox") as pool:
            return sum(pool.map(self._serve, lanes.values()))

    def _serve(self, lane: list[Due]) -> int:
        delivered = 0
        for index, due in enumerate(lane):
            failure = self._try(due)
            delivered += failure is None
            if isinstance(failure, DeliveryFailed) and failure.holds_up and lane[index + 1 :]:
                later = to_micros(self.clock.now()) + self._waits(due)[0].micros
                with self.database.begin() as tx:
                    store.postpone(
                        tx, [(rest.message, rest.seen) for rest in lane[index + 1 :]], later
                    )
                break
        return delivered

    def _try(self, due: Due) -> DeliveryFailed | bool | None:
        """Try one message: None when it was delivered, False when another worker has it."""
        now = self.clock.now()
        waits = self._waits(due)
        next_due = to_micros(now) + waits[min(due.seen, len(waits) - 1)].micros
        with self.database.begin() as tx:
            if not store.lease(tx, due.message, due.seen, next_due):
                return False
        about, failure = self._hand_over(due, now)
        if failure is None:
            self._settle_delivered(due, about)
        else:
            self._settle_failed(due, failure, next_due)
        return failure

    def _settle_delivered(self, due: Due, about: Any) -> None:
        now = self.clock.now()
        with self.database.begin() as tx:
            store.delivered(tx, due.message, to_micros(now))
            self.carriers[due.kind].report(tx, due, Outcome(None, False, about), now)
        DELIVERIES.labels(due.kind, "delivered").inc()

    def _settle_failed(self, due: Due, failure: DeliveryFailed, next_due: int) -> None:
        now, waits = self.clock.now(), self._waits(due)
        reason = (str(failure) or "refused")[:200]
        if failure.outage:
            DELIVERIES.labels(due.kind, "failed").inc()
            log.warning("outbox.outage", kind=due.kind, error=reason)
            later = to_micros(now) + waits[0].micros
            with self.database.begin() as tx:
                store.not_tried(tx, due.message, due.seen, later, reason)
            return
        last = failure.final or due.seen >= len(waits)
        with self.database.begin() as tx:
            given_up = to_micros(now) if last else None
            store.failed(tx, due.message, None if last else next_due, given_up, reason)
            if last or due.seen == 0:
                outcome = Outcome(reason, last, failure.about)
                self.carriers[due.kind].report(tx, due, outcome, now)
        DELIVERIES.labels(due.kind, "given_up" if last else "failed").inc()

    def _hand_over(self, due: Due, now: datetime) -> tuple[Any, DeliveryFailed | None]:
        try:
            return self.carriers[due.kind].deliver(due, now), None
        except DeliveryFailed as failure:
            return None, failure
        except Exception as failure:  # a bug in one carrier must not stop the other deliveries
            log.exception("outbox.handler_failed", kind=due.kind)
            return None, DeliveryFailed(type(failure).__name__)

    def _waits(self, due: Due) -> Sequence[Duration]:
        return self.carriers[due.kind].retries()

    def clean(self) -> int:
        """Delete finished messages older than the policy keeps them."""
        before = to_micros(self.clock.now()) - self.rules().keep.micros
        with self.database.begin() as tx:
            return store.clean(tx, before)
