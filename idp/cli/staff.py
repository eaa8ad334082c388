"""`idp staff`: who of the staff may do what; the operator on the node keeps it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from idp.assembly.foundation import Foundation
from idp.assembly.staff import build_staff
from idp.cli.output import format_option, foundation, operator, say, show
from idp.cli.two import say_what_became_of_it, submit
from idp.policy.approvals import ApprovalKind
from idp.staff.directory import Invited, Listed
from idp.staff.views.places import ENROL

WHO = click.argument("who")
REASON = click.option("--reason", required=True, help="Why; it stands in the audit log.")


@click.group()
def staff() -> None:
    """Staff accounts: named persons with roles. WHO is a mail address or an id."""


@staff.command(
    epilog="Example: idp staff add rei@mihon.example 'Rei Jirei' --role helpdesk --reason 'joined'"
)
@click.argument("address")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, help="May be given several times.")
@REASON
@format_option
def add(address: str, name: str, roles: tuple[str, ...], reason: str, form: str) -> None:
    """Make an account, and print the one-time link with which its person sets it up."""
    f = foundation()
    made = build_staff(f).directory.add(address, name, roles, operator(), reason)
    _say_link(f, made, form, {"roles": list(roles)})


@staff.command(epilog="Example: idp staff enrol rei@mihon.example --reason 'new phone'")
@WHO
@REASON
@format_option
def enrol(who: str, reason: str, form: str) -> None:
    """Print another one-time link: password and app are replaced once it is used."""
    f = foundation()
    _say_link(f, build_staff(f).directory.enrol_again(who, operator(), reason), form, {})


@staff.command(
    epilog="Example: idp staff role rei@mihon.example --grant clerk --reason 'new duties'"
)
@WHO
@click.option("--grant", multiple=True, help="A role to give.")
@click.option("--revoke", multiple=True, help="A role to take away; done first.")
@REASON
@format_option
def role(who: str, grant: tuple[str, ...], revoke: tuple[str, ...], reason: str, form: str) -> None:
    """Give and take roles; the person signs in again to go on."""
    if not grant and not revoke:
        raise click.UsageError("name a role with --grant or --revoke")
    found = build_staff(foundation()).directory.change_roles(who, grant, revoke, operator(), reason)
    held = ", ".join(found.held) or "no role"
    say(_row(found), f"{found.account.id} holds {held}", form)


@staff.command(
    name="break-glass",
    epilog="Example: idp staff break-glass rei@mihon.example --grant administrator --reason 'fire'",
)
@WHO
@click.option("--grant", multiple=True, required=True, help="A role to give for a while.")
@click.option("--hours", type=click.IntRange(1, 24), default=8, help="How long it holds.")
@REASON
@format_option
def break_glass(who: str, grant: tuple[str, ...], hours: int, reason: str, form: str) -> int:
    """Give roles for some hours in an emergency: with an alarm, and a review by somebody else."""
    f = foundation()
    directory = build_staff(f).directory
    with f.database.read() as tx:
        account = directory.find(tx, who)
    told = {"who": account.id, "grant": list(grant), "hours": hours}
    done = submit(f, ApprovalKind.STAFF_ROLES, told, reason, emergency=True)
    roles = ", ".join(grant)
    content = {"id": account.id, "roles": list(grant), "hours": hours}
    return say_what_became_of_it(f, done, content, f"{account.id} holds {roles} now", form)


@staff.command(name="list", epilog="Example: idp staff list --all")
@click.option("--all", "ended_too", is_flag=True, help="Those that have ended as well.")
@format_option
def list_(ended_too: bool, form: str) -> None:
    """List the staff with the roles they hold, since when and given by whom."""
    f = foundation()
    listed = build_staff(f).directory.list_all()
    rows = [_row(one) for one in listed if ended_too or one.account.ended_at is None]
    if form == "table":
        rows = [row | {"roles": ", ".join(row["roles"])} for row in rows]
    show(rows, ("id", "name", "address", "roles", "state", "created_at", "ended_at"), form)


@staff.command(epilog="Example: idp staff end rei@mihon.example --reason 'left the co-op'")
@WHO
@REASON
@format_option
def end(who: str, reason: str, form: str) -> None:
    """End an account at once: its roles, sessions, password and app."""
    ended = build_staff(foundation()).directory.end(who, operator(), reason)
    say({"id": ended.id, "ended": True}, f"ended {ended.id}", form)


def _say_link(f: Foundation, made: Invited, form: str, more: dict[str, Any]) -> None:
    hours = f.policy.policy.roles.enrolment_lifetime.text
    url = f"{f.settings.issuer}{ENROL}/{made.link}"
    content = {"id": made.account.id, "address": made.account.address, "link": url} | more
    say(
        content,
        f"{made.account.id}\nGive this link to {made.account.name} and to nobody else. It works"
        f" once, for {hours}, and is not shown again:\n{url}",
        form,
    )


def _row(one: Listed) -> dict[str, Any]:
    account = one.account
    state = "ended" if account.ended_at else "in service" if account.enrolled_at else "invited"
    return {
        "id": account.id,
        "name": account.name,
        "address": account.address,
        "roles": list(one.held),
        "state": state,
        "created_at": account.created_at,
        "enrolled_at": account.enrolled_at,
        "ended_at": account.ended_at,
        "history": [
            {
                "role": held.role,
                "granted_at": _text(held.granted_at),
                "granted_by": held.granted_by,
                "reason": held.reason,
                "ended_at": _text(held.ended_at),
                "ended_by": held.ended_by,
                "end_reason": held.end_reason,
            }
            for held in one.roles
        ],
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
