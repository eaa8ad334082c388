"""Rows of authorization requests in progress, under a handle bound to one browser."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from idp.clock import from_micros
from idp.oidc.model import AuthorizationRequest, Parameters
from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.tables import Digest, Instant, metadata

authorization_request = sa.Table(
    "authorization_request",
    metadata,
    sa.Column("handle_hash", Digest, primary_key=True),
    sa.Column("browser_hash", Digest),
    sa.Column("client_id", sa.String(128), nullable=False),
    sa.Column("parameters", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("consented_by", sa.String(64)),
    sa.Column("consumed_at", Instant),
    sa.Column("pushed_hash", Digest),
)
sa.Index("ix_authorization_request_expires_at", authorization_request.c.expires_at)

# Requests pushed by their client (RFC 9126); consumed by the first answer, not by being opened.
pushed_request = sa.Table(
    "pushed_request",
    metadata,
    sa.Column("uri_hash", Digest, primary_key=True),
    sa.Column("client_id", sa.String(128), nullable=False),
    sa.Column("parameters", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("consumed_at", Instant),
)
sa.Index("ix_pushed_request_expires_at", pushed_request.c.expires_at)

_c = authorization_request.c
_ADD = Statement(
    sa.insert(authorization_request).values(
        {
            c.name: sa.bindparam(c.name)
            for c in _c
            if c.name not in ("consented_by", "consumed_at", "pushed_hash")
        }
    )
)
_FIND = Statement(
    sa.select(
        _c.browser_hash,
        _c.client_id,
        _c.parameters,
        _c.created_at,
        _c.expires_at,
        _c.consented_by,
        _c.consumed_at,
    ).where(_c.handle_hash == sa.bindparam("handle"))
)
_BIND = Statement(
    sa.update(authorization_request)
    .where(_c.handle_hash == sa.bindparam("handle"), _c.browser_hash.is_(None))
    .values(browser_hash=sa.bindparam("browser"))
)
_CONSENT = Statement(
    sa.update(authorization_request)
    .where(_c.handle_hash == sa.bindparam("handle"))
    .values(consented_by=sa.bindparam("who"))
)
_CONSUME = Statement(
    sa.update(authorization_request)
    .where(_c.handle_hash == sa.bindparam("handle"), _c.consumed_at.is_(None))
    .values(consumed_at=sa.bindparam("at"))
)
_CLEAN = Statement(sa.delete(authorization_request).where(_c.expires_at < sa.bindparam("before")))
_DECODER = msgspec.json.Decoder(Parameters)


def add(tx: Tx, **columns: Any) -> None:
    """Insert an authorization request; `browser_hash` None binds it to the first who opens it."""
    columns["parameters"] = msgspec.json.encode(columns["parameters"]).decode()
    tx.write(_ADD, **columns)


def find(tx: Tx, handle_hash: str) -> AuthorizationRequest | None:
    """Find an authorization request by its handle."""
    row = tx.one(_FIND, handle=handle_hash)
    if row is None:
        return None
    return AuthorizationRequest(
        handle_hash=handle_hash,
        browser_hash=row[0],
        client_id=row[1],
        parameters=_DECODER.decode(row[2]),
        created_at=from_micros(row[3]),
        expires_at=from_micros(row[4]),
        consented_by=row[5],
        consumed=row[6] is not None,
    )


def bind(tx: Tx, handle_hash: str, browser_hash: str) -> bool:
    """Bind a request that came by POST to the browser that opens it first."""
    return tx.run(_BIND, handle=handle_hash, browser=browser_hash) == 1


def note_consent(tx: Tx, handle_hash: str, subject: str) -> None:
    """Note that a member said yes in this very request (`prompt=consent`)."""
    tx.write(_CONSENT, handle=handle_hash, who=subject)


def consume(tx: Tx, handle_hash: str, at: int) -> bool:
    """Take a request for its one answer; False for everyone after the first."""
    return tx.run(_CONSUME, handle=handle_hash, at=at) == 1


def clean(tx: Tx, before: int) -> int:
    """Delete requests that expired before an instant."""
    return tx.run(_CLEAN, before=before)
