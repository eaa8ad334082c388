"""Make a backup while the provider runs: the database, the ring of keys, what lies beside them.

The master key is not in it: whoever holds a backup alone opens nothing. The list of checkpoints is
copied before the database, so that it knows none that the copy lacks; the ring of keys and the list
of erased persons after it, so that neither lacks what the copy speaks of.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.event import Actor
from audit.names import EventName
from idp.backups import manifest as manifests
from idp.backups.manifest import Manifest
from idp.clock import Clock
from idp.erasure.record import NAME as ERASED
from idp.errors import IdpError
from idp.journal.anchors import NAME as CHECKPOINTS
from idp.journal.service import Journal
from idp.storage.copies import copy_out
from idp.storage.sql import Database

KEYS = "keys"
RING = f"{KEYS}/ring.json"


class NoPlace(IdpError):
    """The backup cannot be written where it was asked for."""

    code = "no_place"


@dataclass(frozen=True)
class Backups:
    """Makes backups."""

    database: Database
    clock: Clock
    journal: Journal
    data: Path
    master_key: str
    audit_key: Callable[[], Ed25519PrivateKey]
    """What signs manifests."""

    def make(
        self, folder: Path, actor: Actor, progress: Callable[[str], None] = lambda _what: None
    ) -> Manifest:
        """Write a backup into a new folder; without its manifest it is none.

        That it began is in the log before a byte is copied, and that it was made before the
        manifest says so: there is no backup that the log does not know. Raises `NoPlace`,
        `StoreUnavailable`.
        """
        try:
            folder.mkdir(parents=True, mode=0o700)
        except FileExistsError:
            raise NoPlace(f"{folder} exists; a backup is written into a new folder") from None
        except OSError as error:
            raise NoPlace(f"{folder}: {error.strerror}") from error
        with self.database.begin() as tx:
            self.journal.record(tx, EventName.BACKUP_BEGUN, self.clock.now(), actor=actor)
        self._copy(CHECKPOINTS, folder)
        facts = copy_out(self.database, folder, progress)
        self._copy(RING, folder)
        self._copy(ERASED, folder)
        now = self.clock.now()
        made = manifests.draft(folder, facts, now.isoformat(), self.master_key, self.audit_key())
        at = made.checkpoint
        data = {
            "manifest": made.digest,
            "size": at.size if at else 0,
            "root": at.root.hex() if at else None,
        }
        with self.database.begin() as tx:
            self.journal.record(tx, EventName.BACKUP_MADE, now, actor=actor, data=data)
        manifests.write(folder, made)
        return made

    def _copy(self, name: str, folder: Path) -> None:
        source, target = self.data / name, folder / name
        if source.is_file():
            target.parent.mkdir(exist_ok=True, mode=0o700)
            shutil.copyfile(source, target)
            target.chmod(0o600)
            with target.open("rb") as copied:
                os.fsync(copied.fileno())  # the manifest vouches for it
