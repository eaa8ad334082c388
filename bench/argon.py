"""The Argon2 limit of this machine: verifications per second on all cores, and CPU of one.

Runs in a process of its own, with one thread per core as the provider's hash slots have (argon2
releases the interpreter lock).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

from argon2 import PasswordHasher, Type

from idp.policy.model import Argon2

PASSWORD = b"a password of the benchmark"


@dataclass(frozen=True)
class Limit:
    """Verifications per second on all cores, and CPU milliseconds of one of them."""

    per_second: float
    cpu_ms: float


def measure(parameters: Argon2, seconds: float) -> Limit:
    """Measure in a process of its own."""
    given = [parameters.time_cost, parameters.memory_cost, parameters.parallelism]
    done = subprocess.run(
        [sys.executable, "-m", "bench.argon", str(seconds), *map(str, given)],
        capture_output=True,
        text=True,
        check=True,
    )
    return Limit(**json.loads(done.stdout))


def mean(limits: list[Limit]) -> Limit:
    """Average several measurements of one run."""
    count = len(limits)
    return Limit(
        sum(limit.per_second for limit in limits) / count,
        sum(limit.cpu_ms for limit in limits) / count,
    )


def main() -> None:
    """Verify for some seconds on all cores and print the figures."""
    seconds = float(sys.argv[1])
    time_cost, memory_cost, parallelism = (int(text) for text in sys.argv[2:5])
    hasher = PasswordHasher(time_cost, memory_cost, parallelism, type=Type.ID)
    stored = hasher.hash(PASSWORD)
    cores = len(os.sched_getaffinity(0))
    counts = [0] * cores

    def verify(place: int, until: float) -> None:
        while time.perf_counter() < until:
            hasher.verify(stored, PASSWORD)
            counts[place] += 1

    started, cpu = time.perf_counter(), time.process_time()
    until = started + seconds
    threads = [threading.Thread(target=verify, args=(place, until)) for place in range(cores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done, wall = sum(counts), time.perf_counter() - started
    figures = {
        "per_second": done / wall,
        "cpu_ms": (time.process_time() - cpu) * 1000 / done,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
