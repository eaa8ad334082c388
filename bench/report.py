"""Prints the figures as a table and keeps them as JSON under `bench/results/`."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.importing import TARGET_MIB, TARGET_SECONDS, Import
from bench.inside import Counts
from bench.measure import Compared, Figures
from bench.scenarios import Scenario

RESULTS = Path("bench") / "results"
_TITLES = {"sqlite": "SQLite (embedded)", "scaled": "PostgreSQL + Redis (scaled)"}
_COLUMNS = ("operation", "per s", "p50 ms", "p99 ms", "server ms", "x floor", "worker ms",
    "stores ms", "SQL", "commits", "redis", "target")  # fmt: skip


@dataclass
class Measured:
    """One scenario's figures."""

    scenario: Scenario
    compared: Compared
    counts: Counts

    @property
    def figures(self) -> Figures:
        """What one operation cost."""
        return self.compared.figures

    @property
    def floors(self) -> float:
        """Server CPU in multiples of the floor that was measured beside it."""
        return self.figures.server_cpu / self.compared.floor.server_cpu

    @property
    def beyond_hash(self) -> float | None:
        """Server CPU beyond one hash of the same run, in milliseconds."""
        limit = self.compared.hashing
        return self.figures.server_cpu - limit.cpu_ms if limit else None

    @property
    def of_hash_limit(self) -> float | None:
        """Operations per second as a part of the hashes per second of the same run."""
        limit = self.compared.hashing
        return self.figures.per_second / limit.per_second if limit else None

    def verdicts(self) -> list[tuple[str, bool]]:
        """Compare with the targets: each as text, and whether it is met."""
        target, found = self.scenario.target, []
        if target.floors is not None:
            met = self.floors <= target.floors
            found.append((f"{self.floors:.2f} <= {target.floors:g} floors", met))
        if target.beyond_hash_ms is not None and self.beyond_hash is not None:
            met = self.beyond_hash <= target.beyond_hash_ms
            found.append(
                (f"{self.beyond_hash:.2f} <= {target.beyond_hash_ms:g} ms beyond a hash", met)
            )
        if target.of_hash_limit is not None and self.of_hash_limit is not None:
            met = self.of_hash_limit >= target.of_hash_limit
            found.append((f"{self.of_hash_limit:.2f} >= {target.of_hash_limit:g} of hashes", met))
        return found


@dataclass
class StoreReport:
    """All figures on one kind of stores."""

    kind: str
    measured: list[Measured] = field(default_factory=list)
    imported: Import | None = None
    server_mib: float = 0.0

    @property
    def floor(self) -> Figures:
        """The floor to show: the median by CPU of those measured beside the scenarios."""
        floors = sorted((m.compared.floor for m in self.measured), key=lambda f: f.server_cpu)
        return floors[len(floors) // 2]


def print_report(report: StoreReport, console: Console) -> None:
    """Print one table for one kind of stores, then what its rows mean."""
    if report.measured:
        table = Table(*_COLUMNS, title=_TITLES[report.kind], box=None, pad_edge=False)
        for column in table.columns[1:-1]:
            column.justify = "right"
        table.add_row("floor", *_numbers(report.floor, 1.0))
        for found in report.measured:
            table.add_row(*_row(found))
        console.print(table)
        console.print("floor: Flask hello on the same granian; multiples are of the one beside")
        for found in report.measured:
            console.print(f"{found.scenario.name}: {found.scenario.about}{_hashing(found)}")
        console.print(f"provider: {report.server_mib:.0f} MiB resident, shared pages counted twice")
    if report.imported:
        _print_import(report.imported, console)


def _numbers(f: Figures, floors: float) -> list[str]:
    return [
        f"{f.per_second:.0f}", f"{f.p50:.2f}", f"{f.p99:.2f}", f"{f.server_cpu:.3f}",
        f"{floors:.2f}", f"{f.worker_cpu:.3f}", f"{f.stores_cpu:.3f}",
    ]  # fmt: skip


def _row(found: Measured) -> list[str]:
    c = found.counts
    marks = (
        f"[green]{text}: met[/]" if met else f"[red]{text}: MISSED[/]"
        for text, met in found.verdicts()
    )
    counts = [f"{c.statements:g}", f"{c.commits:g}", f"{c.redis:g}"]
    return [found.scenario.name, *_numbers(found.figures, found.floors), *counts, "\n".join(marks)]


def _hashing(found: Measured) -> str:
    limit = found.compared.hashing
    if limit is None:
        return ""
    return f"; beside {limit.per_second:.1f} hashes per s of {limit.cpu_ms:.2f} ms CPU"


def _print_import(found: Import, console: Console) -> None:
    met = found.seconds < TARGET_SECONDS and found.peak_mib < TARGET_MIB
    console.print(
        f"import of {found.members} members: {found.seconds:.1f} s, peak {found.peak_mib:.0f} MiB"
        f" (target for 100,000: < {TARGET_SECONDS:g} s, < {TARGET_MIB:g} MiB:"
        f" {'met' if met else 'MISSED'}); the same file again: {found.again_seconds:.1f} s,"
        f" {found.again_peak_mib:.0f} MiB"
    )


def save(reports: list[StoreReport], folder: Path, facts: dict[str, Any]) -> Path:
    """Write the run as JSON; answers where."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    content = {
        "at": now.isoformat(timespec="seconds"),
        "machine": platform.platform(),
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        **facts,
        "stores": [_plain(report) for report in reports],
    }
    path = folder / f"{now:%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def _plain(report: StoreReport) -> dict[str, Any]:
    return {
        "kind": report.kind,
        "floor": asdict(report.floor) if report.measured else None,
        "server_mib": report.server_mib,
        "import": asdict(report.imported) if report.imported else None,
        "operations": {found.scenario.name: _plain_operation(found) for found in report.measured},
    }


def _plain_operation(found: Measured) -> dict[str, Any]:
    return {
        **asdict(found.figures),
        **asdict(found.counts),
        "floors": found.floors,
        "floor_beside": asdict(found.compared.floor),
        "hashing": asdict(found.compared.hashing) if found.compared.hashing else None,
        "beyond_hash_ms": found.beyond_hash,
        "of_hash_limit": found.of_hash_limit,
        "targets": dict(found.verdicts()),
    }
