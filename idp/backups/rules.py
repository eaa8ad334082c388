"""Whether a backup may be restored, seen what was sealed since. Pure."""

from __future__ import annotations

from audit import instant
from audit.checkpoint import Checkpoint
from idp.errors import IdpError


class WouldFork(IdpError):
    """The backup is older than the log that is known."""

    code = "would_fork"


def is_behind(backup: Checkpoint | None, known: Checkpoint | None) -> bool:
    """Tell whether a checkpoint is known that a backup cannot contain."""
    if known is None:
        return False
    if backup is None or backup.size < known.size:
        return True
    return backup.size == known.size and backup.root != known.root


def refuse_behind(backup: Checkpoint | None, known: Checkpoint | None) -> None:
    """Refuse a backup that is behind; raises `WouldFork` with what would be lost."""
    if known is None or not is_behind(backup, known):
        return
    size = backup.size if backup else 0
    raise WouldFork(
        f"the backup ends at {size} records; a checkpoint of {known.size} was sealed at"
        f" {instant.to_text(known.at)}: {max(0, known.size - size)} events at least would be lost."
        " Take a newer backup, or say so with --fork --reason ..."
    )
