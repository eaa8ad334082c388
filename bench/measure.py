"""Runs one scenario on a running deployment and accounts for its CPU."""

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


class Spent(NamedTuple):
    """CPU seconds."""

    server: float
    worker: float = 0.0
    stores: float = 0.0

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

    def floor(self, count: int = 4_000) -> Figures:
        """Measure the floor once."""
        items: list[Item] = [{}] * max(500, int(count * self.scale))
        load.run(load.Job(self.floor_port, "hello", items[:200], self.connections))
        before = Spent(cpu.seconds_of_tree(self.floor_pid))
        result = load.run(load.Job(self.floor_port, "hello", items, self.connections))
        return _figures(result, Spent(cpu.seconds_of_tree(self.floor_pid)).since(before))

    def run(self, scenario: Scenario) -> Figures:
        """Prepare, warm up, measure."""
        items = self._warmed_up(scenario)
        before = self._cpu()
        result = self._walk(scenario, items)
        spent = self._cpu().since(before)
        if scenario.walk == "exchange":
            client = str(result.outputs[0]["client_id"])
            self.material.keep_tokens(client, result.outputs)
        return _figures(result, spent)

    def run_beside_hashes(self, scenario: Scenario, rules: Argon2) -> tuple[Figures, argon.Limit]:
        """Measure in slices, Argon2 alone before, between and after: both in the same weather."""
        items = self._warmed_up(scenario)
        seconds = max(0.5, 1.5 * self.scale)
        whole, spent = load.Result(), Spent(0.0)
        limits = [argon.measure(rules, seconds)]
        for place in range(SLICES):
            before = self._cpu()
            part = self._walk(scenario, items[place::SLICES])
            after = self._cpu().since(before)
            spent = Spent(*(a + b for a, b in zip(spent, after, strict=True)))
            whole.wall += part.wall
            whole.requests += part.requests
            whole.seconds += part.seconds
            limits.append(argon.measure(rules, seconds))
        return _figures(whole, spent), argon.mean(limits)

    def _warmed_up(self, scenario: Scenario) -> list[Item]:
        count = max(LEAST_WARM_UP * 2, int(scenario.count * self.scale))
        warm = max(LEAST_WARM_UP, int(count * WARM_UP))
        items = scenario.items(self.material, count + warm)
        self._walk(scenario, items[:warm])
        return items[warm:]

    def _walk(self, scenario: Scenario, items: list[Item]) -> load.Result:
        return load.run(load.Job(self.deployment.port, scenario.walk, items, self.connections))

    def _cpu(self) -> Spent:
        return Spent(
            cpu.seconds_of_tree(self.running.server.pid),
            cpu.seconds_of_tree(self.running.worker.pid),
            self.deployment.stores.cpu_seconds(),
        )


def _figures(result: load.Result, spent: Spent) -> Figures:
    count = len(result.seconds)
    ordered = sorted(result.seconds)
    return Figures(
        operations=count,
        requests=result.requests,
        per_second=count / result.wall,
        p50=ordered[count // 2] * 1000,
        p99=ordered[min(count - 1, int(count * 0.99))] * 1000,
        server_cpu=spent.server * 1000 / count,
        worker_cpu=spent.worker * 1000 / count,
        stores_cpu=spent.stores * 1000 / count,
    )
