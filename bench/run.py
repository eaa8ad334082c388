"""One run on one kind of stores: what is started, in which order it is measured."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import cpu, importing
from bench.deployment import Deployment, make, serving, stop, wait_for
from bench.inside import Inside
from bench.measure import Bench
from bench.report import Measured, StoreReport
from bench.scenarios import SCENARIOS, Scenario
from bench.stores import Stores
from idp.policy.folder import read_folder
from tests.support.demo import free_ports

MEMBERS, QUICK_MEMBERS = 2_400, 250
IMPORTED, QUICK_IMPORTED = 100_000, 5_000
QUICK = 0.15


@dataclass(frozen=True)
class Plan:
    """What was asked for on the command line."""

    scenarios: list[Scenario]
    imports: bool
    quick: bool
    connections: int
    workers: int


def measure(folder: Path, stores: Stores, plan: Plan) -> StoreReport:
    """Measure everything of a plan on one kind of stores."""
    report = StoreReport(stores.kind)
    usual = [s for s in plan.scenarios if not s.bare]
    bare = [s for s in plan.scenarios if s.bare]
    members = QUICK_MEMBERS if plan.quick else MEMBERS
    if usual:
        _measure_on(make(folder / "data", stores, members), usual, plan, report)
    if bare:
        _measure_on(make(folder / "bare", stores.afresh(), members, bare=True), bare, plan, report)
    if plan.imports:
        size = QUICK_IMPORTED if plan.quick else IMPORTED
        report.imported = importing.measure(folder / "import", stores, size)
    return report


def _measure_on(
    deployment: Deployment, scenarios: list[Scenario], plan: Plan, report: StoreReport
) -> None:
    rules = read_folder(Path("policies")).policy.passwords.argon2
    with _running(deployment, plan) as bench:
        inside = Inside(deployment)
        for scenario in scenarios:
            compared = bench.run(scenario, rules)
            counts = inside.count(scenario, bench.material)
            report.measured.append(Measured(scenario, compared, counts))
        report.server_mib = cpu.resident_mib(bench.running.server.pid)
        inside.close()


def profile(folder: Path, stores: Stores, plan: Plan, name: str) -> str:
    """Tell where the CPU of a scenario goes, in a process that serves nobody else."""
    with _looking_inside(folder, stores, plan, name) as (bench, inside, scenario):
        return inside.profile(scenario, bench.material, 50 if scenario.hashes else 300)


def statements(folder: Path, stores: Stores, plan: Plan, name: str) -> str:
    """List the SQL of one operation, in order."""
    with _looking_inside(folder, stores, plan, name) as (bench, inside, scenario):
        return "\n".join(inside.statements(scenario, bench.material))


@contextmanager
def _looking_inside(
    folder: Path, stores: Stores, plan: Plan, name: str
) -> Iterator[tuple[Bench, Inside, Scenario]]:
    scenario = next(s for s in SCENARIOS if s.name == name)
    deployment = make(folder / name, stores.afresh(), QUICK_MEMBERS, bare=scenario.bare)
    with _running(deployment, plan) as bench:
        inside = Inside(deployment)
        yield bench, inside, scenario
        inside.close()


@contextmanager
def _running(deployment: Deployment, plan: Plan) -> Iterator[Bench]:
    beside = floor(deployment.folder, plan.workers)
    with serving(deployment, plan.workers) as running, beside as (pid, port):
        scale = QUICK if plan.quick else 1.0
        yield Bench(deployment, running, pid, port, plan.connections, scale)


@contextmanager
def floor(folder: Path, workers: int) -> Iterator[tuple[int, int]]:
    """Serve the floor; gives its process id and its port."""
    port = free_ports(1)
    log = folder / "floor.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.floor", str(port), str(workers)],
            stdout=output,
            stderr=output,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/", process, log)
        yield process.pid, port
    finally:
        stop(process)
