"""A database that a restore brings in is closed: no connection of ours opens it but the restore's.

The mark is a table in the database itself. It is there before the first row comes in and goes in
one commit when nothing is left to do, so that whoever is killed in between leaves a closed one.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import psycopg

from idp.errors import StoreUnavailable

Connection = sqlite3.Connection | psycopg.Connection[Any]
MARK: Final = "restore_under_way"
_MAKE = f"CREATE TABLE {MARK} (id integer PRIMARY KEY)"
_DROP = f"DROP TABLE {MARK}"


class DatabaseClosed(StoreUnavailable):
    """A restore into the database is under way, or was cut off."""

    code = "database_closed"

    def __init__(self) -> None:
        super().__init__(
            "the database is closed: a restore into it is under way, or was cut off (then make it"
            " anew and run `idp restore` again)"
        )


def close(connection: Connection) -> None:
    """Close a database; raises the driver's error when it is closed already."""
    connection.execute(_MAKE)


def open_up(connection: Connection) -> None:
    """Open a database again."""
    connection.execute(_DROP)


def is_closed(connection: Connection) -> bool:
    """Tell whether a database is closed."""
    if isinstance(connection, sqlite3.Connection):
        asked = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        return connection.execute(asked, (MARK,)).fetchone() is not None
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (MARK,)).fetchone()
    return bool(row and row[0])


def refuse_closed(connection: Connection, _record: object) -> None:
    """Let no new connection stay on a closed database; raises `DatabaseClosed`."""
    if is_closed(connection):
        connection.close()
        raise DatabaseClosed
