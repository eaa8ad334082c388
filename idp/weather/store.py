"""Rows of attacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.weather.model import Recognised
from idp.weather.tables import attack

_c = attack.c
_ADD = Statement(
    sa.insert(attack).values({c.name: sa.bindparam(c.name) for c in _c if c.name != "ended_at"})
)
_OPEN = Statement(sa.select(*_c).where(_c.ended_at.is_(None)).order_by(_c.started_at))
_SINCE = Statement(
    sa.select(*_c)
    .where(sa.or_(_c.ended_at.is_(None), _c.ended_at > sa.bindparam("since")))
    .order_by(_c.started_at.desc())
    .limit(500)
)
_GO_ON = Statement(
    sa.update(attack)
    .where(_c.id == sa.bindparam("which"))
    .values(
        attempts=sa.bindparam("attempts"),
        targets=sa.bindparam("targets"),
        sources=sa.bindparam("sources"),
        right_answers=sa.bindparam("right"),
        last_seen_at=sa.bindparam("at"),
    )
)
_END = Statement(
    sa.update(attack)
    .where(_c.id == sa.bindparam("which"), _c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"))
)
_CLEAN = Statement(sa.delete(attack).where(_c.ended_at < sa.bindparam("before")))


@dataclass(frozen=True, slots=True)
class Row:
    """An attack on record; instants in microseconds, the numbers are its greatest in one window."""

    id: str
    kind: str
    key: str
    subject: str | None
    attempts: int
    targets: int
    sources: int
    right: int
    started_at: int
    last_seen_at: int
    ended_at: int | None


def add(tx: Tx, attack_id: str, found: Recognised, at: int) -> None:
    """Insert an attack that begins."""
    tx.write(
        _ADD,
        id=attack_id,
        kind=found.kind.value,
        key=found.key,
        subject=found.subject,
        attempts=found.attempts,
        targets=found.targets,
        sources=found.sources,
        right_answers=found.right,
        started_at=at,
        last_seen_at=at,
    )


def open_ones(tx: Tx) -> list[Row]:
    """List the attacks that go on."""
    return [_read(row) for row in tx.all(_OPEN)]


def since(tx: Tx, instant: int) -> list[Row]:
    """List the attacks that go on, or ended after an instant; newest first."""
    return [_read(row) for row in tx.all(_SINCE, since=instant)]


def go_on(tx: Tx, row: Row, found: Recognised, at: int) -> None:
    """Note that an attack goes on; its numbers only grow."""
    tx.write(
        _GO_ON,
        which=row.id,
        attempts=max(row.attempts, found.attempts),
        targets=max(row.targets, found.targets),
        sources=max(row.sources, found.sources),
        right=max(row.right, found.right),
        at=at,
    )


def end(tx: Tx, attack_id: str, at: int) -> bool:
    """Note that an attack is over; False when it was already."""
    return tx.run(_END, which=attack_id, at=at) == 1


def clean(tx: Tx, before: int) -> int:
    """Delete attacks that ended before an instant; their events stay in the log."""
    return tx.run(_CLEAN, before=before)


def _read(row: tuple[Any, ...]) -> Row:
    return Row(*row)
