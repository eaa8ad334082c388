"""What the log itself says about a kept checkpoint that a pack lacks: a fork, recorded as event.

An explanation and nothing more: a pack without a checkpoint that was kept is refused, whatever the
log says of it. Only a pack that otherwise holds may explain itself.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from audit import checkpoint as checkpoints
from audit import manifest as manifests
from audit.canonical import NotCanonical, parse
from audit.checkpoint import Checkpoint
from audit.names import EventName
from audit.note import NoteError

_MARK = f'"{EventName.LOG_FORKED.value}"'.encode()


def explanation(pack: Path, kept: Sequence[str]) -> str | None:
    """Say which event of a pack leaves one of the kept checkpoints behind; None when none does."""
    known = [found for text in kept if (found := _read(text)) is not None]
    for event in _forks(pack):
        data = event.get("data") or {}
        begin, end = _size(data.get("goes_on_from")), _size(data.get("known"))
        if any(begin < one.size <= end or _is(one, data.get("known")) for one in known):
            return (
                f"the log says so itself: event {event.get('id')} ({EventName.LOG_FORKED.value}, "
                f"{event.get('occurred_at')}) has it go on from {begin} records and leaves the "
                f"checkpoint of {end} behind; what was sealed between them is not in this pack"
            )
    return None


def _forks(pack: Path) -> Iterator[dict[str, Any]]:
    try:
        with (pack / manifests.EVENTS).open("rb") as lines:
            for line in lines:
                if _MARK in line:
                    record = parse(line.rstrip(b"\n"))
                    if record.get("name") == EventName.LOG_FORKED:
                        yield record
    except (OSError, NotCanonical):
        return


def _size(told: Any) -> int:
    size = told.get("size") if isinstance(told, dict) else 0
    return size if type(size) is int else 0


def _is(kept: Checkpoint, told: Any) -> bool:
    return (
        isinstance(told, dict)
        and told.get("size") == kept.size
        and told.get("root") == kept.root.hex()
    )


def _read(text: str) -> Checkpoint | None:
    try:
        return checkpoints.parse(text)
    except NoteError:
        return None
