"""Ten times as many sign-ins as can be served: those who are let in lose nothing by the others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import mean

import pytest

from bench.cpu import resident_mib, seconds_of_tree
from bench.deployment import Deployment
from bench.material import Material
from tests.overload.conftest import LONG, MEMBERS, serving
from tests.overload.offered import (
    SIGNED_IN,
    all_served,
    discovery_wire,
    only_turned_away,
    report,
    sign_in_wires,
    userinfo_wire,
)
from tests.overload.rush import Answers, Job, Stream, finish, start

WORKERS = 2 if LONG else 1
TIMES = 10
ROUNDS = 4 if LONG else 1
"""Peak and overload take turns: other programs on the machine slow both down."""
ENOUGH = (6, 12, 24) if LONG else (6,)
"""Clients that keep the hash slots busy: a few for each slot, more where they meet the processes
unevenly."""
PEAK_SECONDS = 8.0 if LONG else 2.0
DEAF_SECONDS, FILLING_SECONDS = (24.0, 4.0) if LONG else (5.0, 1.0)
OBEDIENT, WORTH_SECONDS = (350, 20.0) if LONG else (150, 0.0)
"""People who come at ten times the peak, and come back when they are told to: at least so many,
which is more than the queue holds, and so many seconds' work at the peak."""
PATIENCE_SECONDS = 120.0
ASKED_BESIDE = 20.0
"""Requests per second to each machine endpoint."""
GOODPUT, PROMPT_SECONDS, MEMORY = 0.8, 0.2, 1.15


@dataclass
class Scene:
    """A provider at work, browsers at its sign-in page, and one access token."""

    deployment: Deployment
    pid: int
    wires: list[str]
    beside: list[Stream]
    memory: list[float] = field(default_factory=list)
    """MiB of all processes, at moments of the last run."""
    cost: float = 0.0
    """CPU seconds of the provider for each who got in, in the last run."""
    enough: int = 0

    def run(
        self, stream: Stream, seconds: float, patience: float = 15.0, beside: float = 0.0
    ) -> list[Answers]:
        """Offer sign-ins for some seconds, and beside them the machine endpoints; note the memory.

        The machine endpoints are asked as long, or for the time of its own that is given.
        """
        port, self.memory, spent = self.deployment.port, [], seconds_of_tree(self.pid)
        rush = start(Job(port, [stream], seconds, patience))
        machines = start(Job(port, self.beside, beside or seconds))
        while rush.poll() is None and machines.poll() is None:
            self.memory.append(resident_mib(self.pid))
            time.sleep(0.5)
        (tried,), (read, claims) = finish(rush), finish(machines)
        self.cost = (seconds_of_tree(self.pid) - spent) / max(1, sum(tried.good))
        return [tried, read, claims]

    def peak(self) -> float:
        """Measure right sign-ins per second with just enough clients."""
        if not self.enough:
            self.enough = max(ENOUGH, key=self._in_a_row) if len(ENOUGH) > 1 else ENOUGH[0]
        return self._in_a_row(self.enough)

    def told(self, rate: float) -> str:
        """Word what a run came to."""
        return f", {rate:.1f} signed in per second, {self.cost * 1000:.1f} ms CPU each"

    def _in_a_row(self, clients: int) -> float:
        stream = Stream(self.wires, clients=clients, sign=SIGNED_IN)
        spent = seconds_of_tree(self.pid)
        (tried,) = finish(start(Job(self.deployment.port, [stream], PEAK_SECONDS)))
        self.cost = (seconds_of_tree(self.pid) - spent) / len(tried.good)
        assert set(tried.statuses) == {303}
        rate = tried.good_per_second(PEAK_SECONDS / 5, PEAK_SECONDS)
        report(f"{clients} clients in a row", tried, self.told(rate))
        return rate


@pytest.fixture(scope="module")
def scene(crowded: Deployment) -> Iterator[Scene]:
    with serving(crowded, WORKERS) as pid:
        material = Material(crowded)
        wires = sign_in_wires(crowded, material.pages(MEMBERS))
        token = material.tokens("public", 1)[0]["access_token"]
        beside = [discovery_wire(crowded), userinfo_wire(crowded, token)]
        yield Scene(crowded, pid, wires, [Stream([w], per_second=ASKED_BESIDE) for w in beside])


def test_ten_times_the_sign_ins_cost_those_inside_nothing(scene: Scene) -> None:
    peaks, rates, memory, machines = [scene.peak()], list[float](), list[float](), list[Answers]()
    calm, crowded = [scene.cost], list[float]()
    for _ in range(ROUNDS):
        deaf = Stream(scene.wires, per_second=TIMES * peaks[-1], sign=SIGNED_IN)
        answers = scene.run(deaf, DEAF_SECONDS)
        rates.append(answers[0].good_per_second(FILLING_SECONDS, DEAF_SECONDS))
        memory.append(max(scene.memory))
        crowded.append(scene.cost)
        report("ten times the peak", answers[0], scene.told(rates[-1]))
        nobody_else_is_hurt(*answers)
        machines += answers[1:]
        peaks.append(scene.peak())
        calm.append(scene.cost)
    share, by_cpu = mean(rates) / mean(peaks), mean(calm) / mean(crowded)
    print(
        f"goodput {share:.2f} of the peak, {by_cpu:.2f} by CPU; MiB: {[round(m) for m in memory]}"
    )
    if LONG:
        assert share >= GOODPUT
        assert memory[-1] < MEMORY * memory[0]
        prompt(machines)


def test_all_who_come_back_when_told_get_in(scene: Scene) -> None:
    peak = scene.peak()
    obedient = Stream(scene.wires, per_second=TIMES * peak, obey=True, sign=SIGNED_IN)
    working = max(OBEDIENT / peak, WORTH_SECONDS)
    answers = scene.run(obedient, working / TIMES, PATIENCE_SECONDS, beside=working)
    tried = answers[0]
    assert sum(tried.good) == tried.asked, "everybody got in at last"
    share = tried.asked / max(tried.ended) / mean([peak, scene.peak()])
    report(
        "ten times the peak, obedient",
        tried,
        f", {tried.asked} people in {max(tried.ended):.1f} s, {share:.2f} of the peak,"
        f" {len(tried.statuses) / tried.asked:.2f} tries each",
    )
    nobody_else_is_hurt(*answers)
    if LONG:
        assert share >= GOODPUT
        prompt(answers[1:])


def nobody_else_is_hurt(tried: Answers, read: Answers, claims: Answers) -> None:
    """Nobody was answered anything but 303 or 503; the machine endpoints answered as ever."""
    only_turned_away(tried)
    report("discovery beside it", read)
    report("userinfo beside it", claims)
    all_served(read)
    all_served(claims)


def prompt(machines: list[Answers]) -> None:
    """Discovery and userinfo were answered as promptly as was promised, over all rounds."""
    for endpoint in (machines[::2], machines[1::2]):
        together = Answers(took=[seconds for answers in endpoint for seconds in answers.took])
        assert together.p99() < PROMPT_SECONDS
