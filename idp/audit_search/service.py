"""Searches: newest first, in pages by position, at a cost that no log size and no criteria raise.

The rarest criterion drives; the others are asked about its positions, in their indexes; events that
are left are read and looked into, so that what is shown fulfils every criterion exactly. A page
ends early when it has gone through so many positions or events; it says how far back it looked, and
the search goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from idp.audit_search import store
from idp.audit_search.index import TermIndex
from idp.audit_search.model import Criteria, Found, Page, back_to, read_key
from idp.audit_search.opening import open_lines, open_searched
from idp.audit_search.streams import Stream, every, streams_of, tail_of
from idp.clock import from_micros, to_micros
from idp.journal import store as journal
from idp.storage.sql import Database, Tx
from idp.subjects.service import PersonKeys

PROBE = 256
CHUNK_AT_MOST = 4_096
POSITIONS_AT_MOST = 10_000
EVENTS_AT_MOST = 1_000
SLICE = 128
NEWEST = 2**62


@dataclass(frozen=True, slots=True)
class _Hit:
    """An event that fulfils all criteria, not opened yet."""

    position: int
    occurred_at: int
    line: str


@dataclass
class _Walk:
    """Where one page stands: what it found and what it has cost."""

    before: int
    positions: int = 0
    events: int = 0

    def __post_init__(self) -> None:
        """Begin with nothing found."""
        self.found: list[_Hit] = []


@dataclass(frozen=True)
class AuditSearch:
    """Searches the log. What somebody looked for is recorded by those who ask."""

    database: Database
    persons: PersonKeys
    index: TermIndex

    def page(self, criteria: Criteria, most: int, after: str | None = None) -> Page:
        """Give one page; `after` is what the page before named (`BadCriteria`)."""
        start = read_key(after)
        with self.database.read() as tx:
            # In this order: an event that is indexed meanwhile is found twice, never not at all.
            terms, indexed = self.index.state(tx)
            tail = tail_of(tx, indexed)
            low, high = self._range(tx, criteria, start)
            page = Page((), None)
            if high > low:
                streams = streams_of(criteria, terms, tail) or [every()]
                page = self._walk(tx, criteria, streams, low, high, most)
        return replace(page, indexing=not tail.whole)

    def everything(self, criteria: Criteria, most: int = 500) -> Iterator[Found]:
        """Give all events, newest first, page after page; nothing is held meanwhile."""
        after: str | None = None
        while True:
            page = self.page(criteria, most, after)
            yield from page.found
            after = page.after
            if after is None:
                return

    def _range(self, tx: Tx, criteria: Criteria, start: int | None) -> tuple[int, int]:
        """Give the positions between which a page looks, both left out."""
        low, high = 0, start if start is not None else NEWEST
        if criteria.begin is not None:
            middle = _middle(store.positions_from(tx, criteria.begin))
            if middle is None:
                return 0, 0
            first = store.first_from(tx, middle - journal.SLACK, to_micros(criteria.begin))
            low = first - 1 if first is not None else NEWEST
        if criteria.end is not None:
            middle = _middle(store.positions_before(tx, criteria.end))
            if middle is None:
                return 0, 0
            ceiling = middle + journal.SLACK
            if ceiling < high:
                high = store.last_before(tx, ceiling, to_micros(criteria.end)) + 1
        return low, high

    def _walk(
        self,
        tx: Tx,
        criteria: Criteria,
        streams: Sequence[Stream],
        low: int,
        high: int,
        most: int,
    ) -> Page:
        probes = [one.below(tx, high, PROBE) for one in streams]
        order = sorted(range(len(streams)), key=lambda i: _reach(probes[i]))
        driver, others = streams[order[0]], [streams[i] for i in order[1:]]
        chunk, size, walk = probes[order[0]], PROBE, _Walk(high)
        while True:
            inside = [position for position in chunk if position > low]
            if not self._look(tx, criteria, others, inside, walk, most):
                return self._page(tx, walk, most)
            if len(inside) < size:
                return self._page(tx, walk, most, ended=True)
            walk.before = inside[-1]
            if walk.positions >= POSITIONS_AT_MOST:
                return self._page(tx, walk, most)
            size = min(size * 2, CHUNK_AT_MOST)
            chunk = driver.below(tx, walk.before, size)

    def _look(
        self,
        tx: Tx,
        criteria: Criteria,
        others: Sequence[Stream],
        positions: Sequence[int],
        walk: _Walk,
        most: int,
    ) -> bool:
        """Look into what may fulfil all criteria; False when the page ends within it."""
        walk.positions += len(positions)
        left = list(positions)
        for other in others:
            if not left:
                break
            kept = other.among(tx, left)
            left = [position for position in left if position in kept]
        slice_ = min(SLICE, max(16, most + 1 - len(walk.found)))
        for begin in range(0, len(left), slice_):
            part = left[begin : begin + slice_]
            walk.found += self._fulfilling(tx, criteria, part)
            walk.events += len(part)
            walk.before = part[-1]
            if len(walk.found) > most or walk.events >= max(EVENTS_AT_MOST, 2 * most):
                return False
        return True

    def _fulfilling(self, tx: Tx, criteria: Criteria, positions: Sequence[int]) -> list[_Hit]:
        fitting = [
            _Hit(position, occurred_at, line)
            for position, occurred_at, line in store.rows(tx, positions)
            if criteria.fits(occurred_at, json.loads(line))
        ]
        if not criteria.asks_personal:
            return fitting
        opened = open_searched(tx, self.persons, [one.line for one in fitting])
        pairs = zip(fitting, opened, strict=True)
        return [one for one, event in pairs if criteria.fits_opened(event)]

    def _page(self, tx: Tx, walk: _Walk, most: int, *, ended: bool = False) -> Page:
        """Open what is shown, and name the place to go on from."""
        hits = walk.found[:most]
        events = open_lines(tx, self.persons, [one.line for one in hits])
        pairs = zip(hits, events, strict=True)
        found = tuple(Found(one.position, event) for one, event in pairs)
        if len(walk.found) > most:
            return Page(found, str(hits[-1].position), from_micros(hits[-1].occurred_at))
        if ended:
            return Page(found)
        return Page(found, str(walk.before), back_to(store.instant_of(tx, walk.before)))


def _reach(probe: Sequence[int]) -> tuple[int, int]:
    """Tell how rare a criterion is around here: the rarer, the further back its probe reaches."""
    return (0, len(probe)) if len(probe) < PROBE else (1, probe[-1])


def _middle(positions: Sequence[int]) -> int | None:
    """Give the place around which an instant lies: one event of a wrong clock must not move it."""
    return sorted(positions)[len(positions) // 2] if positions else None
