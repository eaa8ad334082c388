"""Secrets of authenticator apps under a renewed master key: wrapped again in batches.

One commit and one event for each batch; a row changes only if it still holds what was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from audit.event import Actor
from audit.names import EventName
from idp.clock import Clock
from idp.factors import store
from idp.factors.totp import context
from idp.journal.service import Journal
from idp.storage.sql import Database
from keys.master import MasterKeys, wrapped_under

BATCH = 500


@dataclass(frozen=True)
class FactorSecretRewrap:
    """Wraps the secrets of apps under the current master key."""

    database: Database
    clock: Clock
    journal: Journal
    master: MasterKeys

    def wrapped(self) -> Iterator[str]:
        """Name the master key of every secret."""
        for batch in self._batches():
            yield from (wrapped_under(secret) for _, secret in batch)

    def run(self, actor: Actor, progress: Callable[[int], None]) -> int:
        """Wrap all of them again; answers how many. Raises `keys.errors.WrongMasterKey`."""
        total = 0
        for batch in self._batches():
            again = [
                (
                    which,
                    old,
                    self.master.wrap(self.master.unwrap(old, context(which)), context(which)),
                )
                for which, old in batch
                if self.master.needs_rewrap(old)
            ]
            if not again:
                continue
            with self.database.begin() as tx:
                done = sum(store.rewrap(tx, which, old, new) for which, old, new in again)
                data = {"what": "factor secrets", "count": done, "to": self.master.current_id}
                self.journal.record(
                    tx, EventName.MASTER_KEY_REWRAPPED, self.clock.now(), actor=actor, data=data
                )
            total += done
            progress(done)
        return total

    def _batches(self) -> Iterator[list[tuple[str, str]]]:
        after = ""
        while True:
            with self.database.read() as tx:
                batch = store.wrapped_secrets(tx, after, BATCH)
            if not batch:
                return
            yield batch
            after = batch[-1][0]
