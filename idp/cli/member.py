"""`idp member`: the register."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click
from rich.progress import Progress, TaskID

from audit.names import EventName
from idp.accounts import store as accounts
from idp.assembly.register import build_register
from idp.assembly.registration import build_printing
from idp.cli.changes import changes
from idp.cli.leaving import calendar, leave, refunded
from idp.cli.output import format_option, foundation, operator, read_import, say
from idp.members import store
from idp.members.number import parse_member_number
from idp.members.service import ImportReport
from idp.members.standing import access_ends_on, standing
from idp.subjects.service import told_of

SHOWN_LINES = 50


@click.group()
def member() -> None:
    """The register: import the core system's export, look a member up, changes, leaving."""


for command in (changes, leave, refunded, calendar):
    member.add_command(command)


@member.command(name="import", epilog="Example: idp member import export.csv --apply")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--apply", is_flag=True, help="Change the register; without it nothing is written.")
@click.option("--dry-run", is_flag=True, help="Only show what would change (this is the default).")
@format_option
def import_(file: Path, apply: bool, dry_run: bool, form: str) -> int:
    """Import a register file: all of it, or nothing when any line is bad."""
    data = read_import(file, apply=apply, dry_run=dry_run)
    f = foundation()
    register = build_register(f)
    with Progress(disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("register", total=data.count(b"\n"))
        report = register.import_file(
            data, operator(), apply=apply, progress=lambda done: bar.update(task, completed=done)
        )
    _print(report, form)
    return 1 if report.bad else 0


@member.command(epilog="Example: idp member show 00000017")
@click.argument("number")
@format_option
def show(number: str, form: str) -> None:
    """Show a member's standing and account (no names, no addresses)."""
    f = foundation()
    today = f.clock.today()
    with f.database.read() as tx:
        found = store.get(tx, parse_member_number(number))
        account = accounts.find_by_number(tx, found.member_number)
    with f.database.begin() as tx:
        f.journal.record(
            tx,
            EventName.MEMBER_VIEWED,
            f.clock.now(),
            actor=operator(),
            subject=account.subject if account else None,
            data={"member": told_of(found.member_number)},
        )
    content = {
        "member_number": found.member_number,
        "standing": standing(found, today).value,
        "employment": found.employment.value,
        "access_ends_on": access_ends_on(found),
        "subject": account.subject if account else None,
        "stopped_at": account.stopped_at if account else None,
        "blocked_at": account.disabled_at if account else None,
    }
    sentence = "\n".join(f"{key}: {value}" for key, value in content.items())
    say(content, sentence, form)


@member.command(epilog="Example: idp member letters --out letters.pdf")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="A new PDF file (mode 0600)."
)
@click.option(
    "--all-pending",
    is_flag=True,
    help="Also for everybody invited before who has not registered: a new code by letter.",
)
@click.option("--dry-run", is_flag=True, help="Only tell how many letters wait.")
@click.option("--font", type=click.Path(path_type=Path), help="Noto Sans CJK, if not found.")
@click.option("--most", default=5000, show_default=True, type=click.IntRange(1, 20000))
@format_option
def letters(
    out: Path, all_pending: bool, dry_run: bool, font: Path | None, most: int, form: str
) -> int:
    """Print the letters of invitation that wait, one page each, for window envelopes."""
    printing = build_printing(foundation())
    if dry_run:
        count = len(printing.waiting(most))
        say({"waiting": count}, f"{count} letters wait", form)
        return 0
    renewed = printing.renew_pending(operator()) if all_pending else 0
    with Progress(disable=not sys.stderr.isatty(), transient=True) as bar:
        steps = _steps(bar, len(printing.waiting(most)))
        printed = printing.print_to(out, operator(), font=font, most=most, progress=steps)
    lines = [f"{printed.letters} letters in {out}" if printed.letters else "no letter waits"]
    told = {
        "no postal address (give one to the register)": printed.without_address,
        "characters the font lacks, printed as 〓": printed.missing_characters,
        "ended meanwhile: take these sheets out": printed.ended_meanwhile,
    }
    lines += [f"{what}: {', '.join(numbers)}" for what, numbers in told.items() if numbers]
    if printed.waiting:
        lines.append("more letters wait: run this again with another file")
    content = {**asdict(printed), "renewed": renewed, "out": str(out)}
    say(content, "\n".join(lines), form)
    return 0 if printed.letters else 1


def _steps(bar: Progress, total: int) -> Callable[[str, int], None]:
    """Give each step a line of its own, one after the other; one that cannot count pulses."""
    tasks: dict[str, TaskID] = {}

    def show(step: str, done: int) -> None:
        if step not in tasks:
            tasks[step] = bar.add_task(step, total=total if done else None)
        bar.update(tasks[step], completed=done, total=total if done else None)

    return show


def _print(report: ImportReport, form: str) -> None:
    content = {
        "applied": report.applied,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "bad": [
            {"line": bad.number, "column": bad.column, "reason": bad.reason} for bad in report.bad
        ],
        "changes": [{"member_number": n, "what": what} for n, what in report.changes],
    }
    lines = [
        f"line {bad.number}{', ' + bad.column if bad.column else ''}: {bad.reason}"
        for bad in report.bad[:SHOWN_LINES]
    ]
    if len(report.bad) > SHOWN_LINES:
        lines.append(f"… and {len(report.bad) - SHOWN_LINES} more (all of them with --format json)")
    if report.bad:
        lines.append(f"{len(report.bad)} bad lines; nothing was changed")
    else:
        done = "changed" if report.applied else "would change (use --apply)"
        lines.append(
            f"{done}: {report.created} new, {report.updated} updated, {report.unchanged} unchanged"
        )
    say(content, "\n".join(lines), form)
