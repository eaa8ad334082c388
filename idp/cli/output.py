"""What commands print: a table for people, JSON for scripts."""

from __future__ import annotations

import json
import os
import pwd
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from audit.event import Actor
from idp.assembly.foundation import Foundation, build_foundation
from idp.errors import SettingsError
from idp.settings import read_settings

Command = TypeVar("Command", bound=Callable[..., Any])
PIPE_WIDTH = 400
_STEERS: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
"""C0, DEL, C1, separators of lines, and what turns the direction of writing."""


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
        click.echo(as_json(listed))
        return
    table = Table(box=None, pad_edge=False)
    for column in columns:  # folded, never cut: an identifier is copied into the next command
        table.add_column(column, overflow="fold")
    for row in listed:
        # As text: a stranger's [brackets] are no markup of ours.
        table.add_row(*(Text(plain(_cell(row.get(column)))) for column in columns))
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table)


def say(content: dict[str, Any], sentence: str, form: str) -> None:
    """Print one result: a sentence, or JSON."""
    lines = "\n".join(plain(line) for line in sentence.split("\n"))
    click.echo(as_json(content) if form == "json" else lines)


def plain(text: str) -> str:
    """Write out what would steer the terminal of the reader, or begin a line (CWE-150)."""
    return _STEERS.sub(_escaped, text)


def as_json(value: object) -> str:
    """Write JSON on one line; what would steer a terminal is escaped, which says the same."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    return _STEERS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


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
