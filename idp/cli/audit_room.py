"""`idp audit timeline`, `breach`, `reindex`, and exports of a search."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

import click
from rich.progress import Progress

from audit.names import EventName
from idp.assembly.audit_room import build_breach, build_exports, build_looking
from idp.assembly.audit_search import build_index
from idp.assembly.foundation import Foundation
from idp.audit_room.breach import COLUMNS, Table
from idp.audit_room.forms import FORMS
from idp.audit_room.guard import Cut, Guard
from idp.audit_room.words import details, moment, sentence
from idp.audit_search.model import Criteria, Found, read_reference
from idp.cli.audit_criteria import (
    ACTOR,
    ADDRESS,
    CLIENT,
    FROM,
    PERSON,
    TO,
    criteria_of,
)
from idp.cli.output import format_option, foundation, operator, plain, say, show
from idp.errors import IdpError, SettingsError
from idp.web.organisation import Language


@click.command(epilog="Example: idp audit timeline --person 01234567 --lang en")
@PERSON
@ACTOR
@click.option("--reference", help="An incident: all that belongs to this reference code.")
@FROM
@TO
@click.option("--lang", "language", type=click.Choice(["ja", "en"]), default="ja")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--after", metavar="KEY", help="Where the last page ended, as it said.")
@format_option
def timeline(
    reference: str | None,
    language: Language,
    limit: int,
    after: str | None,
    form: str,
    **typed: str | None,
) -> int:
    """Tell what happened to a person, by an actor, or around a reference code, in sentences."""
    f = foundation()
    if sum(bool(one) for one in (typed["person"], typed["actor"], reference)) != 1:
        raise click.UsageError("name one of --person, --actor and --reference")
    looking = build_looking(f)
    if reference is not None:
        incident = looking.incident(read_reference(reference), operator())
        content = {"events": _told(incident.found, language), "whole": incident.whole}
        say(content, _lines(incident.found, language), form)
        if not incident.whole:
            click.echo("this is not all: go on with `idp audit search --reference`", err=True)
        return 0
    page = looking.page(criteria_of(f, typed), limit, operator(), after=after)
    content = {"events": _told(page.found, language), "after": page.after}
    say(content, _lines(page.found, language), form)
    if page.after is not None:
        click.echo(f"there may be more: go on with --after {page.after}", err=True)
    return 0 if page.found else 1


@click.command(epilog="Example: idp audit breach --from 2026-11-01 --to 2026-11-03 --client portal")
@FROM
@TO
@CLIENT
@ACTOR
@ADDRESS
@click.option("--out", type=click.Path(path_type=Path), help="Write the table as CSV.")
@format_option
def breach(out: Path | None, form: str, **typed: str | None) -> int:
    """Tell whose data was read and whose account was entered in a span, when and from where."""
    f = foundation()
    criteria = criteria_of(f, typed)
    answer = build_breach(f).ask(criteria)
    about = {"question": "breach", "found": len(answer.persons)}
    build_looking(f).record(EventName.AUDIT_SEARCHED, criteria, operator(), about)
    if out is not None:
        exports = build_exports(f)
        with _new_file(out) as file:
            mark = exports.begin("breach csv", criteria, operator())
            file.writelines(Table(answer, Guard()).csv_lines(mark))
            _keep(file)
        exports.end(mark, "breach csv", criteria, operator(), len(answer.persons))
    else:
        show(answer.rows(), COLUMNS, form)
    click.echo(
        f"{len(answer.persons)} persons; {answer.unnamed} acts that name nobody;"
        f" {answer.lists} lists or exports, to be looked at one by one",
        err=True,
    )
    return 0 if answer.persons else 1


@click.command(epilog="Example: idp audit reindex")
@format_option
def reindex(form: str) -> None:
    """Make the search index again from the sealed log; searches go on meanwhile."""
    f = foundation()
    with Progress(disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("index", total=None)
        count = build_index(f).again(
            lambda done, total: bar.update(task, completed=done, total=total)
        )
    say({"events": count}, f"indexed {count} events", form)


def export_search(f: Foundation, out: Path, kind: str, criteria: Criteria, form: str) -> None:
    """Write what a search finds to a new file, or to standard output for `-`."""
    exports, actor = build_exports(f), operator()
    if str(out) == "-":
        for line in exports.lines(kind, criteria, actor):
            sys.stdout.buffer.write(line.encode())
        sys.stdout.buffer.flush()
        return
    with _new_file(out) as file:
        mark, counted, count = exports.begin(kind, criteria, actor), exports.found(criteria), 0
        try:
            for line in FORMS[kind][0](mark, counted):
                file.write(line)
                count += 1
            _keep(file)
        except OSError as error:
            exports.end(mark, kind, criteria, actor, counted.count, cut=Cut.BROKEN)
            raise IdpError(f"{out}: {error.strerror}; the file is not complete") from error
    # Only what is safe on the disk is recorded as finished.
    exports.end(mark, kind, criteria, actor, counted.count)
    say({"out": str(out), "lines": count}, f"wrote {count} lines to {out}", form)


def _new_file(out: Path) -> TextIO:
    """Open a file that was not there, for its owner alone; raises `SettingsError`."""
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise IdpError(f"{out} is there already; name a new file") from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"{out}: {getattr(error, 'strerror', error)}") from error
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


def _keep(file: TextIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _told(found: Iterable[Found], language: Language) -> list[dict[str, Any]]:
    return [
        {
            "event": one.event["id"],
            "at": one.event["occurred_at"],
            "says": sentence(one.event, language),
            "details": list(details(one.event, language)),
        }
        for one in found
    ]


def _lines(found: Iterable[Found], language: Language) -> str:
    return "\n".join(_line(one.event, language) for one in found)


def _line(event: dict[str, Any], language: Language) -> str:
    parts = " / ".join(details(event, language))
    # Before the lines are joined: a value must not begin one.
    return plain(f"{moment(event, language)}  {sentence(event, language)}  {parts}")
