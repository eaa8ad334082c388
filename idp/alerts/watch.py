"""The watch over the log and the clocks: looks again and again, and tells people once.

Alerts never stand in the way of anybody: what cannot be told by mail still stands in the log, in
the metrics and on standard output.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from audit.event import new_id
from audit.names import EventName
from idp.alerts import store
from idp.alerts.canary import Canary
from idp.alerts.model import (
    Alarming,
    AlertKind,
    Look,
    looked_at_too_many,
    not_reviewed,
    off,
    too_late,
    took_too_many,
    torn,
)
from idp.approvals import store as approvals
from idp.clock import Clock, from_micros, to_micros
from idp.inforce.service import PolicyInForce
from idp.journal import store as journal
from idp.journal.sealer import Sealer
from idp.journal.service import FAILED, Journal
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.metrics import ALERTS
from idp.storage.sql import Database, Tx
from idp.weather import store as attacks

log = structlog.get_logger(__name__)
HOUR = timedelta(hours=1)
PAGE = 2_000


@dataclass(frozen=True)
class AlertWatch:
    """Looks again and again; one leader does."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    sealer: Sealer
    mails: Mails
    canary: Canary

    def look(self) -> list[Alarming]:
        """Look at everything once; record, tell and end."""
        found = self._found()
        now = self.clock.now()
        begun: list[Alarming] = []
        by_key = {(one.kind.value, one.key[:128]): one for one in found}
        with self.database.begin() as tx:
            tx.lock("alerts")
            for row in store.open_ones(tx):
                still = by_key.pop((row.kind, row.key), None)
                if still is None:
                    self._end(tx, row, now)
                else:
                    store.go_on(tx, row, still, to_micros(now))
                    self._remind(tx, row, still, now)
            for one in by_key.values():
                self._begin(tx, one, now)
                begun.append(one)
        for one in begun:
            log.error("alert.raised", kind=one.kind.value, key=one.key, count=one.count)
        for kind in AlertKind:
            ALERTS.labels(kind.value).set(sum(one.kind is kind for one in found))
        return found

    def _found(self) -> list[Alarming]:
        now, rules = self.clock.now(), self.policy.policy.alerts
        events = list(self._last_hour(now))
        with self.database.read() as tx:
            sizes = store.sizes(tx)
            open_attacks = attacks.open_ones(tx)
            offset = store.ahead(tx, now)
            unreviewed = [(x.id, x.review_by or now) for x in approvals.unreviewed(tx)]
        looks = [look for look in map(_look, events) if look is not None]
        steps = sum(event["name"] == EventName.CLOCK_STEPPED for event in events)
        return [
            *too_late(self.sealer.lag(), self.policy.policy.audit.lag_alarm.seconds),
            *torn(*sizes),
            *off(offset, steps, rules),
            *looked_at_too_many(looks, rules),
            *took_too_many(looks, rules),
            *(Alarming(AlertKind.ATTACK, f"{x.kind} {x.id}", x.attempts) for x in open_attacks),
            *not_reviewed(unreviewed, now),
            *self.canary.look(now),
        ]

    def _last_hour(self, now: datetime) -> Iterator[dict[str, object]]:
        since = to_micros(now - HOUR)
        with self.database.read() as tx:
            after = journal.position_before(tx, now - HOUR)
        while True:
            with self.database.read() as tx:
                rows = tx.all(store.LOOKS, after=after, most=PAGE)
            for position, occurred_at, line in rows:
                after = position
                if occurred_at >= since:
                    yield json.loads(line)
            if len(rows) < PAGE:
                return

    def _begin(self, tx: Tx, one: Alarming, now: datetime) -> None:
        alert_id = new_id(now)
        store.add(tx, alert_id, one, to_micros(now))
        data = {"alert": alert_id, "kind": one.kind.value, "about": one.key, "count": one.count}
        self.journal.record(tx, EventName.ALERT_RAISED, now, outcome=FAILED, data=data)
        self._tell(tx, alert_id, one, now)

    def _remind(self, tx: Tx, row: store.Row, still: Alarming, now: datetime) -> None:
        told = from_micros(row.told_at or row.raised_at)
        if now - told >= self.policy.policy.alerts.repeat_after.delta:
            self._tell(tx, row.id, still, now)

    def _end(self, tx: Tx, row: store.Row, now: datetime) -> None:
        if store.end(tx, row.id, to_micros(now)):
            data = {"alert": row.id, "kind": row.kind, "about": row.key, "count": row.count}
            self.journal.record(tx, EventName.ALERT_ENDED, now, data=data)

    def _tell(self, tx: Tx, alert_id: str, one: Alarming, now: datetime) -> None:
        rules = self.policy.policy.alerts
        values = {"alert": one.kind.value, "about": one.key or "-", "count": str(one.count)}
        for address in rules.recipients:
            mail = Mail(MailKind.ALERT, address, rules.language, values)
            self.mails.promise(tx, mail, now)
        store.note_told(tx, alert_id, to_micros(now))


def _look(event: dict[str, object]) -> Look | None:
    if event["name"] not in (EventName.MEMBER_VIEWED, EventName.AUDIT_EXPORTED):
        return None
    actor, data = event["actor"], event.get("data")
    assert isinstance(actor, dict)
    who = f"{actor['kind']}:{actor.get('id', '')}"
    rows = data.get("count", 0) if isinstance(data, dict) else 0
    if event["name"] == EventName.AUDIT_EXPORTED:
        return Look(who, "", int(rows))
    # Somebody without an account has no subject, and the number is sealed: each look counts.
    return Look(who, str(event.get("subject") or event["id"]))
