"""Migrations from empty give exactly the tables the stores declare, on both engines."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import idp.app  # noqa: F401  every store registers its tables
from idp.storage import migrate
from idp.storage.log_protection import PROTECTED, REVIEWS
from idp.storage.sql import Database
from idp.storage.tables import metadata
from tests.stores.together import together


@pytest.fixture
def database(empty_url: str):
    database = Database(empty_url)
    yield database
    database.dispose()


def test_an_empty_database_is_refused_with_what_to_do(empty_url: str) -> None:
    database = Database(empty_url)
    assert migrate.current(database) is None
    with pytest.raises(migrate.NotMigrated, match="idp migrate apply"):
        migrate.require_current(database)
    database.dispose()


def test_the_newest_step_is_the_head_of_the_chain() -> None:
    steps = ScriptDirectory.from_config(migrate.config())
    assert steps.get_heads() == [migrate.head()]


def test_nodes_that_migrate_at_once_meet(empty_url: str) -> None:
    def apply(own: Database, _: int) -> str:
        return migrate.apply(own)[1]

    # SQLite is one node's: its first start is one process.
    nodes = 1 if empty_url.startswith("sqlite") else 4
    revisions = together(lambda: Database(empty_url), apply, processes=nodes, threads=1)
    assert set(revisions) == {migrate.head()}


def test_the_schema_is_what_the_stores_declare(database: Database) -> None:
    with database.engine.connect() as connection:
        # SQLite has no identity columns: a default that is not there would be reported.
        options = {"compare_type": True, "compare_server_default": not database.is_sqlite}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_applying_again_changes_nothing(database: Database) -> None:
    assert migrate.apply(database) == (migrate.head(), migrate.head())
    migrate.require_current(database)


def test_the_protection_of_the_log_is_there(database: Database) -> None:
    with database.read() as tx:
        if database.is_sqlite:
            rows = tx.text("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'")
        else:
            rows = tx.text(
                "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
                " WHERE NOT tgisinternal AND tgenabled = 'O'"
            )
        triggers: dict[str, int] = {}
        for table, _ in rows.fetchall():
            triggers[table] = triggers.get(table, 0) + 1
    assert set(triggers) == {*PROTECTED, *REVIEWS}
    assert all(count >= 2 for count in triggers.values())
