"""Hash slots: as many as cores, a bounded queue, and a place in time for those turned away."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

import pytest

from idp.throttle.slots import LONGEST_RETRY_SECONDS, Busy, HashSlots
from idp.throttle.waiting import LeaseWaiters


def test_the_queue_is_bounded_and_frees_up() -> None:
    slots = HashSlots(2)
    with ExitStack() as inside:
        for _ in range(7):
            inside.enter_context(slots.admit(queue=3))
        with pytest.raises(Busy), slots.admit(queue=3):
            pass
    with slots.admit(queue=3):
        pass


def test_an_error_inside_gives_the_place_back() -> None:
    slots = HashSlots(1)
    for _ in range(3):
        with pytest.raises(KeyError), slots.admit(0), slots.hold(time.monotonic()):
            raise KeyError
    with slots.admit(0), slots.hold(time.monotonic()):
        pass


def test_a_place_at_work_is_waited_for_until_the_deadline() -> None:
    slots = HashSlots(1)
    with ExitStack() as working:
        for _ in range(2):
            working.enter_context(slots.hold(time.monotonic()))
        with pytest.raises(Busy):
            working.enter_context(slots.hold(time.monotonic()))


def test_never_more_than_the_slots_hash_at_once() -> None:
    slots, inside, most = HashSlots(2), [0], [0]
    lock = threading.Lock()

    def work() -> None:
        for _ in range(50):
            with slots.hold(time.monotonic() + 30), slots.core():
                with lock:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                with lock:
                    inside[0] -= 1

    team = [threading.Thread(target=work) for _ in range(8)]
    for member in team:
        member.start()
    for member in team:
        member.join()
    assert 1 <= most[0] <= 2


def test_those_turned_away_come_back_one_after_another() -> None:
    slots = HashSlots(1)
    waits = [slots.turn_away().retry_after for _ in range(1000)]
    assert waits == sorted(waits)
    assert all(isinstance(wait, int) and 1 <= wait <= LONGEST_RETRY_SECONDS for wait in waits)
    assert len(set(waits)) > 5, "not all of them at the same moment"


def test_a_settlement_wakes_those_who_wait() -> None:
    waiters, woken = LeaseWaiters(), threading.Event()

    def wait() -> None:
        assert waiters.wait(time.monotonic() + 30)
        woken.set()

    thread = threading.Thread(target=wait)
    thread.start()
    while not woken.is_set():
        waiters.settled()
    thread.join()


def test_a_deadline_that_has_passed_is_told() -> None:
    assert not LeaseWaiters().wait(time.monotonic())
