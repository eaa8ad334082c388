"""The register feed: a whole file or nothing, or row by row, with one event per changed member.

A dry run reads and compares without writing. A repeated import changes nothing and records only
that it was run. Rows that come one by one (SCIM: `idp.provisioning`) follow the same rules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from audit.event import Actor, new_id
from audit.names import EventName
from idp.clock import Clock, to_micros
from idp.journal.model import NOWHERE, Origin
from idp.journal.service import Journal
from idp.members import store
from idp.members.changes import Change, Create, Unchanged, Update, plan
from idp.members.model import Member
from idp.members.register_file import BadLine, RegisterRow, read_register
from idp.storage.sql import Database, Tx
from idp.subjects.service import by_number, told_of

BATCH = 1_000
Progress = Callable[[int], None]


@dataclass
class ImportReport:
    """What an import changed, or would change."""

    applied: bool = False
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    bad: list[BadLine] = field(default_factory=list)
    changes: list[tuple[str, str]] = field(default_factory=list)
    """The first changes: member number, and what changes."""


SHOWN = 200


@dataclass(frozen=True)
class Batch:
    """What belongs together in the log: one file, one request; who sent it, and from where."""

    id: str
    actor: Actor
    origin: Origin = NOWHERE


Follow = Callable[[Tx, Sequence[Change], Actor, datetime], object]
"""What else happens in the feed's transaction once changes are written (`idp.invitations.feed`)."""


def _no_domains() -> Collection[str]:
    return ()


def _nothing_follows(_tx: Tx, _changes: Sequence[Change], _actor: Actor, _now: datetime) -> None:
    """Leave it at the register."""


@dataclass(frozen=True)
class Register:
    """Imports the export of the core system."""

    database: Database
    clock: Clock
    journal: Journal
    carrier_domains: Callable[[], Collection[str]] = _no_domains
    """Mail domains (policy) whose addresses may have stray dots."""
    follow: Follow = _nothing_follows

    def import_file(
        self, data: bytes, actor: Actor, *, apply: bool, progress: Progress = lambda _: None
    ) -> ImportReport:
        """Import a file; nothing is applied when any line is bad, or without `apply`.

        Raises `StoreUnavailable`; nothing was applied then.
        """
        report = ImportReport()
        rows: list[RegisterRow] = []
        for item in read_register(data, self.carrier_domains()):
            if isinstance(item, BadLine):
                report.bad.append(item)
            elif not report.bad:
                rows.append(item)
        if report.bad:
            return report
        if not apply:
            with self.database.read() as tx:
                for change in self._changes(tx, rows, progress):
                    _count(report, change)
            return report
        with self.database.begin() as tx:
            self._apply(tx, rows, data, actor, report, progress)
        report.applied = True
        return report

    def apply_row(
        self,
        tx: Tx,
        current: Member | None,
        row: RegisterRow,
        effective_on: date,
        batch: Batch,
        now: datetime,
    ) -> Change:
        """Apply one row to the member of its number, with the event; nothing when all is known.

        `current` was read in this transaction, after `store.hold`.
        """
        if current is not None and store.is_erased(tx, row.member_number):
            return Unchanged(row.member_number)
        change = plan(current, row, effective_on)
        if isinstance(change, Create):
            store.add_many(tx, [change.member], to_micros(now))
        elif isinstance(change, Update):
            store.save_many(tx, [change.after], to_micros(now))
        self._record(tx, change, batch)
        self.follow(tx, [change], batch.actor, now)
        return change

    def compare(self, tx: Tx, rows: Sequence[RegisterRow]) -> list[Change]:
        """Tell what rows would change today."""
        return list(self._changes(tx, rows, lambda _: None))

    def apply_changes(self, tx: Tx, changes: Sequence[Change], batch: Batch, now: datetime) -> None:
        """Write changes that `compare` told in this transaction, after `store.hold`."""
        self._write(tx, [c for c in changes if not isinstance(c, Unchanged)], batch, now)

    def _changes(
        self, tx: Tx, rows: Sequence[RegisterRow], progress: Progress
    ) -> Iterator[Create | Update | Unchanged]:
        today = self.clock.today()
        empty, erased = store.count(tx) == 0, store.erased(tx)
        for done, row in enumerate(rows, 1):
            if row.member_number in erased:  # what was erased does not come back with a feed
                yield Unchanged(row.member_number)
                continue
            current = None if empty else store.find(tx, row.member_number)
            yield plan(current, row, today)
            if done % BATCH == 0:
                progress(done)

    def _apply(
        self,
        tx: Tx,
        rows: list[RegisterRow],
        data: bytes,
        actor: Actor,
        report: ImportReport,
        progress: Progress,
    ) -> None:
        now = self.clock.now()
        batch = Batch(new_id(now), actor)
        store.hold(tx)
        waiting: list[Change] = []
        for change in self._changes(tx, rows, progress):
            _count(report, change)
            if isinstance(change, Unchanged):
                continue
            waiting.append(change)
            if len(waiting) >= BATCH:
                self._write(tx, waiting, batch, now)
        self._write(tx, waiting, batch, now)
        self.journal.record(
            tx,
            EventName.REGISTER_IMPORTED,
            now,
            actor=actor,
            data={
                "batch": batch.id,
                "sha256": hashlib.sha256(data).hexdigest(),
                "created": report.created,
                "updated": report.updated,
                "unchanged": report.unchanged,
            },
        )

    def _write(self, tx: Tx, waiting: list[Change], batch: Batch, now: datetime) -> None:
        people = [by_number(_number(change)) for change in waiting]
        self.journal.persons.prepare(tx, people, now)
        for change in waiting:
            self._record(tx, change, batch)
        store.add_many(tx, [c.member for c in waiting if isinstance(c, Create)], to_micros(now))
        store.save_many(tx, [c.after for c in waiting if isinstance(c, Update)], to_micros(now))
        self.follow(tx, waiting, batch.actor, now)
        waiting.clear()

    def _record(self, tx: Tx, change: Change, batch: Batch) -> None:
        if isinstance(change, Unchanged):
            return
        now, number = self.clock.now(), _number(change)
        if isinstance(change, Create):
            name, fields = EventName.MEMBER_CREATED, []
        else:
            name, fields = EventName.MEMBER_UPDATED, sorted(change.fields)
        self.journal.record(
            tx,
            name,
            now,
            actor=batch.actor,
            origin=batch.origin,
            data={"batch": batch.id, "member": told_of(number), "fields": fields},
        )


def _number(change: Change) -> str:
    if isinstance(change, Create):
        return change.member.member_number
    return change.after.member_number if isinstance(change, Update) else change.member_number


def _count(report: ImportReport, change: Create | Update | Unchanged) -> None:
    if isinstance(change, Create):
        report.created += 1
        number, what = change.member.member_number, "new"
    elif isinstance(change, Update):
        report.updated += 1
        number, what = change.after.member_number, ", ".join(sorted(change.fields))
    else:
        report.unchanged += 1
        return
    if len(report.changes) < SHOWN:
        report.changes.append((number, what))
