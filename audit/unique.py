"""Finds ids that occur twice among any number of them, in flat memory.

Ids of a log are nearly in order (UUIDv7), so sorted runs that do not overlap prove uniqueness as
they pass. Where runs do overlap (a clock that went back, or a forger), the caller's ids are read
again, in as many passes as the memory bound asks for.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Final

_RUN: Final = 131_072
_KEEP: Final = 16_384
_PASS: Final = 250_000


class OnceOnly:
    """Takes ids in batches; `duplicate` names one that came twice."""

    def __init__(self, run: int = _RUN, keep: int = _KEEP, in_memory: int = _PASS) -> None:
        """Set the bounds: ids per sorted run, ids carried to the next, ids held in a re-read."""
        self._bounds = run, keep, in_memory
        self._waiting: list[str] = []
        self._highest = ""
        self._overlap: tuple[str, str] | None = None
        self._found: str | None = None

    def extend(self, ids: Iterable[str]) -> None:
        """Take the next ids."""
        self._waiting += ids
        run, keep, _ = self._bounds
        if len(self._waiting) >= run:
            self._settle(keep)

    def duplicate(self, again: Callable[[], Iterator[str]]) -> str | None:
        """Return an id that came twice, else None; `again` reads all ids once more."""
        self._settle(0)
        if self._found is not None or self._overlap is None:
            return self._found
        low, high = self._overlap
        suspects = sum(1 for event_id in again() if low <= event_id <= high)
        passes = -(-suspects // self._bounds[2])
        for number in range(passes):
            seen: set[str] = set()
            for event_id in again():
                if low <= event_id <= high and hash(event_id) % passes == number:
                    if event_id in seen:
                        return event_id
                    seen.add(event_id)
        return None

    def _settle(self, keep: int) -> None:
        waiting = self._waiting
        waiting.sort()
        if len(set(waiting)) != len(waiting) and self._found is None:
            self._found = next(a for a, b in pairwise(waiting) if a == b)
        end = len(waiting) - keep
        run, self._waiting = waiting[:end], waiting[end:]
        if not run:
            return
        if run[0] <= self._highest:
            low, high = self._overlap or (run[0], self._highest)
            self._overlap = min(low, run[0]), max(high, self._highest)
        self._highest = max(self._highest, run[-1])
