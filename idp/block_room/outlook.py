"""The weather for a page: minutes that were counted, attacks, alerts that go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.clock import Clock, from_micros, to_micros
from idp.storage.sql import Database, Tx
from idp.weather import store
from idp.weather.model import MINUTE, Minute


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert that goes on; `kind` is one of ours."""

    kind: str
    count: int
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack, from when to when, with its greatest numbers."""

    kind: str
    attempts: int
    targets: int
    sources: int
    right: int
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sky:
    """What a page shows of the last hours; minutes are whole minutes since the epoch."""

    first: int
    last: int
    minutes: dict[int, Minute]
    attacks: tuple[Attack, ...]
    alerts: tuple[Alert, ...]


@dataclass(frozen=True)
class Outlook:
    """Looks at what the worker counted: no page goes through the log."""

    database: Database
    clock: Clock
    open_alerts: Callable[[Tx], list[Alert]]

    def over(self, hours: int) -> Sky:
        """Look at the last hours."""
        now = self.clock.now()
        begin = to_micros(now - timedelta(hours=hours))
        first, last = begin // MINUTE, to_micros(now) // MINUTE
        with self.database.read() as tx:
            minutes = store.minutes_between(tx, first, last)
            attacks = [_attack(one) for one in store.since(tx, begin)]
            alerts = self.open_alerts(tx)
        return Sky(first, last, minutes, tuple(attacks), tuple(alerts))

    def going_on(self) -> int:
        """Count the alerts that go on."""
        with self.database.read() as tx:
            return len(self.open_alerts(tx))


def _attack(one: store.Row) -> Attack:
    ended = from_micros(one.ended_at) if one.ended_at else None
    return Attack(
        one.kind,
        one.attempts,
        one.targets,
        one.sources,
        one.right,
        from_micros(one.started_at),
        ended,
    )
