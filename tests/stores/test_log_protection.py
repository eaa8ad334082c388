"""The log's tables refuse every change, on both engines, after every migration."""

from __future__ import annotations

import pytest

from idp.assembly.foundation import Foundation
from idp.assembly.sealing import build_sealer
from idp.bootstrap import record_start
from idp.storage.log_protection import PROTECTED
from idp.storage.sql import Database

CHANGES = {
    "audit_event": "UPDATE audit_event SET outcome = 'done'",
    "audit_leaf": "UPDATE audit_leaf SET hash = '00'",
    "audit_checkpoint": "UPDATE audit_checkpoint SET note = ''",
}

KEYS = {
    "audit_event": ("position", "outcome"),
    "audit_leaf": ("seq", "hash"),
    "audit_checkpoint": ("size", "note"),
}


@pytest.fixture(scope="module")
def sealed(foundation: Foundation) -> Database:
    """A log with at least one row in each of its tables."""
    record_start(foundation, "serve")
    assert build_sealer(foundation).seal() > 0
    return foundation.database


def rows(database: Database, table: str) -> list[tuple[object, ...]]:
    with database.read() as tx:
        return list(tx.text(f"SELECT * FROM {table} ORDER BY 1").fetchall())


def refused(database: Database, table: str, statement: str) -> None:
    before = rows(database, table)
    assert before
    with pytest.raises(Exception, match="append-only"), database.begin() as tx:
        tx.text(statement)
    assert rows(database, table) == before


def test_every_protected_table_is_tried() -> None:
    assert set(CHANGES) == set(PROTECTED)


@pytest.mark.parametrize("table", PROTECTED)
def test_update_is_refused(sealed: Database, table: str) -> None:
    refused(sealed, table, CHANGES[table])


@pytest.mark.parametrize("table", PROTECTED)
def test_delete_is_refused(sealed: Database, table: str) -> None:
    refused(sealed, table, f"DELETE FROM {table}")


@pytest.mark.parametrize("table", PROTECTED)
def test_replacing_a_row_is_refused(sealed: Database, table: str) -> None:
    if sealed.is_sqlite:
        refused(sealed, table, f"REPLACE INTO {table} SELECT * FROM {table} LIMIT 1")
        refused(sealed, table, f"UPDATE OR REPLACE {table} SET rowid = rowid + 1")
        return
    key, column = KEYS[table]
    own = "OVERRIDING SYSTEM VALUE" if table == "audit_event" else ""
    refused(
        sealed,
        table,
        f"INSERT INTO {table} {own} SELECT * FROM {table} LIMIT 1"
        f" ON CONFLICT ({key}) DO UPDATE SET {column} = ''",
    )


@pytest.mark.parametrize("table", PROTECTED)
def test_truncate_is_refused(sealed: Database, table: str) -> None:
    if sealed.is_sqlite:
        # There is no such statement to be refused.
        pytest.skip("SQLite has no TRUNCATE; its DELETE without WHERE is refused above")
    refused(sealed, table, f"TRUNCATE {table}")
