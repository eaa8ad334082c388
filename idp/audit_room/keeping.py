"""What is kept longer than its time, and what was deleted when it was over: holds and purges.

Holds are read from their table, purges from the events that prove them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from audit import instant
from audit.lines import EVENT_ID
from idp.audit_room import store
from idp.clock import from_micros
from idp.invariants.model import micros_of_id
from idp.retention.model import Hold
from idp.retention.store import holds_before
from idp.storage.sql import Database

PER_PAGE: Final = 50
_BEHIND_ALL: Final = "g"
"""Sorts behind every id: they are hexadecimal."""
_NEWEST: Final = 2**62
_DIGITS: Final = 18

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Purge:
    """One purge, as its event tells it; bodies go by the thousand, each batch is an event."""

    event: dict[str, Any]
    oldest: datetime | None
    newest: datetime | None
    """When the first and the last of what it took occurred: leaves stay, and their ids tell."""

    @property
    def at(self) -> datetime:
        """Tell when it was done."""
        return instant.from_text(self.event["occurred_at"])


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """One page of a list; `older` is where the next begins, or None."""

    rows: tuple[T, ...]
    older: str | None


@dataclass(frozen=True)
class Keeping:
    """Lists holds and purges."""

    database: Database

    def holds(self, before: str, *, lifted: bool) -> Listed[Hold]:
        """List holds that stand, or that were lifted, the newest first."""
        known = before if EVENT_ID.fullmatch(before) else _BEHIND_ALL
        with self.database.read() as tx:
            found = holds_before(tx, known, PER_PAGE + 1, lifted=lifted)
        return Listed(tuple(found[:PER_PAGE]), _older(found, lambda one: one.id))

    def purges(self, before: str) -> Listed[Purge]:
        """List purges, the newest first."""
        known = before.isascii() and before.isdecimal() and len(before) <= _DIGITS
        with self.database.read() as tx:
            found = store.purges_before(tx, int(before) if known else _NEWEST, PER_PAGE + 1)
        rows = [Purge(json.loads(row[1]), _at(row[2]), _at(row[3])) for row in found[:PER_PAGE]]
        return Listed(tuple(rows), _older(found, lambda row: str(row[0])))


def _older(found: Sequence[T], place: Any) -> str | None:
    return place(found[PER_PAGE - 1]) if len(found) > PER_PAGE else None


def _at(event_id: str | None) -> datetime | None:
    return from_micros(micros_of_id(event_id)) if event_id else None
