"""`idp scim`: the tokens with which core systems feed the register."""

from __future__ import annotations

from datetime import date, datetime

import click

from idp.assembly.provisioning import build_scim_tokens
from idp.cli.output import format_option, foundation, operator, say, show
from idp.clock import start_of
from idp.provisioning.model import ScimToken, Scope


@click.group()
def scim() -> None:
    """SCIM 2.0: core systems feed the register at /scim/v2 (see docs/operations.md)."""


@scim.group()
def token() -> None:
    """Tokens of core systems; each is shown once."""


@token.command(epilog="Example: idp scim token add core-2027 --scope write --expires 2027-09-30")
@click.argument("name")
@click.option(
    "--scope",
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="read: look only; write: look and change.",
)
@click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day on which it is no longer good; the policy's token_lifetime if not given.",
)
@format_option
def add(name: str, scope: str, expires: datetime | None, form: str) -> None:
    """Make a token for a core system and print it this once."""
    ends = start_of(date(expires.year, expires.month, expires.day)) if expires else None
    added = build_scim_tokens(foundation()).add(name, Scope(scope), ends, operator())
    made = added.token
    content = {
        "id": made.id,
        "name": made.name,
        "scope": made.scope.value,
        "expires_at": made.expires_at,
        "token": added.secret,
    }
    say(content, "\n".join(f"{key}: {value}" for key, value in content.items()), form)


@token.command(name="list", epilog="Example: idp scim token list")
@format_option
def list_(form: str) -> None:
    """List all tokens, those that are over included (never their secrets)."""
    f = foundation()
    now = f.clock.now()
    rows = [_row(found, now) for found in build_scim_tokens(f).list()]
    show(rows, ("id", "name", "scope", "state", "expires_at", "last_used_at"), form)


@token.command(epilog="Example: idp scim token end core-2026")
@click.argument("name_or_id")
@format_option
def end(name_or_id: str, form: str) -> None:
    """End a token at once, by its name or id."""
    ended = build_scim_tokens(foundation()).end(name_or_id, operator())
    say({"id": ended.id, "name": ended.name, "ended": True}, f"ended {ended.name}", form)


def _row(found: ScimToken, now: datetime) -> dict[str, object]:
    state = "live" if found.is_live(now) else "ended" if found.ended_at else "expired"
    return {
        "id": found.id,
        "name": found.name,
        "scope": found.scope.value,
        "state": state,
        "created_at": found.created_at,
        "expires_at": found.expires_at,
        "last_used_at": found.last_used_at,
        "ended_at": found.ended_at,
    }
