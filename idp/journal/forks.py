"""A log that goes on from an older state than one that was sealed: said aloud, or not at all.

After a restore from a backup the events behind it are lost, and whoever kept a later checkpoint
will ask. `log.forked` names the checkpoint that was known and the one the log goes on from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from audit import checkpoint as checkpoints
from audit import instant
from audit.checkpoint import Checkpoint
from audit.event import Actor
from audit.names import EventName
from idp.clock import Clock
from idp.errors import IdpError
from idp.journal import store
from idp.journal.anchors import CheckpointFile
from idp.journal.service import Journal
from idp.storage.sql import Database, Tx


class LogSetBack(IdpError):
    """The database does not contain a checkpoint that was sealed."""

    code = "log_set_back"


class NothingForked(IdpError):
    """The database contains the newest checkpoint that is known."""

    code = "nothing_forked"


def require_contained(tx: Tx, known: Checkpoint | None) -> None:
    """Refuse to go on when a checkpoint is known that this log does not contain.

    Raises `LogSetBack`.
    """
    if known is None or contains(tx, known):
        return
    note = store.newest_checkpoint(tx)
    stands = f"stands at {checkpoints.parse(note).size} records" if note else "is empty"
    raise LogSetBack(
        f"a checkpoint of {known.size} records was sealed at {instant.to_text(known.at)}, and the"
        f" log in this database {stands} without it: the database was set back or is another one."
        " Restore a newer backup, or record what is lost with `idp audit fork --reason ...`"
    )


def contains(tx: Tx, known: Checkpoint) -> bool:
    """Tell whether this log was sealed with the same root at the same size."""
    note = store.newest_checkpoint(tx, known.size)
    found = checkpoints.parse(note) if note else None
    return found is not None and (found.size, found.root) == (known.size, known.root)


@dataclass(frozen=True)
class Forks:
    """Records a fork."""

    database: Database
    clock: Clock
    journal: Journal
    file: CheckpointFile

    def record(self, reason: str, actor: Actor) -> dict[str, Any]:
        """Record that the log goes on here without a checkpoint that is known.

        Raises `NothingForked`. Killed between event and file, it is recorded twice at most.
        """
        told = self.record_inside(reason, actor)
        self.file.fork(**told)
        return told

    def record_inside(self, reason: str, actor: Actor) -> dict[str, Any]:
        """Record it in the log alone: what the file knows stays, until the log is open."""
        known = self.file.newest()
        with self.database.begin() as tx:
            if known is None or contains(tx, known):
                raise NothingForked("the log contains the newest checkpoint that is known")
            note = store.newest_checkpoint(tx)
            data = {
                "known": _told(known),
                "goes_on_from": _told(checkpoints.parse(note)) if note else None,
                "reason": reason,
            }
            now = self.clock.now()
            event = self.journal.record(tx, EventName.LOG_FORKED, now, actor=actor, data=data)
        return {"event": event, **data}


def _told(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "at": instant.to_text(checkpoint.at),
    }
