"""What a review finds in one period, counted over the sealed log: the same each time it is asked.

Only events under the basis count, so that whoever has the log up to that size counts the same; what
was found and is not sealed under it is told as `late`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from idp.audit_room import review_store as store
from idp.audit_room.guard import Cut, Guard
from idp.audit_room.review_model import BadReview, Basis
from idp.audit_room.words import occurred_at
from idp.audit_search.model import Criteria, Found
from idp.audit_search.service import AuditSearch
from idp.clock import TOKYO
from idp.storage.sql import Database

BATCH: Final = 500
SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Result:
    """What was found under a basis."""

    basis: Basis
    count: int
    digest: str
    """SHA-256 over the ids of the events found, sorted, each with a newline."""
    first: tuple[Found, ...]
    """The newest of them."""
    days: Counter[tuple[str, str]]
    """How many on each day in Japan, by outcome."""
    late: int
    cut: Cut | None
    """Why it is not everything: then it cannot be signed off."""


@dataclass(frozen=True)
class ReviewResults:
    """Counts."""

    database: Database
    search: AuditSearch

    def of(self, criteria: Criteria, size: int | None, guard: Guard) -> Result:
        """Count what criteria find under a checkpoint, the newest unless one is named.

        Raises `BadReview` when there is no such checkpoint.
        """
        with self.database.read() as tx:
            basis = store.basis(tx, size)
        if basis is None:
            raise BadReview("basis")
        ids: list[str] = []
        first: list[Found] = []
        days: Counter[tuple[str, str]] = Counter()
        late, cut = 0, None
        for batch in _batches(self.search.everything(criteria)):
            cut = guard.stops(len(ids))
            if cut is not None:
                break
            sealed = self._sealed(batch, basis.size)
            late += len(batch) - len(sealed)
            first += sealed[: SHOWN - len(first)]
            for one in sealed:
                ids.append(one.event["id"])
                day = occurred_at(one.event).astimezone(TOKYO).date().isoformat()
                days[day, one.event["outcome"]] += 1
        return Result(basis, len(ids), digest_of(ids), tuple(first), days, late, cut)

    def _sealed(self, batch: list[Found], size: int) -> list[Found]:
        with self.database.read() as tx:
            seqs = store.seqs_of(tx, (one.event["id"] for one in batch))
        return [one for one in batch if seqs.get(one.event["id"], size) < size]


def digest_of(ids: list[str]) -> str:
    """Name a set of events by SHA-256 over their ids, sorted, each with a newline."""
    return hashlib.sha256("".join(f"{one}\n" for one in sorted(ids)).encode()).hexdigest()


def _batches(found: Iterator[Found]) -> Iterator[list[Found]]:
    while batch := list(islice(found, BATCH)):
        yield batch
