"""The database: engine, connections, transactions, and statements compiled once.

Owns how SQL is sent; which SQL is the stores' affair. Statements are SQLAlchemy Core, compiled once
per dialect, then executed on the driver's cursor: the same text, without the cost of building it
again for each request. Columns hold only what both drivers pass through unchanged: text, integers,
bytes; instants are microseconds, dates ISO text, flags 0/1.

SQLite: every changing transaction is BEGIN IMMEDIATE behind one writer lock per process, held from
BEGIN to COMMIT; other processes are waited for by `busy_timeout`. PostgreSQL: READ COMMITTED.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from idp.errors import StoreUnavailable
from idp.storage.statement import Row, Statement, one_statement
from idp.storage.writer_lock import WriterLock

BUSY_TIMEOUT_MS = 10_000
POOL_SIZE = {"sqlite": 100, "postgresql": 16}
POOL_WAIT_SECONDS = 10


class Tx:
    """A transaction (or, from `Database.read`, a connection without one) as stores see it.

    On PostgreSQL independent inserts of one act wait for its next question or its commit and are
    then sent as one statement: an act costs as many round trips as it asks questions, and three.
    (The driver's pipeline was tried: it sends after each statement all the same and polls twice as
    often.)
    """

    __slots__ = ("_begin", "_cursor", "_joins", "_locks", "_writes", "cluster", "dialect")

    def __init__(
        self,
        cursor: Any,
        dialect: sa.Dialect,
        cluster: int = 0,
        *,
        joins: bool = False,
        begin: str | None = None,
    ) -> None:
        self._cursor = cursor
        self._joins = joins
        self._begin = begin
        self._locks: set[str] = set()
        self._writes: list[tuple[Statement, dict[str, Any]]] = []
        self.dialect = dialect
        self.cluster = cluster
        """PostgreSQL: the `system_identifier`, which transaction ids are meaningful in."""

    @property
    def is_postgresql(self) -> bool:
        """Tell whether the PostgreSQL forms of a statement apply."""
        return self.dialect.name == "postgresql"

    def write(self, statement: Statement, **values: Any) -> None:
        """Execute without waiting for the outcome; a failure shows at the next question or commit.

        The commit is never reported done when one of its writes failed.
        """
        if self._joins and statement.independent:
            self._writes.append((statement, values))
        else:
            self._send(statement, values)

    def run(self, statement: Statement, **values: Any) -> int:
        """Execute; answer how many rows were changed."""
        return int(self._send(statement, values).rowcount)

    def run_many(self, statement: Statement, rows: Sequence[dict[str, Any]]) -> None:
        """Execute once per row, in one batch."""
        self.flush()
        self.open()
        sql, constants = statement.for_dialect(self.dialect)
        if rows:
            self._cursor.executemany(sql, [{**constants, **row} for row in rows])

    def one(self, statement: Statement, **values: Any) -> Row | None:
        """Execute; answer the first row, or None."""
        row: Row | None = self._send(statement, values).fetchone()
        return row

    def all(self, statement: Statement, **values: Any) -> list[Row]:
        """Execute; answer all rows."""
        return list(self._send(statement, values).fetchall())

    def lock(self, name: str) -> None:
        """Hold off everyone else who asks for this name until the transaction ends.

        As the first thing an act does on PostgreSQL, it shares the round trip of BEGIN.
        """
        if not self.is_postgresql or name in self._locks:
            return  # SQLite: BEGIN IMMEDIATE already holds every other writer off.
        self._locks.add(name)
        self.flush()
        begin, self._begin = self._begin, None
        lock = f"SELECT pg_advisory_xact_lock({_lock_number(name)})"
        self._cursor.execute(f"{begin}; {lock}" if begin else lock, prepare=False)

    def text(self, sql: str, values: dict[str, Any] | None = None) -> Any:
        """Execute plain SQL of one dialect; answer the cursor."""
        self.flush()
        self.open()
        cursor = self._cursor
        cursor.execute(sql, values or {})
        return cursor

    def flush(self) -> None:
        """Send what is still to be written."""
        if self._writes:
            self.open()
            writes, self._writes = self._writes, []
            sql, values = one_statement(writes, self.dialect)
            self._cursor.execute(sql, values)

    def commit(self) -> None:
        """Make the act durable; raises RuntimeError when one of its writes had failed."""
        self.flush()
        if self._begin is None:
            self._cursor.execute("COMMIT")
            if self.is_postgresql and self._cursor.statusmessage != "COMMIT":
                # PostgreSQL ends a failed transaction by rolling back, without an error.
                raise RuntimeError("a failed statement was passed over; nothing was stored")

    def roll_back(self) -> None:
        """Drop everything, what was not sent yet included."""
        self._writes = []
        if self._begin is None:
            with suppress(*_OUTAGES):  # the connection is gone, and the transaction with it
                self._cursor.execute("ROLLBACK")

    def open(self) -> None:
        """Begin the transaction if it has not begun."""
        if self._begin is not None:
            begin, self._begin = self._begin, None
            self._cursor.execute(begin)

    def _send(self, statement: Statement, values: dict[str, Any]) -> Any:
        self.flush()
        self.open()
        sql, constants = statement.for_dialect(self.dialect)
        cursor = self._cursor
        cursor.execute(sql, {**constants, **values} if constants else values)
        return cursor


class Database:
    """The authority for every durable fact. One instance per process."""

    def __init__(self, url: str, *, pool_size: int | None = None) -> None:
        """Prepare the pool; nothing is contacted before the first use.

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
        self.dialect = self.engine.dialect
        self._writer = WriterLock(parsed.database if self.is_sqlite else None)
        self._cluster = 0

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Give single statements a connection; each sees what was committed before it."""
        with self._connection() as connection:
            yield self._tx(connection)

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """Open a changing transaction; commit at the end, roll back on any exception.

        Raises `StoreUnavailable` when the store cannot be reached, is busy or cannot write; nothing
        of the act is stored then.
        """
        if self.is_sqlite:
            with self._writer.held(), self._connection() as connection:
                tx = self._tx(connection, begin="BEGIN IMMEDIATE")
                tx.open()
                yield from _transaction(tx)
        else:
            with self._connection() as connection:
                yield from _transaction(self._tx(connection, joins=True, begin="BEGIN"))

    def dispose(self) -> None:
        """Close all idle connections."""
        self.engine.dispose()

    def _tx(
        self, connection: PoolProxiedConnection, *, joins: bool = False, begin: str | None = None
    ) -> Tx:
        if not self.is_sqlite and not self._cluster:
            row = connection.cursor().execute(_CLUSTER).fetchone()
            self._cluster = int(row[0])
        return Tx(connection.cursor(), self.dialect, self._cluster, joins=joins, begin=begin)

    @contextmanager
    def _connection(self) -> Iterator[PoolProxiedConnection]:
        try:
            connection = self.engine.raw_connection()
        except _OUTAGES as error:
            raise StoreUnavailable(type(error).__name__) from error
        try:
            yield connection
        except _OUTAGES as error:
            connection.invalidate()
            raise StoreUnavailable(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()


_CLUSTER = "SELECT system_identifier FROM pg_control_system()"
_OUTAGES = (
    sqlite3.OperationalError,
    psycopg.OperationalError,
    sa.exc.OperationalError,
    sa.exc.TimeoutError,
)


def _transaction(tx: Tx) -> Iterator[Tx]:
    try:
        yield tx
        tx.commit()
    except BaseException:
        tx.roll_back()
        raise


def _lock_number(name: str) -> int:
    """Give the 64-bit signed number of a lock by name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


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
    connection.execute("PRAGMA cache_size = -4000")
    connection.execute("PRAGMA mmap_size = 268435456")
    connection.execute("PRAGMA wal_autocheckpoint = 2000")


def _on_connect_pg(connection: psycopg.Connection[Any], _record: object) -> None:
    connection.prepare_threshold = 2
