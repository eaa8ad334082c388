"""Rows of roles: who holds which, from when until when."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from idp.clock import from_micros
from idp.staff.model import HeldRole
from idp.staff.tables import staff_account, staff_role
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_a, _r = staff_account.c, staff_role.c
_ROLE = (
    _r.role,
    _r.granted_at,
    _r.granted_by,
    _r.reason,
    _r.ended_at,
    _r.ended_by,
    _r.end_reason,
    _r.until,
)
_ROLES = Statement(
    sa.select(*_ROLE).where(_r.staff_id == sa.bindparam("who")).order_by(_r.granted_at, _r.id)
)
_GRANT = Statement(
    sa.insert(staff_role).values(
        {c.name: sa.bindparam(c.name) for c in _r if not c.nullable or c.name == "until"}
    )
)
_OVER = Statement(
    sa.select(_r.staff_id, _r.role)
    .where(_r.ended_at.is_(None), _r.until <= sa.bindparam("now"))
    .limit(sa.bindparam("most"))
)
# Of a role that ends by itself nobody is left who could give it again.
_LASTING = Statement(
    sa.select(sa.func.count())
    .select_from(staff_role.join(staff_account, _a.id == _r.staff_id))
    .where(
        _r.role == sa.bindparam("which"),
        _r.ended_at.is_(None),
        _r.until.is_(None),
        _a.ended_at.is_(None),
        _a.enrolled_at.is_not(None),
    )
)
_REVOKE = Statement(
    sa.update(staff_role)
    .where(
        _r.staff_id == sa.bindparam("who"),
        _r.role == sa.bindparam("which"),
        _r.ended_at.is_(None),
    )
    .values(
        ended_at=sa.bindparam("at"), ended_by=sa.bindparam("by"), end_reason=sa.bindparam("why")
    )
)


def roles_of(tx: Tx, staff_id: str) -> list[HeldRole]:
    """List the roles somebody holds and held, the oldest first."""
    return [_read_role(row) for row in tx.all(_ROLES, who=staff_id)]


def grant(tx: Tx, **columns: Any) -> None:
    """Give a role."""
    tx.run(_GRANT, **columns)


def revoke(tx: Tx, staff_id: str, role: str, at: int, by: str, why: str) -> bool:
    """Take a role away; False when it is not held."""
    return tx.run(_REVOKE, who=staff_id, which=role, at=at, by=by[:64], why=why) == 1


def roles_over(tx: Tx, now: int, most: int) -> list[tuple[str, str]]:
    """List roles (staff id, role) whose time is over and that were not ended yet."""
    return [(row[0], row[1]) for row in tx.all(_OVER, now=now, most=most)]


def count_lasting(tx: Tx, role: str) -> int:
    """Count who can sign in and holds a role without an end."""
    row = tx.one(_LASTING, which=role)
    return int(row[0]) if row else 0


def _read_role(row: tuple[Any, ...]) -> HeldRole:
    ended = from_micros(row[4]) if row[4] is not None else None
    until = from_micros(row[7]) if row[7] is not None else None
    return HeldRole(row[0], from_micros(row[1]), row[2], row[3], ended, row[5], row[6], until)
