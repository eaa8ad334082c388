"""The database: engine, connections, transactions, and statements compiled once.

Which SQL is sent is the stores' affair, how it is sent that of `idp.storage.tx`. Statements are
SQLAlchemy Core, compiled once per dialect: the same text, without the cost of building it again
for each request. Columns hold only what both drivers pass through unchanged: text, integers,
bytes; instants are microseconds, dates ISO text, flags 0/1.

SQLite: every changing transaction is BEGIN IMMEDIATE behind one writer lock per process, held from
BEGIN to COMMIT; other processes are waited for by `busy_timeout`. PostgreSQL: READ COMMITTED.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from idp.errors import StoreUnavailable
from idp.storage.closing import refuse_closed
from idp.storage.postgresql import PostgresTx
from idp.storage.tx import OUTAGES, SqliteTx, Tx
from idp.storage.wire import Wire
from idp.storage.writer_lock import WriterLock

__all__ = ["Database", "Tx"]

BUSY_TIMEOUT_MS = 10_000
POOL_SIZE = {"sqlite": 100, "postgresql": 16}
POOL_WAIT_SECONDS = 10


class Database:
    """The authority for every durable fact. One instance per process."""

    def __init__(
        self, url: str, *, pool_size: int | None = None, even_closed: bool = False
    ) -> None:
        """Prepare the pool; nothing is contacted before the first use.

        A database that is being restored is closed to all but the restore (`even_closed`).
        Raises `StoreUnavailable` for a URL of another kind than sqlite or postgresql.
        """
        try:
            parsed = sa.make_url(url)
        except sa.exc.ArgumentError as error:
            raise StoreUnavailable("the database URL cannot be read") from error
        if parsed.get_backend_name() not in POOL_SIZE:
            raise StoreUnavailable("the database URL names neither sqlite nor postgresql")
        self.url = parsed
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.engine = _engine(parsed, pool_size)
        if not even_closed:
            sa.event.listen(self.engine, "connect", refuse_closed)
        self.dialect = self.engine.dialect
        self._writer = WriterLock(parsed.database if self.is_sqlite else None)
        self._cluster = 0
        self._own = threading.local()

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Give single statements a connection; each sees what was committed before it.

        Inside an act of this thread it is the act's own: were it a second one, a burst whose acts
        hold every connection while they wait for one lock would starve the holder of that lock.
        """
        own: Tx | None = getattr(self._own, "tx", None)
        if own is not None:
            yield own
            return
        with self._connection() as connection:
            yield self._tx(connection)

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """Open a changing transaction; commit at the end, roll back on any exception.

        Raises `StoreUnavailable` when the store cannot be reached, is busy or cannot write; nothing
        of the act is stored then. Within `together` it is the transaction that stands open.
        """
        if getattr(self._own, "together", False):
            with self._joined() as own:
                yield own
            return
        held = self._writer.held() if self.is_sqlite else nullcontext()
        with held, self._connection() as connection:
            tx = self._own.tx = self._tx(connection, changes=True)
            try:
                yield tx
                tx.commit()
            except BaseException:
                tx.roll_back()
                raise
            finally:
                self._own.tx = None
        for act in tx.afterwards:
            act()

    @contextmanager
    def together(self) -> Iterator[Tx]:
        """Make one transaction of several acts of this thread, each of which opens its own.

        What a second person decides and what is done upon it stand or fall together. When one of
        the acts fails nothing is stored, even if somebody caught its exception. Within another
        `together` it is that one.
        """
        if getattr(self._own, "together", False):
            with self._joined() as own:
                yield own
            return
        with self.begin() as tx:
            self._own.together, self._own.spoiled = True, False
            try:
                yield tx
            finally:
                self._own.together = False
            if self._own.spoiled:
                raise RuntimeError("an act within this transaction failed, and nobody said so")

    @property
    def is_joined(self) -> bool:
        """Tell whether an act of this thread would be part of one that stands open (`together`)."""
        return bool(getattr(self._own, "together", False))

    @contextmanager
    def _joined(self) -> Iterator[Tx]:
        try:
            yield self._own.tx
        except BaseException:
            self._own.spoiled = True
            raise

    def dispose(self) -> None:
        """Close all idle connections."""
        self.engine.dispose()

    def _tx(self, connection: PoolProxiedConnection, *, changes: bool = False) -> Tx:
        if self.is_sqlite:
            begin = "BEGIN IMMEDIATE" if changes else None
            return SqliteTx(connection.cursor(), self.dialect, begin)
        wire = connection.info.get(_WIRE)
        if wire is None:
            wire = connection.info[_WIRE] = Wire(cast("Any", connection.driver_connection))
        if not self._cluster:
            self._cluster = int(wire.send([(_CLUSTER, None)]).rows[0][0])
        return PostgresTx(wire, self.dialect, self._cluster, changes=changes)

    @contextmanager
    def _connection(self) -> Iterator[PoolProxiedConnection]:
        try:
            connection = self.engine.raw_connection()
        except OUTAGES as error:
            raise StoreUnavailable(type(error).__name__) from error
        try:
            yield connection
        except OUTAGES as error:
            lost = not self.is_sqlite and cast("Any", connection.driver_connection).closed
            connection.invalidate()
            if lost:
                self.engine.dispose()  # the idle ones went with it: no error for each of them
            raise StoreUnavailable(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()


_CLUSTER = "SELECT system_identifier FROM pg_control_system()"
_WIRE = "wire"


def _engine(url: sa.URL, pool_size: int | None) -> sa.Engine:
    backend = url.get_backend_name()
    if backend == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
        arguments: dict[str, Any] = {"autocommit": True, "connect_timeout": 5}
    else:
        arguments = {"isolation_level": None, "check_same_thread": False}
    engine = sa.create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size or POOL_SIZE[backend],
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_use_lifo=True,
        pool_reset_on_return=None,
        connect_args=arguments,
        paramstyle="pyformat" if backend == "postgresql" else "named",
    )
    sa.event.listen(
        engine, "connect", _on_connect_sqlite if backend == "sqlite" else _on_connect_pg
    )
    return engine


def _on_connect_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten in the file
    connection.execute("PRAGMA cache_size = -4000")
    connection.execute("PRAGMA mmap_size = 268435456")
    connection.execute("PRAGMA wal_autocheckpoint = 2000")


def _on_connect_pg(connection: psycopg.Connection[Any], _record: object) -> None:
    connection.prepare_threshold = None  # the wire prepares
