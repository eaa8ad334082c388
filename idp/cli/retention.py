"""`idp audit purge`, `hold`, `fork`: how long bodies stay, and what is said when some are lost."""

from __future__ import annotations

import sys
from typing import Any

import click
from rich.progress import Progress

from audit.inventory import RetentionClass
from idp.acts.retention import LIFT, PLACE
from idp.assembly.retention import build_forks, build_holds, build_purger
from idp.cli.output import format_option, foundation, operator, say, show
from idp.cli.two import rule_for, say_what_became_of_it, submit
from idp.policy.approvals import ApprovalKind
from idp.retention.model import Hold, HoldKind

COLUMNS = ("id", "kind", "value", "reason", "placed_at", "placed_by", "lifted_at", "lift_reason")
REASON = click.option("--reason", required=True, help="Why; it stands in the audit log.")


@click.command(epilog="Example: idp audit purge --dry-run")
@click.option("--dry-run", is_flag=True, help="Only count what would go.")
@click.option(
    "--class",
    "only",
    type=click.Choice([kept.value for kept in RetentionClass]),
    help="Only this class.",
)
@click.option("--reason", help="Why; needed where a second person is asked.")
@format_option
def purge(dry_run: bool, only: str | None, reason: str | None, form: str) -> int:
    """Delete the bodies of events past their class's time; their leaves stay, and it is proven.

    The worker does so by itself each day; where policy asks a second person about doing it now,
    the worker does it as soon as they agree.
    """
    f = foundation()
    if not dry_run and rule_for(f, ApprovalKind.AUDIT_PURGE) is not None:
        parameters = {"class": only} if only else {}
        done = submit(f, ApprovalKind.AUDIT_PURGE, parameters, reason, emergency=False)
        return say_what_became_of_it(f, done, {"class": only}, "ordered a purge", form)
    purger = build_purger(f)
    kept = RetentionClass(only) if only else None
    with Progress(disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("purge", total=None)
        purged = purger.purge(
            operator(),
            kept,
            dry_run=dry_run,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
    rows = [
        {"class": one.kept.value, "dry_run": dry_run, "events": one.events, "held": one.held}
        for one in purged
    ]
    show(rows, ("class", "events", "held"), form)
    return 0


@click.command(epilog="Example: idp audit fork --reason 'restored from the backup of 3 November'")
@REASON
@format_option
def fork(reason: str, form: str) -> None:
    """Let the log go on although a newer checkpoint is known: what came between is lost."""
    told = build_forks(foundation()).record(reason, operator())
    say(told, f"recorded the fork as event {told['event']}", form)


@click.group()
def hold() -> None:
    """Legal holds: what one covers is neither purged nor erased."""


@hold.command(epilog="Example: idp audit hold add member 00000017 --reason 'claim of 3 November'")
@click.argument("kind", type=click.Choice([kind.value for kind in HoldKind]))
@click.argument("value")
@REASON
@click.option("--not-seen-yet", "unseen", is_flag=True, help="Even if nothing names it.")
@format_option
def add(kind: str, value: str, reason: str, unseen: bool, form: str) -> int:
    """Hold a member (number or subject), a case or a reference code."""
    f = foundation()
    holds = build_holds(f)
    if rule_for(f, ApprovalKind.AUDIT_HOLD) is not None:
        if not unseen:
            holds.check_seen(HoldKind(kind), value)
        told = {"do": PLACE, "kind": kind, "value": value, "unseen": unseen}
        done = submit(f, ApprovalKind.AUDIT_HOLD, told, reason, emergency=False)
        content = {"kind": kind, "value": value}
        return say_what_became_of_it(f, done, content, f"placed a hold on {kind} {value}", form)
    placed = holds.place(HoldKind(kind), value, reason, operator(), unseen=unseen)
    say(_row(placed), f"placed hold {placed.id} on {kind} {value}", form)
    return 0


@hold.command(name="list", epilog="Example: idp audit hold list")
@click.option("--all", "every", is_flag=True, help="Lifted ones too.")
@format_option
def list_(every: bool, form: str) -> int:
    """List the holds that stand."""
    found = build_holds(foundation()).list_all()
    rows = [_row(one) for one in found if every or one.lifted_at is None]
    show(rows, COLUMNS, form)
    return 0 if rows else 1


@hold.command(epilog="Example: idp audit hold lift 0197... --reason 'claim settled'")
@click.argument("hold_id")
@REASON
@format_option
def lift(hold_id: str, reason: str, form: str) -> int:
    """Lift a hold; what it covered is purged when its time comes."""
    f = foundation()
    if rule_for(f, ApprovalKind.AUDIT_HOLD) is not None:
        told = {"do": LIFT, "hold": hold_id}
        done = submit(f, ApprovalKind.AUDIT_HOLD, told, reason, emergency=False)
        return say_what_became_of_it(f, done, {"id": hold_id}, f"lifted hold {hold_id}", form)
    lifted = build_holds(f).lift(hold_id, reason, operator())
    say({"id": lifted.id, "lifted": True}, f"lifted hold {lifted.id}", form)
    return 0


def _row(one: Hold) -> dict[str, Any]:
    row = {column: getattr(one, column) for column in COLUMNS}
    return row | {"kind": one.kind.value}
