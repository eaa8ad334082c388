"""`idp policy rehearse`: what another policy would have decided over what was recorded."""

from __future__ import annotations

import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from idp.attempts.reading import count_between
from idp.cli.days import DAY
from idp.cli.output import format_option, foundation, say
from idp.clock import TOKYO, from_micros
from idp.policy.folder import read_folder
from idp.rehearsal.counters import Set
from idp.rehearsal.report import MOST_LISTED, Run
from idp.rehearsal.service import WARM_UP, Rehearsed

BIAS = (
    "What cannot be replayed: attempts that nobody made because they were blocked, and whether an"
    " attempt that was refused unseen would have been right. Unseen attempts that the new policy"
    " lets through are counted as wrong. Floods stand in the log as counts per minute."
)


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
    content = _content(found)
    say(content, _text(found), form)
    return 1 if found.differences.others else 0


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=TOKYO)


def _content(found: Rehearsed) -> dict[str, Any]:
    differences, findings = found.differences, found.findings
    return {
        "from": found.begin,
        "to": found.end,
        "in_force": list(found.digests),
        "proposed": found.proposed,
        "attempts": findings.attempts,
        "check": {
            "reproduced": differences.reproduced,
            "different": len(differences.others),
            "overshot": differences.overshot,
            "address_windows": differences.address_windows,
            "first_different": [_verdict(one) for one in differences.others[:MOST_LISTED]],
        },
        "refused_then": findings.refused_then,
        "refused": findings.refused,
        "released": findings.released,
        "harm": {
            "right_answers_refused": findings.harmed,
            "accounts": sorted(findings.harmed_accounts)[:MOST_LISTED],
            "accounts_count": len(findings.harmed_accounts),
            "refused_and_right_within_a_day": len(findings.refused_later_right),
        },
        "blocks_then": found.blocks_then,
        "blocks": found.blocks,
        "blocked_anew": [_set(one) for one in found.blocked_anew[:MOST_LISTED]],
        "blocked_anew_count": len(found.blocked_anew),
        "blocked_no_more": [_set(one) for one in found.blocked_no_more[:MOST_LISTED]],
        "blocked_no_more_count": len(found.blocked_no_more),
        "attacks": [_run(one) for one in findings.runs[:MOST_LISTED]],
        "attacks_count": len(findings.runs),
        "bias": BIAS,
    }


def _verdict(one: Any) -> dict[str, Any]:
    return {
        "event": one.attempt.id,
        "at": one.attempt.occurred_at,
        "recorded": one.recorded.value,
        "recorded_rule": one.facts.rule,
        "recorded_retry_at": one.facts.retry_at,
        "replayed": one.replayed.value,
        "replayed_rule": one.rule.value,
        "replayed_retry_at": one.retry_at,
    }


def _set(one: Set) -> dict[str, Any]:
    return {
        "rule": one.rule.value,
        "bucket": one.bucket,
        "subject": one.subject,
        "started_at": from_micros(one.started_at),
        "until": from_micros(one.until) if one.until else None,
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "bucket": run.bucket,
        "began_at": from_micros(run.began_at),
        "attempts": run.attempts,
        "looked_at_then": run.looked_at_then,
        "looked_at": run.looked_at,
        "cut_at": from_micros(run.cut_at) if run.cut_at else None,
        "cut_after": str(timedelta(microseconds=run.cut_at - run.began_at)) if run.cut_at else None,
    }


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
        cut = f"cut after {_run(run)['cut_after']}" if run.cut_at else "not cut"
        lines.append(
            f"attack on {run.bucket}: {run.attempts} attempts, {run.looked_at_then} looked at then,"
            f" {run.looked_at} now, {cut}"
        )
    return "\n".join([*lines, BIAS])
