"""A home in memory, for tests that need no disk."""

from collections.abc import Sequence

from keys.errors import HomeUnavailable, RingChanged
from keys.home import Stored
from keys.record import KeyRecord


class CountingHome:
    """A home in memory that counts how often it is read."""

    def __init__(self) -> None:
        self.stored = Stored(0, ())
        self.loads = 0
        self.down = False

    def version(self) -> int:
        if self.down:
            raise HomeUnavailable("down")
        return self.stored.version

    def load(self) -> Stored:
        self.loads += 1
        return self.stored

    def replace_all(self, expected_version: int, records: Sequence[KeyRecord]) -> int:
        if expected_version != self.stored.version:
            raise RingChanged("changed")
        self.stored = Stored(expected_version + 1, tuple(records))
        return self.stored.version
