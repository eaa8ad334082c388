"""Purge: bodies of events leave the log when their class's time is over; their leaves stay.

Each batch is one transaction: the bodies go, the purge event comes, and what covers what is noted.
Killed anywhere, nothing is missing without its event, and the next run goes on where this one
stood. Only what is sealed may go; what a legal hold covers stays, whatever its age.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from audit.inventory import INVENTORY, RetentionClass
from audit.manifest import Purge, purge_data
from audit.names import EventName
from audit.pack import purge_digest
from idp.clock import TOKYO, Clock, from_micros, to_micros
from idp.errors import IdpError
from idp.journal import store as log
from idp.journal.seqs import write_seqs
from idp.journal.service import Journal
from idp.policy.model import Audit
from idp.retention import store
from idp.retention.holds import covered_names
from idp.retention.model import KEPT_FOR_EVER, Candidate, Hold, Purged, needles
from idp.storage.purge_role import act_as_purger
from idp.storage.sql import Database, Tx
from idp.subjects.service import PersonKeys

PAGE = 5_000
BATCH = 2_000
"""Bodies in one transaction: others who want to write wait about a fifth of a second at most."""
BREATH_SECONDS = 0.02
CLASSES = {name.value: INVENTORY[name].retention_class for name in EventName}
Progress = Callable[[int, int], None]
Follow = Callable[[Tx, Sequence[int]], object]
"""What else goes with bodies at these positions, in their transaction and in the purging role."""

Forget = Callable[[Tx, str], object]
"""What else forgets the strangers of a month, in that role and while their key is still there."""


class HoldsChanged(IdpError):
    """A hold was placed or lifted meanwhile; what was looked at has to be looked at again."""

    code = "holds_changed"


@dataclass(frozen=True)
class Purger:
    """Deletes bodies that are past their time. `database` is that of the purging role."""

    database: Database
    clock: Clock
    journal: Journal
    persons: PersonKeys
    policy: Callable[[], Audit]
    on_purge: tuple[Follow, ...] = ()
    on_month_end: tuple[Forget, ...] = ()

    def purge(
        self,
        actor: Actor,
        only: RetentionClass | None = None,
        *,
        dry_run: bool = False,
        progress: Progress = lambda _done, _of: None,
        approval: str | None = None,
    ) -> list[Purged]:
        """Purge every class, or one; answers what went, or would go, per class.

        `approval` is what a second person agreed to, where it was asked for; its events name it.

        Raises `NoPurgeRole`, `StoreUnavailable`; whole batches were purged then, or nothing.
        """
        purged = {kept: Purged(kept) for kept in ([only] if only else RetentionClass)}
        while True:
            run = _Run(self, actor, purged, dry_run, progress, approval)
            try:
                run.whole()
            except HoldsChanged:
                continue
            return list(purged.values())


class _Run:
    """One walk over the events that are old enough."""

    def __init__(
        self,
        purger: Purger,
        actor: Actor,
        purged: dict[RetentionClass, Purged],
        dry_run: bool,
        progress: Progress,
        approval: str | None,
    ) -> None:
        self._p, self._actor, self._dry_run, self._progress = purger, actor, dry_run, progress
        self._approval = approval
        now = self._now = purger.clock.now()
        lengths = purger.policy().retention
        self._before = {kept: to_micros(now) - lengths.of(kept).micros for kept in purged}
        self._purged = purged
        self._waiting: dict[RetentionClass, list[Candidate]] = {k: [] for k in self._before}
        self._held_months: set[str] = set()
        self._whole_log = set(purged) == set(RetentionClass)
        with purger.database.read() as tx:
            self._holds = store.standing_holds(tx)
            self._needles = needles(covered_names(tx, purger.persons, self._holds))

    def whole(self) -> None:
        """Walk and purge; raises `HoldsChanged` when it has to begin again."""
        for done in self._purged.values():
            done.held = 0
        for page in self._pages():
            for event in page:
                self._look_at(event)
            for kept, waiting in self._waiting.items():
                while len(waiting) >= BATCH:
                    self._purge(kept, waiting[:BATCH])
                    del waiting[:BATCH]
        for kept, waiting in self._waiting.items():
            if waiting:
                self._purge(kept, waiting)
        if self._whole_log and not self._dry_run:
            self._end_months()

    def _pages(self) -> Iterator[list[Candidate]]:
        newest = from_micros(max(self._before.values()))
        with self._p.database.read() as tx:
            # The newest event stays: SQLite would give its position to the next one.
            last = min(log.position_before(tx, newest) + 2 * log.SLACK, log.newest_position(tx) - 1)
        after = 0
        while True:
            with self._p.database.read() as tx:
                page = store.old_events(tx, after, last, PAGE, lines=bool(self._needles))
            if not page:
                return
            yield page
            after = page[-1].position
            self._progress(after, max(last, after))

    def _look_at(self, event: Candidate) -> None:
        kept = CLASSES.get(event.name, RetentionClass.SYSTEM)
        before = self._before.get(kept)
        if before is None or event.occurred_at >= before or event.name in KEPT_FOR_EVER:
            return
        if event.line is not None and any(name in event.line for name in self._needles):
            self._purged[kept].held += 1
            self._held_months.add(_month(from_micros(event.occurred_at)))
            return
        self._waiting[kept].append(event)

    def _purge(self, kept: RetentionClass, events: Sequence[Candidate]) -> None:
        done = self._purged[kept]
        if not self._dry_run:
            with self._p.database.begin() as tx:
                self._purge_batch(tx, kept, events)
            time.sleep(BREATH_SECONDS)  # so that those who wait to write have their turn
        done.events += len(events)
        done.batches += 1

    def _purge_batch(self, tx: Tx, kept: RetentionClass, events: Sequence[Candidate]) -> None:
        act_as_purger(tx)
        self._require_same_holds(tx)
        positions = [event.position for event in events]
        if store.delete_bodies(tx, positions) != len(events):
            raise HoldsChanged("somebody else purges as well")
        for follow in self._p.on_purge:
            follow(tx, positions)
        seqs = [event.seq for event in events]
        first, behind = min(seqs), max(seqs) + 1
        # The event's own number is not known before it is sealed; it does not stand in its data.
        purge = Purge(behind, kept.value, len(seqs), first, behind, purge_digest(seqs))
        now = self._p.clock.now()
        event_id = self._p.journal.record(
            tx,
            EventName.AUDIT_PURGED,
            now,
            actor=self._actor,
            data=purge_data(purge),
            approval=self._approval,
        )
        store.add_purge(
            tx,
            event_id=event_id,
            from_seq=first,
            to_seq=behind,
            seqs=write_seqs(first, seqs),
            purged_at=to_micros(now),
            **{"class": kept.value},
        )

    def _require_same_holds(self, tx: Tx) -> None:
        store.hold_off(tx)
        found: list[Hold] = store.standing_holds(tx)
        if {hold.id for hold in found} != {hold.id for hold in self._holds}:
            raise HoldsChanged("a legal hold was placed or lifted meanwhile")

    def _end_months(self) -> None:
        """Destroy the keys of strangers' months whose events are past their time.

        What strangers typed stands in events of access and security. A month stays readable while
        a hold covers one of its events.
        """
        before = min(self._before[RetentionClass.ACCESS], self._before[RetentionClass.SECURITY])
        with self._p.database.read() as tx:
            months = store.months_with_key(tx)
        for month in months:
            if month >= _month(from_micros(before)) or month in self._held_months:
                continue
            with self._p.database.begin() as tx:
                act_as_purger(tx)
                self._require_same_holds(tx)
                person = f"unknown:{month}"
                for forget in self._p.on_month_end:
                    forget(tx, person)
                if self._p.persons.destroy(tx, person, self._now):
                    data = {"person": person, "reason": "retention"}
                    self._p.journal.record(
                        tx, EventName.PERSON_ERASED, self._now, actor=self._actor, data=data
                    )


def _month(moment: datetime) -> str:
    return f"{moment.astimezone(TOKYO):%Y-%m}"
