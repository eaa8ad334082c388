"""Rows of attacks, and of minutes: whole minutes since the epoch, UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.weather.model import MINUTE, Minute, Recognised
from idp.weather.tables import attack, weather_minute

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
_m = weather_minute.c
_KEEP = Statement(
    sa.text(
        "INSERT INTO weather_minute (minute, right_answers, wrong, refused, mails)"
        " VALUES (:minute, :right, :wrong, :refused, :mails) ON CONFLICT (minute) DO UPDATE SET"
        " right_answers = excluded.right_answers, wrong = excluded.wrong,"
        " refused = excluded.refused, mails = excluded.mails"
    )
)
_LAST = Statement(sa.select(sa.func.max(_m.minute)))
_MINUTES = Statement(
    sa.select(_m.minute, _m.right_answers, _m.wrong, _m.refused, _m.mails)
    .where(_m.minute >= sa.bindparam("first"), _m.minute <= sa.bindparam("last"))
    .order_by(_m.minute)
)
_CLEAN_MINUTES = Statement(sa.delete(weather_minute).where(_m.minute < sa.bindparam("before")))


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
    """Delete attacks that ended before an instant, and older minutes; their events stay."""
    return tx.run(_CLEAN, before=before) + tx.run(_CLEAN_MINUTES, before=before // MINUTE)


def keep_minutes(tx: Tx, minutes: Mapping[int, Minute]) -> None:
    """Keep what happened in each minute; what was counted before is counted anew."""
    rows = [
        {
            "minute": minute,
            "right": one.right,
            "wrong": one.wrong,
            "refused": one.refused,
            "mails": one.mails,
        }
        for minute, one in sorted(minutes.items())
    ]
    if rows:
        tx.run_many(_KEEP, rows)


def last_minute(tx: Tx) -> int | None:
    """Give the newest minute that is kept."""
    row = tx.one(_LAST)
    return row[0] if row else None


def minutes_between(tx: Tx, first: int, last: int) -> dict[int, Minute]:
    """Give the minutes of a period, both ends within; those without anything are left out."""
    rows = tx.all(_MINUTES, first=first, last=last)
    return {r[0]: Minute(right=r[1], wrong=r[2], refused=r[3], mails=r[4]) for r in rows}


def _read(row: tuple[Any, ...]) -> Row:
    return Row(*row)
