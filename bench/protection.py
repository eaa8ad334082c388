"""What protection costs per sign-in: statements, round trips and microseconds of the gate's acts.

Each step of the gate is timed by the CPU of its thread, around the real calls of real sign-ins in
this process, with hashes that cost next to nothing; statements and round trips are those sent
meanwhile. On PostgreSQL writes travel with the next question, so they show where they are sent.
`python -m bench.protection`.
"""

from __future__ import annotations

import secrets
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from bench.deployment import make
from bench.inside import Inside
from bench.stores import KINDS, running_stores
from bench.walks import WALKS
from idp.storage.wire import Wire
from idp.throttle.blocking import Blocking
from idp.throttle.buckets import Buckets
from idp.throttle.gate import Gate

STEPS: tuple[tuple[type, str], ...] = (
    (Buckets, "exhausted"),
    (Gate, "spend"),
    (Gate, "settle_right"),
    (Gate, "settle_wrong"),
    (Blocking, "after_failure"),
    (Buckets, "hit"),
)
COUNTED, WARM_UP = 60, 10


@dataclass
class Cost:
    """What one step took, over all its calls."""

    calls: int = 0
    seconds: float = 0.0
    statements: int = 0
    trips: int = 0


@dataclass
class Meter:
    """Wraps the steps of the gate while it is entered."""

    seen: list[str]
    costs: dict[str, Cost] = field(default_factory=lambda: defaultdict(Cost))
    trips: int = 0

    def __enter__(self) -> Meter:
        """Put the wrappers in place."""
        self._before = [(owner, name, getattr(owner, name)) for owner, name in STEPS]
        for owner, name, real in self._before:
            setattr(owner, name, self._timed(f"{owner.__name__}.{name}", real))
        self._ask: Any = Wire.ask
        meter, ask = self, self._ask

        def counted(wire: Wire, *rest: Any) -> Any:
            meter.trips += 1
            return ask(wire, *rest)

        wires: Any = Wire
        wires.ask = counted
        return self

    def __exit__(self, *_: object) -> None:
        """Take the wrappers away."""
        for owner, name, real in self._before:
            setattr(owner, name, real)
        wires: Any = Wire
        wires.ask = self._ask

    def _timed(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            statements, trips, began = len(self.seen), self.trips, time.thread_time()
            try:
                return real(*args, **named)
            finally:
                cost = self.costs[name]
                cost.calls += 1
                cost.seconds += time.thread_time() - began
                cost.statements += len(self.seen) - statements
                cost.trips += self.trips - trips

        return call


def measure(kind: Any, folder: Path) -> None:
    """Sign in rightly and wrongly, and print what each step cost."""
    with running_stores(kind) as stores:
        deployment = make(folder, stores, COUNTED + WARM_UP, bare=True)
        inside = Inside(deployment)
        for outcome in ("right", "wrong"):
            for number in range(WARM_UP):
                _attempt(inside, deployment.member(number), outcome)
            with Meter(inside.seen) as meter:
                statements, began = len(inside.seen), time.thread_time()
                for number in range(WARM_UP, WARM_UP + COUNTED):
                    _attempt(inside, deployment.member(number), outcome)
                took = time.thread_time() - began
            whole = (len(inside.seen) - statements) / COUNTED
            print(
                f"{kind}, {outcome} password, page and POST: {took / COUNTED * 1e6:.0f} us,"
                f" {whole:.1f} statements, {meter.trips / COUNTED:.1f} round trips"
            )
            for name, cost in meter.costs.items():
                print(
                    f"  {name:<24} {cost.seconds / COUNTED * 1e6:6.0f} us"
                    f" {cost.statements / COUNTED:5.1f} statements"
                    f" {cost.trips / COUNTED:4.1f} round trips"
                )


def _attempt(inside: Inside, member: dict[str, str], outcome: str) -> None:
    item = inside.walk("sign_in_page", dict(member))
    if outcome == "right":
        inside.walk("password", item)
    else:
        walk = WALKS["password"](item | {"password": secrets.token_hex(8)})
        inside.answer(next(walk))


@click.command()
@click.option("--store", type=click.Choice(KINDS), default=None)
def main(store: str | None) -> None:
    """Measure on both stores, or on one."""
    for kind in (store,) if store else KINDS:
        with tempfile.TemporaryDirectory(prefix="kumiai-bench-") as folder:
            measure(kind, Path(folder))


if __name__ == "__main__":
    main()
