"""`idp migrate`: the schema, step by step."""

from __future__ import annotations

import click

from idp.cli.output import format_option, say, show
from idp.settings import read_settings
from idp.storage import migrate as migrations
from idp.storage.sql import Database


@click.group()
def migrate() -> None:
    """Bring the database to the schema of this version."""


@migrate.command(epilog="Example: idp migrate status")
@format_option
def status(form: str) -> None:
    """Say where the database is and where it should be."""
    at, newest = _where()
    say({"current": at, "head": newest}, f"at {at or 'none'}, newest is {newest}", form)


@migrate.command(epilog="Example: idp migrate plan")
@format_option
def plan(form: str) -> None:
    """List the steps that `apply` would do."""
    steps = migrations.pending(Database(read_settings().database_url))
    rows = [{"revision": revision, "about": about} for revision, about in steps]
    show(rows, ("revision", "about"), form)


@migrate.command(name="apply", epilog="Example: idp migrate apply")
@format_option
def apply_(form: str) -> None:
    """Do the steps."""
    database = Database(read_settings().database_url)
    before, after = migrations.apply(database)
    say({"before": before, "after": after}, f"from {before or 'none'} to {after}", form)


def _where() -> tuple[str | None, str]:
    database = Database(read_settings().database_url)
    return migrations.current(database), migrations.head()
