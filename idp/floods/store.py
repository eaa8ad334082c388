"""Rows of refusals: one per address and minute, until the worker makes an event of it."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from idp.floods.tables import flood
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_f = flood.c
_FLOOD = (_f.source, _f.minute, _f.count, _f.first_at, _f.last_at, _f.rule, _f.codes, _f.address)
MOST_CODES = 8_000
"""Characters of reference codes that one minute of one address keeps: a thousand codes."""
_COUNT = Statement(
    sa.text(
        "INSERT INTO flood (source, minute, count, first_at, last_at, rule, codes, address)"
        " VALUES (:source, :minute, 1, :at, :at, :rule, :code, :address)"
        " ON CONFLICT (source, minute) DO UPDATE SET count = flood.count + 1, last_at = :at,"
        " codes = CASE WHEN length(flood.codes) < :most THEN flood.codes || :code"
        " ELSE flood.codes END"
        " RETURNING count"
    )
)
_DUE_FLOODS = Statement(
    sa.select(*_FLOOD)
    .where(_f.minute < sa.bindparam("minute"))
    .order_by(_f.minute)
    .limit(sa.bindparam("most"))
)
_TAKE_FLOOD = Statement(
    sa.delete(flood).where(_f.source == sa.bindparam("source"), _f.minute == sa.bindparam("minute"))
)
_FLOOD_WITH_CODE = Statement(
    sa.select(*_FLOOD).where(_f.codes.contains(sa.bindparam("code"))).limit(1)
)


@dataclass(frozen=True, slots=True)
class Flood:
    """The refusals of one address in one minute."""

    source: str
    minute: int
    count: int
    first_at: int
    last_at: int
    rule: str
    codes: str
    address: str


def count(tx: Tx, *, source: str, minute: int, at: int, rule: str, code: str, address: str) -> int:
    """Count one refusal of an address; answers how many its minute has."""
    row = tx.one(
        _COUNT,
        source=source,
        minute=minute,
        at=at,
        rule=rule,
        code=code,
        address=address,
        most=MOST_CODES,
    )
    assert row is not None, "an upsert gives its row"
    return int(row[0])


def due(tx: Tx, minute: int, most: int) -> list[Flood]:
    """List the minutes before `minute` (since the epoch) that stand in no event yet."""
    return [Flood(*row) for row in tx.all(_DUE_FLOODS, minute=minute, most=most)]


def take(tx: Tx, source: str, minute: int) -> bool:
    """Take a minute out; False when somebody was quicker."""
    return tx.run(_TAKE_FLOOD, source=source, minute=minute) == 1


def with_code(tx: Tx, code: str) -> Flood | None:
    """Find the minute in which a reference code was given out."""
    row = tx.one(_FLOOD_WITH_CODE, code=code)
    return Flood(*row) if row else None
