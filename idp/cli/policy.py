"""`idp policy`: check a folder, put it in force, see what was in force when."""

from __future__ import annotations

from pathlib import Path

import click

from idp.cli.output import format_option, foundation, operator, say, show
from idp.clients.registration import client_from
from idp.clock import from_micros
from idp.inforce import store
from idp.inforce.service import activate as put_in_force
from idp.policy.folder import Proposal, read_folder
from idp.settings import read_settings

FOLDER = click.argument("folder", required=False, type=click.Path(path_type=Path))


@click.group()
def policy() -> None:
    """The rules of `policies/*.toml`: proposed in a folder, in force from the database."""


@policy.command(epilog="Example: idp policy check policies")
@FOLDER
@format_option
def check(folder: Path | None, form: str) -> None:
    """Check a policy folder and print its digest."""
    proposed = _read(folder)
    say({"digest": proposed.digest}, f"the policy is well-formed, digest {proposed.digest}", form)


@policy.command(epilog="Example: idp policy activate policies")
@FOLDER
@format_option
def activate(folder: Path | None, form: str) -> None:
    """Put a policy folder in force on all nodes."""
    proposed = _read(folder)
    f = foundation()
    f.clients.check_policy(proposed.policy)
    who = operator()
    with f.database.begin() as tx:
        done = put_in_force(tx, f.journal, f.clock, proposed, who, str(who.id))
    sentence = "is now in force" if done else "was already in force"
    say({"digest": proposed.digest, "activated": done}, f"{proposed.digest} {sentence}", form)


@policy.command(epilog="Example: idp policy history")
@format_option
def history(form: str) -> None:
    """List what was in force since when."""
    with foundation().database.read() as tx:
        rows = [
            {"number": number, "digest": digest, "since": from_micros(at), "by": by}
            for number, digest, at, by in store.history(tx)
        ]
    show(rows, ("number", "digest", "since", "by"), form)


def _read(folder: Path | None) -> Proposal:
    proposed = read_folder(folder or read_settings().policies)
    for client_id, entry in proposed.policy.clients.items():
        client_from(client_id, entry, "policy")
    return proposed
