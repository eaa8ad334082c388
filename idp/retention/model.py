"""What a legal hold covers, and what a purge did."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from audit.inventory import RetentionClass
from audit.names import EventName


class HoldKind(StrEnum):
    """What a hold is placed on."""

    MEMBER = "member"
    CASE = "case"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Hold:
    """One legal hold; `also` is another name of the same person."""

    id: str
    kind: HoldKind
    value: str
    also: str | None
    reason: str
    placed_at: datetime
    placed_by: str
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    lift_reason: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Give every value by which an event may name what is held."""
        return (self.value,) if self.also is None else (self.value, self.also)


def needles(names: Iterable[str]) -> tuple[str, ...]:
    """Give the texts of which one stands in the line of each event that names one of these.

    An event is covered wherever it names the person, case or code as a whole value: as subject,
    actor, case, reference or in its data, or by the id of the key that a value is sealed under.
    Rather too much is held than too little.
    """
    return tuple(sorted({json.dumps(name, ensure_ascii=False) for name in names}))


KEPT_FOR_EVER: Final = frozenset({EventName.AUDIT_PURGED.value, EventName.LOG_FORKED.value})
"""What explains missing bodies, or a broken history, is never purged itself."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event that is old enough to be looked at."""

    position: int
    event_id: str
    occurred_at: int
    name: str
    seq: int
    line: str | None


@dataclass(slots=True)
class Purged:
    """What was purged, or would be, of one class."""

    kept: RetentionClass
    events: int = 0
    held: int = 0
    batches: int = 0
