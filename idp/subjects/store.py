"""Rows of per-person keys. A destroyed key keeps its row, without the key."""

import json
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.tables import Instant, metadata
from idp.storage.wrapped import WrappedColumn

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
_FORBID = Statement(
    sa.text(
        "INSERT INTO person_key (person, key_id, created_at, destroyed_at)"
        " VALUES (:person, :key_id, :at, :at) ON CONFLICT DO NOTHING"
    )
)
_FIND = Statement(sa.select(_c.key_id, _c.wrapped).where(_c.person == sa.bindparam("person")))
_FIND_MANY = Statement(
    sa.text(
        "SELECT person, key_id, wrapped FROM person_key"
        " WHERE person IN (SELECT value FROM json_each(:persons))"
    )
)
_FIND_MANY_PG = Statement(
    sa.text(
        "SELECT person, key_id, wrapped FROM person_key WHERE person IN"
        " (SELECT jsonb_array_elements_text(CAST(:persons AS jsonb)))"
    )
)
_BY_ID = Statement(sa.select(_c.wrapped).where(_c.key_id == sa.bindparam("key_id")))
_BY_IDS = Statement(
    sa.text(
        "SELECT key_id, wrapped FROM person_key WHERE key_id IN (SELECT value FROM json_each(:ids))"
    )
)
_BY_IDS_PG = Statement(
    sa.text("SELECT key_id, wrapped FROM person_key WHERE key_id = ANY(CAST(:ids AS text[]))")
)
_DESTROY = Statement(
    sa.update(person_key)
    .where(_c.person == sa.bindparam("who"), _c.destroyed_at.is_(None))
    .values(wrapped=sa.null(), destroyed_at=sa.bindparam("at"))
)
WRAPPED = WrappedColumn(_c.key_id, _c.wrapped)
"""Destroyed keys are not in it."""


def add_unless_there(tx: Tx, person: str, key_id: str, wrapped: str, at: int) -> bool:
    """Store a person's key; False when there is one already, which stays."""
    return tx.run(_ADD, person=person, key_id=key_id, wrapped=wrapped, created_at=at) == 1


def add_many(tx: Tx, rows: Sequence[tuple[str, str, str, int]]) -> None:
    """Store keys (person, key id, wrapped, instant); where there is one already, it stays."""
    names = ("person", "key_id", "wrapped", "created_at")
    tx.run_many(_ADD, [dict(zip(names, row, strict=True)) for row in rows])


def find_many(tx: Tx, persons: Sequence[str]) -> dict[str, tuple[str, str | None]]:
    """Find the key ids and wrapped keys (None when destroyed) of those persons who have one."""
    asked = _FIND_MANY_PG if tx.is_postgresql else _FIND_MANY
    rows = tx.all(asked, persons=json.dumps(list(persons))) if persons else []
    return {row[0]: (row[1], row[2]) for row in rows}


def find(tx: Tx, person: str) -> tuple[str, str | None] | None:
    """Find a person's key id and wrapped key (None when destroyed)."""
    row = tx.one(_FIND, person=person)
    return (row[0], row[1]) if row else None


def find_by_id(tx: Tx, key_id: str) -> str | None:
    """Find a wrapped key by its id; None when unknown or destroyed."""
    row = tx.one(_BY_ID, key_id=key_id)
    return row[0] if row else None


def find_many_by_id(tx: Tx, key_ids: Iterable[str]) -> list[tuple[str, str | None]]:
    """Find keys by their ids, which are UUIDs: (key id, wrapped key)."""
    text = json.dumps(list(key_ids))
    found = (
        tx.all(_BY_IDS_PG, ids="{" + text[1:-1] + "}")
        if tx.is_postgresql
        else tx.all(_BY_IDS, ids=text)
    )
    return [(row[0], row[1]) for row in found]


def destroy(tx: Tx, person: str, at: int) -> int:
    """Forget the key of a person; answers how many were destroyed."""
    return tx.run(_DESTROY, who=person, at=at)


def forbid(tx: Tx, person: str, key_id: str, at: int) -> bool:
    """Note that a person who never had a key shall have none; False when there is a row."""
    return tx.run(_FORBID, person=person, key_id=key_id, at=at) == 1
