"""`python -m bench`: measures everything, or what is asked for, and prints it."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import click
from rich.console import Console

from bench import cpu, run
from bench.report import RESULTS, print_report, save
from bench.scenarios import SCENARIOS
from bench.stores import KINDS, Kind, running_stores
from idp.processes import supervise

IMPORT = "import"
_NAMES = [scenario.name for scenario in SCENARIOS]
_NO_TERMINAL_WIDTH = 140


@click.command()
@click.option("--quick", is_flag=True, help="A seventh of the work: for a look, not for figures.")
@click.option("--only", type=click.Choice([*_NAMES, IMPORT]), multiple=True)
@click.option("--store", type=click.Choice(KINDS), help="Only one kind of stores.")
@click.option("--profile", "profiled", type=click.Choice(_NAMES), help="Where its CPU goes.")
@click.option("--statements", "listed", type=click.Choice(_NAMES), help="Its SQL, in order.")
@click.option("--connections", default=6, show_default=True, type=click.IntRange(1, 16))
@click.option("--workers", default=None, type=click.IntRange(1, 16), help="Cores if not given.")
@click.option(
    "--out", default=RESULTS, type=click.Path(path_type=Path), help="Folder of the JSON results."
)
def main(
    quick: bool,
    only: tuple[str, ...],
    store: Kind | None,
    profiled: str | None,
    listed: str | None,
    connections: int,
    workers: int | None,
    out: Path,
) -> None:
    """Measure the provider beside its floor, on loopback, within one run."""
    supervise()
    console = _console()
    plan = run.Plan(
        scenarios=[s for s in SCENARIOS if not only or s.name in only],
        imports=not only or IMPORT in only,
        quick=quick,
        connections=connections,
        workers=workers or len(os.sched_getaffinity(0)),
    )
    kinds: tuple[Kind, ...] = (store,) if store else KINDS
    reports = []
    before, started = _others(), time.monotonic()
    for kind in kinds:
        temporary = tempfile.TemporaryDirectory(prefix="kumiai-bench-")
        with temporary as folder, running_stores(kind) as stores:
            for look, name in ((run.profile, profiled), (run.statements, listed)):
                if name:
                    console.rule(f"{kind}: {name}")
                    click.echo(look(Path(folder), stores, plan, name))
            if not profiled and not listed:
                report = run.measure(Path(folder), stores, plan)
                print_report(report, console)
                reports.append(report)
    if reports:
        others = (_others() - before) / (time.monotonic() - started)
        console.print(f"other programs on this machine took {others:.2f} cores meanwhile")
        facts = {"quick": quick, "connections": connections, "workers": plan.workers}
        console.print(f"written to {save(reports, out, {**facts, 'others_cores': others})}")


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_NO_TERMINAL_WIDTH)


def _others() -> float:
    """Give the CPU seconds of everything on this machine that is not this run."""
    return cpu.seconds_of_machine() - cpu.seconds_of_tree(os.getpid())


if __name__ == "__main__":
    main()
