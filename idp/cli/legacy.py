"""`idp account import-legacy` and `idp account legacy`: accounts of an older portal."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from rich.progress import Progress

from idp.accounts import store
from idp.accounts.legacy import LegacyAccounts, LegacyReport
from idp.cli.output import format_option, foundation, operator, read_import, say, show
from idp.clock import from_micros

SHOWN_LINES = 50


@click.command(
    name="import-legacy", epilog="Example: idp account import-legacy accounts.csv --apply"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--apply", is_flag=True, help="Make the accounts; without it nothing is written.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done (the default).")
@format_option
def import_legacy(file: Path, apply: bool, dry_run: bool, form: str) -> int:
    """Import accounts of an older portal with their password hashes, each wrapped at once."""
    data = read_import(file, apply=apply, dry_run=dry_run)
    f = foundation()
    cores = len(os.sched_getaffinity(0))
    service = LegacyAccounts(f.database, f.clock, f.policy, f.journal, cores)
    with Progress(disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("accounts", total=data.count(b"\n"))
        report = service.import_file(
            data, operator(), apply=apply, progress=lambda done: bar.update(task, completed=done)
        )
    _print(report, form)
    return 1 if report.bad else 0


@click.command(epilog="Example: idp account legacy --after 00012345")
@click.option("--after", default="", help="Go on behind this member number.")
@click.option("--most", default=1000, show_default=True, type=click.IntRange(1, 100_000))
@format_option
def legacy(after: str, most: int, form: str) -> None:
    """List members who have not signed in since their account came from the older portal."""
    f = foundation()
    with f.database.read() as tx:
        found = store.list_legacy(tx, after, most)
    rows = [{"member_number": n, "scheme": s, "since": from_micros(at)} for n, s, at in found]
    show(rows, ("member_number", "scheme", "since"), form)


def _print(report: LegacyReport, form: str) -> None:
    content = {
        "applied": report.applied,
        "imported": report.imported,
        "there": report.there,
        "schemes": dict(report.schemes),
        "legacy_work": report.work,
        "bad": [{"line": b.number, "column": b.column, "reason": b.reason} for b in report.bad],
    }
    lines = [
        f"line {bad.number}{', ' + bad.column if bad.column else ''}: {bad.reason}"
        for bad in report.bad[:SHOWN_LINES]
    ]
    if len(report.bad) > SHOWN_LINES:
        lines.append(f"… and {len(report.bad) - SHOWN_LINES} more (all of them with --format json)")
    if report.bad:
        lines.append(f"{len(report.bad)} bad lines; nothing was imported")
    elif report.applied:
        lines.append(f"imported {report.imported}, there already {report.there}")
    else:
        total = sum(report.schemes.values())
        lines.append(f"would import {total} (use --apply), there already {report.there}")
    say(content, "\n".join(lines), form)
