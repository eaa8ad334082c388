"""What tests of the sealer ask of a log: its leaves, its checkpoints, and the verifier's word."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from audit.__main__ import main as verifier
from audit.checkpoint import encode_key
from audit.event import Actor
from audit.names import EventName
from idp.assembly.foundation import Foundation
from idp.assembly.sealing import audit_key, build_sealer
from idp.clock import Clock
from idp.journal.export import Exporter
from idp.journal.sealer import Sealer
from idp.storage.sql import Tx

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)


@dataclass(frozen=True)
class SealedLog:
    """The log of one deployment."""

    foundation: Foundation

    def record(self, tx: Tx, number: int, now: datetime = NOW) -> str:
        """Record one event; answers its id."""
        journal = self.foundation.journal
        data = {"program": "test", "number": number}
        return journal.record(tx, EventName.SYSTEM_STARTED, now, data=data)

    def add(self, number: int) -> str:
        """Record one event in a transaction of its own."""
        with self.foundation.database.begin() as tx:
            return self.record(tx, number)

    def sealer(self, now: datetime | None = None) -> Sealer:
        """Give a sealer, its clock at a moment."""
        sealer = build_sealer(self.foundation)
        return replace(sealer, clock=Clock(lambda: now)) if now else sealer

    def sealed(self) -> list[str]:
        """List the ids of sealed events in the order of the tree; gaps and repeats are refused."""
        with self.foundation.database.read() as tx:
            rows = tx.text("SELECT seq, event_id FROM audit_leaf ORDER BY seq").fetchall()
        assert [seq for seq, _ in rows] == list(range(len(rows)))
        assert len({event for _, event in rows}) == len(rows)
        return [event for _, event in rows]

    def recorded(self) -> set[str]:
        """Give the ids of all recorded events."""
        with self.foundation.database.read() as tx:
            return {row[0] for row in tx.text("SELECT id FROM audit_event").fetchall()}

    def checkpoint_times(self) -> list[int]:
        """List the times of the checkpoints in the order of their sizes."""
        with self.foundation.database.read() as tx:
            rows = tx.text("SELECT signed_at FROM audit_checkpoint ORDER BY size").fetchall()
        return [row[0] for row in rows]

    def names(self) -> list[str]:
        """List the names of all events."""
        with self.foundation.database.read() as tx:
            return [row[0] for row in tx.text("SELECT name FROM audit_event").fetchall()]

    def export(self, folder: Path) -> int:
        """Write a pack and have it verified, offline and with the key; answers its size."""
        f = self.foundation
        key = audit_key(f)
        exporter = Exporter(f.database, f.journal, build_sealer(f), key, f.clock)
        size = exporter.export(folder / "pack", Actor("operator", "test"))
        public = folder / "auditor.pub"
        public.write_text(encode_key(f.policy.policy.audit.origin, key.public_key()) + "\n")
        assert verifier(["verify", str(folder / "pack"), "--key", str(public)]) == 0
        shutil.rmtree(folder / "pack")
        return size


MINUTE = timedelta(minutes=1)
