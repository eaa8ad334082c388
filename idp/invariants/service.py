"""Compares the whole state with the fold of the log, page by page, on a running system.

Events and state are read one after the other while people go on; so whatever differs is looked at
a second time, that person alone, and only what differs then as well is reported.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from audit.inventory import RetentionClass
from audit.names import EventName
from idp.clock import Clock, to_micros
from idp.invariants import store
from idp.invariants.horizon import Horizon
from idp.invariants.model import (
    STEPS,
    SUM,
    UNMADE,
    Fact,
    Finding,
    Folded,
    differences,
    micros_of_id,
)
from idp.invariants.outliving import outliving
from idp.invariants.signed import reviews_differ
from idp.invariants.store import Rows, counted
from idp.journal import store as journal
from idp.storage.sql import Database, Tx

PAGE = 10_000
AT_MOST = 1_000
"""Findings that are listed; more of them say no more."""
SECOND_LOOK_SECONDS = 0.2
_PAGES = journal.pages_of(sorted(STEPS))
_PURGES = journal.pages_of([EventName.AUDIT_PURGED])


@dataclass(frozen=True)
class Examined:
    """What was gone through, and what does not hold."""

    accounts: int
    events: int
    findings: list[Finding]


@dataclass(frozen=True)
class Invariants:
    """Examines the database against its log."""

    database: Database
    clock: Clock
    lag_alarm: timedelta

    def events(self) -> int:
        """Tell about how many events there are to go through, for a progress bar."""
        with self.database.read() as tx:
            return journal.newest_position(tx)

    def examine(self, progress: Callable[[int], None] = lambda _count: None) -> Examined:
        """Examine everything; `progress` is told how many more events were read."""
        folded, events = self._fold(progress)
        horizon = self._horizon()
        suspects: list[str] = []
        accounts = 0
        for page in self._pages():
            accounts += len(page)
            for subject, facts in page.items():
                if differences(counted(facts), folded.pop(subject, Folded()).present()):
                    suspects.append(subject)
        with self.database.read() as tx:
            staff = store.others_with_facts(tx)
        left = {subject for subject, one in folded.items() if one.present()}
        findings = self._second_look(suspects + sorted(left.union(staff)), horizon)
        with self.database.read() as tx:
            findings += outliving(tx, self.clock.now())
            findings += [
                Finding("every row has its account", subject, table, "belongs to no account")
                for table, subject in store.ownerless(tx)
            ]
        findings += reviews_differ(self.database, SECOND_LOOK_SECONDS)
        findings += self._log()
        return Examined(accounts, events, findings[:AT_MOST])

    def _fold(self, progress: Callable[[int], None]) -> tuple[dict[str, Folded], int]:
        folded: dict[str, Folded] = {}
        after, events = 0, 0
        while True:
            with self.database.read() as tx:
                rows = tx.all(_PAGES, after=after, most=PAGE)
            for position, _, line in rows:
                after = position
                _apply(folded, line)
            events += len(rows)
            progress(len(rows))
            if len(rows) < PAGE:
                return folded, events

    def _pages(self) -> Iterator[dict[str, Rows]]:
        after = ""
        while True:
            with self.database.read() as tx:
                page = store.accounts_after(tx, after)
            if not page:
                return
            yield page
            after = max(page)

    def _second_look(self, subjects: list[str], horizon: Horizon) -> list[Finding]:
        """Look again at all of them together until nothing moves: acts between two reads end."""
        before: dict[str, list[tuple[Fact, str]]] = {}
        found = {subject: self._differing(subject, horizon) for subject in subjects}
        while moving := {who: what for who, what in found.items() if what != before.get(who, [])}:
            time.sleep(SECOND_LOOK_SECONDS)
            before, horizon = before | moving, self._horizon()
            found |= {subject: self._differing(subject, horizon) for subject in moving}
        return [
            Finding(SUM, subject, " ".join(fact), says)
            for subject, what in found.items()
            for fact, says in what
        ]

    def _differing(self, subject: str, horizon: Horizon) -> list[tuple[Fact, str]]:
        with self.database.read() as tx:
            rows, folded = store.account_of(tx, subject), _fold_one(tx, subject)
        state, present = counted(rows), folded.present()

        def is_explained(fact: Fact, says: str) -> bool:
            if says == UNMADE:
                return horizon.explains_row(fact, rows[fact], folded)
            return horizon.explains_event(fact, present[fact] - state[fact], folded)

        return [one for one in differences(state, present) if not is_explained(*one)]

    def _horizon(self) -> Horizon:
        """Read how far purges have come: from their events, of which the body at the end is gone.

        The list of purges proves nothing, anybody who may write to the database could extend it.
        """
        newest: dict[RetentionClass, int] = {}
        after = 0
        while True:
            with self.database.read() as tx:
                rows = tx.all(_PURGES, after=after, most=PAGE)
            for position, _, line in rows:
                after = position
                data = json.loads(line)["data"]
                kept = RetentionClass(data["class"])
                newest[kept] = max(newest.get(kept, 0), data["to_seq"])
            if len(rows) < PAGE:
                break
        with self.database.read() as tx:
            ends = {kept: store.purged_at(tx, seq - 1) for kept, seq in newest.items()}
        return Horizon({kept: micros_of_id(one) for kept, one in ends.items() if one is not None})

    def _log(self) -> Iterator[Finding]:
        """Say what is wrong with the log itself; its proof is `audit verify`."""
        with self.database.read() as tx:
            count, highest, size, checkpoint = store.sizes_of_the_log(tx)
            late = store.unsealed_before(tx, to_micros(self.clock.now() - self.lag_alarm))
        if not count == highest + 1 == size == checkpoint:
            says = f"leaves {count}, highest {highest}, sealed {size}, last checkpoint {checkpoint}"
            yield Finding("the log is whole", None, "sizes", says)
        for event in late:
            yield Finding(
                "every event is sealed", None, f"event {event}", "is older than the alarm"
            )


def _apply(folded: dict[str, Folded], line: str) -> None:
    event = json.loads(line)
    subject = event.get("subject")
    if subject is not None:
        folded.setdefault(subject, Folded()).apply(EventName(event["name"]), event)


def _fold_one(tx: Tx, subject: str) -> Folded:
    folded = {subject: Folded(dated=True)}
    for line in store.lines_of(tx, subject):
        _apply(folded, line)
    return folded[subject]
