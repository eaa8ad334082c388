"""Schema changes: Alembic on SQLite and PostgreSQL, one head, never guessed at start-up.

Alembic's batch mode re-creates SQLite tables and drops their triggers silently; migrations put the
log's protection back, and a test looks for it after every step.

Alembic is imported where it works and not before: every process asks for the revision, few change
it, and it costs a tenth of a start.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from idp.errors import SettingsError, StoreUnavailable
from idp.storage.sql import Database

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
_REVISION = sa.text("SELECT version_num FROM alembic_version")
_STEP = re.compile(r"(\d{4})_\w+\.py")


class NotMigrated(SettingsError):
    """The database has not the schema this version works on."""

    code = "not_migrated"


class NoFolder(SettingsError):
    """The folder of the database was never made."""

    code = "no_folder"


def config() -> Config:
    """Give Alembic's configuration; there is no ini file."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.set_main_option("path_separator", "os")
    return made


def head() -> str:
    """Name the newest revision: the highest number among the steps."""
    return max(
        found[1] for path in FOLDER.glob("versions/*.py") if (found := _STEP.fullmatch(path.name))
    )


def current(database: Database) -> str | None:
    """Name the revision a database is at; None when it is empty."""
    try:
        with database.engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.scalar(_REVISION)
            return found
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
    from alembic.script import ScriptDirectory

    at = current(database) or "base"
    steps = ScriptDirectory.from_config(config()).iterate_revisions("head", at)
    return [(step.revision, step.doc) for step in steps][::-1]


def apply(database: Database, to: str = "head") -> tuple[str | None, str]:
    """Bring a database to the newest revision, or to an older one; answers (before, newest)."""
    from alembic import command

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
