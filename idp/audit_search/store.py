"""Statements of the search index.

Each answers from one index, newest first, below a position; `LISTED` is the form in which a list of
positions is handed to either engine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from idp.audit_search.tables import audit_index, audit_term
from idp.journal import store as journal
from idp.journal.tables import audit_event, audit_leaf
from idp.storage.sql import Tx
from idp.storage.statement import Row, Statement
from idp.storage.wrapped import WrappedColumn

NAME = "terms"
_e, _t, _i = audit_event.c, audit_term.c, audit_index.c
WRAPPED = WrappedColumn(_i.name, _i.key)
"""The key of the terms."""

Forms = tuple[Statement, Statement]
"""One statement for SQLite, one for PostgreSQL."""


def forms(sql: str) -> Forms:
    """Make both forms of a statement with LISTED in it."""
    sqlite = "IN (SELECT value FROM json_each(:listed))"
    listed_pg = "= ANY(CAST(:listed AS bigint[]))"
    return tuple(Statement(sa.text(sql.replace("LISTED", f))) for f in (sqlite, listed_pg))  # type: ignore[return-value]


def listed(tx: Tx, forms: Forms, positions: Iterable[int], **values: object) -> list[Row]:
    """Execute one of them with positions."""
    text = json.dumps(list(positions))
    if tx.is_postgresql:
        return tx.all(forms[1], listed="{" + text[1:-1] + "}", **values)
    return tx.all(forms[0], listed=text, **values)


class Column:
    """Positions of the events of which a condition holds, read from an index that answers it."""

    def __init__(self, condition: str) -> None:
        self._below = Statement(
            sa.text(
                f"SELECT position FROM audit_event WHERE {condition} AND position < :before"  # noqa: S608
                " ORDER BY position DESC LIMIT :most"
            )
        )
        self._among = forms(
            f"SELECT position FROM audit_event WHERE {condition} AND position LISTED"  # noqa: S608
        )

    def below(self, tx: Tx, value: str, before: int, most: int) -> list[int]:
        """List positions below one, newest first."""
        return [row[0] for row in tx.all(self._below, value=value, before=before, most=most)]

    def among(self, tx: Tx, value: str, positions: Iterable[int]) -> set[int]:
        """Tell which of these positions fulfil the condition."""
        return {row[0] for row in listed(tx, self._among, positions, value=value)}


COLUMNS = {
    name: Column(f"{name} = :value") for name in ("subject", "client", "name", "reference")
} | {
    # The index holds only what is not done; engines use it only when the statement says so.
    outcome: Column(f"outcome <> 'done' AND outcome = '{outcome}' AND :value = '{outcome}'")
    for outcome in ("refused", "failed")
}
_EVERY = Statement(
    sa.select(_e.position)
    .where(_e.position < sa.bindparam("before"))
    .order_by(_e.position.desc())
    .limit(sa.bindparam("most"))
)
_TERM_BELOW = Statement(
    sa.select(_t.position)
    .where(_t.term == sa.bindparam("which"), _t.position < sa.bindparam("before"))
    .order_by(_t.position.desc())
    .limit(sa.bindparam("most"))
)
_TERM_AMONG = forms("SELECT position FROM audit_term WHERE term = :which AND position LISTED")
_ROWS = forms(
    "SELECT position, occurred_at, line FROM audit_event WHERE position LISTED"
    " ORDER BY position DESC"
)
_AT = Statement(sa.select(_e.occurred_at).where(_e.position == sa.bindparam("which")))
AROUND = 101
"""Events by whose ids an instant is located."""
_FROM_ID = Statement(
    sa.select(_e.position).where(_e.id >= sa.bindparam("id")).order_by(_e.id).limit(AROUND)
)
_BEFORE_ID = Statement(
    sa.select(_e.position).where(_e.id < sa.bindparam("id")).order_by(_e.id.desc()).limit(AROUND)
)
_LAST_BEFORE = Statement(
    sa.select(_e.position)
    .where(_e.position <= sa.bindparam("high"), _e.occurred_at < sa.bindparam("at"))
    .order_by(_e.position.desc())
    .limit(1)
)
_FIRST_FROM = Statement(
    sa.select(_e.position)
    .where(_e.position >= sa.bindparam("low"), _e.occurred_at >= sa.bindparam("at"))
    .order_by(_e.position)
    .limit(1)
)
_STATE = Statement(sa.select(_i.key, _i.indexed, _i.generation).where(_i.name == NAME))
_START = Statement(
    sa.text(
        "INSERT INTO audit_index (name, key, indexed, generation, made_at)"
        " VALUES (:name, :key, 0, 0, :at) ON CONFLICT (name) DO NOTHING"
    )
)
_RESTART = Statement(
    sa.update(audit_index)
    .where(_i.name == NAME)
    .values(
        key=sa.bindparam("new_key"),
        indexed=0,
        generation=_i.generation + 1,
        made_at=sa.bindparam("at"),
    )
)
_STAMP = Statement(
    sa.update(audit_index).where(_i.name == NAME).values(generation=_i.generation + 1)
)
_MOVE = Statement(
    sa.update(audit_index)
    .where(
        _i.name == NAME,
        _i.indexed == sa.bindparam("was"),
        _i.generation == sa.bindparam("stamp"),
    )
    .values(indexed=sa.bindparam("now"))
)
_SEALED = Statement(
    sa.select(audit_leaf.c.seq, _e.position, _e.line)
    .select_from(audit_leaf.outerjoin(audit_event, audit_event.c.id == audit_leaf.c.event_id))
    .where(audit_leaf.c.seq >= sa.bindparam("first"))
    .order_by(audit_leaf.c.seq)
    .limit(sa.bindparam("most"))
)
_NOT_INDEXED = Statement(
    sa.select(_e.position)
    .select_from(audit_leaf.join(audit_event, audit_event.c.id == audit_leaf.c.event_id))
    .where(audit_leaf.c.seq >= sa.bindparam("first"))
    .limit(sa.bindparam("most"))
)
_AFTER_POSITION = Statement(
    sa.select(_e.position).where(_e.position > sa.bindparam("after")).limit(sa.bindparam("most"))
)
_NO_LEAF = " NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = audit_event.id)"
_OF_CLUSTER = "written_by >= %(after)s AND cluster = %(cluster)s"
_UNSEALED_PG = f"SELECT position FROM audit_event WHERE {_OF_CLUSTER} AND {_NO_LEAF} LIMIT %(most)s"  # noqa: S608
_UNSEALED_ANYWHERE_PG = f"SELECT position FROM audit_event WHERE {_NO_LEAF} LIMIT %(most)s"  # noqa: S608
_SIZE = Statement(sa.select(audit_leaf.c.seq).order_by(audit_leaf.c.seq.desc()).limit(1))


def every(tx: Tx, before: int, most: int) -> list[int]:
    """List positions of all events below one, newest first."""
    return [row[0] for row in tx.all(_EVERY, before=before, most=most)]


def of_term(tx: Tx, term: int, before: int, most: int) -> list[int]:
    """List positions of the events with a term, newest first; only what is indexed."""
    return [row[0] for row in tx.all(_TERM_BELOW, which=term, before=before, most=most)]


def term_among(tx: Tx, term: int, positions: Iterable[int]) -> set[int]:
    """Tell which of these positions have a term."""
    return {row[0] for row in listed(tx, _TERM_AMONG, positions, which=term)}


def rows(tx: Tx, positions: Iterable[int]) -> list[tuple[int, int, str]]:
    """Read events (position, instant, line), newest first."""
    return [(row[0], row[1], row[2]) for row in listed(tx, _ROWS, positions)]


def instant_of(tx: Tx, position: int) -> int | None:
    """Tell when the event at a position occurred."""
    row = tx.one(_AT, which=position)
    return row[0] if row else None


def positions_from(tx: Tx, moment: datetime) -> list[int]:
    """List positions of the first events, by their ids, from an instant on."""
    return [row[0] for row in tx.all(_FROM_ID, id=_id_at(moment))]


def positions_before(tx: Tx, moment: datetime) -> list[int]:
    """List positions of the last events, by their ids, before an instant."""
    return [row[0] for row in tx.all(_BEFORE_ID, id=_id_at(moment))]


def _id_at(moment: datetime) -> str:
    """Give what ids of an instant begin with (UUIDv7: milliseconds)."""
    oldest = f"{int(moment.timestamp() * 1000):012x}"
    return f"{oldest[:8]}-{oldest[8:]}"


def last_before(tx: Tx, high: int, at: int) -> int:
    """Give the highest position up to `high` of an event before an instant; 0 when none."""
    row = tx.one(_LAST_BEFORE, high=high, at=at)
    return row[0] if row else 0


def first_from(tx: Tx, low: int, at: int) -> int | None:
    """Give the lowest position from `low` on of an event at an instant or later."""
    row = tx.one(_FIRST_FROM, low=low, at=at)
    return row[0] if row else None


def state(tx: Tx) -> tuple[str, int, int] | None:
    """Read the wrapped key, how many leaves are indexed, and the stamp; None before first use."""
    row = tx.one(_STATE)
    return (row[0], row[1], row[2]) if row else None


def start(tx: Tx, key: str, at: int) -> None:
    """Write the state of an empty index unless there is one."""
    tx.run(_START, name=NAME, key=key, at=at)


def restart(tx: Tx, key: str, at: int) -> None:
    """Forget all terms and begin again under another key."""
    tx.text("TRUNCATE audit_term" if tx.is_postgresql else "DELETE FROM audit_term")
    tx.run(_RESTART, new_key=key, at=at)


def stamp(tx: Tx) -> None:
    """Raise the stamp: what an indexer has read before is read again."""
    tx.run(_STAMP)


def move(tx: Tx, was: int, now: int, generation: int) -> bool:
    """Advance the index if nobody else did, and nothing was forgotten meanwhile."""
    return tx.run(_MOVE, was=was, now=now, stamp=generation) == 1


def sealed(tx: Tx, first: int, most: int) -> list[tuple[int, int | None, str | None]]:
    """List leaves from a sequence number on: (seq, position, line); None where it was purged."""
    return [(row[0], row[1], row[2]) for row in tx.all(_SEALED, first=first, most=most)]


def size(tx: Tx) -> int:
    """Tell how many leaves the log has."""
    row = tx.one(_SIZE)
    return row[0] + 1 if row else 0


def unsealed(tx: Tx, most: int) -> list[int]:
    """List positions of events that no leaf covers yet, in no order (see `idp.journal.sealer`)."""
    found = journal.state(tx)
    watermark, cluster = (found[2], found[3]) if found else (0, 0)
    if not tx.is_postgresql:
        return [row[0] for row in tx.all(_AFTER_POSITION, after=watermark, most=most)]
    # After a restore transaction ids say nothing until the sealer has been through.
    sql = _UNSEALED_PG if cluster == tx.cluster else _UNSEALED_ANYWHERE_PG
    values = {"after": watermark, "cluster": tx.cluster, "most": most}
    return [row[0] for row in tx.text(sql, values).fetchall()]


def sealed_not_indexed(tx: Tx, first: int, most: int) -> list[int]:
    """List positions of sealed events that are not indexed yet, in no order."""
    return [row[0] for row in tx.all(_NOT_INDEXED, first=first, most=most)]
