"""The register feed: a whole file or nothing, with one event per changed member.

A dry run reads and compares without writing. A repeated import changes nothing and records only
that it was run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from audit.event import Actor, Personal, new_id
from audit.names import EventName
from idp.clock import Clock, to_micros
from idp.journal.service import Journal
from idp.members import store
from idp.members.changes import Create, Unchanged, Update, plan
from idp.members.model import Member
from idp.members.register_file import BadLine, RegisterRow, read_register
from idp.storage.sql import Database, Tx
from idp.subjects.service import stranger

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
class Register:
    """Imports the export of the core system."""

    database: Database
    clock: Clock
    journal: Journal

    def import_file(
        self, data: bytes, actor: Actor, *, apply: bool, progress: Progress = lambda _: None
    ) -> ImportReport:
        """Import a file; nothing is applied when any line is bad, or without `apply`.

        Raises `StoreUnavailable`; nothing was applied then.
        """
        report = ImportReport()
        rows: list[RegisterRow] = []
        for item in read_register(data):
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

    def _changes(
        self, tx: Tx, rows: list[RegisterRow], progress: Progress
    ) -> Iterator[Create | Update | Unchanged]:
        today = self.clock.today()
        empty = store.count(tx) == 0
        for done, row in enumerate(rows, 1):
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
        batch = new_id(now)
        created: list[Member] = []
        updated: list[Member] = []
        for change in self._changes(tx, rows, progress):
            _count(report, change)
            if isinstance(change, Create):
                created.append(change.member)
            elif isinstance(change, Update):
                updated.append(change.after)
            if len(created) + len(updated) >= BATCH:
                _write(tx, created, updated, to_micros(now))
            self._record(tx, change, batch, actor)
        _write(tx, created, updated, to_micros(now))
        self.journal.record(
            tx,
            EventName.REGISTER_IMPORTED,
            now,
            actor=actor,
            data={
                "batch": batch,
                "sha256": hashlib.sha256(data).hexdigest(),
                "created": report.created,
                "updated": report.updated,
                "unchanged": report.unchanged,
            },
        )

    def _record(
        self, tx: Tx, change: Create | Update | Unchanged, batch: str, actor: Actor
    ) -> None:
        if isinstance(change, Unchanged):
            return
        now = self.clock.now()
        if isinstance(change, Create):
            name, number, fields = EventName.MEMBER_CREATED, change.member.member_number, []
        else:
            name, number = EventName.MEMBER_UPDATED, change.after.member_number
            fields = sorted(change.fields)
        self.journal.record(
            tx,
            name,
            now,
            actor=actor,
            data={"batch": batch, "member": Personal(number, stranger(now)), "fields": fields},
        )


def _write(tx: Tx, created: list[Member], updated: list[Member], at: int) -> None:
    store.add_many(tx, created, at)
    store.save_many(tx, updated, at)
    created.clear()
    updated.clear()


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
