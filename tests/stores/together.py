"""The same work in many processes and threads at the same moment, behind one barrier."""

from __future__ import annotations

import multiprocessing
import threading
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

S = TypeVar("S")
T = TypeVar("T")

_FORK = multiprocessing.get_context("fork")
PATIENCE = 60.0


def together(
    prepare: Callable[[], S], work: Callable[[S, int], T], *, processes: int = 8, threads: int = 5
) -> list[T]:
    """Run `work` in processes × threads at once; answers what each of them answered.

    `prepare` runs once per process, before the barrier: connections must not cross a fork.
    """
    barrier = _FORK.Barrier(processes * threads)
    results: Any = _FORK.SimpleQueue()

    def process(number: int) -> None:
        prepared = prepare()

        def thread(index: int) -> None:
            try:
                barrier.wait(PATIENCE)
                results.put((True, work(prepared, index)))
            except BaseException:  # whatever it was belongs to the test's own process
                results.put((False, traceback.format_exc()))

        team = [
            threading.Thread(target=thread, args=(number * threads + i,)) for i in range(threads)
        ]
        for member in team:
            member.start()
        for member in team:
            member.join(PATIENCE)

    started = [_FORK.Process(target=process, args=(number,)) for number in range(processes)]
    for child in started:
        child.start()
    answers = [results.get() for _ in range(processes * threads)]
    for child in started:
        child.join(PATIENCE)
    failures = [text for done, text in answers if not done]
    assert not failures, f"{len(failures)} failed, the first:\n{failures[0]}"
    return [answer for _, answer in answers]
