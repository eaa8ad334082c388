"""`idp member changes`: the clerk's queue of change requests."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from idp.assembly.changes import build_deciding
from idp.changes.model import ChangeRequest
from idp.cli.days import DAY
from idp.cli.output import format_option, foundation, operator, say, show

CHANGE = click.argument("change")
REASON = click.option("--reason", required=True, help="Why; it stands in the audit log.")
COLUMNS = ("id", "member_number", "kind", "state", "due_on", "overdue", "filed_at", "effective_on")


@click.group()
def changes() -> None:
    """Change requests of members: name, address, telephone number."""


@changes.command(name="list", epilog="Example: idp member changes list --format json")
@click.option("--all", "everything", is_flag=True, help="Those that were decided too.")
@format_option
def list_(everything: bool, form: str) -> None:
    """List open requests, overdue ones first."""
    f = foundation()
    today = f.clock.today()
    listed = build_deciding(f).queue(operator(), decided_too=everything)
    show([_row(change, today) for change in listed], COLUMNS, form)


@changes.command(name="show", epilog="Example: idp member changes show 0199f3c1-…")
@CHANGE
@format_option
def show_(change: str, form: str) -> None:
    """Show what a request would change, beside what the register holds today."""
    f = foundation()
    seen = build_deciding(f).look(change, operator())
    content = _row(seen.change, f.clock.today()) | {
        "due_on": seen.change.due_on,
        "via": seen.change.via,
        "decided_by": seen.change.decided_by,
        "reason": seen.change.reason,
        "now": seen.current,
        "wanted": dict(seen.change.wanted),
        "digest": seen.digest,
    }
    if form == "json":
        say(content, "", form)
        return
    lines = [f"{key}: {value}" for key, value in content.items() if isinstance(value, str | date)]
    for name, before, after in seen.rows:
        mark = "  (changes)" if before != after else ""
        lines.append(f"{name}: {_one_line(before)} -> {_one_line(after)}{mark}")
    say(content, "\n".join(lines), form)


@changes.command(
    epilog="Example: idp member changes approve 0199f3c1-… --digest 9f86d081884c… --reason seen"
)
@CHANGE
@click.option("--digest", help="What `show` told: refused if the register changed since then.")
@click.option("--effective-on", type=DAY, help="From which day it holds; today without it.")
@REASON
@format_option
def approve(
    change: str, digest: str | None, effective_on: date | None, reason: str, form: str
) -> None:
    """Approve a request: the register changes from that day on, and the member is told."""
    f = foundation()
    day = effective_on or f.clock.today()
    deciding = build_deciding(f)
    looked_at = digest or deciding.look(change, operator()).digest
    deciding.approve(change, day, operator(), reason, looked_at)
    content = {"id": change, "state": "approved", "effective_on": day}
    say(content, f"approved {change}, from {day} on", form)


@changes.command(epilog="Example: idp member changes refuse 0199f3c1-… --reason 'not legible'")
@CHANGE
@click.option("--reason", required=True, help="Why; the member reads it.")
@format_option
def refuse(change: str, reason: str, form: str) -> None:
    """Refuse a request; the member is told why."""
    f = foundation()
    build_deciding(f).refuse(change, operator(), reason)
    say({"id": change, "state": "refused"}, f"refused {change}", form)


def _row(change: ChangeRequest, today: date) -> dict[str, Any]:
    return {
        "id": change.id,
        "member_number": change.member_number,
        "kind": change.kind.value,
        "state": change.state.value,
        "due_on": change.due_on,
        "overdue": "yes" if change.state.value == "open" and change.due_on < today else "no",
        "filed_at": change.filed_at.isoformat(timespec="seconds"),
        "effective_on": change.effective_on,
    }


def _one_line(text: str) -> str:
    return text.replace("\n", " / ") or "(none)"
