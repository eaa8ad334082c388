"""`idp policy rehearse`: what another policy would have decided over what was recorded."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from idp.attempts.reading import count_between
from idp.cli.days import DAY
from idp.cli.output import format_option, foundation, say
from idp.clock import TOKYO
from idp.policy.folder import read_folder
from idp.rehearsal.content import BIAS, content_of, run_content
from idp.rehearsal.service import WARM_UP, Rehearsed


@click.command(epilog="Example: idp policy rehearse policies --from 2026-10-01 --to 2026-11-01")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--from", "begin", type=DAY, required=True, help="The first day, in Japan.")
@click.option("--to", "end", type=DAY, required=True, help="The day after the last one.")
@format_option
def rehearse(folder: Path, begin: date, end: date, form: str) -> int:
    """Replay the recorded attempts of a period under the policy of FOLDER."""
    if end <= begin:
        raise click.UsageError("--to must be later than --from")
    proposed = read_folder(folder)
    f = foundation()
    first, last = _midnight(begin), _midnight(end)
    from idp.rehearsal.service import Rehearsal  # noqa: PLC0415  after the usage was checked

    columns = (TextColumn("attempts"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("attempts", total=count_between(f.database, first - WARM_UP))
        found = Rehearsal(f.database).rehearse(
            proposed, first, last, lambda more: bar.advance(task, more)
        )
    content = content_of(found)
    say(content, _text(found), form)
    return 1 if found.differences.others else 0


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=TOKYO)


def _text(found: Rehearsed) -> str:
    differences, findings = found.differences, found.findings
    lines = [
        f"{findings.attempts} attempts; in force: {', '.join(d[:12] for d in found.digests)}",
        f"check: {differences.reproduced} decisions reproduced, {len(differences.others)} not,"
        f" {differences.overshot} let through by an address window in flight,"
        f" {differences.address_windows} refused by an address window kept elsewhere",
        f"refused: {findings.refused_then} then, {findings.refused} under {found.proposed[:12]};"
        f" {findings.released} refused then would be looked at",
        f"harm: {findings.harmed} right answers of {len(findings.harmed_accounts)} accounts"
        f" refused;"
        f" {len(findings.refused_later_right)} refused accounts were right within a day",
        f"blocks: {found.blocks_then} then, {found.blocks} now; {len(found.blocked_anew)} anew,"
        f" {len(found.blocked_no_more)} no more",
    ]
    for run in findings.runs[:5]:
        cut = f"cut after {run_content(run)['cut_after']}" if run.cut_at else "not cut"
        lines.append(
            f"attack on {run.bucket}: {run.attempts} attempts, {run.looked_at_then} looked at then,"
            f" {run.looked_at} now, {cut}"
        )
    return "\n".join([*lines, BIAS])
