"""The homes of what may be lost with a stated answer: Redis when there is one, else SQL.

Counters of addresses and replay marks only; everything else is in SQL whatever is chosen here.
"""

from __future__ import annotations

from dataclasses import dataclass

import redis
from limits.storage import RedisStorage, Storage

from idp.clock import Clock
from idp.errors import StoreUnavailable
from idp.storage.limit_storage import SqlStorage
from idp.storage.marks import RedisMarks, ReplayMarks, SqlMarks, connect_redis
from idp.storage.sql import Database


@dataclass(frozen=True)
class Ephemeral:
    """Both homes, and what the counters raise while theirs does not answer."""

    storage: Storage
    marks: ReplayMarks
    outages: tuple[type[Exception], ...]


def open_ephemeral(redis_url: str | None, database: Database, clock: Clock) -> Ephemeral:
    """Choose the homes; raises `StoreUnavailable` when a Redis is named and does not answer."""
    if redis_url is None:
        return Ephemeral(SqlStorage(database), SqlMarks(database, clock), (StoreUnavailable,))
    client = connect_redis(redis_url)
    try:
        client.ping()
    except redis.RedisError as error:
        raise StoreUnavailable(f"Redis does not answer: {type(error).__name__}") from error
    storage = RedisStorage(redis_url, connection_pool=client.connection_pool)
    return Ephemeral(storage, RedisMarks(client, clock), (redis.RedisError,))
