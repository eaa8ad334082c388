"""The log of a period, verified by the verifier itself: its walk over rows read from the database.

Nothing is written meanwhile: where the verifier reads the files of a pack, it reads streams of the
same bytes here. All leaves of the log go into the tree, the bodies of the period are hashed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit import checkpoint as checkpoints
from audit import manifest as manifests
from audit.folder import Altered, Folder
from audit.manifest import BadManifest, Manifest, Purge, read_purge_event
from audit.names import EventName
from audit.note import named_key
from audit.signed import Signed
from audit.walk import Walk
from idp.clock import from_micros
from idp.evidence import store
from idp.evidence.model import Extent
from idp.journal import store as journal
from idp.journal.export import NotSealed
from idp.journal.seqs import read_seqs
from idp.storage.sql import Database, Tx

PAGE = 10_000
CHECKPOINTS_HELD = 1_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Proof:
    """What the verifier found."""

    problem: str | None
    bodies: int
    """Bodies of the period that were read and hashed."""
    held: int
    """Checkpoints whose signature and root were held against the leaves."""
    warnings: tuple[str, ...]


@dataclass
class _Stream:
    """As much of a file as the verifier's walk asks for."""

    lines: Callable[[], Iterator[bytes]]
    _iterator: Iterator[bytes] = field(init=False)
    _rest: bytes = b""

    def __post_init__(self) -> None:
        self._iterator = self.lines()

    def readline(self, limit: int = -1) -> bytes:
        line = self._rest or next(self._iterator, b"")
        if 0 <= limit < len(line):
            line, self._rest = line[:limit], line[limit:]
        else:
            self._rest = b""
        return line

    read = readline

    def seek(self, _start: int) -> None:
        self._iterator, self._rest = self.lines(), b""

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")


@dataclass(frozen=True)
class LogProof:
    """Verifies the log up to a size that was sealed."""

    database: Database
    key: Ed25519PublicKey
    origin: str
    size: int

    def run(self, extent: Extent, progress: Progress | None = None) -> Proof:
        """Walk over the whole tree and the bodies of a period; never raises for what is found.

        Raises `NotSealed` when a purge ran meanwhile.
        """
        reading = None
        try:
            reading = _Reading(self, extent)
            walk, held = self._walk(reading, progress)
            walk.run()
        except (Altered, BadManifest) as found:
            return Proof(str(found), reading.bodies if reading else 0, 0, ())
        return Proof(None, reading.bodies, held, tuple(walk.warnings.lines()))

    def _walk(self, reading: _Reading, progress: Progress | None) -> tuple[Walk, int]:
        extent, key = reading.extent, named_key(self.origin, self.key)
        with self.database.read() as tx:
            notes = store.notes_between(tx, extent.from_seq, extent.to_seq, CHECKPOINTS_HELD)
            closing, newest = store.closing_note(tx, extent), store.note_up_to(tx, self.size)
        of_period = dict.fromkeys([*notes, *([closing] if closing else [])])
        known = dict.fromkeys([*of_period, *([newest] if newest else [])])
        ordered = sorted(known, key=lambda note: checkpoints.parse(note).size)
        manifest = Manifest(
            origin=self.origin,
            size=self.size,
            root=checkpoints.parse(ordered[-1]).root,
            from_seq=extent.from_seq,
            to_seq=extent.to_seq,
            period_from=from_micros(extent.begin),
            period_to=from_micros(extent.end),
            made_at=from_micros(extent.end),
            keys=(key,),
            purges=tuple(reading.purges),
            files={},
        )
        files = {
            manifests.LEAVES: cast("BinaryIO", _Stream(reading.rows)),
            manifests.EVENTS: cast("BinaryIO", _Stream(reading.events)),
            manifests.CHECKPOINTS: BytesIO("".join(ordered).encode()),
        }
        signed = Signed(self.origin, (key,), authenticated=True)
        return Walk(Folder(manifest, b"", "", files), signed, [], progress), len(of_period)


class _Reading:
    """Reads the log as the files of a pack would hold it."""

    def __init__(self, proof: LogProof, extent: Extent) -> None:
        self._database, self._size = proof.database, proof.size
        self.extent = extent
        self.bodies = 0
        with self._database.read() as tx:
            told = store.sealed_named(tx, EventName.AUDIT_PURGED.value, self._size)
        self._lines = dict(told)
        self.purges: list[Purge] = [read_purge_event(seq, json.loads(line)) for seq, line in told]

    def rows(self) -> Iterator[bytes]:
        """Give the lines of `leaves.txt`."""
        for first in range(0, self._size, PAGE):
            behind = min(first + PAGE, self._size)
            with self._database.read() as tx:
                page, purged = store.hashes(tx, first, behind), self._purged(tx, first, behind)
            for seq, event_id, leaf in page:
                by = purged.get(seq)
                mark = "" if by is None else f" purged={by}"
                yield f"{seq} {event_id} {leaf}{mark}\n".encode()

    def events(self) -> Iterator[bytes]:
        """Give the lines of `events.jsonl`: those of the period, and all that purges tell."""
        self.bodies = 0
        begin, end = self.extent.from_seq, self.extent.to_seq
        yield from self._told(0, begin)
        for first in range(begin, end, PAGE):
            with self._database.read() as tx:
                page = store.lines(tx, first, min(first + PAGE, end))
            for _, line, occurred_at in page:
                self.bodies += self.extent.begin <= occurred_at < self.extent.end
                yield line.encode() + b"\n"
        yield from self._told(end, self._size)

    def _told(self, first: int, behind: int) -> Iterator[bytes]:
        for seq, line in sorted(self._lines.items()):
            if first <= seq < behind:
                yield line.encode() + b"\n"

    def _purged(self, tx: Tx, first: int, behind: int) -> dict[int, int]:
        found: dict[int, int] = {}
        for by, start, text in journal.purges_over(tx, first, behind):
            if by is None or by >= self._size:
                raise NotSealed("a purge ran meanwhile; run the command again")
            found |= dict.fromkeys(
                (seq for seq in read_seqs(start, text) if first <= seq < behind), by
            )
        return found


def facts_of_note(note: str | None) -> dict[str, Any] | None:
    """Tell what a checkpoint says."""
    if note is None:
        return None
    one = checkpoints.parse(note)
    at = one.at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {"size": one.size, "root": one.root.hex(), "at": at, "note": note}
