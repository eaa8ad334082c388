"""Restore a backup into an empty place: erased persons are erased again before it opens.

The database comes in closed (`idp.storage.closing`), on SQLite under another name as well; then the
erasures are carried out and, if need be, the fork is recorded; only then is it opened. Killed
anywhere, nothing is open; what is half there is said by the next try.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit import checkpoint as checkpoints
from audit.checkpoint import Checkpoint
from audit.event import Actor
from audit.names import EventName
from idp.assembly.foundation import Foundation, build_foundation
from idp.assembly.retention import build_eraser, build_forks, erased_file
from idp.assembly.sealing import audit_key, checkpoint_file
from idp.backups import manifest as manifests
from idp.backups.manifest import BadBackup, Manifest
from idp.backups.rules import refuse_behind
from idp.backups.service import RING
from idp.erasure.record import NAME as ERASED
from idp.erasure.record import ErasedFile
from idp.errors import SettingsError
from idp.journal.anchors import NAME as CHECKPOINTS
from idp.journal.anchors import CheckpointFile
from idp.journal.forks import contains, require_contained
from idp.settings import Settings, load_master, with_data
from idp.storage import copies, migrate
from idp.storage.sql import Database

UNDER_WAY = ".restoring"


@dataclass(frozen=True)
class Restored:
    """What a restore did."""

    size: int
    erased_again: int
    forked: bool


@dataclass(frozen=True)
class Restore:
    """One restore: from where, by whom, and what else is known of the time since."""

    settings: Settings
    source: Path
    actor: Actor
    fork: str | None = None
    """Why it may leave a newer checkpoint behind; None when it may not."""
    kept: Sequence[str] = ()
    """Checkpoints that were kept elsewhere."""
    erased_elsewhere: Sequence[Path] = ()
    """Lists of erased persons of other nodes."""
    unsigned: bool = False
    """Whether it may be a backup of before there were signatures, or one whose signature fails."""
    progress: Callable[[str], None] = lambda _what: None

    def run(self) -> Restored:
        """Restore; raises `BadBackup`, `WouldFork`, `NotEmpty`, `SettingsError`."""
        manifest = manifests.read(self.source)
        if manifest.signature is None and not self.unsigned:
            raise BadBackup(
                "the backup is not signed: it was made before backups were, or somebody changed it;"
                " if you know that nobody did, say so with --unsigned"
            )
        self._require_key(manifest)
        known = self._known()
        if self.fork is None:
            refuse_behind(manifest.checkpoint, known)
        self._require_engine(manifest)
        self._bring_lists()
        with self._database(manifest) as settings:
            foundation = build_foundation(settings, restoring=True)
            try:
                restored, fork = self._settle(foundation, manifest, known)
            finally:
                foundation.database.dispose()
        if fork is not None:
            # Not before it is open: killed until here, a checkpoint is known that no log holds.
            checkpoint_file(foundation).fork(**fork)
        return restored

    def _require_key(self, manifest: Manifest) -> None:
        """Refuse before anything is written when no secret of the backup could be opened."""
        if manifest.master_key not in load_master(self.settings).ids:
            raise SettingsError(
                f"the backup needs the master key {manifest.master_key}, which is not in"
                f" {self.settings.master_key_file}"
            )

    def _require_engine(self, manifest: Manifest) -> None:
        database = Database(self.settings.database_url, even_closed=True)
        ours = "sqlite" if database.is_sqlite else "postgresql"
        if manifest.facts.engine != ours:
            raise BadBackup(f"a backup of {manifest.facts.engine} does not go into {ours}")
        copies.require_empty(database)

    def _known(self) -> Checkpoint | None:
        """Give the newest checkpoint that anything outside of the backup knows."""
        notes = [CheckpointFile(self.settings.data / CHECKPOINTS).newest_note(), *self.kept]
        found = [checkpoints.parse(note) for note in notes if note]
        return max(found, key=lambda one: one.size, default=None)

    def _bring_lists(self) -> None:
        self.settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        erased = ErasedFile(self.settings.data / ERASED)
        for other in (self.source / ERASED, *self.erased_elsewhere):
            erased.add_all(ErasedFile(other).entries())
        # What is here is newer than what is in a backup, and is never replaced.
        for name in (RING, CHECKPOINTS):
            source, target = self.source / name, self.settings.data / name
            if source.is_file() and not target.exists():
                target.parent.mkdir(exist_ok=True, mode=0o700)
                shutil.copyfile(source, target)
                target.chmod(0o600)

    @contextmanager
    def _database(self, manifest: Manifest) -> Iterator[Settings]:
        """Bring the copy in, closed; opens it when the block ends well."""
        final = Database(self.settings.database_url, even_closed=True)
        if not final.is_sqlite:
            copies.copy_in(final, self.source, manifest.facts, self.progress)
            migrate.apply(final)
            final.dispose()
            yield self.settings
            copies.open_restored(final)
            return
        place = Path(str(final.url.database))
        under_way = place.with_name(place.name + UNDER_WAY)
        _remove(under_way)  # of a restore that was killed
        url = f"sqlite:///{under_way}"
        restored = Database(url, even_closed=True)
        copies.copy_in(restored, self.source, manifest.facts, self.progress)
        migrate.apply(restored)
        restored.dispose()
        yield with_data(self.settings, database_url=url)
        copies.put_in_place(under_way, place)
        _remove(under_way)

    def _settle(
        self, f: Foundation, manifest: Manifest, known: Checkpoint | None
    ) -> tuple[Restored, dict[str, Any] | None]:
        key = audit_key(f).public_key()
        if not self.unsigned:
            manifests.require_signed(manifest, key)
        erased_again = build_eraser(f).finish()
        fork = self._forked(f, known) if known is not None else None
        size = manifest.checkpoint.size if manifest.checkpoint else 0
        data = {
            "manifest": manifest.digest,
            "signed": not self.unsigned,
            "made_at": manifest.made_at,
            "size": size,
            "erased_again": erased_again,
            "listed": sum(1 for _ in erased_file(f).entries()),
        }
        with f.database.begin() as tx:
            f.journal.record(
                tx, EventName.BACKUP_RESTORED, f.clock.now(), actor=self.actor, data=data
            )
        return Restored(size, erased_again, fork is not None), fork

    def _forked(self, f: Foundation, known: Checkpoint) -> dict[str, Any] | None:
        """Record that a known checkpoint is not in this log, or refuse it; None when it is in.

        A longer log does not contain it either if it was sealed differently: it was rewritten.
        """
        with f.database.read() as tx:
            if contains(tx, known):
                return None
            if self.fork is None:
                require_contained(tx, known)
        self._know(f, known)
        return build_forks(f).record_inside(self.fork or "", self.actor)

    def _know(self, f: Foundation, known: Checkpoint) -> None:
        """Have the file know a checkpoint that was only kept elsewhere, so that it is named."""
        file = checkpoint_file(f)
        note = next((n for n in self.kept if checkpoints.parse(n).root == known.root), None)
        newest = file.newest()
        if note is not None and (newest is None or newest.size < known.size):
            file.append(note)


def _remove(file: Path) -> None:
    for leftover in file.parent.glob(f"{file.name}*"):
        leftover.unlink()
