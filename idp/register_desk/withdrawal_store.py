"""Rows of withdrawals by list; an undo marks, it deletes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from idp.clock import from_micros
from idp.register_desk.tables import register_withdrawal, register_withdrawn
from idp.register_desk.withdrawal_model import Withdrawal, Withdrawn
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_w, _m = register_withdrawal.c, register_withdrawn.c
_NEW = ("id", "made_at", "made_by", "reason", "approval", "accepted_on", "refund_on")
_ADD = Statement(sa.insert(register_withdrawal).values({name: sa.bindparam(name) for name in _NEW}))
_ADD_MEMBER = Statement(
    sa.insert(register_withdrawn).values({c.name: sa.bindparam(c.name) for c in _m})
)
_COUNTED = (
    sa.select(sa.func.count()).where(_m.withdrawal_id == _w.id).correlate(register_withdrawal)
)
_ALL = sa.select(*_w, _COUNTED.scalar_subquery())
_GET = Statement(_ALL.where(_w.id == sa.bindparam("which")))
_LATEST = Statement(_ALL.order_by(_w.made_at.desc(), _w.id.desc()).limit(sa.bindparam("most")))
_MEMBERS = Statement(
    sa.select(*_m).where(_m.withdrawal_id == sa.bindparam("which")).order_by(_m.member_number)
)
_OF_MEMBER = Statement(
    sa.select(_m.withdrawal_id).where(_m.member_number == sa.bindparam("number"))
)
_UNDO = Statement(
    sa.update(register_withdrawal)
    .where(_w.id == sa.bindparam("which"), _w.undone_at.is_(None))
    .values(
        undone_at=sa.bindparam("at"),
        undone_by=sa.bindparam("by"),
        undo_reason=sa.bindparam("because"),
        undo_approval=sa.bindparam("by_approval"),
    )
)
_MARK = Statement(
    sa.update(register_withdrawn)
    .where(_m.withdrawal_id == sa.bindparam("which"), _m.member_number == sa.bindparam("number"))
    .values(undone=1)
)


def add(tx: Tx, rows: Iterable[Withdrawn], **columns: Any) -> None:
    """Insert an act with its members."""
    tx.run(_ADD, **columns)
    tx.run_many(
        _ADD_MEMBER,
        [
            {
                "withdrawal_id": columns["id"],
                "member_number": row.number,
                "accepted_before": _iso(row.accepted_before),
                "refund_before": _iso(row.refund_before),
                "refund_after": _iso(row.refund_after),
                "undone": int(row.undone),
            }
            for row in rows
        ],
    )


def find(tx: Tx, which: str) -> Withdrawal | None:
    """Find an act by its id."""
    row = tx.one(_GET, which=which)
    return _read(row) if row else None


def list_latest(tx: Tx, most: int) -> list[Withdrawal]:
    """List acts, the latest first."""
    return [_read(row) for row in tx.all(_LATEST, most=most)]


def members_of(tx: Tx, which: str) -> list[Withdrawn]:
    """List the members of an act."""
    return [
        Withdrawn(row[1], _day(row[2]), _day(row[3]), _day(row[4]), bool(row[5]))
        for row in tx.all(_MEMBERS, which=which)
    ]


def acts_of(tx: Tx, number: str) -> list[str]:
    """List the acts a member stands in."""
    return [row[0] for row in tx.all(_OF_MEMBER, number=number)]


def undo(tx: Tx, which: str, at: int, by: str, because: str, approval: str | None) -> bool:
    """Note that an act was undone, once."""
    return tx.run(_UNDO, which=which, at=at, by=by, because=because, by_approval=approval) == 1


def mark_undone(tx: Tx, which: str, numbers: Iterable[str]) -> None:
    """Note for which members it was undone."""
    tx.run_many(_MARK, [{"which": which, "number": number} for number in numbers])


def _read(row: tuple[Any, ...]) -> Withdrawal:
    return Withdrawal(
        id=row[0],
        made_at=from_micros(row[1]),
        made_by=row[2],
        reason=row[3],
        approval=row[4],
        accepted_on=date.fromisoformat(row[5]),
        refund_on=_day(row[6]),
        undone_at=_moment(row[7]),
        undone_by=row[8],
        undo_reason=row[9],
        undo_approval=row[10],
        members=int(row[11]),
    )


def _moment(value: int | None) -> datetime | None:
    return from_micros(value) if value is not None else None


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
