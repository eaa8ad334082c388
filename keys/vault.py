"""The vault: opens the ring from its home, makes new keys, and carries rotation through.

The ring lies in a `keys.home.Home`; of two nodes that rotate at once exactly one does. What is due
is decided by `keys.ring`; when to ask, and what is recorded about it, by the provider.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from keys import ring
from keys.algorithms import get_algorithm, public_jwk, thumbprint
from keys.folder import FolderHome
from keys.home import Home, Stored
from keys.keyset import KeySet, SigningKey, build_keyset, open_record, seal_private
from keys.master import MasterKeys
from keys.record import KeyRecord, KeyState
from keys.rules import Act, RotationRules, Step

__all__ = ["FolderHome", "Home", "Rotation", "Stored", "Vault"]


@dataclass(frozen=True)
class Rotation:
    """A prepared change of the ring: it holds the new keys and changes nothing by itself."""

    version: int
    before: tuple[KeyRecord, ...]
    after: tuple[KeyRecord, ...]
    steps: tuple[Step, ...] = ()

    @property
    def empty(self) -> bool:
        """Tell whether nothing would change."""
        return self.before == self.after


class Vault:
    """The ring of one home, opened with the master keys. Safe to share between threads."""

    def __init__(self, home: Home, master: MasterKeys) -> None:
        self._home = home
        self._master = master
        self._lock = threading.Lock()
        self._opened: dict[str, tuple[KeyRecord, SigningKey]] = {}
        self._current: KeySet | None = None

    @property
    def master_id(self) -> str:
        """The id of the master key that new secrets are wrapped under."""
        return self._master.current_id

    def snapshot(self) -> KeySet:
        """Give the keys as last read; only the first call reads the home."""
        return self._current or self.refresh()

    def refresh(self) -> KeySet:
        """Read the home again if its version changed.

        On an error the snapshot stays as it was: what was published stays published.
        """
        with self._lock:
            current = self._current
            if current is not None and self._home.version() == current.version:
                return current
            stored = self._home.load()
            opened = self._open(stored.records)
            self._current = build_keyset(stored.version, stored.records, opened)
            return self._current

    def generate(self, alg: str, now: datetime) -> KeyRecord:
        """Make a key in state announced and store nothing. About 100 ms for RSA."""
        key = get_algorithm(alg).generate()
        public = public_jwk(key)
        kid = thumbprint(public)
        return KeyRecord(
            kid=kid,
            alg=alg,
            state=KeyState.ANNOUNCED,
            announced_at=now,
            public_jwk=public,
            wrapped_private=seal_private(key, kid, self._master),
        )

    def prepare(
        self, now: datetime, rules: RotationRules, compromised: Sequence[str] = ()
    ) -> Rotation:
        """Plan what is due and make the keys for it; compromised keys are given up at once.

        Stores nothing. Raises WrongMasterKey before any key is made under a foreign master key.
        """
        stored = self._home.load()
        records = stored.records
        for kid in compromised:
            records = ring.compromise(records, kid, now)
        with self._lock:
            # After the compromised ones left: a damaged key must not prevent its own removal.
            self._open(records)
        steps = ring.plan(records, now, rules)
        fresh = [self.generate(step.alg, now) for step in steps if step.act is Act.ANNOUNCE]
        after = ring.apply(records, steps, now, rules, fresh)
        return Rotation(stored.version, stored.records, after, tuple(steps))

    def prepare_rewrap(self) -> Rotation:
        """Wrap every private key that lies under an older master key under the current one."""
        stored = self._home.load()
        after = tuple(self._rewrap(record) for record in stored.records)
        return Rotation(stored.version, stored.records, after)

    def commit(self, rotation: Rotation) -> KeySet:
        """Store a prepared change; raise RingChanged if the ring was changed since."""
        if not rotation.empty:
            self._home.replace_all(rotation.version, rotation.after)
        return self.refresh()

    def rotate(self, now: datetime, rules: RotationRules) -> Rotation:
        """Do what is due and say what it was; raise RingChanged if another node did it."""
        rotation = self.prepare(now, rules)
        self.commit(rotation)
        return rotation

    def _open(self, records: Sequence[KeyRecord]) -> dict[str, SigningKey]:
        ring.check(records)
        opened: dict[str, tuple[KeyRecord, SigningKey]] = {}
        for record in records:
            if record.state is KeyState.RETIRED:
                continue
            known = self._opened.get(record.kid)
            if known is not None and _same_material(known[0], record):
                opened[record.kid] = known
            else:
                opened[record.kid] = (record, open_record(record, self._master))
        self._opened = opened
        return {kid: key for kid, (_, key) in opened.items()}

    def _rewrap(self, record: KeyRecord) -> KeyRecord:
        wrapped = record.wrapped_private
        if wrapped is None or not self._master.needs_rewrap(wrapped):
            return record
        context = f"signing-key:{record.kid}"
        secret = self._master.unwrap(wrapped, context)
        return replace(record, wrapped_private=self._master.wrap(secret, context))


def _same_material(proven: KeyRecord, record: KeyRecord) -> bool:
    # Anything else than states and dates has changed: prove it anew.
    return (
        record.wrapped_private == proven.wrapped_private
        and record.alg == proven.alg
        and record.public_jwk == proven.public_jwk
    )
