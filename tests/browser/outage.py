"""Kills the demo's provider as a power cut would, for a moment or for a while."""

from __future__ import annotations

import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.processes import alive, descendants, kill, supervisor
from tests.support.demo import Demo, wait_until


def restart_provider(demo: Demo) -> None:
    """Kill the provider's supervisor; the demo starts another, and this waits for it."""
    before = supervisor(demo.process.pid)
    assert before is not None
    kill(before)
    wait_until(lambda: not alive(before))
    _wait_for_another(demo, before)


@contextmanager
def provider_away(demo: Demo) -> Iterator[None]:
    """Keep the provider away: nobody restarts it while the demo stands still."""
    provider = supervisor(demo.process.pid)
    assert provider is not None
    os.kill(demo.process.pid, signal.SIGSTOP)
    try:
        gone = (provider, *descendants(provider))
        for pid in gone:
            kill(pid)
        wait_until(lambda: not any(alive(pid) for pid in gone))
        yield
    finally:
        os.kill(demo.process.pid, signal.SIGCONT)
    _wait_for_another(demo, provider)


def _wait_for_another(demo: Demo, before: int) -> None:
    wait_until(lambda: supervisor(demo.process.pid) not in (None, before), 30)
    wait_until(lambda: _answers(demo), 30)


def _answers(demo: Demo) -> bool:
    try:
        with urllib.request.urlopen(f"{demo.issuer}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
