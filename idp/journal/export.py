"""Packs for auditors: the whole tree, the bodies of a period, proven by `python -m audit verify`.

Streams in pages; the log goes on meanwhile, the pack ends at the size that was sealed when it
began.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.event import Actor
from audit.names import EventName
from audit.pack import PackWriter
from idp.clock import Clock
from idp.errors import IdpError
from idp.journal import store
from idp.journal.sealer import Sealer
from idp.journal.seqs import read_seqs
from idp.journal.service import Journal
from idp.storage.sql import Database, Tx

PAGE = 5_000
CHECKPOINTS_AT_MOST = 1_000
SEAL_WAIT_SECONDS = 30.0


class NotSealed(IdpError):
    """What was committed could not be sealed in time."""

    code = "not_sealed"


class BodyMissing(IdpError):
    """A body is gone that no sealed purge covers."""

    code = "body_missing"


@dataclass(frozen=True)
class Exporter:
    """Writes packs."""

    database: Database
    journal: Journal
    sealer: Sealer
    key: Ed25519PrivateKey
    clock: Clock

    def export(
        self, folder: Path, actor: Actor, progress: Callable[[int, int], None] | None = None
    ) -> int:
        """Record the export, seal everything committed, write the pack; answers its size.

        Raises `audit.pack.PackError` when the folder is not empty, `NotSealed`, and `BodyMissing`
        when events were deleted: the pack is written then, and the verifier finds the same.
        """
        now = self.clock.now()
        with self.database.begin() as tx:
            # All of them leave, give or take those of this moment: alerts go by the number.
            data = {"form": "pack", "count": store.newest_position(tx)}
            event = self.journal.record(tx, EventName.AUDIT_EXPORTED, now, actor=actor, data=data)
        size = self.sealed_through(event)
        missing: list[int] = []
        with PackWriter(folder, self.sealer.origin, 0, size) as pack:
            for start in range(0, size, PAGE):
                self._write_page(pack, range(start, min(start + PAGE, size)), size, missing)
                if progress:
                    progress(min(start + PAGE, size), size)
            for note in self._checkpoints(size):
                pack.checkpoint(note)
            pack.finish(
                period_from=None, period_to=None, made_at=self.clock.now(), private_key=self.key
            )
        if missing:
            raise BodyMissing(
                f"the pack was written, but {len(missing)} events are missing that no purge covers"
                f" (first: record {missing[0]}): they were deleted by hand"
            )
        return size

    def _write_page(self, pack: PackWriter, seqs: range, size: int, missing: list[int]) -> None:
        with self.database.read() as tx:
            page = store.leaves(tx, seqs.start, seqs.stop)
            gone = any(line is None for *_, line in page)
            purged = _purged_by(tx, seqs, size) if gone else {}
        for seq, event_id, leaf, line in page:
            if line is not None:
                pack.leaf(seq, event_id, bytes.fromhex(leaf), line.encode("utf-8"))
                continue
            by = purged.get(seq)
            if by is not None and by >= size:
                raise NotSealed("a purge ran meanwhile; remove the folder and export again")
            if by is None:
                missing.append(seq)
            pack.leaf(seq, event_id, bytes.fromhex(leaf), None, by, missing=by is None)

    def sealed_through(self, event: str) -> int:
        """Seal until an event is in; on PostgreSQL it waits for older transactions to finish."""
        until = time.monotonic() + SEAL_WAIT_SECONDS
        while time.monotonic() < until:
            self.sealer.seal()
            with self.database.read() as tx:
                seq = store.leaf_of(tx, event)
                position = store.state(tx)
            if seq is not None and position is not None:
                return position[0]
            time.sleep(0.05)
        raise NotSealed("an older transaction does not end; the log cannot be sealed through")

    def _checkpoints(self, size: int) -> list[str]:
        """Give the checkpoints of the pack, thinned evenly, the last one of exactly its size."""
        with self.database.read() as tx:
            notes = store.checkpoints_up_to(tx, size)
        step = max(1, len(notes) // CHECKPOINTS_AT_MOST)
        kept = notes[:-1:step]
        return [*kept, notes[-1]]


def _purged_by(tx: Tx, seqs: range, size: int) -> dict[int, int]:
    """Tell for purged leaves which purge event covers each; `size` for one not sealed yet."""
    return {
        seq: size if by is None else by
        for by, first, text in store.purges_over(tx, seqs.start, seqs.stop)
        for seq in read_seqs(first, text)
        if seq in seqs
    }
