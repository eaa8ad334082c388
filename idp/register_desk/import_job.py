"""The worker's side of register files: compares large ones, applies accepted ones.

Each batch is one transaction with its place in the file: a worker that is killed goes on behind the
last one that was committed, and none is applied twice. Before the first batch the whole file is
compared again, so that a register that has moved on stops it before anything is written; each batch
is compared once more in its own transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from audit.event import Actor
from audit.names import EventName
from idp.clock import to_micros
from idp.errors import IdpError
from idp.journal.service import FAILED
from idp.members import store as members
from idp.members.changes import Change
from idp.members.register_file import BadLine, RegisterRow
from idp.members.service import Batch
from idp.register_desk import file_store as store
from idp.register_desk.file_model import FileRefused, FileState, RegisterFile, Why
from idp.register_desk.importing import Imports, StillWaits
from idp.register_desk.planning import BATCH, batches, digest_of
from idp.storage.sql import Tx

AT_ONCE: Final = 5
"""Files taken up in one round."""


class RegisterMoved(IdpError):
    """A batch would change something else than what was accepted."""

    code = "register_moved"
    status = 409


@dataclass(frozen=True)
class ImportJob:
    """Does what pages leave to the worker."""

    imports: Imports
    still_waits: StillWaits

    def run(self) -> int:
        """Compare and apply what waits, and drop what is over; answers how many files."""
        with self.imports.database.read() as tx:
            unread = store.list_in(tx, FileState.READING, AT_ONCE)
            accepted = store.list_in(tx, FileState.ACCEPTED, AT_ONCE)
        for file in accepted:
            try:
                self.apply(file)
            except FileRefused:
                self._end(file, FileState.STOPPED, file.done, Why.UNREADABLE)
        for file in unread:
            try:
                self.imports.compare(file.id)
            except FileRefused:
                self.imports.drop_unreadable(file)
        return len(accepted) + len(unread) + self.imports.drop_over(self.still_waits)

    def apply(self, file: RegisterFile) -> None:
        """Apply an accepted file from where it stands."""
        if file.done == 0 and not self._is_as_accepted(file):
            self._end(file, FileState.STOPPED, 0, Why.REGISTER_CHANGED)
            return
        for index, batch in enumerate(batches(self.imports.rows(file.id))):
            if index < file.done:
                continue
            try:
                with self.imports.database.begin() as tx:
                    if not self._apply(tx, file, index, batch):
                        return  # another worker is at it
            except RegisterMoved:
                self._end(file, FileState.STOPPED, index, Why.REGISTER_CHANGED)
                return
        self._end(file, FileState.DONE, len(file.digests))

    def _is_as_accepted(self, file: RegisterFile) -> bool:
        for index, batch in enumerate(batches(self.imports.rows(file.id))):
            with self.imports.database.read() as tx:
                if self._planned(tx, file, index, batch) is None:
                    return False
        return True

    def _planned(
        self, tx: Tx, file: RegisterFile, index: int, batch: list[RegisterRow | BadLine]
    ) -> list[Change] | None:
        """Give what a batch changes, or None when that is not what was accepted."""
        rows = [row for row in batch if isinstance(row, RegisterRow)]
        if len(rows) != len(batch) or index >= len(file.digests):
            return None
        changes = self.imports.register.compare(tx, rows)
        return changes if digest_of(changes) == file.digests[index] else None

    def _apply(
        self, tx: Tx, file: RegisterFile, index: int, batch: list[RegisterRow | BadLine]
    ) -> bool:
        members.hold(tx)
        if not store.advance(tx, file.id, index):
            return False
        changes = self._planned(tx, file, index, batch)
        if changes is None:
            raise RegisterMoved(f"{file.id}: batch {index}")
        now = self.imports.clock.now()
        self.imports.register.apply_changes(tx, changes, Batch(file.id, _actor(file)), now)
        return True

    def _end(
        self,
        file: RegisterFile,
        state: FileState,
        applied: int,
        why: Why | None = None,
    ) -> None:
        imports = self.imports
        now, done = imports.clock.now(), state is FileState.DONE
        with imports.database.begin() as tx:
            if not store.finish(tx, file.id, state, applied, to_micros(now), why):
                return
            imports.vault.destroy(tx, file.id, now)
            data: dict[str, Any] = {
                "batch": file.id,
                "sha256": file.sha256,
                "reason": file.reason,
                "approval": file.approval,
            }
            if done:
                data |= {name: getattr(file, name) for name in ("created", "updated", "unchanged")}
            else:
                data |= {"rows": min(applied * BATCH, file.lines), "why": why.value if why else ""}
            imports.journal.record(
                tx,
                EventName.REGISTER_IMPORTED if done else EventName.REGISTER_IMPORT_STOPPED,
                now,
                outcome="done" if done else FAILED,
                actor=_actor(file),
                data={key: value for key, value in data.items() if value is not None},
            )


def _actor(file: RegisterFile) -> Actor:
    by = file.actor or {}
    return Actor(str(by.get("kind", "system")), by.get("id"), by.get("role"))
