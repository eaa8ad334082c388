"""Checkpoints outside of the database: a file that is appended and synced with each seal.

A database that is older than this file was set back: the sealer does not go on over it until the
fork is recorded (`idp.journal.forks`). The file holds one JSON object a line: `checkpoint` with the
signed note, or `forked` from where on older checkpoints no longer bind. A line that a crash tore is
passed over. It is thinned to one checkpoint an hour when it grows large.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from audit import checkpoint as checkpoints
from audit.checkpoint import Checkpoint
from audit.note import NoteError

NAME = "checkpoints"
TAIL = 65_536
THIN_ABOVE = 4 * 1024 * 1024


@dataclass(frozen=True)
class CheckpointFile:
    """The file in the data folder of the node that seals."""

    path: Path
    thin_above: int = THIN_ABOVE

    def newest(self) -> Checkpoint | None:
        """Give the newest checkpoint that still binds; None when none was ever written."""
        note = self.newest_note()
        return checkpoints.parse(note) if note else None

    def newest_note(self) -> str | None:
        """Give it as it was signed."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
                lines = file.read().split(b"\n")
        except FileNotFoundError:
            return None
        for line in reversed(lines):
            entry = _entry(line)
            if "forked" in entry:
                return None
            if _is_checkpoint(entry):
                return str(entry["checkpoint"])
        return None

    def append(self, note: str) -> None:
        """Add a checkpoint that was committed; on the disk when this returns."""
        self._add({"checkpoint": note})

    def fork(self, **told: Any) -> None:
        """Note that the log goes on from an older state: what stands before binds no longer."""
        self._add({"forked": told})

    def _add(self, entry: dict[str, Any]) -> None:
        with self._held() as file:
            end = file.seek(0, os.SEEK_END)
            torn = end > 0 and _last_byte(file) != b"\n"
            file.write((b"\n" if torn else b"") + json.dumps(entry).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
            if end > self.thin_above:
                self._thin()

    @contextmanager
    def _held(self) -> Iterator[BinaryIO]:
        """Open for appending under a lock of its own: the file itself may be replaced."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_name(f"{self.path.name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            new = not self.path.exists()
            with self.path.open("a+b") as file:
                if new:
                    _sync_folder(self.path.parent)
                yield file

    def _thin(self) -> None:
        kept, hours, lines = [], set[str](), self.path.read_bytes().split(b"\n")
        for index, line in enumerate(lines):
            entry = _entry(line)
            hour = _hour(entry) if _is_checkpoint(entry) else None
            if "forked" in entry or (hour and (hour not in hours or index >= len(lines) - 100)):
                kept.append(line)
            if hour:
                hours.add(hour)
        beside = self.path.with_name(f"{self.path.name}.new")
        with beside.open("wb") as file:
            file.write(b"\n".join(kept) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
        _sync_folder(self.path.parent)


def _entry(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line) if line else {}
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _is_checkpoint(entry: dict[str, Any]) -> bool:
    try:
        checkpoints.parse(entry["checkpoint"])
    except (KeyError, TypeError, AttributeError, NoteError):
        return False
    return True


def _hour(entry: dict[str, Any]) -> str:
    return f"{checkpoints.parse(entry['checkpoint']).at:%Y-%m-%dT%H}"


def _last_byte(file: BinaryIO) -> bytes:
    file.seek(-1, os.SEEK_END)
    return file.read(1)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
