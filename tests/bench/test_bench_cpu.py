"""CPU accounting: what a process and its children spend is theirs, living or ended."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench import cpu

BURN = """
import sys, time
until = time.process_time() + 0.2
while time.process_time() < until: pass
"""
SAY_AND_WAIT = "\nprint('done', flush=True); sys.stdin.read()"


@contextmanager
def _finished(script: str) -> Iterator[int]:
    """Run a script until it says done, and keep it alive."""
    process = subprocess.Popen(
        [sys.executable, "-c", script + SAY_AND_WAIT],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    with process, process.stdin, process.stdout:
        assert process.stdout.readline() == "done\n"
        yield process.pid


def test_a_busy_process_is_charged_and_an_idle_one_is_not() -> None:
    with _finished(BURN) as pid:
        spent = cpu.seconds_of_tree(pid)
        assert 0.2 <= spent < 5
        assert cpu.seconds_of_tree(pid) - spent < 0.05


def test_a_child_that_ended_still_counts() -> None:
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}])"
    with _finished(parent) as pid:
        assert cpu.tree(pid) == [pid]
        assert cpu.seconds_of_tree(pid) >= 0.2


def test_a_living_child_counts_with_its_parent() -> None:
    with _finished(BURN) as child:
        assert child in cpu.tree(os.getpid())
        assert cpu.seconds_of_tree(os.getpid()) >= cpu.seconds_of_tree(child)
        assert cpu.resident_mib(child) > 1


def test_a_process_that_is_gone_has_spent_nothing() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert cpu.seconds_of_tree(ended.pid) == 0.0


def test_the_machine_has_spent_more_than_this_process() -> None:
    assert cpu.seconds_of_machine() > 0
