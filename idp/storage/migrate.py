"""Schema changes: Alembic on SQLite and PostgreSQL, one head, never guessed at start-up.

Alembic's batch mode re-creates SQLite tables and drops their triggers silently; migrations put the
log's protection back, and a test looks for it after every step.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from idp.errors import SettingsError, StoreUnavailable
from idp.storage.sql import Database

FOLDER = Path(__file__).parent / "migrations"


class NotMigrated(SettingsError):
    """The database has not the schema this version works on."""

    code = "not_migrated"


class NoFolder(SettingsError):
    """The folder of the database was never made."""

    code = "no_folder"


def config() -> Config:
    """Give Alembic's configuration; there is no ini file."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.set_main_option("path_separator", "os")
    return made


def head() -> str:
    """Name the newest revision."""
    newest = ScriptDirectory.from_config(config()).get_current_head()
    assert newest is not None, "there are no migrations"
    return newest


def current(database: Database) -> str | None:
    """Name the revision a database is at; None when it is empty."""
    try:
        with database.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except sa.exc.OperationalError as error:
        folder = Path(database.url.database or ".").parent
        if database.is_sqlite and not folder.is_dir():
            raise NoFolder(
                f"the folder {folder} does not exist; make it (mkdir -m 700 {folder}), or set"
                " IDP_DATA or IDP_DATABASE_URL to where the database is"
            ) from error
        raise StoreUnavailable("the database does not answer or cannot be opened") from error


def pending(database: Database) -> list[tuple[str, str]]:
    """List the steps to the newest revision, first one first: (revision, what it is about)."""
    at = current(database) or "base"
    steps = ScriptDirectory.from_config(config()).iterate_revisions("head", at)
    return [(step.revision, step.doc) for step in steps][::-1]


def apply(database: Database, to: str = "head") -> tuple[str | None, str]:
    """Bring a database to the newest revision, or to an older one; answers (before, newest)."""
    before = current(database)
    made = config()
    made.attributes["engine"] = database.engine
    command.upgrade(made, to)
    return before, head()


def require_current(database: Database) -> None:
    """Refuse a database of another revision; raises `NotMigrated`."""
    found = current(database)
    if found != head():
        raise NotMigrated(
            f"the database is at revision {found or 'none'}, this version needs {head()};"
            " run `idp migrate apply`"
        )
