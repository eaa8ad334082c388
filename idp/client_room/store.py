"""What the log says of clients, and the rows of permits."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from audit.names import EventName
from idp.client_room.model import Permit
from idp.client_room.tables import client_secret_permit
from idp.clock import from_micros, to_micros
from idp.journal.tables import audit_event
from idp.storage.sql import Tx
from idp.storage.statement import Statement

FAILURES = (
    EventName.AUTHORIZATION_REFUSED,
    EventName.CLIENT_REFUSED,
    EventName.CODE_REPLAYED,
    EventName.LOGOUT_FAILED,
    EventName.REFRESH_REPLAYED,
    EventName.TOKEN_REFUSED,
)
"""The events that say that something of a client's failed."""
ADMINISTERED = (
    EventName.CLIENT_ADDED,
    EventName.CLIENT_CHANGED,
    EventName.CLIENT_REMOVED,
    EventName.CLIENT_SECRET_ALLOWED,
    EventName.CLIENT_SECRET_RESET,
)
"""Events about a client that are no use of it."""

_e, _p = audit_event.c, client_secret_permit.c
# By (client, position): the newest events of one client, however long the log is.
_NEWEST = Statement(
    sa.select(_e.occurred_at, _e.name, _e.outcome)
    .where(_e.client == sa.bindparam("which"))
    .order_by(_e.position.desc())
    .limit(sa.bindparam("most"))
)
# By (name, position): the few names of failures, newest first.
_FAILED = {
    name: Statement(
        sa.select(_e.client, _e.occurred_at, _e.line)
        .where(_e.name == name.value, _e.position > sa.bindparam("after"))
        .order_by(_e.position.desc())
        .limit(sa.bindparam("most"))
    )
    for name in FAILURES
}
_ALLOW = Statement(
    sa.insert(client_secret_permit).values({c.name: sa.bindparam(c.name) for c in _p})
)
_open = sa.and_(_p.used_at.is_(None), _p.until > sa.bindparam("now"))
_PERMIT = Statement(
    sa.select(_p.id, _p.client_id, _p.staff_id, _p.approval, _p.reason, _p.allowed_at, _p.until)
    .where(_p.client_id == sa.bindparam("which"), _p.staff_id == sa.bindparam("who"), _open)
    .order_by(_p.allowed_at.desc())
    .limit(1)
)
_USE = Statement(
    sa.update(client_secret_permit)
    .where(_p.id == sa.bindparam("permit"), _open)
    .values(used_at=sa.bindparam("now"))
)
_CLEAN = Statement(sa.delete(client_secret_permit).where(_p.until < sa.bindparam("before")))


def newest_of(tx: Tx, client_id: str, most: int) -> list[tuple[int, str, str]]:
    """List the newest events of a client: instant, name, outcome."""
    return [(r[0], r[1], r[2]) for r in tx.all(_NEWEST, which=client_id, most=most)]


def failed(tx: Tx, name: EventName, after: int, most: int) -> list[tuple[str | None, int, str]]:
    """List failures of one name after a position, newest first: client, instant, line."""
    return [(r[0], r[1], r[2]) for r in tx.all(_FAILED[name], after=after, most=most)]


def allow(tx: Tx, new: Permit) -> None:
    """Put a permit on record."""
    tx.write(
        _ALLOW,
        id=new.id,
        client_id=new.client_id,
        staff_id=new.staff_id,
        approval=new.approval,
        reason=new.reason,
        allowed_at=to_micros(new.allowed_at),
        until=to_micros(new.until),
        used_at=None,
    )


def find_permit(tx: Tx, client_id: str, staff_id: str, now: int) -> Permit | None:
    """Find the permit of a person that still holds."""
    row = tx.one(_PERMIT, which=client_id, who=staff_id, now=now)
    return _read(row) if row else None


def use(tx: Tx, permit_id: str, now: int) -> bool:
    """Use a permit, once; False when it was used or is over."""
    return tx.run(_USE, permit=permit_id, now=now) == 1


def clean_permits(tx: Tx, before: int) -> int:
    """Delete permits that were over before an instant; their events stay."""
    return tx.run(_CLEAN, before=before)


def _read(row: tuple[Any, ...]) -> Permit:
    return Permit(row[0], row[1], row[2], row[3], row[4], from_micros(row[5]), from_micros(row[6]))
