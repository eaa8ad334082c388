"""Rows of staff sessions, of sign-ins between password and code, and of known browsers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from idp.clock import from_micros, to_micros
from idp.staff.model import StaffAccount, StaffProgress, StaffSession
from idp.staff.store import ACCOUNT, read_account
from idp.staff.tables import (
    staff_account,
    staff_device,
    staff_role,
    staff_session,
    staff_sign_in,
)
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_a, _s, _p, _d, _r = (
    staff_account.c,
    staff_session.c,
    staff_sign_in.c,
    staff_device.c,
    staff_role.c,
)
_SESSION = (
    _s.id,
    _s.staff_id,
    _s.auth_time,
    _s.created_at,
    _s.last_seen_at,
    _s.expires_at,
    _s.ended_at,
)
_BY_COOKIE = Statement(
    sa.select(*_SESSION, *ACCOUNT)
    .join(staff_account, _a.id == _s.staff_id)
    .where(_s.cookie_hash == sa.bindparam("cookie"))
)
_HELD = Statement(
    sa.select(_r.role).where(
        _r.staff_id == sa.bindparam("who"),
        _r.ended_at.is_(None),
        sa.or_(_r.until.is_(None), _r.until > sa.bindparam("now")),
    )
)
_ADD = Statement(
    sa.insert(staff_session).values(
        {c.name: sa.bindparam(c.name) for c in _s if c.name not in ("ended_at", "end_reason")}
    )
)
_LIVE = _s.ended_at.is_(None)
_TOUCH = Statement(
    sa.update(staff_session)
    .where(_s.id == sa.bindparam("which"), _LIVE)
    .values(last_seen_at=sa.bindparam("at"))
)
_AGAIN = Statement(
    sa.update(staff_session)
    .where(_s.id == sa.bindparam("which"), _LIVE)
    .values(auth_time=sa.bindparam("at"), last_seen_at=sa.bindparam("at"))
)
_END = Statement(
    sa.update(staff_session)
    .where(_s.id == sa.bindparam("which"), _LIVE)
    .values(ended_at=sa.bindparam("at"), end_reason=sa.bindparam("reason"))
)
_LIVE_OF = Statement(sa.select(_s.id).where(_s.staff_id == sa.bindparam("who"), _LIVE))
_OVER = Statement(
    sa.select(_s.id, _s.staff_id)
    .where(
        _LIVE,
        sa.or_(_s.expires_at <= sa.bindparam("now"), _s.last_seen_at <= sa.bindparam("idle_since")),
    )
    .limit(sa.bindparam("most"))
)
_CLEAN = Statement(sa.delete(staff_session).where(_s.ended_at < sa.bindparam("before")))
_ADD_PROGRESS = Statement(
    sa.insert(staff_sign_in).values(
        {c.name: sa.bindparam(c.name) for c in _p if c.name != "consumed_at"}
    )
)
_FIND_PROGRESS = Statement(
    sa.select(
        _p.handle_hash,
        _p.browser_hash,
        _p.staff_id,
        _p.credentials_changed_at,
        _p.target,
        _p.expires_at,
        _p.consumed_at,
    ).where(_p.handle_hash == sa.bindparam("handle"))
)
_CONSUME = Statement(
    sa.update(staff_sign_in)
    .where(_p.handle_hash == sa.bindparam("handle"), _p.consumed_at.is_(None))
    .values(consumed_at=sa.bindparam("at"))
)
_CLEAN_PROGRESS = Statement(sa.delete(staff_sign_in).where(_p.expires_at < sa.bindparam("before")))
_FROM_DEVICE = Statement(
    sa.select(*ACCOUNT, _d.last_seen_at)
    .outerjoin(
        staff_device, sa.and_(_d.staff_id == _a.id, _d.device_hash == sa.bindparam("device"))
    )
    .where(_a.address_normal == sa.bindparam("address"))
)
_SEEN_AT = Statement(
    sa.select(_d.last_seen_at).where(
        _d.staff_id == sa.bindparam("who"), _d.device_hash == sa.bindparam("device")
    )
)
_KNOW = Statement(
    sa.text(
        "INSERT INTO staff_device (staff_id, device_hash, last_seen_at)"
        " VALUES (:who, :device, :at)"
        " ON CONFLICT (staff_id, device_hash) DO UPDATE SET last_seen_at = :at"
    )
)
_FORGET = Statement(sa.delete(staff_device).where(_d.staff_id == sa.bindparam("who")))
_FORGET_OLD = Statement(sa.delete(staff_device).where(_d.last_seen_at < sa.bindparam("before")))


def find_by_cookie(tx: Tx, cookie_hash: str) -> tuple[StaffSession, StaffAccount] | None:
    """Find a session and whose it is."""
    row = tx.one(_BY_COOKIE, cookie=cookie_hash)
    return (_read(row[:7]), read_account(row[7:])) if row else None


def held_roles(tx: Tx, staff_id: str, now: datetime) -> tuple[str, ...]:
    """List the roles somebody holds at an instant."""
    return tuple(row[0] for row in tx.all(_HELD, who=staff_id, now=to_micros(now)))


def add(tx: Tx, **columns: Any) -> None:
    """Insert a session."""
    tx.write(_ADD, **columns)


def touch(tx: Tx, session_id: str, at: int) -> None:
    """Note that a session was used."""
    tx.write(_TOUCH, which=session_id, at=at)


def authenticate_again(tx: Tx, session_id: str, at: int) -> bool:
    """Note that the person of a live session showed a code again."""
    return tx.run(_AGAIN, which=session_id, at=at) == 1


def end(tx: Tx, session_id: str, reason: str, at: int) -> bool:
    """End a session once; False when it had ended already."""
    return tx.run(_END, which=session_id, reason=reason, at=at) == 1


def live_of(tx: Tx, staff_id: str) -> list[str]:
    """List the sessions of somebody that were not ended."""
    return [row[0] for row in tx.all(_LIVE_OF, who=staff_id)]


def over_by_time(tx: Tx, now: int, idle_since: int, most: int) -> list[tuple[str, str]]:
    """List sessions (id, staff id) past their absolute or idle end that were not ended yet."""
    return [(r[0], r[1]) for r in tx.all(_OVER, now=now, idle_since=idle_since, most=most)]


def clean(tx: Tx, before: int) -> int:
    """Delete sessions ended before an instant."""
    return tx.run(_CLEAN, before=before)


def add_progress(tx: Tx, **columns: Any) -> None:
    """Keep a right password until the code is there."""
    tx.write(_ADD_PROGRESS, **columns)


def find_progress(tx: Tx, handle_hash: str) -> StaffProgress | None:
    """Find a sign-in in progress."""
    row = tx.one(_FIND_PROGRESS, handle=handle_hash)
    if row is None:
        return None
    consumed = from_micros(row[6]) if row[6] is not None else None
    return StaffProgress(
        row[0], row[1], row[2], from_micros(row[3]), row[4], from_micros(row[5]), consumed
    )


def consume_progress(tx: Tx, handle_hash: str, at: int) -> bool:
    """Finish a sign-in in progress, once."""
    return tx.run(_CONSUME, handle=handle_hash, at=at) == 1


def clean_progress(tx: Tx, before: int) -> int:
    """Delete sign-ins in progress that were over before an instant."""
    return tx.run(_CLEAN_PROGRESS, before=before)


def account_from_device(
    tx: Tx, address_normal: str, device_hash: str
) -> tuple[StaffAccount | None, int | None]:
    """Find an account by its address, and when this browser last signed in to it, if ever."""
    row = tx.one(_FROM_DEVICE, address=address_normal, device=device_hash)
    return (read_account(row[:-1]), row[-1]) if row else (None, None)


def device_seen_at(tx: Tx, staff_id: str, device_hash: str) -> int | None:
    """Tell when a browser last signed in to an account; None when it never did."""
    row = tx.one(_SEEN_AT, who=staff_id, device=device_hash)
    return row[0] if row else None


def know_device(tx: Tx, staff_id: str, device_hash: str, at: int) -> None:
    """Remember a browser for an account."""
    tx.write(_KNOW, who=staff_id, device=device_hash, at=at)


def forget_devices_of(tx: Tx, staff_id: str) -> None:
    """Forget every browser of an account."""
    tx.write(_FORGET, who=staff_id)


def forget_devices(tx: Tx, before: int) -> int:
    """Forget browsers that were last used before an instant."""
    return tx.run(_FORGET_OLD, before=before)


def _read(row: tuple[Any, ...]) -> StaffSession:
    return StaffSession(
        id=row[0],
        staff_id=row[1],
        auth_time=from_micros(row[2]),
        created_at=from_micros(row[3]),
        last_seen_at=from_micros(row[4]),
        expires_at=from_micros(row[5]),
        ended_at=from_micros(row[6]) if row[6] is not None else None,
    )
