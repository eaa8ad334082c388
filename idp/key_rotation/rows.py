"""Secrets in rows under a renewed master key: wrapped again in batches, one commit and event each.

What is done already is never looked at again, so a run that was killed is simply started again. A
secret that is destroyed or used up meanwhile stays so: a row changes only if it still holds what
was read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from audit.event import Actor
from audit.names import EventName
from idp.clock import Clock
from idp.journal.service import Journal
from idp.storage.sql import Database
from idp.storage.wrapped import Again, WrappedColumn
from keys.master import MasterKeys

BATCH = 500


@dataclass(frozen=True)
class RowSecrets:
    """One kind of secrets that lie in rows."""

    what: str
    """How events name it."""
    column: WrappedColumn
    context: Callable[[str], str]
    """What each is bound to, by the id of its row."""
    follows: Callable[[MasterKeys, str, bytes], Mapping[str, str]] = lambda *_: {}
    """What else of a row is made anew from its id and its secret."""


@dataclass(frozen=True)
class RowRewrap:
    """Wraps secrets of one kind under the current master key."""

    database: Database
    clock: Clock
    journal: Journal
    master: MasterKeys
    secrets: RowSecrets

    def run(self, actor: Actor, progress: Callable[[int], None], batch: int = BATCH) -> int:
        """Wrap all of them again; answers how many. Raises `keys.errors.WrongMasterKey`."""
        total, after = 0, ""
        while True:
            last, done = self._one_batch(actor, after, batch)
            if last is None and not after:
                return total
            # Round again: a node on the older file may have made some meanwhile.
            after = last or ""
            total += done
            progress(done)

    def _one_batch(self, actor: Actor, after: str, batch: int) -> tuple[str | None, int]:
        column, current = self.secrets.column, self.master.current_id
        with self.database.read() as tx:
            found = column.under_others(tx, current, after, batch)
        again = [self._again(row, wrapped) for row, wrapped in found]
        if not again:
            return None, 0
        with self.database.begin() as tx:
            column.replace(tx, again)
            data = {"what": self.secrets.what, "count": len(again), "to": current}
            self.journal.record(
                tx, EventName.MASTER_KEY_REWRAPPED, self.clock.now(), actor=actor, data=data
            )
        return again[-1].row, len(again)

    def _again(self, row: str, wrapped: str) -> Again:
        context = self.secrets.context(row)
        secret = self.master.unwrap(wrapped, context)
        follows = self.secrets.follows(self.master, row, secret)
        return Again(row, wrapped, self.master.wrap(secret, context), follows)
