"""`idp audit`: search, export, key, checkpoint, verify; more in `audit_room`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from rich.progress import Progress

from audit.__main__ import main as verifier
from audit.checkpoint import encode_key
from audit.pack import PackError
from idp.assembly.audit_room import build_looking
from idp.assembly.sealing import audit_key, build_sealer
from idp.audit_room.forms import FORMS
from idp.audit_search.service import NEWEST
from idp.cli.audit_criteria import criteria_of, criteria_options
from idp.cli.audit_room import breach, export_search, reindex, timeline
from idp.cli.evidence import evidence
from idp.cli.output import as_json, format_option, foundation, operator, plain, say
from idp.cli.retention import fork, hold, purge
from idp.errors import IdpError
from idp.journal import store
from idp.journal.export import Exporter


@click.group()
def audit() -> None:
    """The audit log: search it, prove it, take it away."""


audit.add_command(purge)
audit.add_command(hold)
audit.add_command(fork)


@audit.command(epilog="Example: idp audit export --out pack-2026-11")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new folder or file.")
@click.option(
    "--form",
    "kind",
    type=click.Choice(["pack", *FORMS]),
    default="pack",
    show_default=True,
    help="The pack proves the whole log; the others hold what is chosen, opened.",
)
@criteria_options
@format_option
def export(out: Path, kind: str, form: str, **typed: str | None) -> None:
    """Write a pack that `python -m audit verify` checks offline, or a search as one file."""
    f = foundation()
    if kind != "pack":
        export_search(f, out, kind, criteria_of(f, typed), form)
        return
    if any(typed.values()):
        raise click.UsageError("a pack holds the whole log; choose with --form csv, jsonl, rfc5424")
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
@criteria_options
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--after", metavar="KEY", help="Where the last page ended, as it said.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def search(limit: int, after: str | None, form: str, **typed: str | None) -> int:
    """List events, newest first; looking is itself an event."""
    f = foundation()
    criteria = criteria_of(f, typed)
    page = build_looking(f).page(criteria, limit, operator(), after=after)
    for one in page.found:
        event = one.event
        click.echo(as_json(event) if form == "json" else plain(_sentence(event)))
    if page.after is not None:
        far = f", looked back to {page.back_to.isoformat()}" if page.back_to else ""
        click.echo(f"there may be more{far}: go on with --after {page.after}", err=True)
    if page.indexing:
        click.echo("the search index is being made: addresses and sessions take longer", err=True)
    return 0 if page.found else 1


def _sentence(event: dict[str, object]) -> str:
    parts = (event.get("occurred_at"), event.get("name"), event.get("outcome"))
    who = event.get("subject") or ""
    data = json.dumps(event.get("data", {}), ensure_ascii=False)
    return f"{parts[0]}  {parts[1]:<24} {parts[2]:<8} {who}  {event.get('client', '')}  {data}"


for command in (timeline, breach, reindex, evidence):
    audit.add_command(command)
