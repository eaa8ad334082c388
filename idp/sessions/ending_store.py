"""Ends of sessions that somebody brings about, also after their time was over."""

from __future__ import annotations

import sqlalchemy as sa

from idp.sessions.model import EXPIRED
from idp.sessions.store import session
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_s = session.c
_END_FOR_GOOD = Statement(
    sa.update(session)
    .where(_s.id == sa.bindparam("which"), sa.or_(_s.ended_at.is_(None), _s.end_reason == EXPIRED))
    .values(ended_at=sa.bindparam("at"), end_reason=sa.bindparam("reason"))
)
_TO_SIGN_OUT = Statement(
    sa.select(_s.id, _s.subject).where(
        _s.cookie_hash == sa.bindparam("hash"),
        sa.or_(_s.ended_at.is_(None), _s.end_reason == EXPIRED),
    )
)


def end_for_good(tx: Tx, session_id: str, reason: str, at: int) -> bool:
    """End a session by somebody's act, once; one that was over by time alone is ended now."""
    return tx.run(_END_FOR_GOOD, which=session_id, reason=reason, at=at) == 1


def to_sign_out(tx: Tx, cookie_hash: str) -> tuple[str, str] | None:
    """Find the session (id, subject) of a cookie that nobody has ended yet, over by time or not."""
    row = tx.one(_TO_SIGN_OUT, hash=cookie_hash)
    return (row[0], row[1]) if row else None
