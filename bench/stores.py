"""The two kinds of stores a deployment may stand on, as servers of our own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal, get_args

import redis

from bench.cpu import seconds_of_tree
from tests.support.servers import PostgresServer, RedisServer, running_postgres, running_redis

Kind = Literal["sqlite", "scaled"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Stores:
    """The stores of one deployment: how to reach them, and whose CPU is theirs."""

    kind: Kind
    settings: dict[str, str]
    postgres: PostgresServer | None = None
    redis: RedisServer | None = None

    def cpu_seconds(self) -> float:
        """Sum the CPU seconds of the store servers; none when the store is a file."""
        servers = (self.postgres, self.redis)
        return sum(seconds_of_tree(s.process.pid) for s in servers if s and s.process)

    def redis_commands(self) -> int:
        """Tell how many commands Redis has processed, this question included."""
        if self.redis is None:
            return 0
        with redis.Redis(port=self.redis.port) as client:
            facts: dict[str, int] = client.info("stats")
            return int(facts["total_commands_processed"])

    def afresh(self) -> Stores:
        """Give the stores of another, empty deployment on the same servers."""
        if self.postgres is None:
            return self
        url = self.postgres.new_database("bench")
        return replace(self, settings={**self.settings, "IDP_DATABASE_URL": url})


@contextmanager
def running_stores(kind: Kind) -> Iterator[Stores]:
    """Start what a kind of deployment needs; stop it at the end."""
    if kind == "sqlite":
        yield Stores(kind, {})
        return
    with running_postgres() as postgres, running_redis() as cache:
        with redis.Redis(port=cache.port) as client:
            # A Redis that has been up for long: a new one answers 503 to assertions made before it.
            client.set("kumiai:born_at", 1)
        settings = {
            "IDP_DATABASE_URL": postgres.new_database("bench"),
            "IDP_REDIS_URL": cache.url,
        }
        yield Stores(kind, settings, postgres, cache)
