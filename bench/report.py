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

from bench import argon
from bench.importing import TARGET_MIB, TARGET_SECONDS, Import
from bench.inside import Counts
from bench.measure import Figures
from bench.scenarios import Scenario

RESULTS = Path("bench") / "results"
_TITLES = {"sqlite": "SQLite (embedded)", "scaled": "PostgreSQL + Redis (scaled)"}
_COLUMNS = ("operation", "per s", "p50 ms", "p99 ms", "server ms", "x floor", "worker ms",
    "stores ms", "SQL", "commits", "redis", "target")  # fmt: skip


@dataclass
class Measured:
    """One scenario's figures."""

    scenario: Scenario
    figures: Figures
    counts: Counts = field(default_factory=Counts)
    hashing: argon.Limit | None = None

    @property
    def beyond_hash(self) -> float | None:
        """Server CPU beyond one hash of the same run, in milliseconds."""
        return self.figures.server_cpu - self.hashing.cpu_ms if self.hashing else None

    @property
    def of_hash_limit(self) -> float | None:
        """Operations per second as a part of the hashes per second of the same run."""
        return self.figures.per_second / self.hashing.per_second if self.hashing else None

    def verdicts(self, floor: float) -> list[tuple[str, bool]]:
        """Compare with the targets: each as text, and whether it is met."""
        target, found = self.scenario.target, []
        if target.floors is not None:
            times = self.figures.server_cpu / floor
            found.append((f"{times:.2f} <= {target.floors:g} floors", times <= target.floors))
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
    floors: list[Figures] = field(default_factory=list)
    measured: list[Measured] = field(default_factory=list)
    imported: Import | None = None
    server_mib: float = 0.0

    @property
    def floor(self) -> Figures:
        """The floor: the median by CPU of this run's measurements."""
        return sorted(self.floors, key=lambda f: f.server_cpu)[len(self.floors) // 2]


def print_report(report: StoreReport, console: Console) -> None:
    """Print one table for one kind of stores, then what its rows mean."""
    if report.floors:
        table = Table(*_COLUMNS, title=_TITLES[report.kind], box=None, pad_edge=False)
        for column in table.columns[1:-1]:
            column.justify = "right"
        table.add_row("floor", *_numbers(report.floor, report.floor), "", "", "", "")
        for found in report.measured:
            table.add_row(*_row(found, report.floor))
        console.print(table)
        console.print(f"floor: Flask hello, same granian; median of {len(report.floors)}")
        for found in report.measured:
            console.print(f"{found.scenario.name}: {found.scenario.about}{_hashing(found)}")
        console.print(f"provider: {report.server_mib:.0f} MiB resident, shared pages counted twice")
    if report.imported:
        _print_import(report.imported, console)


def _numbers(f: Figures, floor: Figures) -> list[str]:
    return [
        f"{f.per_second:.0f}", f"{f.p50:.2f}", f"{f.p99:.2f}", f"{f.server_cpu:.3f}",
        f"{f.server_cpu / floor.server_cpu:.2f}", f"{f.worker_cpu:.3f}", f"{f.stores_cpu:.3f}",
    ]  # fmt: skip


def _row(found: Measured, floor: Figures) -> list[str]:
    c = found.counts
    marks = (
        f"[green]{text}: met[/]" if met else f"[red]{text}: MISSED[/]"
        for text, met in found.verdicts(floor.server_cpu)
    )
    counts = [f"{c.statements:g}", f"{c.commits:g}", f"{c.redis:g}"]
    return [found.scenario.name, *_numbers(found.figures, floor), *counts, "\n".join(marks)]


def _hashing(found: Measured) -> str:
    limit = found.hashing
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
        "floor": asdict(report.floor) if report.floors else None,
        "floors_cpu": [f.server_cpu for f in report.floors],
        "server_mib": report.server_mib,
        "import": asdict(report.imported) if report.imported else None,
        "operations": {
            found.scenario.name: _plain_operation(found, report.floor.server_cpu)
            for found in report.measured
        },
    }


def _plain_operation(found: Measured, floor: float) -> dict[str, Any]:
    return {
        **asdict(found.figures),
        **asdict(found.counts),
        "floors": found.figures.server_cpu / floor,
        "hashing": asdict(found.hashing) if found.hashing else None,
        "beyond_hash_ms": found.beyond_hash,
        "of_hash_limit": found.of_hash_limit,
        "targets": dict(found.verdicts(floor)),
    }
