"""Version stamps: one row per cached thing, raised by every change, so that caches can follow.

A cache reads one small row at most once per second instead of its content per request.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

import sqlalchemy as sa

from idp.storage.sql import Database, Tx
from idp.storage.statement import Statement
from idp.storage.tables import metadata

stamp = sa.Table(
    "stamp",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
)

_READ = Statement(sa.select(stamp.c.version).where(stamp.c.name == sa.bindparam("name")))
_RAISE = Statement(
    sa.text(
        "INSERT INTO stamp (name, version) VALUES (:name, 1)"
        " ON CONFLICT (name) DO UPDATE SET version = stamp.version + 1"
    )
)
WATCH_SECONDS = 1.0


def version_of(tx: Tx, name: str) -> int:
    """Read a stamp; 0 when it was never raised."""
    row = tx.one(_READ, name=name)
    return row[0] if row else 0


def raise_stamp(tx: Tx, name: str) -> None:
    """Raise a stamp in the transaction of the change it announces."""
    tx.run(_RAISE, name=name)


@dataclass
class Watch:
    """Calls `changed` when a stamp has moved; asks the database at most once per second."""

    database: Database
    name: str
    changed: Callable[[], None]
    seen: int = -1
    _next: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def look(self) -> None:
        """Ask for the stamp if the last look is long enough ago (monotonic clock)."""
        if time.monotonic() < self._next or not self._lock.acquire(blocking=False):
            return
        try:
            self._next = time.monotonic() + WATCH_SECONDS
            with self.database.read() as tx:
                version = version_of(tx, self.name)
            if version != self.seen:
                self.changed()
                self.seen = version
        finally:
            self._lock.release()
