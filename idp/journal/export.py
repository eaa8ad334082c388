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
from idp.journal.service import Journal
from idp.storage.sql import Database

PAGE = 5_000
CHECKPOINTS_AT_MOST = 1_000
SEAL_WAIT_SECONDS = 30.0


class NotSealed(IdpError):
    """What was committed could not be sealed in time."""

    code = "not_sealed"


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

        Raises `audit.pack.PackError` when the folder is not empty, `NotSealed`.
        """
        now = self.clock.now()
        with self.database.begin() as tx:
            event = self.journal.record(tx, EventName.AUDIT_EXPORTED, now, actor=actor)
        size = self._sealed_through(event)
        with PackWriter(folder, self.sealer.origin, 0, size) as pack:
            for start in range(0, size, PAGE):
                with self.database.read() as tx:
                    page = store.leaves(tx, start, min(start + PAGE, size))
                for seq, event_id, leaf, line in page:
                    body = line.encode("utf-8") if line is not None else None
                    pack.leaf(seq, event_id, bytes.fromhex(leaf), body)
                if progress:
                    progress(min(start + PAGE, size), size)
            for note in self._checkpoints(size):
                pack.checkpoint(note)
            pack.finish(
                period_from=None, period_to=None, made_at=self.clock.now(), private_key=self.key
            )
        return size

    def _sealed_through(self, event: str) -> int:
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
