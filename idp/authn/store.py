"""Rows of sign-ins in progress, and of the browsers an account was signed in to with."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from idp.authn.model import Progress, SeenDevice, SeenSession
from idp.clock import from_micros
from idp.sessions.store import known_device, session
from idp.sessions.tables import sign_in_progress
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_c = sign_in_progress.c
_ADD = Statement(
    sa.insert(sign_in_progress).values(
        {c.name: sa.bindparam(c.name) for c in _c if c.name != "consumed_at"}
    )
)
_FIND = Statement(
    sa.select(
        _c.handle_hash,
        _c.browser_hash,
        _c.subject,
        _c.credentials_changed_at,
        _c.amr,
        _c.request,
        _c.wanted,
        _c.shared_device,
        _c.expires_at,
        _c.consumed_at,
    ).where(_c.handle_hash == sa.bindparam("handle"))
)
_CONSUME = Statement(
    sa.update(sign_in_progress)
    .where(
        _c.handle_hash == sa.bindparam("handle"),
        _c.consumed_at.is_(None),
        _c.expires_at > sa.bindparam("at"),
    )
    .values(consumed_at=sa.bindparam("at"))
)
_s, _d = session.c, known_device.c
_SESSIONS = Statement(
    sa.select(
        _s.id, _s.agent, _s.address, _s.created_at, _s.auth_time, _s.last_seen_at, _s.expires_at
    )
    .where(_s.subject == sa.bindparam("who"), _s.ended_at.is_(None))
    .order_by(_s.last_seen_at.desc())
)
_SIGN_INS = Statement(
    sa.select(
        _s.id, _s.agent, _s.address, _s.created_at, _s.auth_time, _s.last_seen_at, _s.expires_at
    )
    .where(_s.subject == sa.bindparam("who"))
    .order_by(_s.created_at.desc())
    .limit(sa.bindparam("most"))
)
_DEVICES = Statement(
    sa.select(_d.device_hash, _d.agent, _d.last_seen_at)
    .where(_d.subject == sa.bindparam("who"))
    .order_by(_d.last_seen_at.desc())
)
_FORGET = Statement(
    sa.delete(known_device).where(
        _d.subject == sa.bindparam("who"), _d.device_hash == sa.bindparam("device")
    )
)
_CLEAN = Statement(sa.delete(sign_in_progress).where(_c.expires_at < sa.bindparam("before")))


def add(tx: Tx, **columns: Any) -> None:
    """Insert a sign-in in progress; every column but `consumed_at` is named."""
    tx.write(_ADD, **columns)


def find(tx: Tx, handle_hash: str) -> Progress | None:
    """Find a sign-in in progress."""
    row = tx.one(_FIND, handle=handle_hash)
    return _read(row) if row else None


def consume(tx: Tx, handle_hash: str, at: int) -> bool:
    """Finish one, once; False when it was finished, ended or is over."""
    return tx.run(_CONSUME, handle=handle_hash, at=at) == 1


def live_sessions(tx: Tx, subject: str) -> list[SeenSession]:
    """List the sessions of a subject that were not ended, the last used first."""
    return [_seen(row) for row in tx.all(_SESSIONS, who=subject)]


def last_sign_ins(tx: Tx, subject: str, most: int) -> list[SeenSession]:
    """List the latest sessions of a subject, ended or not."""
    return [_seen(row) for row in tx.all(_SIGN_INS, who=subject, most=most)]


def known_devices(tx: Tx, subject: str) -> list[SeenDevice]:
    """List the browsers that are known to an account, the last used first."""
    rows = tx.all(_DEVICES, who=subject)
    return [SeenDevice(row[0], row[1], from_micros(row[2])) for row in rows]


def forget_device(tx: Tx, subject: str, device_hash: str) -> bool:
    """Forget one browser; False when it is not known."""
    return tx.run(_FORGET, who=subject, device=device_hash) == 1


def clean(tx: Tx, before: int) -> int:
    """Delete those that were over before an instant."""
    return tx.run(_CLEAN, before=before)


def _seen(row: tuple[Any, ...]) -> SeenSession:
    return SeenSession(row[0], row[1], row[2], *(from_micros(at) for at in row[3:7]))


def _read(row: tuple[Any, ...]) -> Progress:
    return Progress(
        handle_hash=row[0],
        browser_hash=row[1],
        subject=row[2],
        credentials_changed_at=from_micros(row[3]),
        amr=tuple(row[4].split()),
        request=row[5],
        wanted=tuple(row[6].split()),
        shared_device=bool(row[7]),
        expires_at=from_micros(row[8]),
        consumed_at=from_micros(row[9]) if row[9] is not None else None,
    )
