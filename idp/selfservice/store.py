"""Rows about one member, for the member's own eyes. Every statement names the subject."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from audit import instant
from idp.clock import from_micros
from idp.journal.tables import audit_event
from idp.sessions.store import session
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_e = audit_event.c
_OF_SUBJECT = Statement(
    sa.select(_e.position, _e.occurred_at, _e.name, _e.line)
    .where(
        _e.subject == sa.bindparam("who"),
        _e.occurred_at <= sa.bindparam("at"),
        sa.or_(_e.occurred_at < sa.bindparam("at"), _e.position < sa.bindparam("before")),
    )
    .order_by(_e.occurred_at.desc(), _e.position.desc())
    .limit(sa.bindparam("most"))
)
_ONE = Statement(
    sa.select(_e.line).where(_e.id == sa.bindparam("which"), _e.subject == sa.bindparam("who"))
)
_s = session.c
_SESSIONS = Statement(
    sa.select(_s.created_at, _s.auth_time, _s.amr, _s.ended_at, _s.agent, _s.address)
    .where(_s.subject == sa.bindparam("who"))
    .order_by(_s.created_at.desc())
    .limit(sa.bindparam("most"))
)


def sessions_of(tx: Tx, subject: str, most: int) -> list[dict[str, Any]]:
    """List a subject's sessions, the latest first, as they stand in a download."""
    return [
        {
            "created_at": instant.to_text(from_micros(row[0])),
            "authenticated_at": instant.to_text(from_micros(row[1])),
            "amr": row[2].split(),
            "ended_at": instant.to_text(from_micros(row[3])) if row[3] is not None else None,
            "browser": row[4],
            "address": row[5],
        }
        for row in tx.all(_SESSIONS, who=subject, most=most)
    ]


def events_of(
    tx: Tx, subject: str, at: int, before: int, most: int
) -> list[tuple[int, int, str, str]]:
    """List a subject's events (position, time, name, line), newest first, before a place."""
    rows = tx.all(_OF_SUBJECT, who=subject, at=at, before=before, most=most)
    return [(r[0], r[1], r[2], r[3]) for r in rows]


def event_of(tx: Tx, subject: str, event: str) -> str | None:
    """Find the line of one event of a subject; None for an event of anybody else."""
    row = tx.one(_ONE, which=event, who=subject)
    return row[0] if row else None
