"""`idp client`: relying parties."""

from __future__ import annotations

import json
from pathlib import Path

import click

from idp.cli.output import format_option, foundation, operator, say
from idp.cli.output import show as show_rows
from idp.clients.model import Client
from idp.clients.registration import BadClient

MAX_FILE = 256 * 1024


@click.group()
def client() -> None:
    """Relying parties: those of the policy, and those added while running."""


@client.command(epilog="Example: idp client add --file portal.json")
@click.option("--file", required=True, type=click.Path(path_type=Path), help="RFC 7591 metadata.")
@format_option
def add(file: Path, form: str) -> None:
    """Add a client; a secret that is drawn is printed this once."""
    try:
        text = file.read_bytes()
        metadata = json.loads(text) if len(text) <= MAX_FILE else None
    except OSError as error:
        raise BadClient(f"{file}: {error.strerror}") from error
    except (ValueError, RecursionError):
        raise BadClient(f"{file}: not JSON") from None
    if not isinstance(metadata, dict):
        raise BadClient(f"{file}: one JSON object of client metadata is wanted")
    added = foundation().clients.add(metadata, operator())
    content = {"client_id": added.client.client_id}
    sentence = f"added {added.client.client_id}"
    if added.drawn_secret:
        content["client_secret"] = added.drawn_secret
        sentence += f"\nclient_secret: {added.drawn_secret}"
    say(content, sentence, form)


@client.command(name="list", epilog="Example: idp client list")
@format_option
def list_(form: str) -> None:
    """List all clients."""
    rows = [_row(found) for found in foundation().clients.list()]
    show_rows(rows, ("client_id", "name", "auth_method", "source"), form)


@client.command(epilog="Example: idp client show portal")
@click.argument("client_id")
@format_option
def show(client_id: str, form: str) -> None:
    """Show one client (never its secret)."""
    found = foundation().clients.get(client_id)
    content = _row(found) | {
        "redirect_uris": found.redirect_uris,
        "scopes": sorted(found.scopes),
        "first_party": found.first_party,
        "backchannel_logout_uri": found.backchannel_logout_uri,
    }
    say(content, "\n".join(f"{key}: {value}" for key, value in content.items()), form)


@client.command(epilog="Example: idp client remove portal")
@click.argument("client_id")
@format_option
def remove(client_id: str, form: str) -> None:
    """Remove a client that was added (those of the policy live in its folder)."""
    foundation().clients.remove(client_id, operator())
    say({"client_id": client_id, "removed": True}, f"removed {client_id}", form)


def _row(found: Client) -> dict[str, object]:
    return {
        "client_id": found.client_id,
        "name": found.name,
        "auth_method": found.auth_method.value,
        "source": found.source,
    }
