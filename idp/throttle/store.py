"""Rows of leases: sliding logs of failures, and attempts in flight. Exact on every node.

A lease that was never settled (its process was killed) counts as a failure after `ABANDONED`.
"""

import sqlalchemy as sa

from idp.clock import from_micros
from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.tables import Instant, metadata
from idp.throttle.model import Spent

ABANDONED_MICROS = 30_000_000

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("bucket", sa.String(160), nullable=False),
    sa.Column("leased_at", Instant, nullable=False),
    sa.Column("failed_at", Instant),
)
sa.Index("ix_lease_bucket", lease.c.bucket)
sa.Index("ix_lease_leased_at", lease.c.leased_at)

_c = lease.c
_OF_BUCKET = Statement(
    sa.select(_c.leased_at, _c.failed_at).where(_c.bucket == sa.bindparam("bucket"))
)
_ADD = Statement(
    sa.insert(lease).values(
        id=sa.bindparam("id"), bucket=sa.bindparam("bucket"), leased_at=sa.bindparam("leased_at")
    )
)
_FAIL = Statement(
    sa.update(lease)
    .where(_c.id == sa.bindparam("which"), _c.failed_at.is_(None))
    .values(failed_at=sa.bindparam("at"))
)
_EMPTY = Statement(
    sa.delete(lease).where(
        _c.bucket == sa.bindparam("bucket"),
        sa.or_(_c.failed_at.is_not(None), _c.id == sa.bindparam("own")),
    )
)
_FORGET = Statement(
    sa.delete(lease).where(_c.bucket == sa.bindparam("bucket"), _c.failed_at.is_not(None))
)
_CLEAN = Statement(sa.delete(lease).where(_c.leased_at < sa.bindparam("before")))


def lock(tx: Tx, bucket: str) -> None:
    """Hold everyone else off this budget until the transaction ends."""
    tx.lock(f"lease:{bucket}")


def spent(tx: Tx, bucket: str, now: int, window: int) -> Spent:
    """Count a budget's failures inside the window and its attempts in flight."""
    failures: list[int] = []
    in_flight = 0
    for leased_at, failed_at in tx.all(_OF_BUCKET, bucket=bucket):
        at = failed_at
        if at is None:
            if leased_at > now - ABANDONED_MICROS:
                in_flight += 1
                continue
            at = leased_at + ABANDONED_MICROS
        if at > now - window:
            failures.append(at)
    oldest = from_micros(min(failures)) if failures else None
    return Spent(len(failures), in_flight, oldest)


def add(tx: Tx, lease_id: str, bucket: str, at: int) -> None:
    """Insert an attempt in flight."""
    tx.write(_ADD, id=lease_id, bucket=bucket, leased_at=at)


def fail(tx: Tx, lease_id: str, at: int) -> None:
    """Turn an attempt in flight into a failure."""
    tx.write(_FAIL, which=lease_id, at=at)


def empty(tx: Tx, bucket: str, own: str) -> None:
    """Forget a budget's failures and one attempt in flight; others in flight stay."""
    tx.write(_EMPTY, bucket=bucket, own=own)


def forget(tx: Tx, bucket: str) -> None:
    """Forget a budget's failures; attempts in flight stay."""
    tx.write(_FORGET, bucket=bucket)


def clean(tx: Tx, before: int) -> int:
    """Delete rows older than the longest window."""
    return tx.run(_CLEAN, before=before)
