"""Signing keys in motion: what the ring's plan asks for is done, with its events.

The plan itself is pure (`keys.ring`); keys are made outside the transaction (an RSA key takes
100 ms), then ring and events are stored together. With the folder home the ring is written first:
a crash between the two leaves a key without its event, which `idp keys list` shows.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from audit.event import Actor
from audit.names import EventName
from idp.clock import Clock
from idp.errors import StoreUnavailable
from idp.inforce.service import PolicyInForce
from idp.journal.service import SYSTEM, Journal
from idp.storage.key_vault import SqlHome
from idp.storage.sql import Database
from keys.errors import HomeUnavailable
from keys.folder import FolderHome
from keys.keyset import KeySet
from keys.record import KeyRecord, KeyState
from keys.ring import RotationRules
from keys.vault import Rotation, Vault

EVENTS = {
    KeyState.ANNOUNCED: EventName.KEY_ANNOUNCED,
    KeyState.ACTIVE: EventName.KEY_ACTIVATED,
    KeyState.RETIRING: EventName.KEY_RETIRING,
    KeyState.RETIRED: EventName.KEY_RETIRED,
}


LOOK_EVERY_SECONDS = 1.0


@dataclass
class WatchedKeys:
    """The key set a node signs with; follows a change of the ring within a second."""

    vault: Vault
    _next: float = 0.0

    def current(self) -> KeySet:
        """Give the keys; when the home does not answer, the last ones stay in use."""
        now = time.monotonic()
        if now < self._next:
            return self.vault.snapshot()
        self._next = now + LOOK_EVERY_SECONDS
        try:
            return self.vault.refresh()
        except (HomeUnavailable, StoreUnavailable):
            return self.vault.snapshot()


@dataclass(frozen=True)
class KeyRotation:
    """Carries out what is due."""

    database: Database
    clock: Clock
    journal: Journal
    policy: PolicyInForce
    vault: Vault
    home: FolderHome | SqlHome

    def rules(self) -> RotationRules:
        """Give the policy's rules in the ring's terms."""
        keys = self.policy.policy.keys
        return RotationRules(
            algs=tuple(alg.value for alg in keys.algorithms),
            announce_for=keys.announced_dwell.delta,
            active_for=keys.active_period.delta,
            retire_after=keys.retiring_dwell.delta,
        )

    def rotate(self, actor: Actor = SYSTEM, compromised: Sequence[str] = ()) -> int:
        """Do what is due; answers how many keys changed. Raises `keys.errors.RingChanged`."""
        rotation = self.vault.prepare(self.clock.now(), self.rules(), compromised)
        return self.commit(rotation, actor)

    def commit(self, rotation: Rotation, actor: Actor) -> int:
        """Store a prepared change with one event per changed key."""
        if rotation.empty:
            return 0
        now = self.clock.now()
        changed = _changed(rotation)
        with self.database.begin() as tx:
            if isinstance(self.home, SqlHome):
                self.home.replace_all_in(tx, rotation.version, rotation.after)
            else:
                self.home.replace_all(rotation.version, rotation.after)
            for record in changed:
                name = EVENTS[record.state]
                if record.compromised_at is not None:
                    name = EventName.KEY_COMPROMISED
                data = {"kid": record.kid, "alg": record.alg}
                self.journal.record(tx, name, now, actor=actor, data=data)
        self.vault.refresh()
        return len(changed)


def _changed(rotation: Rotation) -> list[KeyRecord]:
    before = {record.kid: record.state for record in rotation.before}
    return [record for record in rotation.after if before.get(record.kid) != record.state]
