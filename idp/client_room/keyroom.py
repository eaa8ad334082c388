"""Signing keys as the console shows and moves them, a step at a time, each with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from audit.event import Actor
from idp.client_room.model import NoSuchKey
from idp.clients.service import Clients
from idp.clock import Clock
from idp.journal.model import Behind
from idp.key_rotation.readiness import NO, Readiness, readiness
from idp.key_rotation.rotation import KeyRotation
from idp.key_rotation.schedule import Ahead, ahead_of
from idp.storage.sql import Database
from keys import ring
from keys.errors import BrokenRing, IllegalTransition, KeyTooYoung, UnknownKey, UnsupportedAlgorithm
from keys.record import KeyRecord, KeyState

LATE = timedelta(hours=1)
"""How long after its time a step of the plan is called late: the worker does it within a minute."""
SOON = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Key:
    """One key with what becomes of it."""

    record: KeyRecord
    ahead: Ahead
    may_move: bool
    """Whether the next step can be done by hand now."""


@dataclass(frozen=True)
class KeyRoom:
    """Shows the ring, and who knows it; moves keys."""

    database: Database
    clock: Clock
    clients: Clients
    rotation: KeyRotation

    def inventory(self) -> list[Key]:
        """List the keys, those in use first, the newest first."""
        now, rules = self.clock.now(), self.rotation.rules()
        order = list(KeyState)
        records = sorted(
            self.rotation.home.load().records,
            key=lambda one: (order.index(one.state), -one.announced_at.timestamp()),
        )
        found = []
        for record in records:
            ahead = ahead_of(record, rules)
            over = ahead.not_before is not None and now >= ahead.not_before
            # A successor of its algorithm moves an active key on; it cannot be moved itself.
            may = over and record.state in (KeyState.ANNOUNCED, KeyState.RETIRING)
            found.append(Key(record, ahead, may))
        return found

    def algorithms(self) -> tuple[str, ...]:
        """List the algorithms a key can be announced for: those without one that waits."""
        waiting = {
            one.alg for one in self.rotation.home.load().records if one.state is KeyState.ANNOUNCED
        }
        return tuple(alg for alg in self.rotation.rules().algs if alg not in waiting)

    def readiness(self) -> list[Readiness]:
        """Say which relying party has fetched the key that signs next."""
        return readiness(self.database, self.clients, self.rotation.home.load().records)

    def late(self) -> int:
        """Count the steps of the plan that should have been done an hour ago."""
        records = self.rotation.home.load().records
        try:
            return len(ring.plan(records, self.clock.now() - LATE, self.rotation.rules()))
        except BrokenRing:
            return 1

    def unready(self) -> int:
        """Count the relying parties that lack a key which signs within a day."""
        now = self.clock.now()
        soon = {
            one.record.kid
            for one in self.inventory()
            if one.record.state is KeyState.ANNOUNCED
            and one.ahead.not_before is not None
            and one.ahead.not_before - now < SOON
        }
        if not soon:
            return 0
        lacking = (one for one in self.readiness() if one.kid in soon and one.has_key == NO)
        return len({one.client_id for one in lacking})

    def announce(self, alg: str, actor: Actor, behind: Behind) -> str:
        """Make a key and publish it; raises `NoSuchKey` where one waits already."""
        if alg not in self.algorithms():
            raise NoSuchKey("a key of this algorithm waits already, or it is not offered")
        try:
            return self.rotation.announce(alg, actor, behind)
        except UnsupportedAlgorithm as error:
            raise NoSuchKey(str(error)) from None

    def move(self, kid: str, actor: Actor, behind: Behind) -> KeyState:
        """Do the next step with a key: it signs, or is published no more; gives what it became.

        An announced key that is too young, and a retiring one whose tokens live, stay: `NoSuchKey`.
        """
        found = [one for one in self.rotation.home.load().records if one.kid == kid]
        state = found[0].state if found else None
        try:
            if state is KeyState.ANNOUNCED:
                self.rotation.activate(kid, actor, behind)
                return KeyState.ACTIVE
            if state is KeyState.RETIRING:
                self.rotation.retire(kid, actor, behind)
                return KeyState.RETIRED
        except (UnknownKey, IllegalTransition, KeyTooYoung) as error:
            raise NoSuchKey(str(error)) from None
        raise NoSuchKey("no key with this id can be moved")
