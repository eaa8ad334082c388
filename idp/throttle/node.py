"""What the serving processes of one node share: its cores, and the times people were given.

Connections do not meet the processes evenly. While each process kept a core of its own and booked
those it turned away at its own pace, one core idled now and then, and people were told to come back
at half the pace at which both processes would have served them.

Everything here is held by locks of open files (flock(2)): the kernel gives back what a process
held, whatever killed it.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

_SECONDS = struct.Struct("=d")


class Node(Protocol):
    """The machine as one serving process sees it."""

    cores: int

    def core(self) -> AbstractContextManager[None]:
        """Hold one of the machine's cores; waits for as long as it takes."""

    def book(self, earliest: float, step: float, latest: float) -> float:
        """Give the next free time, all in monotonic seconds.

        That is `step` after the last one given and not before `earliest`. Times beyond `latest` are
        not given: whoever comes then shares it.
        """


class OneProcess:
    """A node on which one process serves: its slots are the cores."""

    def __init__(self, cores: int) -> None:
        self.cores = cores
        self._until = 0.0

    @contextmanager
    def core(self) -> Iterator[None]:
        """Hold a core; there is nobody to share them with."""
        yield

    def book(self, earliest: float, step: float, latest: float) -> float:
        """Give the next free time."""
        self._until = _next(self._until, earliest, step, latest)
        return self._until


class SharedNode:
    """A node on which several processes serve, each of which opens the same folder."""

    def __init__(self, folder: Path, cores: int) -> None:
        """Open the node of `cores` cores; the folder must exist."""
        self.cores = cores
        self._lock = threading.Lock()
        self._cores = [_open(folder / f"core-{number}") for number in range(cores)]
        # Each process begins to look at another core.
        first = os.getpid() % cores
        self._idle: list[int] = [*range(first, cores), *range(first)]
        self._book = _open(folder / "booked")
        # On a full disk this is an error now; a page that has no room kills whoever writes to it.
        os.posix_fallocate(self._book, 0, _SECONDS.size)
        self._booked = mmap.mmap(self._book, _SECONDS.size)

    @contextmanager
    def core(self) -> Iterator[None]:
        """Hold a core; not more threads of one process at once than there are cores."""
        number = self._take()
        try:
            yield
        finally:
            fcntl.flock(self._cores[number], fcntl.LOCK_UN)
            with self._lock:
                self._idle.insert(0, number)

    def _take(self) -> int:
        with self._lock:
            for number in self._idle:
                try:
                    fcntl.flock(self._cores[number], fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                self._idle.remove(number)
                return number
            number = self._idle.pop(0)
        # Another process hashes on it, for some hundredths of a second at most.
        fcntl.flock(self._cores[number], fcntl.LOCK_EX)
        return number

    def book(self, earliest: float, step: float, latest: float) -> float:
        """Give the next free time."""
        with self._lock:
            fcntl.flock(self._book, fcntl.LOCK_EX)
            try:
                (until,) = _SECONDS.unpack_from(self._booked)
                until = _next(until, earliest, step, latest)
                _SECONDS.pack_into(self._booked, 0, until)
                return until
            finally:
                fcntl.flock(self._book, fcntl.LOCK_UN)


def _next(until: float, earliest: float, step: float, latest: float) -> float:
    return min(max(until, earliest) + step, latest)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
