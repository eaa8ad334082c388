"""The weather of a period from the log, and the watch that tells when attacks begin and end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from audit.event import new_id
from audit.names import EventName
from idp.attempts.model import Attempt
from idp.attempts.reading import attempts_between
from idp.clock import Clock, from_micros, to_micros
from idp.journal.service import FAILED, Journal
from idp.metrics import ATTACKS
from idp.storage.sql import Database
from idp.weather import store
from idp.weather.model import (
    MINUTE,
    Attack,
    Minute,
    Recognised,
    Seen,
    Thresholds,
    Weather,
    weather_of,
)

log = structlog.get_logger(__name__)
MAILS = frozenset({EventName.PASSWORD_RESET_REQUESTED, EventName.VERIFICATION_CODE_SENT})
CATCH_UP = timedelta(hours=24)
"""How far back the minutes are counted when nobody looked meanwhile."""
SKEW = timedelta(minutes=2)
"""How far an event may lie behind the clock of the reader: its act was long."""


@dataclass(frozen=True)
class WeatherWatch:
    """Looks at the last minutes again and again."""

    database: Database
    clock: Clock
    journal: Journal
    thresholds: Thresholds = field(default_factory=Thresholds)

    def over(self, begin: datetime, end: datetime) -> Weather:
        """Draw the weather of a period."""
        seen = seen_in(attempts_between(self.database, begin, end))
        return weather_of(seen, to_micros(begin), to_micros(end), self.thresholds)

    def look(self) -> list[Recognised]:
        """Look at the last window; record what begins and what is over."""
        now = self.clock.now()
        window = timedelta(minutes=self.thresholds.window_minutes)
        drawn = self.over(self._begin(now, window), now + SKEW)
        found = drawn.recognised
        by_key = {(one.kind.value, one.key): one for one in found}
        at = to_micros(now)
        _ = drawn.minutes[at // MINUTE]  # a quiet minute is kept, too: it was looked at
        with self.database.begin() as tx:
            tx.lock("weather")
            store.keep_minutes(tx, _whole(drawn))
            for row in store.open_ones(tx):
                still = by_key.pop((row.kind, row.key), None)
                if still is not None:
                    store.go_on(tx, row, still, at)
                elif store.end(tx, row.id, at):
                    data = {"attack": row.id, "kind": row.kind, "attempts": row.attempts}
                    self.journal.record(
                        tx, EventName.ATTACK_ENDED, now, subject=row.subject, data=data
                    )
            for one in by_key.values():
                attack_id = new_id(now)
                store.add(tx, attack_id, one, at)
                self.journal.record(
                    tx,
                    EventName.ATTACK_RECOGNISED,
                    now,
                    outcome=FAILED,
                    subject=one.subject,
                    data=_facts(attack_id, one),
                )
        for one in by_key.values():
            log.warning("attack.recognised", kind=one.kind.value, attempts=one.attempts)
        for kind in Attack:
            ATTACKS.labels(kind.value).set(sum(one.kind is kind for one in found))
        return found

    def _begin(self, now: datetime, window: timedelta) -> datetime:
        """Tell from where on to look: the window, and what nobody looked at since."""
        with self.database.read() as tx:
            last = store.last_minute(tx)
        if last is None or last * MINUTE >= to_micros(now - window):
            return now - window
        return max(from_micros(last * MINUTE), now - CATCH_UP)


def _whole(drawn: Weather) -> dict[int, Minute]:
    """Give the minutes that lie wholly in the picture: the first one may be cut."""
    first = -(-drawn.begin // MINUTE)
    return {minute: one for minute, one in drawn.minutes.items() if minute >= first}


def seen_in(attempts: Iterator[Attempt]) -> Iterator[Seen]:
    """Read the attempts of the stream as the weather needs them."""
    for attempt in attempts:
        facts = attempt.decision
        source = facts.sources[0] if facts and facts.sources else ""
        target = attempt.subject or str(attempt.data.get("typed") or "")
        at = to_micros(datetime.fromisoformat(attempt.occurred_at))
        if attempt.name in MAILS:
            yield Seen(at, target, source, mail=True, subject=attempt.subject)
        elif facts is not None and facts.settled:
            right = facts.settled == "right"
            looked_at = facts.settled != "unseen"
            yield Seen(
                at, target, source, right, looked_at, count=facts.count, subject=attempt.subject
            )


def _facts(attack_id: str, one: Recognised) -> dict[str, str | int]:
    return {
        "attack": attack_id,
        "kind": one.kind.value,
        "attempts": one.attempts,
        "targets": one.targets,
        "sources": one.sources,
        "right": one.right,
    }
