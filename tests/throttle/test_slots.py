"""Hash slots: as many as cores, a bounded queue, and a place in time for those turned away."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

import pytest

from idp.throttle.node import OneProcess
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


def test_nobody_waits_longer_for_those_who_never_came_back() -> None:
    node = OneProcess(1)
    slots = HashSlots(1, node)
    for _ in range(100_000):
        slots.turn_away()
    node._until -= LONGEST_RETRY_SECONDS  # as long as anybody was told to stay away
    assert slots.turn_away().retry_after == 1


def test_the_refusal_is_known_before_anybody_is_let_in() -> None:
    slots = HashSlots(1)
    assert slots.refusal(queue=1) is None
    with ExitStack() as inside:
        for _ in range(slots.places(queue=1)):
            inside.enter_context(slots.admit(queue=1))
        refusal = slots.refusal(queue=1)
        assert refusal is not None
        assert refusal.retry_after >= 1
    assert slots.refusal(queue=1) is None


def test_a_newcomer_does_not_take_the_place_that_was_freed_for_another() -> None:
    slots, inside, leave = HashSlots(1), threading.Event(), threading.Event()

    def wait_and_stay() -> None:
        with slots.hold(time.monotonic() + 30):
            inside.set()
            leave.wait(30)

    waiting = threading.Thread(target=wait_and_stay)
    with slots.hold(time.monotonic()):
        with slots.hold(time.monotonic()):
            waiting.start()
            while not slots._free._waiting:
                time.sleep(0.001)
        # One of two places was given back: it is the waiting one's, whether it runs yet or not.
        with pytest.raises(Busy), slots.hold(time.monotonic()):
            pass
        assert inside.wait(30)
        leave.set()
        waiting.join()
    with slots.hold(time.monotonic()), slots.hold(time.monotonic()):
        pass


def test_whoever_gave_up_waiting_takes_no_place() -> None:
    slots = HashSlots(1)
    with ExitStack() as working:
        for _ in range(2):
            working.enter_context(slots.hold(time.monotonic()))
        for _ in range(3):
            with pytest.raises(Busy), slots.hold(time.monotonic() + 0.001):
                pass
    with slots.hold(time.monotonic()), slots.hold(time.monotonic()):
        pass


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
