"""How much one person may look up: counted where the look is recorded, so no race passes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from audit.event import new_id
from idp.block_room import store
from idp.block_room.model import TooManyLooks
from idp.clock import Clock, to_micros
from idp.inforce.service import PolicyInForce
from idp.storage.sql import Tx

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class LookUps:
    """Counts look-ups of one person within the last hour (`look_ups_per_hour` of roles.toml)."""

    clock: Clock
    policy: PolicyInForce

    def take(self, tx: Tx, staff_id: str) -> None:
        """Count one more, in the transaction of the look; raises `TooManyLooks`."""
        now = self.clock.now()
        tx.lock(f"look-ups:{staff_id}")
        most = self.policy.policy.roles.look_ups_per_hour
        if store.looked_since(tx, staff_id, to_micros(now - HOUR)) >= most:
            raise TooManyLooks(f"more than {most} within an hour")
        store.look(tx, new_id(now), staff_id, to_micros(now))
