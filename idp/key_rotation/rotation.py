"""Signing keys in motion: what the ring's plan asks for is done, with its events.

The plan itself is pure (`keys.ring`); keys are made outside the transaction (an RSA key takes
100 ms), then ring and events are stored together (`idp.storage.key_vault`: in a folder home as an
intention that is carried out after the commit, or by the next one who looks).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from audit.event import Actor
from audit.names import EventName
from idp.clock import Clock
from idp.errors import StoreUnavailable
from idp.inforce.service import PolicyInForce
from idp.journal.model import NOBODY, Behind
from idp.journal.service import SYSTEM, Journal
from idp.storage.key_vault import EmbeddedHome, SqlHome
from idp.storage.sql import Database
from keys import ring
from keys.errors import HomeUnavailable, RingChanged, UnsupportedAlgorithm
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
TRIES = 5


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
    home: EmbeddedHome | SqlHome

    def rules(self) -> RotationRules:
        """Give the policy's rules in the ring's terms."""
        keys = self.policy.policy.keys
        return RotationRules(
            algs=tuple(alg.value for alg in keys.algorithms),
            announce_for=keys.announced_dwell.delta,
            active_for=keys.active_period.delta,
            retire_after=keys.retiring_dwell.delta,
        )

    def rotate(
        self,
        actor: Actor = SYSTEM,
        compromised: Sequence[str] = (),
        about: Mapping[str, Any] | None = None,
    ) -> int:
        """Do what is due; answers how many keys changed. Raises `keys.errors.RingChanged`.

        `about` is what the events say beside: the reason of an emergency, and its approval.
        """

        def once() -> int:
            rotation = self.vault.prepare(self.clock.now(), self.rules(), compromised)
            return self._commit(rotation, actor, behind=Behind(data=dict(about or {})))

        return self._settled(once)

    def announce(self, alg: str, actor: Actor, behind: Behind = NOBODY) -> str:
        """Make a key and publish it; answers its id. Raises `UnsupportedAlgorithm`."""
        if alg not in self.rules().algs:
            raise UnsupportedAlgorithm(
                f"{alg} is not in `algorithms` of keys.toml; a plan would withdraw its key at once"
            )
        fresh = self.vault.generate(alg, self.clock.now())
        self._change(lambda records: ring.announce(records, fresh), actor, behind)
        return fresh.kid

    def activate(self, kid: str, actor: Actor, behind: Behind = NOBODY) -> None:
        """Sign with an announced key from now on.

        Raises `UnknownKey`, `IllegalTransition`, and `KeyTooYoung` before its dwell is over.
        """
        now, rules = self.clock.now(), self.rules()
        self._change(lambda records: ring.activate(records, kid, now, rules), actor, behind)

    def retire(self, kid: str, actor: Actor, behind: Behind = NOBODY) -> None:
        """Take a key out of the published set; raises as `activate` does."""
        now, rules = self.clock.now(), self.rules()
        self._change(lambda records: ring.retire(records, kid, now, rules), actor, behind)

    def rewrap(self, actor: Actor) -> int:
        """Wrap the private keys under the current master key; answers how many were not."""

        def once() -> int:
            rotation = self.vault.prepare_rewrap()
            again = sum(
                old.wrapped_private != new.wrapped_private
                for old, new in zip(rotation.before, rotation.after, strict=True)
            )
            data = {"what": "signing keys", "count": again, "to": self.vault.master_id}
            self._commit(rotation, actor, (EventName.MASTER_KEY_REWRAPPED, data))
            return again

        return self._settled(once)

    def _change(
        self,
        change: Callable[[Sequence[KeyRecord]], ring.Ring],
        actor: Actor,
        behind: Behind,
    ) -> None:
        def once() -> int:
            stored = self.home.load()
            after = change(stored.records)
            rotation = Rotation(stored.version, stored.records, after)
            return self._commit(rotation, actor, behind=behind)

        self._settled(once)

    def _settled(self, once: Callable[[], int]) -> int:
        """Do a change on a settled ring; again when somebody else, as a rule the worker, was first.

        An emergency must not fail because a plan was due at the same moment. Within a transaction
        that others are part of nothing can be tried again: that is left to who opened it.
        """
        if self.database.is_joined:
            return once()
        for _ in range(TRIES - 1):
            self.home.settle()
            with suppress(RingChanged):
                return once()
        self.home.settle()
        return once()

    def _commit(
        self,
        rotation: Rotation,
        actor: Actor,
        also: tuple[EventName, dict[str, Any]] | None = None,
        behind: Behind = NOBODY,
    ) -> int:
        """Store a prepared change with one event per changed key."""
        if rotation.empty:
            return 0
        now = self.clock.now()
        changed = _changed(rotation)
        with self.database.begin() as tx:
            self.home.replace_all_in(tx, rotation.version, rotation.after)
            if also is not None:
                self.journal.record(tx, also[0], now, actor=actor, data=also[1])
            for record in changed:
                name = EVENTS[record.state]
                if record.compromised_at is not None:
                    name = EventName.KEY_COMPROMISED
                self.journal.record(
                    tx,
                    name,
                    now,
                    actor=actor,
                    session=behind.session,
                    origin=behind.origin,
                    data={**behind.data, "kid": record.kid, "alg": record.alg},
                )
            # Not before the commit: within an act of two persons that comes later.
            tx.afterwards += [self.home.settle, self.vault.refresh]
        return len(changed)


def _changed(rotation: Rotation) -> list[KeyRecord]:
    before = {record.kid: record.state for record in rotation.before}
    return [record for record in rotation.after if before.get(record.kid) != record.state]
