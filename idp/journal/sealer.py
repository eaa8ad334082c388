"""The sealer: takes committed events in commit-safe order, extends the tree, signs a checkpoint.

One leader seals at a time; the compare-and-set on the log's size makes a second one harmless.
RFC 9162 2.1 for the tree, C2SP signed notes for the checkpoint.

Order. SQLite has one writer: insert order is commit order. PostgreSQL hands out ids before commit,
so rows are taken by transaction id below `pg_snapshot_xmin(pg_current_snapshot())`: everything
below has finished. Transaction ids mean nothing on another cluster: rows of a restored dump carry
another `system_identifier` and count as committed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import instant
from audit.checkpoint import sign
from audit.names import EventName
from audit.tree import Frontier, leaf_hash
from idp.clock import Clock, from_micros, to_micros
from idp.journal import store
from idp.journal.anchors import CheckpointFile
from idp.journal.forks import require_contained
from idp.journal.service import Journal
from idp.storage.sql import Database, Tx

BATCH = 5_000
STEP_TOLERATED_SECONDS = 5


@dataclass(frozen=True)
class Position:
    """How far the log is sealed."""

    size: int
    frontier: Frontier
    watermark: int
    cluster: int
    signed_at: int


@dataclass(frozen=True)
class Sealer:
    """Seals batch after batch; each batch is one transaction."""

    database: Database
    journal: Journal
    key: Ed25519PrivateKey
    origin: str
    clock: Clock
    file: CheckpointFile | None = None
    """Where each checkpoint is written outside of the database."""

    def seal(self) -> int:
        """Seal what has been committed; answers how many events were sealed.

        Raises `LogSetBack` when a checkpoint is known that this log does not contain.
        """
        total = 0
        while True:
            sealed = self._seal_batch()
            total += sealed
            if sealed < BATCH:
                return total

    def lag(self) -> float:
        """Tell the age in seconds of the oldest event that could be sealed now; 0 when none."""
        with self.database.read() as tx:
            rows, _, _ = _unsealed(tx, _position(tx), most=1)
        if not rows:
            return 0.0
        occurred_at = instant.from_text(json.loads(rows[0][2])["occurred_at"])
        return max(0.0, (self.clock.now() - occurred_at).total_seconds())

    def _seal_batch(self) -> int:
        now = self.clock.now()
        with self.database.read() as tx:
            if not self._anything(tx):
                return 0
        with self.database.begin() as tx:
            tx.lock("sealer")  # an export may seal beside the worker
            position = _position(tx)
            if self.file is not None:
                require_contained(tx, self.file.newest())
            rows, watermark, cluster = _unsealed(tx, position)
            if not rows and watermark == position.watermark and cluster == position.cluster:
                return 0
            note = self._extend(tx, position, rows, watermark, cluster, now)
        if note is not None and self.file is not None:
            # After the commit: the file never knows a checkpoint that the log does not contain.
            self.file.append(note)
        return len(rows)

    def _anything(self, tx: Tx) -> bool:
        position = _position(tx)
        rows, _, _ = _unsealed(tx, position, most=1)
        return bool(rows)

    def _extend(
        self,
        tx: Tx,
        position: Position,
        rows: list[tuple[int, str, str]],
        watermark: int,
        cluster: int,
        now: datetime,
    ) -> str | None:
        leaves = []
        for offset, (_, event_id, line) in enumerate(rows):
            leaf = leaf_hash(line.encode("utf-8"))
            position.frontier.append(leaf)
            leaves.append((position.size + offset, event_id, leaf.hex()))
        store.add_leaves(tx, leaves)
        size = position.size + len(rows)
        # A checkpoint's time never goes back, whatever the machine's clock does.
        signed_at = max(to_micros(now), position.signed_at)
        behind = position.signed_at - to_micros(now)
        moved = store.move(
            tx,
            position.size,
            size=size,
            frontier=position.frontier.to_text(),
            watermark=watermark,
            cluster=cluster,
            signed_at=signed_at,
        )
        if not moved:
            raise RuntimeError("two sealers at once")  # the transaction rolls back
        note = None
        if rows:
            note = sign(
                self.origin, size, position.frontier.root(), from_micros(signed_at), self.key
            )
            store.add_checkpoint(tx, size, signed_at, note)
        if behind > STEP_TOLERATED_SECONDS * 1_000_000:
            self._report_step(tx, now, behind, signed_at)
        return note

    def _report_step(self, tx: Tx, now: datetime, behind: int, signed_at: int) -> None:
        # The checkpoint before a step and those after it bear the same time. Only the first one
        # after it tells, else the report itself would be reported for ever.
        if store.newest_times(tx, 3).count(signed_at) <= 2:
            data = {"seconds": behind // 1_000_000}
            self.journal.record(tx, EventName.CLOCK_STEPPED, now, data=data)


def _position(tx: Tx) -> Position:
    row = store.state(tx)
    if row is None:
        return Position(0, Frontier(), 0, 0, 0)
    return Position(row[0], Frontier.from_text(row[1]), row[2], row[3], row[4])


def start_log(tx: Tx) -> None:
    """Write the sealer's position when the log is new; done once by the migration."""
    if store.state(tx) is None:
        store.start(tx, Frontier().to_text(), tx.cluster)


def _unsealed(
    tx: Tx, position: Position, most: int = BATCH
) -> tuple[list[tuple[int, str, str]], int, int]:
    if not tx.is_postgresql:
        rows = store.unsealed_by_position(tx, position.watermark, most)
        return rows, rows[-1][0] if rows else position.watermark, position.cluster
    cluster = tx.cluster
    old = store.unsealed_of_other_clusters(tx, cluster, most) if cluster != position.cluster else []
    if old:
        return old, position.watermark, position.cluster
    watermark = position.watermark if cluster == position.cluster else 0
    before = tx.text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint").fetchone()[0]
    rows = store.unsealed_by_transaction(tx, watermark, before, cluster, most)
    if len(rows) == most:
        return rows, rows[-1][0], cluster
    return rows, max(before, watermark), cluster
