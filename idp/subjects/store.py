"""Rows of per-person keys. A destroyed key keeps its row, without the key."""

import sqlalchemy as sa

from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.tables import Instant, metadata

person_key = sa.Table(
    "person_key",
    metadata,
    sa.Column("person", sa.String(64), primary_key=True),
    sa.Column("key_id", sa.String(36), nullable=False, unique=True),
    sa.Column("wrapped", sa.Text),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("destroyed_at", Instant),
)

_c = person_key.c
_ADD = Statement(
    sa.text(
        "INSERT INTO person_key (person, key_id, wrapped, created_at)"
        " VALUES (:person, :key_id, :wrapped, :created_at) ON CONFLICT DO NOTHING"
    )
)
_FIND = Statement(sa.select(_c.key_id, _c.wrapped).where(_c.person == sa.bindparam("person")))
_BY_ID = Statement(sa.select(_c.wrapped).where(_c.key_id == sa.bindparam("key_id")))
_DESTROY = Statement(
    sa.update(person_key)
    .where(_c.person == sa.bindparam("who"), _c.destroyed_at.is_(None))
    .values(wrapped=sa.null(), destroyed_at=sa.bindparam("at"))
)
_prefix = sa.func.substr(_c.wrapped, 1, sa.bindparam("length", type_=sa.Integer))
_COUNT = Statement(sa.select(sa.func.count()).where(_c.wrapped.is_not(None)))
_COUNT_UNDER = Statement(sa.select(sa.func.count()).where(_prefix == sa.bindparam("prefix")))
_UNDER_OTHERS = Statement(
    sa.select(_c.key_id, _c.wrapped)
    .where(
        _c.wrapped.is_not(None),
        _prefix != sa.bindparam("prefix"),
        _c.key_id > sa.bindparam("after"),
    )
    .order_by(_c.key_id)
    .limit(sa.bindparam("most"))
)
_REWRAP = Statement(
    sa.update(person_key)
    .where(_c.key_id == sa.bindparam("which"), _c.wrapped == sa.bindparam("old"))
    .values(wrapped=sa.bindparam("new"))
)


def add_unless_there(tx: Tx, person: str, key_id: str, wrapped: str, at: int) -> bool:
    """Store a person's key; False when there is one already, which stays."""
    return tx.run(_ADD, person=person, key_id=key_id, wrapped=wrapped, created_at=at) == 1


def find(tx: Tx, person: str) -> tuple[str, str | None] | None:
    """Find a person's key id and wrapped key (None when destroyed)."""
    row = tx.one(_FIND, person=person)
    return (row[0], row[1]) if row else None


def find_by_id(tx: Tx, key_id: str) -> str | None:
    """Find a wrapped key by its id; None when unknown or destroyed."""
    row = tx.one(_BY_ID, key_id=key_id)
    return row[0] if row else None


def destroy(tx: Tx, person: str, at: int) -> int:
    """Forget the key of a person; answers how many were destroyed."""
    return tx.run(_DESTROY, who=person, at=at)


def count_wrapped(tx: Tx, master_id: str | None = None) -> int:
    """Count the keys that are not destroyed; only those under one master key when it is named."""
    row = tx.one(_COUNT) if master_id is None else tx.one(_COUNT_UNDER, **_under(master_id))
    return int(row[0]) if row else 0


def wrapped_under_others(tx: Tx, master_id: str, after: str, most: int) -> list[tuple[str, str]]:
    """List keys by id that lie under another master key than this one, in order, past an id."""
    rows = tx.all(_UNDER_OTHERS, after=after, most=most, **_under(master_id))
    return [(r[0], r[1]) for r in rows]


def rewrap(tx: Tx, again: list[tuple[str, str, str]]) -> None:
    """Replace wrapped keys (id, old, new); what changed since it was read is left alone."""
    tx.run_many(_REWRAP, [{"which": k, "old": old, "new": new} for k, old, new in again])


def _under(master_id: str) -> dict[str, str | int]:
    prefix = f"v1.{master_id}."
    return {"prefix": prefix, "length": len(prefix)}
