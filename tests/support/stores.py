"""A demo on either kind of stores: for what has to hold on both, above all races."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.demo import Demo, running_demo
from tests.support.parties import PARTIES, write_policies
from tests.support.servers import running_postgres, running_redis

KINDS = ("sqlite", "postgresql+redis")


@contextmanager
def demo_on(kind: str, folder: Path) -> Iterator[Demo]:
    """Run a demo of two worker processes, with the relying parties of `parties`.

    Address limits are out of the way. The stores are its own.
    """
    policies = write_policies(folder / "policies", PARTIES)
    arguments = ["--workers", "2", "--policies", str(policies)]
    if kind == "sqlite":
        with running_demo(folder, *arguments) as demo:
            yield demo
        return
    with running_postgres() as postgres, running_redis() as redis:
        arguments += ["--database", postgres.new_database("demo"), "--redis", redis.url]
        with running_demo(folder, *arguments) as demo:
            yield demo
