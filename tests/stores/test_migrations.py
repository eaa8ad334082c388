"""Migrations from empty give exactly the tables the stores declare, on both engines."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import idp.app
import idp.assembly.background  # noqa: F401  those of the worker too
from idp.storage import migrate
from idp.storage.log_protection import PROTECTED, REVIEWS
from idp.storage.sql import Database
from idp.storage.tables import metadata
from tests.stores.conftest import ENGINES
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

    revisions = together(lambda: Database(empty_url), apply, processes=4, threads=1)
    assert set(revisions) == {migrate.head()}


@pytest.mark.parametrize("engine", ENGINES)
def test_an_upgrade_that_breaks_half_way_leaves_all_as_it_was(
    new_url: Callable[[str], str], engine: str
) -> None:
    """Killed or refused in the middle: the old version still runs, and a second try succeeds."""
    database = Database(new_url(engine))
    migrate.apply(database, "0003")
    before = set(sa.inspect(database.engine).get_table_names())
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alert (in_the_way INTEGER)")  # of 0009
    with pytest.raises(sa.exc.DBAPIError, match="alert"):
        migrate.apply(database)
    assert migrate.current(database) == "0003"
    assert set(sa.inspect(database.engine).get_table_names()) == before | {"alert"}
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alert")
    assert migrate.apply(database) == ("0003", migrate.head())
    database.dispose()


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
