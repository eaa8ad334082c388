"""A SQL home for the `limits` library's sliding windows, for the embedded deployment.

Same contract as the Redis home (`limits.storage.RedisStorage`): one suite runs against both.
"""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from limits.storage import MovingWindowSupport, Storage

from idp.storage.sql import Database, Tx
from idp.storage.statement import Statement
from idp.storage.tables import Instant, metadata

bucket_hit = sa.Table(
    "bucket_hit",
    metadata,
    sa.Column(
        "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), primary_key=True
    ),
    sa.Column("bucket", sa.String(200), nullable=False),
    sa.Column("hit_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)
sa.Index("ix_bucket_hit_bucket_hit_at", bucket_hit.c.bucket, bucket_hit.c.hit_at)
sa.Index("ix_bucket_hit_expires_at", bucket_hit.c.expires_at)

_c = bucket_hit.c
_WINDOW = Statement(
    sa.select(sa.func.count(), sa.func.min(_c.hit_at)).where(
        _c.bucket == sa.bindparam("key"), _c.hit_at > sa.bindparam("since")
    )
)
_ADD = Statement(
    sa.insert(bucket_hit).values(
        bucket=sa.bindparam("key"),
        hit_at=sa.bindparam("at"),
        expires_at=sa.bindparam("expires"),
    )
)
_CLEAR = Statement(sa.delete(bucket_hit).where(_c.bucket == sa.bindparam("key")))
_CLEAN = Statement(sa.delete(bucket_hit).where(_c.expires_at < sa.bindparam("now")))
_RESET = Statement(sa.delete(bucket_hit))


class SqlStorage(Storage, MovingWindowSupport):
    """Sliding windows as rows; atomic on SQLite and PostgreSQL."""

    STORAGE_SCHEME = ["kumiai-sql"]  # noqa: RUF012  the library reads a list here

    def __init__(self, database: Database) -> None:
        """Keep windows in `database`."""
        super().__init__("kumiai-sql://", wrap_exceptions=False)
        self._database = database

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """Tell the library nothing of its own to wrap."""
        return ()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Add `amount` hits if the window of `expiry` seconds stays within `limit`."""
        with self._database.begin() as tx:
            now = _micros()
            tx.lock(f"bucket:{key}")
            count, _ = _window(tx, key, now - expiry * 1_000_000)
            if count + amount > limit:
                return False
            row = {"key": key, "at": now, "expires": now + expiry * 1_000_000}
            tx.run_many(_ADD, [row] * amount)
            return True

    def get_moving_window(
        self,
        key: str,
        limit: int,  # noqa: ARG002  the library's signature
        expiry: int,
    ) -> tuple[float, int]:
        """Tell the start of the window (seconds) and how many hits stand in it."""
        with self._database.read() as tx:
            now = _micros()
            count, oldest = _window(tx, key, now - expiry * 1_000_000)
        return (oldest or now) / 1_000_000, count

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Fixed windows are not offered: the library's base class demands the method."""
        # Never reached: `limits` calls it for fixed windows, and policy knows sliding ones only.
        raise NotImplementedError("only sliding windows are kept here")

    def get(self, key: str) -> int:
        """Fixed windows are not offered: the library's base class demands the method."""
        # Never reached: `limits` calls it for fixed windows, and policy knows sliding ones only.
        raise NotImplementedError("only sliding windows are kept here")

    def get_expiry(self, key: str) -> float:  # noqa: ARG002  the library's signature
        """Tell when the newest hit leaves the window; now when there is none."""
        return time.time()

    def check(self) -> bool:
        """Tell whether the database answers."""
        with self._database.read() as tx:
            return _window(tx, "", _micros()) is not None

    def reset(self) -> int | None:
        """Forget every window."""
        with self._database.begin() as tx:
            return tx.run(_RESET)

    def clear(self, key: str) -> None:
        """Forget one window."""
        with self._database.begin() as tx:
            tx.run(_CLEAR, key=key)


def clean_hits(tx: Tx) -> int:
    """Delete hits that no window reaches any more."""
    return tx.run(_CLEAN, now=_micros())


def _window(tx: Tx, key: str, since: int) -> tuple[int, int | None]:
    row: Any = tx.one(_WINDOW, key=key, since=since)
    return row[0], row[1]


def _micros() -> int:
    # The windows of both homes run on the machine's clock, as the library's Redis home does.
    return time.time_ns() // 1000
