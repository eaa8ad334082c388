"""A real demo as a process: `with running_demo(tmp_path) as demo:`."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.forked import run_idp

START_SECONDS = 90


@dataclass
class Demo:
    """A running demo: what its JSON line said, and its process."""

    facts: dict[str, Any]
    process: subprocess.Popen[str]
    clock: Path

    @property
    def issuer(self) -> str:
        return str(self.facts["issuer"])

    @property
    def data(self) -> Path:
        return Path(self.facts["data"])

    def member(self, standing: str = "member", index: int = 0) -> dict[str, str]:
        """Give a member with a password in a standing."""
        able = [m for m in self.facts["members"] if m["standing"] == standing and m["password"]]
        return dict(able[index])

    def idp(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run an `idp` command on this demo; `typed` is its standard input."""
        return run_idp(arguments, {**os.environ, "IDP_DATA": str(self.data)}, typed)

    def move_clock(self, seconds: float) -> None:
        """Set the offset of every program's clock."""
        beside = self.clock.with_suffix(".new")
        beside.write_text(str(seconds))
        beside.replace(self.clock)

    def metric(self, name: str, **labels: str) -> float:
        """Read one counter from the metrics page; 0 when it was never counted."""
        import urllib.request

        with urllib.request.urlopen(self.facts["metrics"], timeout=5) as page:
            text = page.read().decode()
        total = 0.0
        for line in text.splitlines():
            if line.startswith(name) and all(f'{k}="{v}"' in line for k, v in labels.items()):
                total += float(line.rsplit(" ", 1)[1])
        return total


@contextmanager
def running_demo(folder: Path, *arguments: str) -> Iterator[Demo]:
    """Start `idp demo` on free ports with its data in `folder/data`; stop it at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    clock = folder / "clock"
    if not clock.exists():
        clock.write_text("0")
    command = [
        sys.executable,
        "-m",
        "idp.cli",
        "demo",
        "--json",
        "--data",
        str(folder / "data"),
        "--port",
        str(free_ports(6)),
        "--clock",
        str(clock),
        *arguments,
    ]
    with (folder / "demo.err").open("a") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert process.stdout is not None
        line = _first_line(process)
        assert line, f"the demo did not start:\n{(folder / 'demo.err').read_text()[-3000:]}"
        yield Demo(json.loads(line), process, clock)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
        if process.stdout is not None:
            process.stdout.close()


def _first_line(process: subprocess.Popen[str]) -> str:
    import select

    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    return process.stdout.readline() if ready else ""


def free_ports(count: int) -> int:
    """Find the first of `count` consecutive free ports on 127.0.0.1.

    Each test process looks in a range of its own, below the ports that outgoing connections take.
    """
    worker = int("".join(c for c in os.environ.get("PYTEST_XDIST_WORKER", "") if c.isdigit()) or 3)
    lowest = 10_000 + (worker % 4) * 5_000
    for _ in range(500):
        first = lowest + random.SystemRandom().randrange(5_000 - count)
        if all(_is_free(first + i) for i in range(count)):
            return first
    raise RuntimeError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_until(question: Any, seconds: float = 10.0) -> Any:
    """Ask until the answer is true; give it, or fail."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = question()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")
