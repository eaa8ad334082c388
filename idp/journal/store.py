"""Rows of the audit log: events (never changed), leaves, checkpoints, the sealer's position."""

from collections.abc import Sequence
from datetime import datetime
from itertools import combinations

import sqlalchemy as sa

from audit.names import EventName
from idp.journal.tables import (
    audit_checkpoint,
    audit_event,
    audit_leaf,
    audit_purge,
    audit_sealer,
)
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_e, _p = audit_event.c, audit_purge.c
_EVENT_COLUMNS = (
    _e.id,
    _e.occurred_at,
    _e.name,
    _e.outcome,
    _e.subject,
    _e.client,
    _e.reference,
    _e.line,
)
_ADD = Statement(
    sa.insert(audit_event).values(
        {column.name: sa.bindparam(column.name) for column in _EVENT_COLUMNS}
    )
)
_ADD_PG = Statement(
    sa.text(
        "INSERT INTO audit_event (id, occurred_at, name, outcome, subject, client, reference, line,"
        " written_by, cluster) VALUES (:id, :occurred_at, :name, :outcome, :subject, :client,"
        " :reference, :line, pg_current_xact_id()::text::bigint, :cluster)"
    )
)
_EVENT_OF_REFERENCE = Statement(
    sa.select(_e.id).where(_e.reference == sa.bindparam("reference")).limit(1)
)
_ADD_LEAF = Statement(sa.insert(audit_leaf))
_ADD_CHECKPOINT = Statement(sa.insert(audit_checkpoint))
_STATE = Statement(
    sa.select(
        audit_sealer.c.size,
        audit_sealer.c.frontier,
        audit_sealer.c.watermark,
        audit_sealer.c.cluster,
        audit_sealer.c.signed_at,
    ).where(audit_sealer.c.id == 1)
)
_ADD_STATE = Statement(sa.insert(audit_sealer))
_MOVE = Statement(
    sa.update(audit_sealer)
    .where(audit_sealer.c.id == 1, audit_sealer.c.size == sa.bindparam("old_size"))
    .values(
        size=sa.bindparam("new_size"),
        frontier=sa.bindparam("new_frontier"),
        watermark=sa.bindparam("new_watermark"),
        cluster=sa.bindparam("new_cluster"),
        signed_at=sa.bindparam("new_signed_at"),
    )
)
_UNSEALED_SQLITE = Statement(
    sa.select(_e.position, _e.id, _e.line)
    .where(_e.position > sa.bindparam("after"))
    .order_by(_e.position)
    .limit(sa.bindparam("most"))
)
_UNSEALED_PG = """
SELECT written_by, id, line FROM audit_event
WHERE written_by >= %(after)s AND written_by < %(before)s AND cluster = %(cluster)s
  AND NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = audit_event.id)
ORDER BY written_by, position LIMIT %(most)s
"""
_UNSEALED_OTHER_CLUSTER = """
SELECT written_by, id, line FROM audit_event
WHERE cluster <> %(cluster)s
  AND NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = audit_event.id)
ORDER BY position LIMIT %(most)s
"""
_NEWEST = Statement(
    sa.select(audit_checkpoint.c.note)
    .where(audit_checkpoint.c.size <= sa.bindparam("size"))
    .order_by(audit_checkpoint.c.size.desc())
    .limit(1)
)
_CHECKPOINTS = Statement(
    sa.select(audit_checkpoint.c.note)
    .where(audit_checkpoint.c.size <= sa.bindparam("size"))
    .order_by(audit_checkpoint.c.size)
)
_NEWEST_TIMES = Statement(
    sa.select(audit_checkpoint.c.signed_at)
    .order_by(audit_checkpoint.c.size.desc())
    .limit(sa.bindparam("most"))
)
_LEAVES = Statement(
    sa.select(audit_leaf.c.seq, audit_leaf.c.event_id, audit_leaf.c.hash, _e.line)
    .select_from(audit_leaf.outerjoin(audit_event, audit_event.c.id == audit_leaf.c.event_id))
    .where(audit_leaf.c.seq >= sa.bindparam("from_seq"), audit_leaf.c.seq < sa.bindparam("to_seq"))
    .order_by(audit_leaf.c.seq)
)
_LEAF_OF = Statement(
    sa.select(audit_leaf.c.seq).where(audit_leaf.c.event_id == sa.bindparam("event"))
)
_PURGES_OVER = Statement(
    sa.select(audit_leaf.c.seq, _p.from_seq, _p.seqs)
    .select_from(audit_purge)
    .outerjoin(audit_leaf, audit_leaf.c.event_id == _p.event_id)
    .where(_p.to_seq > sa.bindparam("from_seq"), _p.from_seq < sa.bindparam("to_seq"))
)
_SEARCHED_BY = ("name", "subject", "reference")


def _search_by(asked: tuple[str, ...]) -> Statement:
    return Statement(
        sa.select(_e.position, _e.line)
        .where(
            _e.position < sa.bindparam("before"), *(_e[one] == sa.bindparam(one) for one in asked)
        )
        .order_by(_e.position.desc())
        .limit(sa.bindparam("most"))
    )


# One statement for each combination: "or nothing is asked for" would go through the whole log.
_SEARCH = {
    asked: _search_by(asked)
    for count in range(len(_SEARCHED_BY) + 1)
    for asked in combinations(_SEARCHED_BY, count)
}
_FIRST_FROM_ID = Statement(
    sa.select(_e.position).where(_e.id >= sa.bindparam("id")).order_by(_e.id).limit(1)
)
_NEWEST_POSITION = Statement(sa.select(_e.position).order_by(_e.position.desc()).limit(1))
_CONTAINING = Statement(
    sa.select(_e.line)
    .where(_e.name == sa.bindparam("name"), _e.line.contains(sa.bindparam("text")))
    .order_by(_e.position.desc())
    .limit(20)
)
SLACK = 20_000
"""How far the order of ids (by time) and that of positions (by insertion) may lie apart."""


def pages_of(names: Sequence[EventName]) -> Statement:
    """Make the statement that reads events of these names in pages: position, instant, line."""
    named = sa.or_(*(_e.name == name.value for name in names))
    return Statement(
        sa.select(_e.position, _e.occurred_at, _e.line)
        .where(_e.position > sa.bindparam("after"), named)
        .order_by(_e.position)
        .limit(sa.bindparam("most"))
    )


def containing(tx: Tx, name: EventName, text: str) -> list[str]:
    """List event lines of one name that contain a text of letters and digits, newest first.

    Goes through all events of the name: for those there are few of.
    """
    rows = tx.all(_CONTAINING, name=name.value, text=text)
    return [row[0] for row in rows]


def position_before(tx: Tx, moment: datetime) -> int:
    """Give a position that lies before every event of an instant and later, and not far before."""
    oldest = f"{int(moment.timestamp() * 1000):012x}"
    row = tx.one(_FIRST_FROM_ID, id=f"{oldest[:8]}-{oldest[8:]}")
    first = row[0] if row else newest_position(tx)
    return max(0, first - SLACK)


def newest_position(tx: Tx) -> int:
    """Give the position of the newest event; 0 in an empty log."""
    row = tx.one(_NEWEST_POSITION)
    return row[0] if row else 0


def add(tx: Tx, **columns: object) -> None:
    """Insert one event; all columns of `_EVENT_COLUMNS` are named."""
    if tx.is_postgresql:
        tx.write(_ADD_PG, cluster=tx.cluster, **columns)
    else:
        tx.write(_ADD, **columns)


def add_many(tx: Tx, rows: list[dict[str, object]]) -> None:
    """Insert events in one batch (SQLite): a log that is made for a measurement."""
    tx.run_many(_ADD, rows)


def reference_is_known(tx: Tx, reference: str) -> bool:
    """Tell whether a reference code was given before."""
    return event_of_reference(tx, reference) is not None


def event_of_reference(tx: Tx, reference: str) -> str | None:
    """Find the event that carries a reference code; its id."""
    row = tx.one(_EVENT_OF_REFERENCE, reference=reference)
    return row[0] if row else None


def state(tx: Tx) -> tuple[int, str, int, int, int] | None:
    """Read the sealer's position: size, frontier, watermark, cluster, time of last checkpoint."""
    row = tx.one(_STATE)
    return (row[0], row[1], row[2], row[3], row[4]) if row else None


def start(tx: Tx, frontier: str, cluster: int) -> None:
    """Write the position of an empty log."""
    tx.write(_ADD_STATE, id=1, size=0, frontier=frontier, watermark=0, cluster=cluster, signed_at=0)


def move(tx: Tx, old_size: int, **new: object) -> bool:
    """Advance the position if it is still at `old_size`; False when another sealer was quicker."""
    return tx.run(_MOVE, old_size=old_size, **{f"new_{k}": v for k, v in new.items()}) == 1


def unsealed_by_position(tx: Tx, after: int, most: int) -> list[tuple[int, str, str]]:
    """List committed events after a position in insert order (SQLite: insert is commit order)."""
    return [(r[0], r[1], r[2]) for r in tx.all(_UNSEALED_SQLITE, after=after, most=most)]


def unsealed_by_transaction(
    tx: Tx, after: int, before: int, cluster: int, most: int
) -> list[tuple[int, str, str]]:
    """List events of finished transactions, in transaction order (PostgreSQL)."""
    values = {"after": after, "before": before, "cluster": cluster, "most": most}
    return [(r[0], r[1], r[2]) for r in tx.text(_UNSEALED_PG, values).fetchall()]


def unsealed_of_other_clusters(tx: Tx, cluster: int, most: int) -> list[tuple[int, str, str]]:
    """List events that came with a restored dump and are not sealed yet (PostgreSQL)."""
    rows = tx.text(_UNSEALED_OTHER_CLUSTER, {"cluster": cluster, "most": most}).fetchall()
    return [(r[0], r[1], r[2]) for r in rows]


def add_leaves(tx: Tx, leaves: list[tuple[int, str, str]]) -> None:
    """Insert leaves (seq, event id, hash in hex)."""
    tx.run_many(_ADD_LEAF, [{"seq": s, "event_id": e, "hash": h} for s, e, h in leaves])


def add_checkpoint(tx: Tx, size: int, signed_at: int, note: str) -> None:
    """Insert a signed checkpoint."""
    tx.write(_ADD_CHECKPOINT, size=size, signed_at=signed_at, note=note)


def newest_checkpoint(tx: Tx, up_to: int = 2**62) -> str | None:
    """Find the newest signed checkpoint, or the newest of those up to a size."""
    row = tx.one(_NEWEST, size=up_to)
    return row[0] if row else None


def newest_times(tx: Tx, most: int) -> list[int]:
    """List the times of the newest checkpoints, newest first."""
    return [row[0] for row in tx.all(_NEWEST_TIMES, most=most)]


def checkpoints_up_to(tx: Tx, size: int) -> list[str]:
    """List the signed checkpoints up to a size, oldest first."""
    return [row[0] for row in tx.all(_CHECKPOINTS, size=size)]


def leaves(tx: Tx, from_seq: int, to_seq: int) -> list[tuple[int, str, str, str | None]]:
    """List leaves with their event lines (None where the body was purged)."""
    return [(r[0], r[1], r[2], r[3]) for r in tx.all(_LEAVES, from_seq=from_seq, to_seq=to_seq)]


def purges_over(tx: Tx, from_seq: int, to_seq: int) -> list[tuple[int | None, int, str]]:
    """List the purges over a range: seq of the event (None: not sealed), first seq, seqs."""
    return [(r[0], r[1], r[2]) for r in tx.all(_PURGES_OVER, from_seq=from_seq, to_seq=to_seq)]


def leaf_of(tx: Tx, event: str) -> int | None:
    """Tell the sequence number under which an event was sealed."""
    row = tx.one(_LEAF_OF, event=event)
    return row[0] if row else None


def search(
    tx: Tx,
    before: int,
    most: int,
    *,
    name: str | None = None,
    subject: str | None = None,
    reference: str | None = None,
) -> list[tuple[int, str]]:
    """List event lines, newest first, before a position (keyset page)."""
    values = {"name": name, "subject": subject, "reference": reference}
    asked = {key: value for key, value in values.items() if value is not None}
    rows = tx.all(_SEARCH[tuple(asked)], before=before, most=most, **asked)
    return [(r[0], r[1]) for r in rows]
