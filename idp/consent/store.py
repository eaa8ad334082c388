"""Rows of consents: what a member agreed to share with a client.

An item is a scope, or a part of one (`profile.name`) when single claims were asked for.
"""

from __future__ import annotations

import sqlalchemy as sa

from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.tables import Instant, metadata

consent = sa.Table(
    "consent",
    metadata,
    sa.Column("subject", sa.String(64), primary_key=True),
    sa.Column("client_id", sa.String(128), primary_key=True),
    sa.Column("scopes", sa.String(400), nullable=False),
    sa.Column("given_at", Instant, nullable=False),
)
_c = consent.c
_FIND = Statement(
    sa.select(_c.scopes).where(
        _c.subject == sa.bindparam("who"), _c.client_id == sa.bindparam("client")
    )
)
_SAVE = Statement(
    sa.text(
        "INSERT INTO consent (subject, client_id, scopes, given_at)"
        " VALUES (:who, :client, :scopes, :at)"
        " ON CONFLICT (subject, client_id) DO UPDATE SET scopes = :scopes, given_at = :at"
    )
)
_OF_SUBJECT = Statement(
    sa.select(_c.client_id, _c.scopes, _c.given_at).where(_c.subject == sa.bindparam("who"))
)
_REMOVE = Statement(
    sa.delete(consent)
    .where(_c.subject == sa.bindparam("who"), _c.client_id == sa.bindparam("client"))
    .returning(_c.scopes)
)


def find(tx: Tx, subject: str, client_id: str) -> frozenset[str]:
    """Find the items a member agreed to; none when never asked."""
    row = tx.one(_FIND, who=subject, client=client_id)
    return frozenset(row[0].split()) if row else frozenset()


def save(tx: Tx, subject: str, client_id: str, scopes: frozenset[str], at: int) -> None:
    """Remember the items a member agreed to, replacing what was there."""
    tx.write(_SAVE, who=subject, client=client_id, scopes=" ".join(sorted(scopes)), at=at)


def remove(tx: Tx, subject: str, client_id: str) -> frozenset[str]:
    """Forget a consent; answers what it held."""
    row = tx.one(_REMOVE, who=subject, client=client_id)
    return frozenset(row[0].split()) if row else frozenset()


def given_by(tx: Tx, subject: str) -> list[tuple[str, str, int]]:
    """List a member's consents: client, items, when they were given."""
    return [(r[0], r[1], r[2]) for r in tx.all(_OF_SUBJECT, who=subject)]
