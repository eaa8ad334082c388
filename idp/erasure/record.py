"""Who was erased, written outside of the database: a restored backup has to know it.

One JSON object a line, synced before the erasure is committed. Both orders of a crash: a line whose
erasure was not committed is carried out by the next one who looks (`Eraser.finish`); an erasure
without a line cannot be, since the line comes first. It holds no name and no address, only the
subject and the member number.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

NAME = "erased"


@dataclass(frozen=True, slots=True)
class Entry:
    """One person: the subject of their account, if there was one, and the member number."""

    subject: str | None
    number: str
    at: str

    @property
    def moment(self) -> datetime:
        """Give when the line was written; raises ValueError."""
        read = datetime.fromisoformat(self.at)
        return read if read.tzinfo else read.replace(tzinfo=UTC)


@dataclass(frozen=True)
class ErasedFile:
    """The file in the data folder."""

    path: Path

    def append(self, entry: Entry) -> None:
        """Add a person; on the disk when this returns."""
        content = {"number": entry.number, "subject": entry.subject, "at": entry.at}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = not self.path.exists()
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            end = file.seek(0, os.SEEK_END)
            if end:
                file.seek(end - 1)
            torn = end > 0 and file.read(1) != b"\n"
            file.write((b"\n" if torn else b"") + json.dumps(content).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if new:
            self._sync_folder()

    def entries(self) -> Iterator[Entry]:
        """Read all entries; a line that a crash tore is passed over: nothing was erased then."""
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        for line in lines:
            entry = _read(line)
            if entry is not None:
                yield entry

    def newest(self) -> list[Entry]:
        """List the newest entry of each person: a file may have been added up from several."""
        found: dict[str, Entry] = {}
        for entry in self.entries():
            if entry.number not in found or entry.moment >= found[entry.number].moment:
                found[entry.number] = entry
        return list(found.values())

    def add_all(self, others: Iterator[Entry]) -> None:
        """Add the entries of another file that are not in this one."""
        known = set(self.entries())
        for entry in others:
            if entry not in known:
                self.append(entry)

    def _sync_folder(self) -> None:
        descriptor = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _read(line: bytes) -> Entry | None:
    try:
        content = json.loads(line) if line else None
        entry = Entry(content["subject"], content["number"], content["at"]) if content else None
        return entry if entry and entry.moment else None
    except (ValueError, KeyError, TypeError):
        return None
