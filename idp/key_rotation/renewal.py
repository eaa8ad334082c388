"""A renewed master key: everything that lies wrapped in a store is wrapped again under it.

Seven kinds of secrets: the audit key, the signing ring, and in rows (`idp.key_rotation.kinds`) keys
of persons, secrets of authenticator apps, mails in the outbox, codes of letters not yet printed,
the key of the search index.
Keys that are derived (form tokens, successors of refresh tokens, nonces, hashes of typed codes) lie
nowhere: they follow the file, and what was made with an older one stays good while its line stands
there. What of that outlives a day is counted (`idp.key_rotation.usage`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from audit.event import Actor
from audit.names import EventName
from idp.key_rotation.kinds import (
    AUDIT_INDEX,
    FACTOR_SECRETS,
    LETTERS,
    MAILS,
    PERSON_KEYS,
    STAFF_APPS,
    STAFF_LINKS,
)
from idp.key_rotation.rotation import KeyRotation
from idp.key_rotation.rows import RowRewrap
from idp.key_rotation.usage import Usage, count_usage
from idp.storage.key_vault import find_audit_key, replace_audit_key
from keys.audit_key import unwrap_audit_key, wrap_audit_key
from keys.master import MasterKeys


@dataclass(frozen=True)
class Renewal:
    """Wraps everything under the current master key, and tells what still needs others."""

    rotation: KeyRotation
    master: MasterKeys

    def usage(self) -> list[Usage]:
        """Count by master key, current first; what needs none of the file comes last."""
        return count_usage(self.rotation, self.master)

    def run(self, actor: Actor, progress: Callable[[int], None]) -> int:
        """Wrap again what lies under older keys; answers how many secrets did.

        Raises `keys.errors.WrongMasterKey` for a secret whose key is not in the file.
        """
        r = self.rotation
        again = self._audit_key(actor) + r.rewrap(actor)
        progress(again)
        for kind in (
            FACTOR_SECRETS,
            STAFF_APPS,
            STAFF_LINKS,
            MAILS,
            LETTERS,
            AUDIT_INDEX,
            PERSON_KEYS,
        ):
            rows = RowRewrap(r.database, r.clock, r.journal, self.master, kind)
            again += rows.run(actor, progress)
        return again

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
