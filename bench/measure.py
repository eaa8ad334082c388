"""Runs one scenario on a running deployment and accounts for its CPU.

Other programs on the same cores make everything dearer, CPU time included (caches, clock speed). So
a scenario is measured in slices, and what it is compared with, the floor and Argon2 alone, between
the slices: both in the same weather.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from bench import argon, cpu, load
from bench.deployment import Deployment, Running
from bench.material import Material
from bench.scenarios import Scenario
from bench.wire import Item
from idp.policy.model import Argon2

WARM_UP = 0.1
LEAST_WARM_UP = 20
SLICES = 4
FLOOR_REQUESTS = 1_500
HASH_SECONDS = 1.2


class Spent(NamedTuple):
    """CPU seconds."""

    server: float = 0.0
    worker: float = 0.0
    stores: float = 0.0

    def plus(self, other: Spent) -> Spent:
        """Add."""
        return Spent(*(a + b for a, b in zip(self, other, strict=True)))

    def since(self, before: Spent) -> Spent:
        """Give what was spent after an earlier reading."""
        return Spent(*(after - start for after, start in zip(self, before, strict=True)))


@dataclass(frozen=True)
class Figures:
    """What one operation cost; milliseconds."""

    operations: int
    requests: int
    per_second: float
    p50: float
    p99: float
    server_cpu: float
    worker_cpu: float
    stores_cpu: float


@dataclass
class Slices:
    """What several slices of one measurement add up to."""

    wall: float = 0.0
    requests: int = 0
    seconds: list[float] = field(default_factory=list)
    outputs: list[Item] = field(default_factory=list)
    spent: Spent = field(default_factory=Spent)

    def add(self, result: load.Result, spent: Spent) -> None:
        """Add a slice."""
        self.wall += result.wall
        self.requests += result.requests
        self.seconds += result.seconds
        self.outputs += result.outputs
        self.spent = self.spent.plus(spent)

    def figures(self) -> Figures:
        """Give the cost of one operation."""
        count, ordered = len(self.seconds), sorted(self.seconds)
        return Figures(
            operations=count,
            requests=self.requests,
            per_second=count / self.wall,
            p50=ordered[count // 2] * 1000,
            p99=ordered[min(count - 1, int(count * 0.99))] * 1000,
            server_cpu=self.spent.server * 1000 / count,
            worker_cpu=self.spent.worker * 1000 / count,
            stores_cpu=self.spent.stores * 1000 / count,
        )


@dataclass(frozen=True)
class Compared:
    """A scenario's figures and what was measured between its slices."""

    figures: Figures
    floor: Figures
    hashing: argon.Limit | None


@dataclass
class Bench:
    """A running deployment with the floor beside it."""

    deployment: Deployment
    running: Running
    floor_pid: int
    floor_port: int
    connections: int
    scale: float
    material: Material = field(init=False)

    def __post_init__(self) -> None:
        """Start without any material."""
        self.material = Material(self.deployment)

    def run(self, scenario: Scenario, rules: Argon2) -> Compared:
        """Prepare, warm up, measure in slices."""
        count = max(LEAST_WARM_UP * 2, int(scenario.count * self.scale))
        warm = max(LEAST_WARM_UP, int(count * WARM_UP))
        items = scenario.items(self.material, count + warm)
        self._walk(scenario, items[:warm])
        own, floor, limits = Slices(), Slices(), list[argon.Limit]()
        for place in range(SLICES):
            self._floor(floor)
            if scenario.hashes:
                limits.append(argon.measure(rules, max(0.4, HASH_SECONDS * self.scale)))
            before = self._cpu()
            result = self._walk(scenario, items[warm + place :: SLICES])
            own.add(result, self._cpu().since(before))
        if scenario.walk == "exchange":
            self.material.keep_tokens(str(own.outputs[0]["client_id"]), own.outputs)
        hashing = argon.mean(limits) if limits else None
        return Compared(own.figures(), floor.figures(), hashing)

    def _floor(self, whole: Slices) -> None:
        items: list[Item] = [{}] * max(400, int(FLOOR_REQUESTS * self.scale))
        load.run(load.Job(self.floor_port, "hello", items[:100], self.connections))
        before = Spent(cpu.seconds_of_tree(self.floor_pid))
        result = load.run(load.Job(self.floor_port, "hello", items, self.connections))
        whole.add(result, Spent(cpu.seconds_of_tree(self.floor_pid)).since(before))

    def _walk(self, scenario: Scenario, items: list[Item]) -> load.Result:
        return load.run(load.Job(self.deployment.port, scenario.walk, items, self.connections))

    def _cpu(self) -> Spent:
        return Spent(
            cpu.seconds_of_tree(self.running.server.pid),
            cpu.seconds_of_tree(self.running.worker.pid),
            self.deployment.stores.cpu_seconds(),
        )
