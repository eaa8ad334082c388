"""Where a ring of keys lies: one value with a version, changed by compare-and-set.

`keys.folder` is the home on one machine; a home in SQL is written by whoever owns the database.
What the records mean is left to `keys.ring`, opening them to `keys.vault`.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from keys.record import KeyRecord


class Stored(NamedTuple):
    """A ring as it was stored, with the version it was stored under."""

    version: int
    records: tuple[KeyRecord, ...]


class Home(Protocol):
    """Where a ring lies. Raises HomeUnavailable, DamagedHome."""

    def version(self) -> int:
        """Give the stored version, cheaply; 0 when nothing was ever stored."""
        ...

    def load(self) -> Stored:
        """Give version and records of the same moment."""
        ...

    def replace_all(self, expected_version: int, records: Sequence[KeyRecord]) -> int:
        """Store exactly these records, in this order, and return the new, higher version.

        Atomic and durable; if the stored version is not `expected_version`, change nothing and
        raise RingChanged.
        """
        ...
