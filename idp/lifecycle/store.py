"""Rows of what a member allowed one client: its grants, and codes that may still become some."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from idp.clock import to_micros
from idp.grants.active import OFFLINE, session_is_over
from idp.grants.tables import authorization_code, grant
from idp.sessions.store import session
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_g, _k = grant.c, authorization_code.c
_GRANTS_OF_SUBJECT = Statement(
    sa.select(
        _g.client_id,
        _g.scopes,
        _g.created_at,
        session.c.ended_at,
        session.c.end_reason,
        session.c.expires_at,
    )
    .outerjoin(session, session.c.id == _g.session_id)
    .where(
        _g.subject == sa.bindparam("who"),
        _g.ended_at.is_(None),
        _g.expires_at > sa.bindparam("now"),
    )
)
_EXPIRE_CODES = Statement(
    sa.update(authorization_code)
    .where(
        _k.expires_at > sa.bindparam("now"),
        _k.subject == sa.bindparam("who"),
        _k.client_id == sa.bindparam("client"),
        _k.spent_at.is_(None),
    )
    .values(expires_at=sa.bindparam("now"))
)
_END_GRANTS = Statement(
    sa.update(grant)
    .where(
        _g.subject == sa.bindparam("who"),
        _g.client_id == sa.bindparam("client"),
        _g.ended_at.is_(None),
    )
    .values(ended_at=sa.bindparam("now"), end_reason=sa.bindparam("reason"))
    .returning(_g.session_id)
)


def grants_of(tx: Tx, subject: str, now: datetime) -> list[tuple[str, str, int]]:
    """List a member's live grants: client, scopes, when they were made."""
    rows = tx.all(_GRANTS_OF_SUBJECT, who=subject, now=to_micros(now))
    return [
        (client_id, scopes, made_at)
        for client_id, scopes, made_at, *end in rows
        if not session_is_over(tuple(end), now, offline=OFFLINE in scopes.split())
    ]


def expire_codes(tx: Tx, subject: str, client_id: str, now: int) -> int:
    """Let codes of a client that nobody redeemed yet expire; answers how many."""
    return tx.run(_EXPIRE_CODES, who=subject, client=client_id, now=now)


def end_grants(tx: Tx, subject: str, client_id: str, reason: str, now: int) -> list[str]:
    """End a member's grants to a client; answers their sessions."""
    rows = tx.all(_END_GRANTS, who=subject, client=client_id, reason=reason, now=now)
    return [row[0] for row in rows]
