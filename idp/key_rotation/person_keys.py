"""Person keys under a renewed master key: wrapped again in batches, one commit and event each.

What is done already is never looked at again, so a run that was killed is simply started again. A
key that is destroyed meanwhile stays destroyed: a row changes only if it still holds what was read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from audit.event import Actor
from audit.names import EventName
from idp.clock import Clock
from idp.journal.service import Journal
from idp.storage.sql import Database
from idp.subjects import store
from keys.master import MasterKeys

BATCH = 500


@dataclass(frozen=True)
class PersonKeyRewrap:
    """Wraps the keys of persons under the current master key."""

    database: Database
    clock: Clock
    journal: Journal
    master: MasterKeys

    def waiting(self) -> int:
        """Tell how many keys lie under an older master key."""
        with self.database.read() as tx:
            return store.count_wrapped(tx) - store.count_wrapped(tx, self.master.current_id)

    def run(self, actor: Actor, progress: Callable[[int], None], batch: int = BATCH) -> int:
        """Wrap all of them again; answers how many. Raises `keys.errors.WrongMasterKey`."""
        total, after = 0, ""
        while True:
            last, done = self._one_batch(actor, after, batch)
            if last is None and not after:
                return total
            # Round again: a node on the older file may have made keys meanwhile.
            after = last or ""
            total += done
            progress(done)

    def _one_batch(self, actor: Actor, after: str, batch: int) -> tuple[str | None, int]:
        with self.database.read() as tx:
            found = store.wrapped_under_others(tx, self.master.current_id, after, batch)
        again = [(key_id, wrapped, self._again(key_id, wrapped)) for key_id, wrapped in found]
        if not again:
            return None, 0
        with self.database.begin() as tx:
            store.rewrap(tx, again)
            data = {"what": "person keys", "count": len(again), "to": self.master.current_id}
            self.journal.record(
                tx, EventName.MASTER_KEY_REWRAPPED, self.clock.now(), actor=actor, data=data
            )
        return again[-1][0], len(again)

    def _again(self, key_id: str, wrapped: str) -> str:
        context = f"person-key:{key_id}"
        return self.master.wrap(self.master.unwrap(wrapped, context), context)
