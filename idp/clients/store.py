"""Rows of clients added while running. Those of `policies/clients.toml` come with the policy."""

import sqlalchemy as sa

from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.tables import Instant, metadata

client = sa.Table(
    "client",
    metadata,
    sa.Column("client_id", sa.String(128), primary_key=True),
    sa.Column("entry", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)
_c = client.c
_ALL = Statement(sa.select(_c.client_id, _c.entry).order_by(_c.client_id))
_FIND = Statement(sa.select(_c.entry).where(_c.client_id == sa.bindparam("which")))
_ADD = Statement(sa.insert(client))
_REMOVE = Statement(sa.delete(client).where(_c.client_id == sa.bindparam("which")))


def all_entries(tx: Tx) -> list[tuple[str, str]]:
    """List client ids with their metadata as JSON."""
    return [(r[0], r[1]) for r in tx.all(_ALL)]


def find(tx: Tx, client_id: str) -> str | None:
    """Find a client's metadata."""
    row = tx.one(_FIND, which=client_id)
    return row[0] if row else None


def add(tx: Tx, client_id: str, entry: str, at: int) -> None:
    """Insert a client."""
    tx.run(_ADD, client_id=client_id, entry=entry, created_at=at)


def remove(tx: Tx, client_id: str) -> bool:
    """Delete a client; False when there is none."""
    return tx.run(_REMOVE, which=client_id) == 1
