"""`idp audit`: search, export, key, checkpoint, verify."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from rich.progress import Progress

from audit.__main__ import main as verifier
from audit.checkpoint import encode_key
from audit.names import EventName
from audit.pack import PackError
from idp.assembly import Foundation, audit_key, build_sealer
from idp.cli.output import format_option, foundation, operator, say
from idp.cli.retention import fork, hold, purge
from idp.errors import IdpError
from idp.journal import store
from idp.journal.export import Exporter
from idp.journal.reading import EventReader

NEWEST = 2**62


@click.group()
def audit() -> None:
    """The audit log: search it, prove it, take it away."""


audit.add_command(purge)
audit.add_command(hold)
audit.add_command(fork)


@audit.command(epilog="Example: idp audit export --out pack-2026-11")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new folder.")
@format_option
def export(out: Path, form: str) -> None:
    """Write a pack that `python -m audit verify` checks offline."""
    f = foundation()
    exporter = Exporter(f.database, f.journal, build_sealer(f), audit_key(f), f.clock)
    try:
        with Progress(disable=not sys.stderr.isatty(), transient=True) as bar:
            task = bar.add_task("export", total=None)
            size = exporter.export(
                out, operator(), lambda done, total: bar.update(task, completed=done, total=total)
            )
    except PackError as error:
        raise IdpError(str(error)) from error
    say({"out": str(out), "events": size}, f"wrote {size} events to {out}", form)


@audit.command(epilog="Example: idp audit key > auditor.pub")
def key() -> None:
    """Print the log's public key, exactly as `--key FILE` of the verifier takes it."""
    f = foundation()
    click.echo(encode_key(f.policy.policy.audit.origin, audit_key(f).public_key()))


@audit.command(epilog="Example: idp audit checkpoint > kept.txt")
@click.option("--size", default=NEWEST, type=click.IntRange(0), help="The newest up to this size.")
def checkpoint(size: int) -> None:
    """Print the newest checkpoint; keep it where nobody here can change it."""
    with foundation().database.read() as tx:
        newest = store.newest_checkpoint(tx, size)
    if newest is None:
        raise IdpError("nothing has been sealed yet")
    click.echo(newest, nl=False)


@audit.command(epilog="Example: idp audit verify pack-2026-11 --key auditor.pub")
@click.argument("pack", type=click.Path(path_type=Path))
@click.option("--key", "key_file", type=click.Path(path_type=Path))
@click.option("--checkpoint", "kept", type=click.Path(path_type=Path))
def verify(pack: Path, key_file: Path | None, kept: Path | None) -> int:
    """Check a pack; the same as `python -m audit verify`."""
    arguments = ["verify", str(pack)]
    if key_file:
        arguments += ["--key", str(key_file)]
    if kept:
        arguments += ["--checkpoint", str(kept)]
    return verifier(arguments)


@audit.command(epilog="Example: idp audit search --name sign_in.refused --limit 20")
@click.option("--name", type=click.Choice([name.value for name in EventName]))
@click.option("--subject")
@click.option("--reference", help="The reference code a member reads out.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def search(
    name: str | None, subject: str | None, reference: str | None, limit: int, form: str
) -> int:
    """List events, newest first; looking is itself an event."""
    f = foundation()
    with f.database.read() as tx:
        found = store.search(tx, NEWEST, limit, name=name, subject=subject, reference=reference)
        events = [EventReader(f.persons).open(tx, line) for _, line in found]
    record_search(f, name, subject, reference, len(events))
    for event in events:
        click.echo(json.dumps(event, ensure_ascii=False) if form == "json" else _sentence(event))
    return 0 if events else 1


def record_search(
    f: Foundation, name: str | None, subject: str | None, reference: str | None, found: int
) -> None:
    """Record that an operator looked into the log."""
    data = {"name": name, "reference": reference, "found": found}
    with f.database.begin() as tx:
        f.journal.record(
            tx,
            EventName.AUDIT_SEARCHED,
            f.clock.now(),
            actor=operator(),
            subject=subject,
            data=data,
        )


def _sentence(event: dict[str, object]) -> str:
    parts = (event.get("occurred_at"), event.get("name"), event.get("outcome"))
    who = event.get("subject") or ""
    data = json.dumps(event.get("data", {}), ensure_ascii=False)
    return f"{parts[0]}  {parts[1]:<24} {parts[2]:<8} {who}  {event.get('client', '')}  {data}"
