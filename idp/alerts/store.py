"""Rows of alerts, and the few numbers of the log and the clocks they are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from audit.names import EventName
from idp.alerts.model import Alarming
from idp.alerts.tables import alert
from idp.journal import store as journal
from idp.journal.tables import audit_checkpoint, audit_leaf, audit_sealer
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_c = alert.c
_ADD = Statement(
    sa.insert(alert).values(
        {c.name: sa.bindparam(c.name) for c in _c if c.name not in ("told_at", "ended_at")}
    )
)
_OPEN = Statement(
    sa.select(_c.id, _c.kind, _c.key, _c.count, _c.raised_at, _c.told_at)
    .where(_c.ended_at.is_(None))
    .order_by(_c.raised_at)
)
_GO_ON = Statement(
    sa.update(alert)
    .where(_c.id == sa.bindparam("which"))
    .values(count=sa.bindparam("most"), last_seen_at=sa.bindparam("at"))
)
_TOLD = Statement(
    sa.update(alert).where(_c.id == sa.bindparam("which")).values(told_at=sa.bindparam("at"))
)
_END = Statement(
    sa.update(alert)
    .where(_c.id == sa.bindparam("which"), _c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"))
)
_CLEAN = Statement(sa.delete(alert).where(_c.ended_at < sa.bindparam("before")))
RECENT = 10_000
_first = audit_sealer.c.size - RECENT
_recent = (
    sa.select(sa.func.count())
    .where(audit_leaf.c.seq >= _first, audit_leaf.c.seq < audit_sealer.c.size)
    .correlate(audit_sealer)
    .scalar_subquery()
)
_newest = sa.select(sa.func.coalesce(sa.func.max(audit_checkpoint.c.size), 0)).scalar_subquery()
# One statement, so that no seal comes between the three numbers.
_SIZES = Statement(sa.select(_recent, audit_sealer.c.size, _newest))
LOOKS = journal.pages_of(
    (
        EventName.MEMBER_VIEWED,
        EventName.AUDIT_EXPORTED,
        EventName.EXPORT_MADE,
        EventName.CLOCK_STEPPED,
    )
)


@dataclass(frozen=True, slots=True)
class Row:
    """An alert on record; instants in microseconds, `count` the greatest so far."""

    id: str
    kind: str
    key: str
    count: int
    raised_at: int
    told_at: int | None


def open_ones(tx: Tx) -> list[Row]:
    """List the alerts that go on."""
    return [Row(*row) for row in tx.all(_OPEN)]


def add(tx: Tx, alert_id: str, one: Alarming, at: int) -> None:
    """Put an alert on record."""
    tx.write(
        _ADD,
        id=alert_id,
        kind=one.kind.value,
        key=one.key[:128],
        count=one.count,
        raised_at=at,
        last_seen_at=at,
    )


def go_on(tx: Tx, row: Row, still: Alarming, at: int) -> None:
    """Note that an alert goes on."""
    tx.write(_GO_ON, which=row.id, most=max(row.count, still.count), at=at)


def note_told(tx: Tx, alert_id: str, at: int) -> None:
    """Note when people were told."""
    tx.write(_TOLD, which=alert_id, at=at)


def end(tx: Tx, alert_id: str, at: int) -> bool:
    """End an alert once."""
    return tx.run(_END, which=alert_id, at=at) == 1


def clean(tx: Tx, before: int) -> int:
    """Delete alerts that ended before an instant; their events stay."""
    return tx.run(_CLEAN, before=before)


def ahead(tx: Tx, now: datetime) -> float:
    """Tell by how many seconds the clock of the database is ahead of ours (SQLite has ours)."""
    if not tx.is_postgresql:
        return 0.0
    row = tx.text("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
    return float(row[0]) - now.timestamp()


def sizes(tx: Tx) -> tuple[int, int, int]:
    """Tell how many of the newest `RECENT` leaves are missing, the sealed size, the checkpoint's.

    The whole log is counted by `idp doctor invariants`.
    """
    row = tx.one(_SIZES)
    counted, size, checkpoint = row or (0, 0, 0)
    return min(size, RECENT) - counted, size, checkpoint
