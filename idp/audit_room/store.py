"""Reading single events of the log, their neighbours, the seals on them, and all exports."""

from __future__ import annotations

import sqlalchemy as sa

from audit.names import EventName
from idp.journal import store as journal
from idp.journal.tables import audit_checkpoint, audit_event, audit_leaf, audit_purge
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_e = audit_event.c
_LINE_OF = Statement(sa.select(_e.line).where(_e.id == sa.bindparam("which")))
_BETWEEN = Statement(
    sa.select(_e.position, _e.line)
    .where(_e.position >= sa.bindparam("first"), _e.position <= sa.bindparam("last"))
    .order_by(_e.position)
)
_LEAF_OF = Statement(
    sa.select(audit_leaf.c.seq, audit_leaf.c.hash).where(
        audit_leaf.c.event_id == sa.bindparam("which")
    )
)
_CHECKPOINT_OVER = Statement(
    sa.select(audit_checkpoint.c.size, audit_checkpoint.c.signed_at, audit_checkpoint.c.note)
    .where(audit_checkpoint.c.size > sa.bindparam("seq"))
    .order_by(audit_checkpoint.c.size)
    .limit(1)
)
_oldest, _newest = audit_leaf.alias(), audit_leaf.alias()
_PURGES = Statement(
    sa.select(_e.position, _e.line, _oldest.c.event_id, _newest.c.event_id)
    .outerjoin(audit_purge, audit_purge.c.event_id == _e.id)
    .outerjoin(_oldest, _oldest.c.seq == audit_purge.c.from_seq)
    .outerjoin(_newest, _newest.c.seq == audit_purge.c.to_seq - 1)
    .where(_e.name == EventName.AUDIT_PURGED.value, _e.position < sa.bindparam("before"))
    .order_by(_e.position.desc())
    .limit(sa.bindparam("most"))
)
_EXPORTS = journal.pages_of([EventName.AUDIT_EXPORTED])


def line_of(tx: Tx, event_id: str) -> str | None:
    """Find the line of one event."""
    row = tx.one(_LINE_OF, which=event_id)
    return row[0] if row else None


def between(tx: Tx, first: int, last: int) -> list[tuple[int, str]]:
    """List events (position, line) of a range of positions, both included."""
    return [(row[0], row[1]) for row in tx.all(_BETWEEN, first=first, last=last)]


def seal_of(tx: Tx, event_id: str) -> tuple[int, str, int, int, str] | None:
    """Find an event's leaf and the first checkpoint over it: seq, hash, size, instant, note."""
    leaf = tx.one(_LEAF_OF, which=event_id)
    over = tx.one(_CHECKPOINT_OVER, seq=leaf[0]) if leaf else None
    return (leaf[0], leaf[1], over[0], over[1], over[2]) if leaf and over else None


def exports_after(tx: Tx, after: int, most: int) -> list[tuple[int, int, str]]:
    """List the events of exports (position, instant, line) after a position, oldest first."""
    return [(row[0], row[1], row[2]) for row in tx.all(_EXPORTS, after=after, most=most)]


def purges_before(tx: Tx, before: int, most: int) -> list[tuple[int, str, str | None, str | None]]:
    """List purge events (position, line) before a position, newest first (keyset page).

    Beside each the ids of the oldest and the newest event whose body it took: leaves stay.
    """
    rows = tx.all(_PURGES, before=before, most=most)
    return [(row[0], row[1], row[2], row[3]) for row in rows]
