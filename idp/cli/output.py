"""What commands print: a table for people, JSON for scripts."""

from __future__ import annotations

import json
import os
import pwd
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table

from audit.event import Actor
from idp.assembly.foundation import Foundation, build_foundation
from idp.errors import SettingsError
from idp.settings import read_settings

Command = TypeVar("Command", bound=Callable[..., Any])
PIPE_WIDTH = 400


def format_option(command: Command) -> Command:
    """Add `--format table|json`."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["table", "json"]),
        default="table",
        help="How to print the result.",
    )(command)


def foundation() -> Foundation:
    """Build the foundation from the environment."""
    return build_foundation(read_settings())


def operator() -> Actor:
    """Name who runs the command, as the kernel knows them: LOGNAME could say anything."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid-{os.getuid()}"
    return Actor("operator", f"cli:{name}")


def show(rows: Iterable[dict[str, Any]], columns: Sequence[str], form: str) -> None:
    """Print rows."""
    listed = list(rows)
    if form == "json":
        click.echo(json.dumps(listed, ensure_ascii=False, default=_plain))
        return
    table = Table(box=None, pad_edge=False)
    for column in columns:  # folded, never cut: an identifier is copied into the next command
        table.add_column(column, overflow="fold")
    for row in listed:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table)


def say(content: dict[str, Any], sentence: str, form: str) -> None:
    """Print one result: a sentence, or JSON."""
    click.echo(
        json.dumps(content, ensure_ascii=False, default=_plain) if form == "json" else sentence
    )


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return _plain(value)


def read_import(file: Path, *, apply: bool, dry_run: bool) -> bytes:
    """Read a file to import; raises `SettingsError`, and `UsageError` for contradicting options."""
    if apply and dry_run:
        raise click.UsageError("--apply and --dry-run exclude each other")
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from error
