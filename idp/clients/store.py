"""Rows of clients added while running, and of what is known about who fetched the key set.

Those of `policies/clients.toml` come with the policy. A fetch of the key set says nothing of whose
it is; a row stands for an address from which a client with a credential has authenticated, and
keeps the last fetch from there. At most `MOST_ADDRESSES` per client stay.
"""

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
    sa.Column("secret_at", Instant),
)
key_set_fetch = sa.Table(
    "key_set_fetch",
    metadata,
    sa.Column("client_id", sa.String(128), primary_key=True),
    sa.Column("address", sa.String(45), primary_key=True),
    sa.Column("authenticated_at", Instant, nullable=False),
    sa.Column("fetched_at", Instant),
    sa.Column("kids", sa.Text),
)
sa.Index("ix_key_set_fetch_address", key_set_fetch.c.address)
MOST_ADDRESSES = 20

_f = key_set_fetch.c
_c = client.c
_ALL = Statement(sa.select(_c.client_id, _c.entry).order_by(_c.client_id))
_FIND = Statement(sa.select(_c.entry).where(_c.client_id == sa.bindparam("which")))
_SECRET_AT = Statement(
    sa.select(sa.func.coalesce(_c.secret_at, _c.created_at)).where(
        _c.client_id == sa.bindparam("which")
    )
)
_RENEWED = Statement(
    sa.update(client)
    .where(_c.client_id == sa.bindparam("which"))
    .values(secret_at=sa.bindparam("at"))
)
_ADD = Statement(sa.insert(client).values({c.name: sa.bindparam(c.name) for c in _c}))
_REMOVE = Statement(sa.delete(client).where(_c.client_id == sa.bindparam("which")))
_CHANGE = Statement(
    sa.update(client)
    .where(_c.client_id == sa.bindparam("which"), _c.entry == sa.bindparam("old"))
    .values(entry=sa.bindparam("new"))
)

# A process that was late never puts an older moment over a newer one.
_AUTHENTICATED = Statement(
    sa.text(
        "INSERT INTO key_set_fetch (client_id, address, authenticated_at)"
        " VALUES (:client_id, :address, :at) ON CONFLICT (client_id, address)"
        " DO UPDATE SET authenticated_at = excluded.authenticated_at"
        " WHERE key_set_fetch.authenticated_at < excluded.authenticated_at"
    )
)
_FETCHED = Statement(
    sa.update(key_set_fetch)
    .where(
        _f.address == sa.bindparam("place"),
        sa.or_(_f.fetched_at.is_(None), _f.fetched_at < sa.bindparam("at")),
    )
    .values(fetched_at=sa.bindparam("at"), kids=sa.bindparam("seen"))
)
_FETCHES = Statement(
    sa.select(_f.client_id, _f.address, _f.authenticated_at, _f.fetched_at, _f.kids).order_by(
        _f.client_id, _f.address
    )
)
_FORGET = Statement(sa.delete(key_set_fetch).where(_f.authenticated_at < sa.bindparam("before")))
_TRIM = Statement(
    sa.text(
        "DELETE FROM key_set_fetch WHERE (SELECT count(*) FROM key_set_fetch AS newer"
        " WHERE newer.client_id = key_set_fetch.client_id"
        " AND (newer.authenticated_at, newer.address)"
        " > (key_set_fetch.authenticated_at, key_set_fetch.address)) >= :most"
    )
)


def all_entries(tx: Tx) -> list[tuple[str, str]]:
    """List client ids with their metadata as JSON."""
    return [(r[0], r[1]) for r in tx.all(_ALL)]


def find(tx: Tx, client_id: str) -> str | None:
    """Find a client's metadata."""
    row = tx.one(_FIND, which=client_id)
    return row[0] if row else None


def add(tx: Tx, client_id: str, entry: str, at: int) -> None:
    """Insert a client."""
    tx.run(_ADD, client_id=client_id, entry=entry, created_at=at, secret_at=at)


def remove(tx: Tx, client_id: str) -> bool:
    """Delete a client; False when there is none."""
    return tx.run(_REMOVE, which=client_id) == 1


def change(tx: Tx, client_id: str, old: str, new: str) -> bool:
    """Replace a client's metadata; False when it is no longer what was read."""
    return tx.run(_CHANGE, which=client_id, old=old, new=new) == 1


def renewed(tx: Tx, client_id: str, at: int) -> None:
    """Note when a client's secret was drawn anew."""
    tx.run(_RENEWED, which=client_id, at=at)


def secret_at(tx: Tx, client_id: str) -> int | None:
    """Tell since when a client that was added has the secret it has."""
    row = tx.one(_SECRET_AT, which=client_id)
    return row[0] if row else None


def authenticated(tx: Tx, rows: list[dict[str, str | int]]) -> None:
    """Note where clients authenticated from: client_id, address, at."""
    tx.run_many(_AUTHENTICATED, rows)


def fetched(tx: Tx, address: str, at: int, kids: str) -> bool:
    """Note a fetch of the key set; False when no client is known at this address."""
    return tx.run(_FETCHED, place=address, at=at, seen=kids) > 0


def fetches(tx: Tx) -> list[tuple[str, str, int, int | None, str | None]]:
    """List what is known: client, address, authenticated at, fetched at, ids of the keys."""
    return [(r[0], r[1], r[2], r[3], r[4]) for r in tx.all(_FETCHES)]


def clean_fetches(tx: Tx, before: int) -> int:
    """Forget addresses no client came from since, and all but the newest of each client."""
    return tx.run(_FORGET, before=before) + tx.run(_TRIM, most=MOST_ADDRESSES)
