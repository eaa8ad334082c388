"""Register files on their way: uploaded, compared with the register, taken back, forgotten.

Nothing here changes the register. What is applied goes through `idp.register_desk.import_act`
(a second person, from a size on) and then `idp.register_desk.import_job` (the worker).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec

from audit.event import Actor, new_id
from audit.names import EventName
from idp.clock import Clock, to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.model import NOBODY, NOWHERE, Behind, Origin
from idp.journal.service import SYSTEM, Journal
from idp.members.register_file import BadLine, RegisterRow, read_register
from idp.members.service import Register
from idp.register_desk import file_store as store
from idp.register_desk.file_model import (
    FileRefused,
    FileReport,
    FileState,
    FileTooLarge,
    RegisterFile,
    UnknownFile,
    Why,
)
from idp.register_desk.file_vault import CONTENT, REPORT, FileVault
from idp.register_desk.ids import is_id
from idp.register_desk.planning import Plan, batches
from idp.storage.sql import Database, Tx

AT_ONCE: Final = 200_000
"""Files up to so many bytes are compared in the request that brings them; others by the worker."""
NOTED_EVERY: Final = 10
LATEST: Final = 50
SWEEP: Final = 100

StillWaits = Callable[[Tx, str], bool]
"""Tells whether an approval is still to be decided."""


@dataclass(frozen=True)
class Imports:
    """Keeps uploaded files."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    vault: FileVault
    register: Register

    def upload(
        self,
        data: bytes,
        staff_id: str,
        actor: Actor,
        origin: Origin = NOWHERE,
        *,
        session: str | None = None,
    ) -> RegisterFile:
        """Keep a file and compare it, a large one later; raises `FileTooLarge`."""
        if len(data) > self.policy.policy.register.file_bytes:
            raise FileTooLarge(f"{len(data)} bytes")
        now = self.clock.now()
        file_id, digest = new_id(now), hashlib.sha256(data).hexdigest()
        with self.database.begin() as tx:
            store.add(
                tx,
                id=file_id,
                staff_id=staff_id,
                state=FileState.READING.value,
                uploaded_at=to_micros(now),
                sha256=digest,
                size=len(data),
                content=self.vault.seal(tx, file_id, CONTENT, data, now),
                lines=data.count(b"\n") + 1,
                done=0,
            )
            self.journal.record(
                tx,
                EventName.REGISTER_UPLOADED,
                now,
                actor=actor,
                session=session,
                origin=origin,
                data={"file": file_id, "sha256": digest, "size": len(data)},
            )
        if len(data) <= AT_ONCE:
            self.compare(file_id)
        return self.find(file_id)

    def compare(self, file_id: str) -> None:
        """Tell what a file would change, and keep that beside it. Changes nothing else."""
        plan = Plan()
        for done, batch in enumerate(batches(self.rows(file_id)), 1):
            plan.counts["lines"] += len(batch)
            rows = [row for row in batch if isinstance(row, RegisterRow)]
            for bad in batch:
                if isinstance(bad, BadLine):
                    plan.refuse(bad)
            with self.database.read() as tx:
                plan.add(self.register.compare(tx, rows))
            if done % NOTED_EVERY == 0:
                with self.database.begin() as tx:
                    if not store.note_progress(tx, file_id, FileState.READING, done):
                        return  # taken back meanwhile
        self._keep(file_id, plan)

    def rows(self, file_id: str) -> Iterator[RegisterRow | BadLine]:
        """Read a file that lies here, row by row; raises `FileRefused` when it is gone."""
        with self.database.read() as tx:
            sealed = store.content_of(tx, file_id)
            if sealed is None:
                raise FileRefused("the file is no longer kept")
            data = self.vault.open(tx, file_id, CONTENT, sealed, self.clock.now())
        return read_register(data, self.register.carrier_domains())

    def find(self, file_id: str) -> RegisterFile:
        """Find a file; raises `UnknownFile`."""
        with self.database.read() as tx:
            return get(tx, file_id)

    def latest(self) -> list[RegisterFile]:
        """List the latest files."""
        with self.database.read() as tx:
            return [replace(one, digests=()) for one in store.list_latest(tx, LATEST)]

    def report(self, file_id: str) -> FileReport:
        """Give what the preview shows beside the counts; empty once the file has ended."""
        with self.database.read() as tx:
            sealed = store.report_of(tx, file_id)
            if sealed is None:
                return FileReport()
            data = self.vault.open(tx, file_id, REPORT, sealed, self.clock.now())
        return msgspec.json.decode(data, type=FileReport)

    def wait(self, file_id: str, approval: str, until: datetime) -> None:
        """Note that a file was sent to a second person."""
        with self.database.begin() as tx:
            store.wait(tx, file_id, approval, to_micros(until))

    def take_back(self, file_id: str, actor: Actor, behind: Behind) -> bool:
        """Drop a file that nobody was asked about yet; False when it stands elsewhere."""
        with self.database.begin() as tx:
            file = get(tx, file_id)
            if file.state not in (FileState.READING, FileState.FAULTY, FileState.READY):
                return False
            return self._drop(tx, file, Why.TAKEN_BACK, actor, behind)

    def drop_unreadable(self, file: RegisterFile) -> None:
        """Drop a file that cannot be opened any more."""
        with self.database.begin() as tx:
            self._drop(tx, file, Why.UNREADABLE)

    def drop_over(self, still_waits: StillWaits) -> int:
        """Drop files whose time is over, or whose approval is; answers how many."""
        now, waits = self.clock.now(), self.policy.policy.register.file_waits.delta
        dropped = 0
        for state in (FileState.READING, FileState.FAULTY, FileState.READY, FileState.WAITING):
            with self.database.read() as tx:
                found = store.list_in(tx, state, SWEEP)
            for file in found:
                if state is not FileState.WAITING and now - file.uploaded_at < waits:
                    continue
                dropped += self._drop_if_over(file, still_waits)
        return dropped

    def _drop_if_over(self, file: RegisterFile, still_waits: StillWaits) -> bool:
        now = self.clock.now()
        with self.database.begin() as tx:
            if file.state is not FileState.WAITING:
                return self._drop(tx, file, Why.NOT_SENT_ON)
            over = file.waits_until is not None and now >= file.waits_until
            if not over and file.approval and still_waits(tx, file.approval):
                return False
            return self._drop(tx, file, Why.NOT_APPROVED)

    def _drop(
        self,
        tx: Tx,
        file: RegisterFile,
        why: Why,
        actor: Actor = SYSTEM,
        behind: Behind = NOBODY,
    ) -> bool:
        now = self.clock.now()
        if not store.end(tx, file.id, file.state, FileState.DROPPED, to_micros(now), why):
            return False
        self.vault.destroy(tx, file.id, now)
        self.journal.record(
            tx,
            EventName.REGISTER_FILE_DROPPED,
            now,
            actor=actor,
            session=behind.session,
            origin=behind.origin,
            data={"file": file.id, "sha256": file.sha256, "why": why.value},
        )
        return True

    def _keep(self, file_id: str, plan: Plan) -> None:
        now, faulty = self.clock.now(), plan.counts["refused"] > 0
        state = FileState.FAULTY if faulty else FileState.READY
        with self.database.begin() as tx:
            report = msgspec.json.encode(plan.report)
            sealed = self.vault.seal(tx, file_id, REPORT, report, now)
            if not store.compared(tx, file_id, state, sealed, plan.digests, plan.counts):
                self.vault.destroy(tx, file_id, now)  # taken back meanwhile: sealing made a key
                return
            if faulty:
                store.forget_content(tx, file_id)


def get(tx: Tx, file_id: str) -> RegisterFile:
    """Find a file in an act; raises `UnknownFile`."""
    found = store.find(tx, file_id) if is_id(file_id) else None
    if found is None:
        raise UnknownFile(f"{file_id[:40]!a}")
    return found
