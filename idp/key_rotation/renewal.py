"""A renewed master key: everything that lies wrapped in a store is wrapped again under it.

Four kinds of secrets: person keys, the signing ring, the audit key, secrets of authenticator apps.
Keys that are derived (form tokens, successors of refresh tokens, nonces) lie nowhere: they follow
the file, and what was made with an older one stays good while its line stands there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from audit.event import Actor
from audit.names import EventName
from idp.key_rotation.factor_secrets import FactorSecretRewrap
from idp.key_rotation.person_keys import PersonKeyRewrap
from idp.key_rotation.rotation import KeyRotation
from idp.storage.key_vault import find_audit_key, replace_audit_key
from idp.subjects import store as persons
from keys.audit_key import unwrap_audit_key, wrap_audit_key
from keys.master import MasterKeys, wrapped_under


@dataclass(frozen=True)
class Usage:
    """How many secrets of each kind lie under one master key; None for those not in the file."""

    master_id: str | None
    person_keys: int
    signing_keys: int
    audit_key: int
    factor_secrets: int

    @property
    def total(self) -> int:
        """Count all of them."""
        return self.person_keys + self.signing_keys + self.audit_key + self.factor_secrets


@dataclass(frozen=True)
class Renewal:
    """Wraps everything under the current master key, and tells what still lies under others."""

    rotation: KeyRotation
    master: MasterKeys

    def usage(self) -> list[Usage]:
        """Count by master key, current first; what lies under none of the file comes last."""
        signing = Counter(
            wrapped_under(record.wrapped_private)
            for record in self.rotation.home.load().records
            if record.wrapped_private is not None
        )
        with self.rotation.database.read() as tx:
            audit_key = find_audit_key(tx)
            every = persons.count_wrapped(tx)
            counted = {known: persons.count_wrapped(tx, known) for known in self.master.ids}
        audit = wrapped_under(audit_key) if audit_key else None
        apps = Counter(self._factor_secrets().wrapped())
        found = [
            Usage(known, counted[known], signing[known], int(audit == known), apps[known])
            for known in self.master.ids
        ]
        foreign = Usage(
            None,
            every - sum(counted.values()),
            sum(count for known, count in signing.items() if known not in counted),
            int(audit is not None and audit not in counted),
            sum(count for known, count in apps.items() if known not in counted),
        )
        return [*found, foreign] if foreign.total else found

    def run(self, actor: Actor, progress: Callable[[int], None]) -> int:
        """Wrap again what lies under older keys; answers how many secrets did.

        Raises `keys.errors.WrongMasterKey` for a secret whose key is not in the file.
        """
        r = self.rotation
        again = self._audit_key(actor) + r.rewrap(actor)
        progress(again)
        again += self._factor_secrets().run(actor, progress)
        return again + PersonKeyRewrap(r.database, r.clock, r.journal, self.master).run(
            actor, progress
        )

    def _factor_secrets(self) -> FactorSecretRewrap:
        r = self.rotation
        return FactorSecretRewrap(r.database, r.clock, r.journal, self.master)

    def _audit_key(self, actor: Actor) -> int:
        r = self.rotation
        with r.database.begin() as tx:
            wrapped = find_audit_key(tx)
            if wrapped is None or not self.master.needs_rewrap(wrapped):
                return 0
            again = wrap_audit_key(self.master, unwrap_audit_key(self.master, wrapped))
            if not replace_audit_key(tx, wrapped, again):
                return 0
            data = {"what": "audit key", "count": 1, "to": self.master.current_id}
            r.journal.record(
                tx, EventName.MASTER_KEY_REWRAPPED, r.clock.now(), actor=actor, data=data
            )
        return 1
