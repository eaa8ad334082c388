"""A transaction as stores see it: questions, writes, locks. What is sent how is each dialect's.

A write is not waited for: it goes out with the next question or the commit, in order, and a
failure of it shows there. The commit is never reported done when one of its writes failed.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import psycopg
import sqlalchemy as sa

from idp.storage.statement import Row, Statement

OUTAGES = (
    sqlite3.OperationalError,
    psycopg.OperationalError,
    sa.exc.OperationalError,
    sa.exc.TimeoutError,
)
"""What a store raises that does not answer, or cannot write."""


class Rows(Protocol):
    """What a question was answered with."""

    rowcount: int

    def fetchone(self) -> Any:
        """Give the next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """Give all rows that are left."""
        ...


class Ahead(Protocol):
    """A question whose answer is not needed yet."""

    def one(self) -> Row | None:
        """Give the first row, or None; once."""
        ...


class Tx(ABC):
    """A transaction, or, from `Database.read`, a connection without one."""

    __slots__ = ("afterwards", "cluster", "dialect", "made")

    is_postgresql = False
    """Whether the PostgreSQL forms of a statement apply."""

    def __init__(self, dialect: sa.Dialect, cluster: int = 0) -> None:
        self.dialect = dialect
        self.cluster = cluster
        """PostgreSQL: the `system_identifier`, which transaction ids are meaningful in."""
        self.made: dict[str, Any] = {}
        """What this transaction made and others may see after its commit only, by name."""
        self.afterwards: list[Callable[[], object]] = []
        """What is to be done once it is committed, in other homes than this database; whatever
        fails there must be found and done by the next one who looks."""

    def run(self, statement: Statement, **values: Any) -> int:
        """Execute; answer how many rows were changed."""
        return int(self._ask(statement, values).rowcount)

    def one(self, statement: Statement, **values: Any) -> Row | None:
        """Execute; answer the first row, or None."""
        row: Row | None = self._ask(statement, values).fetchone()
        return row

    def all(self, statement: Statement, **values: Any) -> list[Row]:
        """Execute; answer all rows."""
        return list(self._ask(statement, values).fetchall())

    @abstractmethod
    def ahead(self, statement: Statement, **values: Any) -> Ahead:
        """Ask for a row that is needed only after the next question; it saves a round trip."""

    @abstractmethod
    def write(self, statement: Statement, **values: Any) -> None:
        """Execute without waiting for the outcome."""

    @abstractmethod
    def run_many(self, statement: Statement, rows: Sequence[dict[str, Any]]) -> None:
        """Execute once per row, in one batch."""

    @abstractmethod
    def lock(self, name: str) -> None:
        """Hold off everyone else who asks for this name until the transaction ends."""

    @abstractmethod
    def text(self, sql: str, values: dict[str, Any] | None = None) -> Rows:
        """Execute plain SQL of one dialect."""

    @abstractmethod
    def commit(self) -> None:
        """Make the act durable."""

    @abstractmethod
    def roll_back(self) -> None:
        """Drop everything, what was not sent yet included; a lost connection is no error here."""

    @abstractmethod
    def _ask(self, statement: Statement, values: dict[str, Any]) -> Rows:
        """Execute and wait for the answer."""


class SqliteTx(Tx):
    """On SQLite everything is executed at once; there is no round trip to save."""

    __slots__ = ("_cursor",)

    def __init__(self, cursor: Any, dialect: sa.Dialect, begin: str | None = None) -> None:
        super().__init__(dialect)
        self._cursor = cursor
        if begin is not None:
            cursor.execute(begin)

    def ahead(self, statement: Statement, **values: Any) -> Ahead:
        """Ask at once."""
        return _Answered(self.one(statement, **values))

    def write(self, statement: Statement, **values: Any) -> None:
        """Execute without waiting for the outcome."""
        self._ask(statement, values)

    def run_many(self, statement: Statement, rows: Sequence[dict[str, Any]]) -> None:
        """Execute once per row, in one batch."""
        sql, constants = statement.for_dialect(self.dialect)
        if rows:
            self._cursor.executemany(sql, [{**constants, **row} for row in rows])

    def lock(self, name: str) -> None:
        """Do nothing: BEGIN IMMEDIATE already holds every other writer off."""

    def text(self, sql: str, values: dict[str, Any] | None = None) -> Rows:
        """Execute plain SQL."""
        self._cursor.execute(sql, values or {})
        rows: Rows = self._cursor
        return rows

    def commit(self) -> None:
        """Make the act durable."""
        self._cursor.execute("COMMIT")

    def roll_back(self) -> None:
        """Drop everything."""
        with suppress(*OUTAGES):
            self._cursor.execute("ROLLBACK")

    def _ask(self, statement: Statement, values: dict[str, Any]) -> Rows:
        sql, constants = statement.for_dialect(self.dialect)
        self._cursor.execute(sql, {**constants, **values} if constants else values)
        rows: Rows = self._cursor
        return rows


class _Answered:
    """A row that was read ahead."""

    __slots__ = ("_row",)

    def __init__(self, row: Row | None) -> None:
        self._row = row

    def one(self) -> Row | None:
        """Give the row."""
        return self._row
