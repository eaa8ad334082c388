"""Rows of mailed secrets. Neither link nor code can be read back from them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from idp.clock import from_micros
from idp.proving.model import MailedSecret, Purpose
from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.tables import Digest, Instant, metadata

mailed_secret = sa.Table(
    "mailed_secret",
    metadata,
    sa.Column("selector", sa.String(24), primary_key=True),
    sa.Column("flow", sa.String(64), nullable=False),
    sa.Column("purpose", sa.String(24), nullable=False),
    sa.Column("subject", sa.String(64)),
    sa.Column("address", sa.String(320)),
    sa.Column("token_hash", Digest, nullable=False),
    sa.Column("code_mac", Digest, nullable=False),
    sa.Column("binding", sa.String(128), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
)
sa.Index("ix_mailed_secret_flow", mailed_secret.c.flow)
sa.Index("ix_mailed_secret_subject", mailed_secret.c.subject)
sa.Index("ix_mailed_secret_expires_at", mailed_secret.c.expires_at)

_c = mailed_secret.c
_COLUMNS = (
    _c.selector,
    _c.flow,
    _c.purpose,
    _c.subject,
    _c.address,
    _c.token_hash,
    _c.code_mac,
    _c.binding,
    _c.expires_at,
    _c.used_at,
)
_ADD = Statement(
    sa.insert(mailed_secret).values(
        {c.name: sa.bindparam(c.name) for c in _c if c.name != "used_at"}
    )
)
_BY_SELECTOR = Statement(sa.select(*_COLUMNS).where(_c.selector == sa.bindparam("which")))
_OF_FLOW = Statement(
    sa.select(*_COLUMNS)
    .where(_c.flow == sa.bindparam("flow"), _c.purpose == sa.bindparam("purpose"))
    .order_by(_c.created_at.desc())
    .limit(5)
)
_SPEND = Statement(
    sa.update(mailed_secret)
    .where(
        _c.selector == sa.bindparam("which"),
        _c.used_at.is_(None),
        _c.expires_at > sa.bindparam("now"),
    )
    .values(used_at=sa.bindparam("now"))
)
_END_FLOW = Statement(
    sa.update(mailed_secret)
    .where(_c.flow == sa.bindparam("flow"), _c.used_at.is_(None))
    .values(used_at=sa.bindparam("now"))
)
_END_SUBJECT = Statement(
    sa.update(mailed_secret)
    .where(_c.subject == sa.bindparam("who"), _c.used_at.is_(None))
    .values(used_at=sa.bindparam("now"))
)
_CLEAN = Statement(sa.delete(mailed_secret).where(_c.expires_at < sa.bindparam("before")))


def add(tx: Tx, **columns: Any) -> None:
    """Insert a secret; every column but `used_at` is named."""
    tx.write(_ADD, **columns)


def find(tx: Tx, selector: str) -> MailedSecret | None:
    """Find a secret by the public part of its link."""
    row = tx.one(_BY_SELECTOR, which=selector)
    return _read(row) if row else None


def of_flow(tx: Tx, flow: str, purpose: Purpose) -> list[MailedSecret]:
    """List what was sent in a procedure for a purpose, newest first, five at most."""
    return [_read(row) for row in tx.all(_OF_FLOW, flow=flow, purpose=purpose.value)]


def spend(tx: Tx, selector: str, now: int) -> bool:
    """Use a secret up, once; False when it was used or is over."""
    return tx.run(_SPEND, which=selector, now=now) == 1


def end_flow(tx: Tx, flow: str, now: int) -> None:
    """Use up everything that was sent in a procedure."""
    tx.write(_END_FLOW, flow=flow, now=now)


def end_of_subject(tx: Tx, subject: str, now: int) -> None:
    """Use up everything that was sent to an account, whatever for."""
    tx.write(_END_SUBJECT, who=subject, now=now)


def clean(tx: Tx, before: int) -> int:
    """Delete secrets that ended before an instant."""
    return tx.run(_CLEAN, before=before)


def _read(row: tuple[Any, ...]) -> MailedSecret:
    return MailedSecret(
        selector=row[0],
        flow=row[1],
        purpose=Purpose(row[2]),
        subject=row[3],
        address=row[4],
        token_hash=row[5],
        code_mac=row[6],
        binding=row[7],
        expires_at=from_micros(row[8]),
        used_at=from_micros(row[9]) if row[9] is not None else None,
    )
