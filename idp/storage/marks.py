"""Replay marks: `claim` says once, and only once, that a key is new.

SQL marks are durable. Redis marks may be lost with Redis: it carries `born_at`, set once when
missing, and whatever was made before `born_at` + 5 s cannot be judged and is answered 503; so a
Redis that was lost forgets nothing that matters.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import Any, Protocol

import redis
import sqlalchemy as sa

from idp.clock import Clock, to_micros
from idp.errors import Unavailable
from idp.storage.sql import Database, Tx
from idp.storage.statement import Statement
from idp.storage.tables import Digest, Instant, metadata

BORN_MARGIN_SECONDS = 5
_BORN_AT = "kumiai:born_at"

replay_mark = sa.Table(
    "replay_mark",
    metadata,
    sa.Column("key_hash", Digest, primary_key=True),
    sa.Column("expires_at", Instant, nullable=False),
)
sa.Index("ix_replay_mark_expires_at", replay_mark.c.expires_at)

_CLAIM = Statement(
    sa.text(
        "INSERT INTO replay_mark (key_hash, expires_at) VALUES (:key, :expires)"
        " ON CONFLICT (key_hash) DO UPDATE SET expires_at = :expires"
        " WHERE replay_mark.expires_at <= :now"
    )
)
_CLEAN = Statement(sa.delete(replay_mark).where(replay_mark.c.expires_at < sa.bindparam("before")))


class ReplayMarks(Protocol):
    """The contract both homes keep."""

    def claim(self, key: str, seconds: int, made_at: int) -> bool:
        """Claim a key for `seconds`; False when it is claimed already.

        `made_at` (Unix seconds) is when the thing that carries the key was made. Raises
        `idp.errors.Unavailable` when the home cannot judge it.
        """
        ...


@dataclass(frozen=True)
class SqlMarks:
    """Marks as rows; durable, so nothing is ever too old to be judged."""

    database: Database
    clock: Clock

    def claim(self, key: str, seconds: int, made_at: int) -> bool:  # noqa: ARG002
        """Claim a key; see `ReplayMarks.claim`."""
        now = to_micros(self.clock.now())
        with self.database.begin() as tx:
            values = {"key": _hash(key), "expires": now + seconds * 1_000_000, "now": now}
            return tx.run(_CLAIM, **values) == 1


def clean_marks(tx: Tx, before: int) -> int:
    """Delete marks that expired before an instant."""
    return tx.run(_CLEAN, before=before)


@dataclass
class RedisMarks:
    """Marks in Redis, in one round trip; `born_at` tells how far back they can be trusted."""

    client: redis.Redis
    clock: Clock

    def claim(self, key: str, seconds: int, made_at: int) -> bool:
        """Claim a key; see `ReplayMarks.claim`."""
        now = int(self.clock.now().timestamp())
        try:
            with self.client.pipeline(transaction=True) as pipe:
                pipe.set(_BORN_AT, now, nx=True)
                pipe.get(_BORN_AT)
                pipe.set(f"kumiai:mark:{_hash(key)}", 1, nx=True, ex=seconds)
                _, born_at, first = pipe.execute()
        except redis.RedisError as error:
            raise Unavailable(f"replay marks: {type(error).__name__}") from error
        if made_at < int(born_at) + BORN_MARGIN_SECONDS:
            raise Unavailable("replay marks were lost", retry_after=BORN_MARGIN_SECONDS + 1)
        return bool(first)

    def settle(self) -> None:
        """Wait until a new Redis can judge what is made from now on: `BORN_MARGIN_SECONDS` at most.

        Called before a node begins to serve, so that its first clients are not turned away.
        """
        now = int(self.clock.now().timestamp())
        try:
            self.client.set(_BORN_AT, now, nx=True)
            born_at: Any = self.client.get(_BORN_AT)
        except redis.RedisError as error:
            raise Unavailable(f"replay marks: {type(error).__name__}") from error
        age = now - int(born_at or now)
        time.sleep(min(max(0, BORN_MARGIN_SECONDS - age), BORN_MARGIN_SECONDS))


def connect_redis(url: str) -> redis.Redis:
    """Make a client that fails fast: no retry, 0.2 s, a blocking pool (the defaults cost 4 s)."""
    pool = redis.BlockingConnectionPool.from_url(
        url,
        max_connections=64,
        timeout=0.5,
        socket_timeout=0.2,
        socket_connect_timeout=0.2,
        retry=None,
        retry_on_timeout=False,
    )
    return redis.Redis(connection_pool=pool)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
