"""`idp backup` and `idp restore`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import Progress

from audit import checkpoint as checkpoints
from audit.note import NoteError
from idp.assembly.restoring import Restore
from idp.assembly.retention import build_backups
from idp.cli.output import format_option, foundation, operator, say
from idp.errors import SettingsError
from idp.settings import read_settings

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(epilog="Example: idp backup --out /backup/kumiai-2026-11-30")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new folder.")
@format_option
def backup(out: Path, form: str) -> None:
    """Copy database, keys and lists, consistent and while the provider runs; no master key."""
    with _progress("backup") as progress:
        made = build_backups(foundation()).make(out, operator(), progress)
    at = made.checkpoint
    content = {
        "out": str(out),
        "manifest": made.digest,
        "size": at.size if at else 0,
        "master_key": made.master_key,
    }
    sentence = (
        f"wrote a backup of a log of {content['size']} records to {out};"
        f" it opens with the master key {made.master_key}, which is not in it"
    )
    say(content, sentence, form)


@click.command(epilog="Example: idp restore --from /backup/kumiai-2026-11-30")
@click.option("--from", "source", required=True, type=click.Path(path_type=Path))
@click.option("--checkpoint", "kept", type=FILE, help="A checkpoint that was kept elsewhere.")
@click.option("--erased", multiple=True, type=FILE, help="The file `erased` of another node.")
@click.option("--fork", is_flag=True, help="Leave a newer checkpoint behind, and record it.")
@click.option("--reason", help="Why a fork is right; it stands in the audit log.")
@click.option("--unsigned", is_flag=True, help="Accept a backup that the audit key did not sign.")
@format_option
def restore(
    source: Path,
    kept: Path | None,
    erased: tuple[Path, ...],
    fork: bool,
    reason: str | None,
    unsigned: bool,
    form: str,
) -> None:
    """Restore into an empty place; who was erased since is erased again before it opens."""
    if fork != bool(reason):
        raise click.UsageError("--fork and --reason go together")
    with _progress("restore") as progress:
        done = Restore(
            read_settings(),
            source,
            operator(),
            reason if fork else None,
            _notes(kept) if kept else (),
            erased,
            unsigned,
            progress,
        ).run()
    content = {"size": done.size, "erased_again": done.erased_again, "forked": done.forked}
    sentence = f"restored a log of {done.size} records; {done.erased_again} persons erased again"
    say(content, sentence + ("; the fork is recorded" if done.forked else ""), form)


def _notes(file: Path) -> list[str]:
    lines = file.read_text("utf-8").splitlines(keepends=True)
    step = checkpoints.LINES
    notes = ["".join(lines[at : at + step]) for at in range(0, len(lines), step)]
    try:
        for note in notes:
            checkpoints.parse(note)
    except NoteError as error:
        raise SettingsError(f"{file}: {error}") from error
    return notes


@contextmanager
def _progress(what: str) -> Iterator[Callable[[str], None]]:
    with Progress(disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda now: bar.update(task, description=f"{what}: {now}")
