"""Hash slots: how many slow hashes run at once in one process, and who may wait for one.

Argon2 takes memory and a core; without a bound 64 threads would take both. Beyond the queue people
are told when to come back: each refused one gets its own place in time, so that those who obey
return one after another instead of all at once.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from idp.errors import Unavailable
from idp.metrics import SHED
from idp.throttle.node import Node, OneProcess, SharedNode

LONGEST_WAIT_SECONDS = 10.0
LONGEST_RETRY_SECONDS = 15
_EXPECTED_SECONDS = 0.03
_IN_WORK = 2
"""Attempts at work per slot: the leases of those who only wait would hold others up."""
_SMOOTHING = 0.05


class Busy(Unavailable):
    """All hash slots and the queue are taken; nothing was counted."""

    code = "busy"


class _Turns:
    """Places that are handed on in the order people came.

    A semaphore of the standard library lets a newcomer take the place that was just freed for
    somebody else, who then goes to the end of the queue: under a rush some waited until their time
    was over, while later ones got in.
    """

    def __init__(self, places: int) -> None:
        self._lock = threading.Lock()
        self._free = places
        self._waiting: deque[threading.Lock] = deque()

    def take(self, seconds: float = -1) -> bool:
        """Take a place; False when none was handed on within so many seconds (-1: no limit)."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=seconds):
            return True
        with self._lock:
            if turn not in self._waiting:  # handed on in the last moment
                return True
            self._waiting.remove(turn)
            return False

    def give(self) -> None:
        """Hand the place on to who waits longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


class HashSlots:
    """A bounded queue in front of as many slots as there are cores."""

    def __init__(self, slots: int, node: Node | None = None) -> None:
        """Make `slots` slots, the share of this process of the cores of `node`.

        While the other processes of the node leave cores idle, this one takes them.
        """
        self.slots = slots
        self._node = node or OneProcess(slots)
        self._free = _Turns(self._working)
        self._cores = _Turns(self._node.cores)
        self._lock = threading.Lock()
        self._admitted = 0
        self._cost = _EXPECTED_SECONDS

    @property
    def _working(self) -> int:
        return self.slots * (_IN_WORK - 1) + self._node.cores

    def places(self, queue: int) -> int:
        """Tell how many may be inside at once, at work and waiting: each takes a thread."""
        return self._working + queue

    def refusal(self, queue: int) -> Busy | None:
        """Give the refusal that `admit` would raise now, or None while there is room.

        For turning people away before anything else is done for them: ten times as many as can be
        served must not cost those who are inside their cores.
        """
        if self._admitted < self.places(queue):
            return None
        with self._lock:
            return self._turned_away()

    @contextmanager
    def admit(self, queue: int) -> Iterator[None]:
        """Let an attempt in for as long as it waits and works; raises `Busy` when full."""
        with self._lock:
            if self._admitted >= self.places(queue):
                raise self._turned_away()
            self._admitted += 1
        try:
            yield
        finally:
            with self._lock:
                self._admitted -= 1

    @contextmanager
    def hold(self, deadline: float) -> Iterator[None]:
        """Hold a place for one attempt at work; `deadline` is monotonic seconds. Raises `Busy`."""
        if not self._free.take(max(0.0, deadline - time.monotonic())):
            with self._lock:
                raise self._turned_away()
        try:
            yield
        finally:
            self._free.give()

    @contextmanager
    def core(self) -> Iterator[None]:
        """Hold a core for one hash, inside `hold`: while one attempt commits, another hashes."""
        self._cores.take()
        try:
            with self._node.core():
                yield from self._timed()
        finally:
            self._cores.give()

    def _timed(self) -> Iterator[None]:
        # Of this thread, not of the clock: beside other programs hashes take longer, and people who
        # were sent away for too long leave the slots idle afterwards.
        started = time.thread_time()
        try:
            yield
        finally:
            self._cost += _SMOOTHING * (time.thread_time() - started - self._cost)

    def turn_away(self) -> Busy:
        """Give the refusal for an attempt that waited as long as it may."""
        with self._lock:
            return self._turned_away()

    def _turned_away(self) -> Busy:
        SHED.inc()
        now = time.monotonic()
        ahead = self._admitted * self._cost / self.slots
        # Never booked further ahead than people are told: they come back before, and whoever does
        # not come back must not make others wait for him.
        booked = self._node.book(
            now + ahead, self._cost / self._node.cores, now + LONGEST_RETRY_SECONDS
        )
        wait = min(LONGEST_RETRY_SECONDS, math.ceil(booked - now))
        return Busy("the sign-in queue is full", retry_after=max(1, wait))


def open_slots(processes: int, folder: Path | None) -> HashSlots:
    """Open the slots of one of `processes` serving processes, which meet in `folder`.

    More hashes than cores only take each other's caches: with four at once on two cores, what a
    sign-in costs beyond one hash was twice as much.
    """
    cores = len(os.sched_getaffinity(0))
    if processes == 1:
        return HashSlots(cores)
    share = max(1, cores // processes)
    if folder is None or not folder.is_dir():  # somebody tidied temporary files up
        return HashSlots(share)
    return HashSlots(share, SharedNode(folder, cores))
