"""Rows of authorization requests: in progress under a handle bound to one browser, and pushed."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from idp.accounts.tables import account
from idp.clock import from_micros
from idp.members.standing import dates_access_ends_on
from idp.members.store import DATE_COLUMNS, member, read_dates
from idp.oidc.claims import Person
from idp.oidc.model import AuthorizationRequest, Parameters, Pushed
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

_c, _p = authorization_request.c, pushed_request.c
_ADD = Statement(
    sa.insert(authorization_request).values(
        {c.name: sa.bindparam(c.name) for c in _c if c.name not in ("consented_by", "consumed_at")}
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
        _c.pushed_hash,
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
_PUSH = Statement(
    sa.insert(pushed_request).values(
        {c.name: sa.bindparam(c.name) for c in _p if c.name != "consumed_at"}
    )
)
_FIND_PUSHED = Statement(
    sa.select(_p.client_id, _p.parameters, _p.expires_at, _p.consumed_at).where(
        _p.uri_hash == sa.bindparam("uri")
    )
)
_CONSUME_PUSHED = Statement(
    sa.update(pushed_request)
    .where(_p.uri_hash == sa.bindparam("uri"), _p.consumed_at.is_(None))
    .values(consumed_at=sa.bindparam("at"))
)
_CLEAN_PUSHED = Statement(sa.delete(pushed_request).where(_p.expires_at < sa.bindparam("before")))
_PERSON = Statement(
    sa.select(
        account.c.address,
        account.c.member_number,
        member.c.facts,
        member.c.updated_at,
        *DATE_COLUMNS,
    )
    .join(member, member.c.member_number == account.c.member_number)
    .where(account.c.subject == sa.bindparam("who"))
)
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
        pushed_hash=row[7],
    )


def bind(tx: Tx, handle_hash: str, browser_hash: str) -> bool:
    """Bind a request that came by POST to the browser that opens it first."""
    return tx.run(_BIND, handle=handle_hash, browser=browser_hash) == 1


def note_consent(tx: Tx, handle_hash: str, subject: str) -> None:
    """Note that a member said yes in this very request (`prompt=consent`)."""
    tx.write(_CONSENT, handle=handle_hash, who=subject)


def consume(tx: Tx, request: AuthorizationRequest, at: int) -> bool:
    """Take a request for its one answer; False for everyone after the first.

    Many requests may have been opened from one that was pushed: the first answer takes that too,
    and rolls back the others (RFC 9126 4, 7.3).
    """
    if tx.run(_CONSUME, handle=request.handle_hash, at=at) != 1:
        return False
    pushed = request.pushed_hash
    return pushed is None or tx.run(_CONSUME_PUSHED, uri=pushed, at=at) == 1


def push(tx: Tx, **columns: Any) -> None:
    """Insert a pushed request."""
    columns["parameters"] = msgspec.json.encode(columns["parameters"]).decode()
    tx.write(_PUSH, **columns)


def find_pushed(tx: Tx, uri_hash: str) -> Pushed | None:
    """Find a pushed request."""
    row = tx.one(_FIND_PUSHED, uri=uri_hash)
    if row is None:
        return None
    return Pushed(
        uri_hash, row[0], _DECODER.decode(row[1]), from_micros(row[2]), row[3] is not None
    )


def clean(tx: Tx, before: int) -> int:
    """Delete requests that expired before an instant."""
    return tx.run(_CLEAN, before=before)


def clean_pushed(tx: Tx, before: int) -> int:
    """Delete pushed requests that expired before an instant.

    They are still needed while a request opened from them can be answered.
    """
    return tx.run(_CLEAN_PUSHED, before=before)


def find_person(tx: Tx, subject: str) -> Person | None:
    """Find what is on record about a subject, in one statement."""
    row = tx.one(_PERSON, who=subject)
    if row is None:
        return None
    ends_on = dates_access_ends_on(read_dates(row[4:]))
    return Person(
        subject=subject,
        address=row[0],
        member_number=row[1],
        facts=row[2],
        updated_at=from_micros(row[3]),
        access_ends_on=ends_on.isoformat() if ends_on else None,
    )
