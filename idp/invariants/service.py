"""Compares the whole state with the fold of the log, page by page, on a running system.

Events and state are read one after the other while people go on; so whatever differs is looked at
a second time, that person alone, and only what differs then as well is reported.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from audit.names import EventName
from idp.clock import Clock, to_micros
from idp.invariants import store
from idp.invariants.model import STEPS, SUM, Fact, Finding, Folded, differences
from idp.invariants.outliving import outliving
from idp.invariants.signed import reviews_differ
from idp.journal import store as journal
from idp.storage.sql import Database, Tx

PAGE = 10_000
AT_MOST = 1_000
"""Findings that are listed; more of them say no more."""
SECOND_LOOK_SECONDS = 0.2
_PAGES = journal.pages_of(sorted(STEPS))


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
        findings: list[Finding] = []
        accounts = 0
        for page in self._pages():
            accounts += len(page)
            for subject, facts in page.items():
                if differences(facts, folded.pop(subject, Folded()).present()):
                    findings += self._second_look(subject)
        with self.database.read() as tx:
            staff = store.staff_with_sessions(tx)
        left = {subject for subject, one in folded.items() if one.present()}
        for subject in sorted(left.union(staff)):
            findings += self._second_look(subject)
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

    def _pages(self) -> Iterator[dict[str, Counter[Fact]]]:
        after = ""
        while True:
            with self.database.read() as tx:
                page = store.accounts_after(tx, after)
            if not page:
                return
            yield page
            after = max(page)

    def _second_look(self, subject: str) -> list[Finding]:
        found, before = self._differing(subject), None
        while found and found != before:
            time.sleep(SECOND_LOOK_SECONDS)  # an act between the two reads is over by then
            found, before = self._differing(subject), found
        return [Finding(SUM, subject, " ".join(fact), says) for fact, says in found]

    def _differing(self, subject: str) -> list[tuple[Fact, str]]:
        with self.database.read() as tx:
            state, folded = store.account_of(tx, subject), _fold_one(tx, subject)
            if _was_purged(tx, subject):
                state &= folded  # what began before the purge has no event to show any more
        return differences(state, folded)

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


def _fold_one(tx: Tx, subject: str) -> Counter[Fact]:
    folded: dict[str, Folded] = {}
    for line in store.lines_of(tx, subject):
        _apply(folded, line)
    return folded.get(subject, Folded()).present()


def _was_purged(tx: Tx, subject: str) -> bool:
    """Tell whether events of an account's early days may be gone with their retention."""
    newest, made_at = store.newest_purged(tx), store.made_at(tx, subject)
    return newest is not None and made_at is not None and made_at <= micros_of_id(newest)


def micros_of_id(event_id: str) -> int:
    """Read the end of the millisecond in which an event id was drawn (UUIDv7, RFC 9562 5.7)."""
    return (int(event_id[:8] + event_id[9:13], 16) + 1) * 1_000
