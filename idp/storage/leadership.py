"""One leader at a time among the workers of a deployment.

`flock` on the data folder when embedded, an advisory lock on a connection of its own on PostgreSQL.
Both vanish with the process that held them.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import structlog

from idp.storage.sql import Database

log = structlog.get_logger(__name__)
LEADER_LOCK = 7_302_018


@contextmanager
def leadership(database: Database, data: Path) -> Iterator[Callable[[], bool]]:
    """Try to be the leader; the yielded question says whether this process still is."""
    if database.is_sqlite:
        with _flock(data / "worker.lock") as held:
            yield lambda: held
        return
    connection = _connect(database)
    if connection is None:
        yield lambda: False
        return
    with connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (LEADER_LOCK,)).fetchone()
        held = bool(row and row[0])
        yield lambda: held and _answers(connection)


def _connect(database: Database) -> psycopg.Connection[tuple[object, ...]] | None:
    url = database.url.set(drivername="postgresql")
    try:
        return psycopg.connect(
            url.render_as_string(hide_password=False), autocommit=True, connect_timeout=5
        )
    except psycopg.Error as error:
        log.warning("leader.unreachable", error=type(error).__name__)
        return None


def _answers(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


@contextmanager
def _flock(path: Path) -> Iterator[bool]:
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
