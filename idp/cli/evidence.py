"""`idp audit evidence`: a signed pack of figures for the auditors of an ISMS."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.progress import Progress

from audit.pack import PackError
from idp.assembly.evidence import build_evidence
from idp.cli.output import format_option, foundation, operator, say
from idp.errors import IdpError
from idp.evidence.period import parse_period


@click.command(epilog="Example: idp audit evidence --period 2026-Q3 --out evidence-2026-Q3")
@click.option(
    "--period",
    "typed",
    required=True,
    metavar="PERIOD",
    help="2026-Q3, 2026-07, 2026, FY2026 (April to March), or two days: 2026-07-01..2026-08-15.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new folder.")
@click.option("--font", type=click.Path(path_type=Path), help="A Japanese font, as OpenType file.")
@format_option
def evidence(typed: str, out: Path, font: Path | None, form: str) -> None:
    """Write a signed pack of figures for ISO/IEC 27001 auditors, as PDF and JSON."""
    f = foundation()
    period = parse_period(typed, f.clock.today())
    with Progress(disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("seal", total=None)

        def show(what: str, done: int, of: int) -> None:
            bar.update(task, description=what, completed=done, total=of)

        try:
            made = build_evidence(f).make(period, out, operator(), font=font, progress=show)
        except PackError as error:
            raise IdpError(str(error)) from error
        except OSError as error:
            raise IdpError(f"{out}: {error.strerror}; the pack is not complete") from error
    state = "" if made.finished else ", which is not over yet"
    content = {"out": str(out), "period": made.period, "finished": made.finished}
    say(
        content | {"events": made.events, "rows": made.rows, "problem": made.problem},
        f"wrote the evidence of {made.period}{state} ({made.events} events) to {out}",
        form,
    )
    if made.problem is not None:
        raise IdpError(f"the pack was written, but the log does not hold: {made.problem}")
