"""Replay marks: `claim` says once, and only once, that a key is new.

SQL marks are durable. Redis marks may be lost with Redis: it carries `born_at`, set once when
missing, and whatever may have been used before `born_at` + 5 s cannot be judged and is answered
503; so a Redis that was lost forgets nothing that matters. The 5 s are for nodes whose clocks
differ; how far a client's own clock may be ahead is the caller's affair (`made_at`).
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
_LIVE = Statement(
    sa.select(replay_mark.c.key_hash).where(replay_mark.c.expires_at > sa.bindparam("now")).limit(1)
)
_FIRST_MARKED = Statement(
    sa.text(
        "INSERT INTO stamp (name, version) VALUES ('replay_marks', 1) ON CONFLICT (name) DO NOTHING"
    )
)
_CLEAN = Statement(sa.delete(replay_mark).where(replay_mark.c.expires_at < sa.bindparam("before")))


_CLAIM_LUA = """
redis.call('SET', KEYS[1], ARGV[1], 'NX')
local first = redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[2])
return {redis.call('GET', KEYS[1]), first and 1 or 0}
"""


class ReplayMarks(Protocol):
    """The contract both homes keep."""

    def claim(self, key: str, seconds: int, made_at: int) -> bool:
        """Claim a key for `seconds`; False when it is claimed already.

        `made_at` (Unix seconds) is the earliest moment at which the thing that carries the key can
        have been used: what it says of itself, less what its maker's clock may be ahead. Otherwise
        something dated in the future could be used before and after a loss. Raises
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

    def __post_init__(self) -> None:
        """Prepare the script: one command instead of a transaction of five."""
        self._script: Any = self.client.register_script(_CLAIM_LUA)

    def claim(self, key: str, seconds: int, made_at: int) -> bool:
        """Claim a key; see `ReplayMarks.claim`."""
        now = int(self.clock.now().timestamp())
        try:
            mark = f"kumiai:mark:{_hash(key)}"
            born_at, first = self._script(keys=[_BORN_AT, mark], args=[now, seconds])
        except redis.RedisError as error:
            raise Unavailable(f"replay marks: {type(error).__name__}") from error
        judged_from = int(born_at) + BORN_MARGIN_SECONDS
        if made_at < judged_from:
            raise Unavailable("replay marks were lost", retry_after=judged_from - made_at + 1)
        return bool(first)

    def settle(self, database: Database, ahead: int) -> None:
        """Wait until a new Redis can judge what is made from now on by clocks `ahead` seconds off.

        Called before a node begins to serve, so that its first clients are not turned away. The
        first node that ever serves on this database need not wait: nothing can have been used.
        """
        now = int(self.clock.now().timestamp())
        first = 0 if _never_marked(database, to_micros(self.clock.now())) else now
        try:
            self.client.set(_BORN_AT, first, nx=True)
            born_at: Any = self.client.get(_BORN_AT)
        except redis.RedisError as error:
            raise Unavailable(f"replay marks: {type(error).__name__}") from error
        left = int(born_at or now) + BORN_MARGIN_SECONDS + ahead - now
        time.sleep(min(max(0, left), BORN_MARGIN_SECONDS + ahead))


def _never_marked(database: Database, now: int) -> bool:
    """Tell, to one caller only, that no node marked anything on this database that still counts."""
    with database.begin() as tx:
        return tx.run(_FIRST_MARKED) == 1 and tx.one(_LIVE, now=now) is None


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
