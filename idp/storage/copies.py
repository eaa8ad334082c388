"""Copies of a whole database, taken while it is used, and put back into an empty place.

SQLite: `VACUUM INTO`, one read transaction: consistent, never begun anew by writers, and without
the remains of deleted rows that the backup API would copy page by page. PostgreSQL: one COPY per
table in one REPEATABLE READ snapshot: it needs no program of the server's version, and the
provider's own role may do it.
"""

from __future__ import annotations

import graphlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from idp.errors import IdpError, StoreUnavailable
from idp.storage import migrate
from idp.storage.closing import MARK, close, is_closed, open_up
from idp.storage.sql import Database

SQLITE, TABLES = "database.sqlite", "tables"
CHUNK = 1 << 20
PATIENCE_SECONDS = 5.0
Progress = Callable[[str], None]


class NotEmpty(IdpError):
    """The place to restore into holds something."""

    code = "not_empty"


class NotAlone(IdpError):
    """Programs are connected to the place to restore into: they would see it half restored."""

    code = "not_alone"


@dataclass(frozen=True)
class Facts:
    """What a copy is of."""

    engine: str
    revision: str
    cluster: int
    checkpoint: str | None
    """The newest signed checkpoint in it."""


def copy_out(database: Database, folder: Path, progress: Progress) -> Facts:
    """Write a consistent copy of the database into a folder; raises `StoreUnavailable`."""
    if database.is_sqlite:
        return _sqlite_out(database, folder / SQLITE, progress)
    return _postgresql_out(database, folder / TABLES, progress)


def _sqlite_out(database: Database, to: Path, progress: Progress) -> Facts:
    progress(SQLITE)
    connection = database.engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM INTO ?", (str(to),))
    except sqlite3.Error as error:
        raise StoreUnavailable(f"the database cannot be copied: {error}") from error
    finally:
        connection.close()
    to.chmod(0o600)
    _sync(to)
    return sqlite_facts(to)


def sqlite_facts(path: Path) -> Facts:
    """Read what a copy is of, without writing a byte."""
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    try:
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        newest = connection.execute(_NEWEST).fetchone()
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{path} is no copy of a database of ours: {error}") from error
    finally:
        connection.close()
    return Facts("sqlite", str(revision[0]), 0, newest[0] if newest else None)


_NEWEST = "SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1"
_COLUMNS = """
SELECT c.table_name, c.column_name FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
ORDER BY c.table_name, c.ordinal_position
"""
_REFERENCES = """
SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND conrelid <> confrelid
"""
_OTHERS = """
SELECT coalesce(usename, '') || ' ' || coalesce(application_name, '') FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL
"""
_HALF_RESTORED = (
    "a restore into this database is under way, or was cut off; drop the database, make it anew,"
    " and restore again"
)
_IDENTITIES = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND is_identity = 'YES'
"""


def _postgresql_out(database: Database, to: Path, progress: Progress) -> Facts:
    to.mkdir(mode=0o700)
    with _connected(database) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for table, columns in _tables(connection).items():
            progress(table)
            _copy_table_out(connection, table, columns, to / f"{table}.copy")
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        cluster = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
        newest = connection.execute(_NEWEST).fetchone()
        assert revision is not None, "a database without a revision"
        assert cluster is not None, "every cluster has an identifier"
    return Facts("postgresql", str(revision[0]), int(cluster[0]), newest[0] if newest else None)


def _copy_table_out(
    connection: psycopg.Connection[Any], table: str, columns: list[str], to: Path
) -> None:
    statement = sql.SQL("COPY {} ({}) TO STDOUT").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    names = ",".join(columns).encode()
    with to.open("xb") as file, connection.cursor().copy(statement) as rows:
        to.chmod(0o600)
        file.write(names + b"\n")
        for block in rows:
            file.write(block)
    _sync(to)


def copy_in(database: Database, folder: Path, facts: Facts, progress: Progress) -> None:
    """Put a copy into an empty place and leave it closed (`idp.storage.closing`).

    Raises `NotEmpty`, `NotAlone`, `StoreUnavailable`.
    """
    require_empty(database)
    if database.is_sqlite:
        progress(SQLITE)
        place = Path(str(database.url.database))
        with (folder / SQLITE).open("rb") as source, place.open("xb") as target:
            place.chmod(0o600)
            shutil.copyfileobj(source, target, CHUNK)
        with closing(sqlite3.connect(place, isolation_level=None)) as connection:
            close(connection)
        _sync(place)
        return
    _close_for_others(database)
    migrate.apply(database, facts.revision)
    with _connected(database) as connection:
        connection.execute("BEGIN")
        for table in _in_order(connection):
            progress(table)
            _copy_table_in(connection, table, folder / TABLES / f"{table}.copy")
        for table, column in connection.execute(_IDENTITIES).fetchall():
            connection.execute(_past_newest(table, column))
        connection.execute("COMMIT")


def _close_for_others(database: Database) -> None:
    """Close an empty PostgreSQL database, and see that nobody is left who was connected before.

    Such a connection is past the door: it would see the rows come in.
    """
    with _connected(database) as connection:
        try:
            close(connection)
        except (psycopg.errors.DuplicateTable, psycopg.errors.UniqueViolation):
            raise NotEmpty(_HALF_RESTORED) from None
        until = time.monotonic() + PATIENCE_SECONDS
        while others := [row[0] for row in connection.execute(_OTHERS).fetchall()]:
            if time.monotonic() > until:
                open_up(connection)
                raise NotAlone(
                    f"{len(others)} others are connected to the database ({others[0]}); stop every"
                    " program that uses it, then restore"
                )
            time.sleep(0.1)


def require_empty(database: Database) -> None:
    """Refuse a place that holds anything; raises `NotEmpty`."""
    if database.is_sqlite:
        place = Path(str(database.url.database))
        if place.exists():
            raise NotEmpty(
                f"{place} exists; move it away, nothing is ever restored over a database"
            )
        return
    with _connected(database) as connection:
        if is_closed(connection):
            raise NotEmpty(_HALF_RESTORED)
        if _tables(connection):
            raise NotEmpty("the database has tables; restore into a new one, made by its owner")


def open_restored(database: Database) -> None:
    """Open a restored PostgreSQL database to everybody."""
    with _connected(database) as connection:
        open_up(connection)


def put_in_place(restored: Path, place: Path) -> None:
    """Open a restored SQLite file, leave nothing deleted in it, and name it."""
    connection = sqlite3.connect(restored, isolation_level=None)
    open_up(connection)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    _sync(restored)
    restored.rename(place)
    _sync(place.parent)


def leave_no_remains(database: Database) -> None:
    """Empty SQLite's write-ahead log, so that no deleted row is left in it; as far as readers let.

    Deleted rows in the file itself are overwritten (`secure_delete`).
    """
    if database.is_sqlite:
        connection = database.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()


def _tables(connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
    tables: dict[str, list[str]] = {}
    for table, column in connection.execute(_COLUMNS).fetchall():
        tables.setdefault(table, []).append(column)
    return tables


def _in_order(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """List the tables, those that others refer to first."""
    before: dict[str, set[str]] = {table: set() for table in _tables(connection)}
    for table, other in connection.execute(_REFERENCES).fetchall():
        before[table].add(other)
    for ours in ("alembic_version", MARK):
        before.pop(ours, None)
    yield from graphlib.TopologicalSorter(before).static_order()


def _copy_table_in(connection: psycopg.Connection[Any], table: str, source: Path) -> None:
    with source.open("rb") as file:
        columns = file.readline().decode().strip().split(",")
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with connection.cursor().copy(statement) as rows:
            while block := file.read(CHUNK):
                rows.write(block)


def _past_newest(table: str, column: str) -> sql.Composed:
    return sql.SQL(
        "SELECT setval(pg_get_serial_sequence({name}, {text}),"
        " (SELECT coalesce(max({column}), 0) + 1 FROM {table}), false)"
    ).format(
        name=sql.Literal(table),
        text=sql.Literal(column),
        column=sql.Identifier(column),
        table=sql.Identifier(table),
    )


def _connected(database: Database) -> psycopg.Connection[Any]:
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise StoreUnavailable(f"the database does not answer: {error}") from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
