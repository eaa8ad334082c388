"""What the serving processes of a node share: cores and booked times, whatever is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from idp.throttle.node import SharedNode
from idp.throttle.slots import LONGEST_RETRY_SECONDS, HashSlots, open_slots

CORES = 2
spawn = multiprocessing.get_context("spawn")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def _hold(folder: Path, cores: int, held: Event, leave: Event) -> None:
    node = SharedNode(folder, CORES)
    if cores == CORES:
        with node.core(), node.core():
            held.set()
            leave.wait(30)
    else:
        with node.core():
            held.set()
            leave.wait(30)


def _takes(node: SharedNode, taken: threading.Event) -> threading.Thread:
    def take() -> None:
        with node.core():
            taken.set()

    thread = threading.Thread(target=take)
    thread.start()
    return thread


def test_an_idle_core_of_another_process_is_taken(folder: Path) -> None:
    node = SharedNode(folder, CORES)
    SharedNode(folder, CORES)
    with node.core():
        taken = threading.Event()
        _takes(node, taken).join(10)
        assert taken.is_set()


def test_processes_together_hash_on_no_more_than_the_cores(folder: Path) -> None:
    held, leave, taken = spawn.Event(), spawn.Event(), threading.Event()
    other = spawn.Process(target=_hold, args=(folder, CORES, held, leave))
    other.start()
    assert held.wait(30)
    waiting = _takes(SharedNode(folder, CORES), taken)
    assert not taken.wait(0.2)
    leave.set()
    waiting.join(10)
    other.join(10)
    assert taken.is_set()


def test_a_killed_process_leaves_its_cores_to_the_others(folder: Path) -> None:
    held, leave, taken = spawn.Event(), spawn.Event(), threading.Event()
    other = spawn.Process(target=_hold, args=(folder, CORES, held, leave))
    other.start()
    assert held.wait(30)
    waiting = _takes(SharedNode(folder, CORES), taken)
    assert not taken.wait(0.1)
    os.kill(other.pid or 0, signal.SIGKILL)
    waiting.join(10)
    other.join(10)
    assert taken.is_set()


def test_those_turned_away_by_two_processes_are_booked_one_after_another(folder: Path) -> None:
    one, two = (HashSlots(1, SharedNode(folder, CORES)) for _ in range(2))
    alone = HashSlots(1)
    both = [(one, two)[turn % 2].turn_away().retry_after or 0 for turn in range(200)]
    assert both == sorted(both)
    # Two cores serve them: half as long for so many as where one process has one core.
    assert both[-1] <= 1 + (max(alone.turn_away().retry_after or 0 for _ in range(200)) + 1) // 2


def test_a_process_that_begins_anew_keeps_what_was_booked(folder: Path) -> None:
    slots = HashSlots(1, SharedNode(folder, CORES))
    for _ in range(10_000):
        slots.turn_away()
    anew = HashSlots(1, SharedNode(folder, CORES))
    assert anew.turn_away().retry_after == LONGEST_RETRY_SECONDS


def test_parallel_bookings_of_many_processes_share_no_time(folder: Path) -> None:
    nodes, given = [SharedNode(folder, CORES) for _ in range(4)], list[float]()
    start = time.monotonic()

    def book(node: SharedNode) -> None:
        given.extend(node.book(start, 1.0, start + 10_000) for _ in range(100))

    team = [threading.Thread(target=book, args=(node,)) for node in nodes]
    for member in team:
        member.start()
    for member in team:
        member.join()
    assert len(set(given)) == len(given) == 400


def test_a_process_that_begins_after_the_folder_was_tidied_away_serves(tmp_path: Path) -> None:
    cores = len(os.sched_getaffinity(0))
    for folder in (None, tmp_path / "gone"):
        slots = open_slots(2, folder)
        assert slots.slots == max(1, cores // 2)
        with slots.hold(time.monotonic()), slots.core():
            pass
