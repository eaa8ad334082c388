"""The index of terms: made from sealed events in the order of their leaves, behind the sealer.

Leaves are gap-free and in commit-safe order (`idp.journal.sealer`), so "indexed up to leaf n" skips
no late commit. A batch and its watermark are one transaction: whatever is killed, each event is
indexed once. Terms are computed outside of it; the stamp tells when a person was forgotten
meanwhile, and then they are computed again.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.audit_search import store, term_store
from idp.audit_search.opening import only_under, open_searched
from idp.audit_search.terms import Kind, Terms
from idp.clock import TOKYO, Clock, to_micros
from idp.journal import store as journal
from idp.storage.sql import Database, Tx
from idp.subjects.service import PersonKeys
from keys.master import MasterKeys

BATCH = 1_000
LOCK = "audit index"
NEWEST = 2**62
_MONTH = re.compile(r"unknown:([0-9]{4})-([0-9]{2})", re.ASCII)


def context(name: str) -> str:
    """Give what the wrapped key of the terms is bound to."""
    return f"audit-index:{name}"


@dataclass(frozen=True)
class TermIndex:
    """Keeps the index; any number of processes may, one at a time gets on."""

    database: Database
    persons: PersonKeys
    master: MasterKeys
    clock: Clock

    def state(self, tx: Tx) -> tuple[Terms, int]:
        """Give what makes terms, and how many leaves are indexed; makes the key at first need."""
        found = store.state(tx)
        if found is None:
            with self.database.begin() as own:
                found = self._started(own)
        return self._terms(found[0]), found[1]

    def waiting(self, tx: Tx) -> int:
        """Count the sealed events that are not indexed yet."""
        found = store.state(tx)
        return store.size(tx) - (found[1] if found else 0)

    def run(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Index what is sealed; answers how many leaves were. `progress` gets done and total."""
        total = 0
        while done := self._batch(progress):
            total += max(0, done)
        return total

    def again(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Throw the index away and make it again under a new key; searches go on meanwhile."""
        with self.database.begin() as tx:
            tx.lock(LOCK)
            self._started(tx)
            store.restart(tx, self._new_key(), to_micros(self.clock.now()))
        return self.run(progress)

    def forget(self, tx: Tx, person: str, member: str | None = None) -> int:
        """Delete the personal terms of a person's events; answers how many were looked at.

        Part of an erasure, in its transaction and before the key is destroyed: with the key gone
        the whole index has to be gone through. A person is a subject, or `unknown:2026-11` for
        what was typed by people we do not know, or an id of the staff: what goes is what was made
        from values under this person's key. `member` is the person's number, under which events of
        the register and of registrations are found. Whoever is indexing at this moment begins anew.
        """
        tx.lock(LOCK)
        found, key_id = store.state(tx), self.persons.key_id(tx, person)
        if found is None:
            return 0
        store.stamp(tx)
        terms, count = self._terms(found[0]), 0
        named = terms.of(Kind.MEMBER, member) if member is not None else None
        if key_id is not None:
            for page in self._pages(tx, terms, person, key_id, named):
                count += self._forget(tx, terms, key_id, page)
        if named is not None:
            term_store.remove_term(tx, named)
        return count

    def _forget(self, tx: Tx, terms: Terms, key_id: str, page: Sequence[tuple[int, str]]) -> int:
        own = [(at, line) for at, line in page if key_id in line]
        events = open_searched(tx, self.persons, [line for _, line in own])
        belonging = [
            (at, only_under(key_id, json.loads(line), event))
            for (at, line), event in zip(own, events, strict=True)
        ]
        term_store.remove(
            tx, [(term, at) for at, event in belonging for term in terms.personal(event)]
        )
        closed = [at for at, event in belonging if _is_closed(event)]
        if closed:
            term_store.sweep(tx, closed)
        return len(own)

    def _pages(
        self, tx: Tx, terms: Terms, person: str, key_id: str, named: int | None
    ) -> Iterator[Sequence[tuple[int, str]]]:
        """Give the events whose values may lie under a person's key."""
        month = _MONTH.fullmatch(person)
        if month is not None:
            yield from self._of_month(tx, key_id, int(month[1]), int(month[2]))
            return
        yield from self._of_subject(tx, person)
        for term in (terms.of(Kind.ACTOR, person), named):
            before = NEWEST
            while term is not None and (positions := store.of_term(tx, term, before, BATCH)):
                yield [(at, line) for at, _, line in store.rows(tx, positions)]
                before = positions[-1]

    def _of_subject(self, tx: Tx, subject: str) -> Iterator[Sequence[tuple[int, str]]]:
        after = 0
        while page := term_store.of_subject(tx, subject, after, BATCH):
            yield page
            after = page[-1][0]

    def _of_month(
        self, tx: Tx, key_id: str, year: int, month: int
    ) -> Iterator[Sequence[tuple[int, str]]]:
        """Go through a month: such a key also stands in events of persons who were erased."""
        begin = datetime(year, month, 1, tzinfo=TOKYO)
        end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=TOKYO)
        after = journal.position_before(tx, begin)
        last = journal.position_before(tx, end) + 2 * journal.SLACK
        while page := term_store.under_key(tx, key_id, after, last, BATCH):
            yield [(position, line) for position, line, named in page if named]
            after = page[-1][0]

    def _batch(self, progress: Callable[[int, int], None] | None) -> int:
        with self.database.read() as tx:
            found = store.state(tx)
            if found is not None:
                leaves = store.sealed(tx, found[1], BATCH)
                made = self._made(tx, self._terms(found[0]), leaves)
                size = store.size(tx) if progress else 0
        if found is None:
            with self.database.begin() as tx:
                self._started(tx)
            return self._batch(progress)
        if not leaves:
            return 0
        _, indexed, stamp = found
        done = indexed + len(leaves)
        with self.database.begin() as tx:
            tx.lock(LOCK)
            if not store.move(tx, indexed, done, stamp):
                return -1  # somebody else was here: look again
            term_store.add(tx, made)
        if progress:
            progress(done, size)
        return len(leaves)

    def _made(
        self, tx: Tx, terms: Terms, leaves: Sequence[tuple[int, int | None, str | None]]
    ) -> list[tuple[int, int]]:
        there = [(at, line) for _, at, line in leaves if at is not None and line is not None]
        events = open_searched(tx, self.persons, [line for _, line in there])
        return [
            (term, at)
            for (at, _), event in zip(there, events, strict=True)
            for term in terms.of_event(event)
        ]

    def _started(self, tx: Tx) -> tuple[str, int, int]:
        found = store.state(tx)
        if found is None:
            store.start(tx, self._new_key(), to_micros(self.clock.now()))
            found = store.state(tx)
        assert found is not None, "the state was just written"
        return found

    def _new_key(self) -> str:
        return self.master.wrap(secrets.token_bytes(32), context(store.NAME))

    def _terms(self, wrapped: str) -> Terms:
        return Terms(self.master.unwrap(wrapped, context(store.NAME)))


def _is_closed(event: Mapping[str, Any]) -> bool:
    """Tell whether an event has a value that made terms and cannot be read any more."""
    source, data = event.get("source") or {}, event.get("data") or {}
    return source.get("address", "") is None or data.get("member", "") is None
