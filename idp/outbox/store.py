"""Rows of the outbox: deliveries that must outlive the process that caused them."""

import sqlalchemy as sa

from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.tables import Instant, metadata

outbox_message = sa.Table(
    "outbox_message",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("delivered_at", Instant),
    sa.Column("given_up_at", Instant),
    sa.Column("last_error", sa.String(200)),
)
sa.Index("ix_outbox_message_due_at", outbox_message.c.due_at)

_c = outbox_message.c
_ADD = Statement(
    sa.insert(outbox_message).values(
        id=sa.bindparam("id"),
        kind=sa.bindparam("kind"),
        payload=sa.bindparam("payload"),
        created_at=sa.bindparam("created_at"),
        due_at=sa.bindparam("due_at"),
    )
)
_DUE = Statement(
    sa.select(_c.id, _c.payload, _c.attempts, _c.created_at)
    .where(_c.due_at <= sa.bindparam("now"), _c.kind == sa.bindparam("kind"))
    .order_by(_c.due_at)
    .limit(sa.bindparam("most"))
)
_FIND = Statement(sa.select(_c.kind, _c.payload).where(_c.id == sa.bindparam("message")))
_LEASE = Statement(
    sa.update(outbox_message)
    .where(
        _c.id == sa.bindparam("message"),
        _c.attempts == sa.bindparam("seen"),
        _c.due_at.is_not(None),
    )
    .values(attempts=_c.attempts + 1, due_at=sa.bindparam("next_due"))
)
_DELIVERED = Statement(
    sa.update(outbox_message)
    .where(_c.id == sa.bindparam("message"))
    .values(due_at=sa.null(), delivered_at=sa.bindparam("at"), last_error=sa.null())
)
_FAILED = Statement(
    sa.update(outbox_message)
    .where(_c.id == sa.bindparam("message"))
    .values(
        due_at=sa.bindparam("next_due"),
        given_up_at=sa.bindparam("given_up"),
        last_error=sa.bindparam("error"),
    )
)
_NOT_TRIED = Statement(
    sa.update(outbox_message)
    .where(_c.id == sa.bindparam("message"), _c.due_at.is_not(None))
    .values(
        attempts=sa.bindparam("seen"),
        due_at=sa.bindparam("later"),
        last_error=sa.bindparam("error"),
    )
)
_POSTPONE = Statement(
    sa.update(outbox_message)
    .where(
        _c.id == sa.bindparam("message"),
        _c.attempts == sa.bindparam("seen"),
        _c.due_at.is_not(None),
    )
    .values(due_at=sa.bindparam("later"))
)
_CLEAN = Statement(
    sa.delete(outbox_message).where(_c.due_at.is_(None), _c.created_at < sa.bindparam("before"))
)
_WAITING = Statement(
    sa.select(sa.func.count(), sa.func.min(_c.created_at)).where(_c.due_at.is_not(None))
)
_WAITING_OF = Statement(
    sa.select(sa.func.count()).where(_c.due_at.is_not(None), _c.kind == sa.bindparam("kind"))
)


def add(tx: Tx, message: str, kind: str, payload: str, at: int) -> None:
    """Insert a message that is due at once."""
    tx.write(_ADD, id=message, kind=kind, payload=payload, created_at=at, due_at=at)


def due(tx: Tx, kind: str, now: int, most: int) -> list[tuple[str, str, int, int]]:
    """List due messages of a kind: id, payload, attempts so far, created at."""
    rows = tx.all(_DUE, kind=kind, now=now, most=most)
    return [(r[0], r[1], r[2], r[3]) for r in rows]


def find(tx: Tx, message: str) -> tuple[str, str] | None:
    """Find a message that is kept: its kind and payload."""
    row = tx.one(_FIND, message=message)
    return (row[0], row[1]) if row else None


def lease(tx: Tx, message: str, seen: int, next_due: int) -> bool:
    """Take a message for one try; False when another worker was quicker."""
    return tx.run(_LEASE, message=message, seen=seen, next_due=next_due) == 1


def delivered(tx: Tx, message: str, at: int) -> None:
    """Mark a message delivered."""
    tx.write(_DELIVERED, message=message, at=at)


def failed(tx: Tx, message: str, next_due: int | None, given_up: int | None, error: str) -> None:
    """Note a failed try; without `next_due` the message is given up."""
    tx.write(_FAILED, message=message, next_due=next_due, given_up=given_up, error=error)


def not_tried(tx: Tx, message: str, seen: int, later: int, error: str) -> None:
    """Give a message its try back: the receiver was not reached."""
    tx.write(_NOT_TRIED, message=message, seen=seen, later=later, error=error)


def postpone(tx: Tx, messages: list[tuple[str, int]], later: int) -> None:
    """Let messages (id, tries so far) wait until later; it does not count as a try."""
    tx.run_many(_POSTPONE, [{"message": m, "seen": seen, "later": later} for m, seen in messages])


def clean(tx: Tx, before: int) -> int:
    """Delete finished messages created before an instant."""
    return tx.run(_CLEAN, before=before)


def waiting(tx: Tx) -> tuple[int, int | None]:
    """Tell how many messages wait and since when the oldest does."""
    row = tx.one(_WAITING)
    return (row[0], row[1]) if row else (0, None)


def waiting_of(tx: Tx, kind: str) -> int:
    """Tell how many messages of a kind wait."""
    row = tx.one(_WAITING_OF, kind=kind)
    return int(row[0]) if row else 0
