"""The walk of the verifier over all leaves and bodies, in one pass and flat memory.

Leaf by leaf: the body's canonical form and hash, the row in `leaves.txt` byte for byte, the root
at every checkpoint, the seqs of every purge. Signatures are left to `audit.signed`, whole-file
digests to `audit.folder`.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from audit import instant
from audit import manifest as manifests
from audit.canonical import NotCanonical
from audit.checkpoint import Checkpoint
from audit.folder import Altered, Folder
from audit.lines import EventReader, Facts
from audit.oddities import Warnings
from audit.rows import MAX_ROW, Purges, Row, read_row
from audit.signed import Signed
from audit.tree import Frontier
from audit.unique import OnceOnly

_BATCH: Final = 4096
_TOLERANCE: Final = timedelta(minutes=10)


def _silent(_done: int, _total: int) -> None:
    pass


def _check_order(older: Checkpoint | None, newer: Checkpoint) -> None:
    if older is not None and older.size < newer.size and newer.at < older.at:
        raise Altered("times go back between a kept checkpoint and those of this pack")


class Walk:
    """One pass over a pack; `run` raises Altered at the first record that does not hold."""

    def __init__(
        self,
        folder: Folder,
        signed: Signed,
        kept: list[Checkpoint],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        """Prepare; nothing is read before `run`."""
        self._folder, self._manifest, self._signed = folder, folder.manifest, signed
        self._rows = folder.files[manifests.LEAVES]
        self._events = folder.files[manifests.EVENTS]
        self._kept = deque(kept)
        self._held: Checkpoint | None = None
        self._progress = progress or _silent
        self._reader, self._tree, self._ids = EventReader(), Frontier(), OnceOnly()
        self._purges = Purges(self._manifest.purges)
        self._next: tuple[bytes, Facts, bytes, bytes] | None = None
        self._early = self._late = ""
        self.warnings = Warnings(self._manifest)
        self.bodies = 0
        self.purged = 0

    def run(self) -> None:
        """Walk the whole pack."""
        last, before = None, None
        for number, last in self._signed.read(self._folder.files[manifests.CHECKPOINTS]):
            if last.size > self._manifest.size:
                raise Altered(f"checkpoint {number}: beyond the size in the manifest")
            self._early = "" if before is None else instant.to_text(before.at - _TOLERANCE)
            self._late = instant.to_text(last.at + _TOLERANCE)
            self._pass_kept(before, last)
            self._reach(last, f"checkpoint {number}")
            before = last
        if last is None or last.size != self._manifest.size:
            raise Altered("checkpoints.txt: the last checkpoint is not of the size in the manifest")
        if last.root != self._manifest.root:
            raise Altered("manifest.json: its root is not that of the last checkpoint")
        self._finish()

    def _pass_kept(self, before: Checkpoint | None, ahead: Checkpoint) -> None:
        while self._kept and self._kept[0].size <= ahead.size:
            kept = self._kept.popleft()
            _check_order(before, kept)
            _check_order(self._held, kept)
            self._reach(kept, "the kept checkpoint")
            self._held = kept
        _check_order(self._held, ahead)

    def _reach(self, checkpoint: Checkpoint, what: str) -> None:
        begin = self._tree.size
        while self._tree.size < checkpoint.size:
            self._batch(min(checkpoint.size, self._tree.size + _BATCH))
            self._progress(self._tree.size, self._manifest.size)
        if self._tree.root() != checkpoint.root:
            raise Altered(
                f"{what}: the root over records 0 to {checkpoint.size - 1} is another one; "
                f"records were changed that had been sealed (first suspect: {begin})"
            )

    def _batch(self, stop: int) -> None:
        ids, hashes = [], []
        low, high = self._manifest.from_seq, self._manifest.to_seq
        read_row, named = self._rows.readline, self._purges.named
        early, late = self._early, self._late
        for seq in range(self._tree.size, stop):
            row = read_row(MAX_ROW)
            if low <= seq < high or seq in named:
                body = self._next or self._read_body(seq)
                if body is not None:
                    line, (event_id, at, _), digest, text = body
                    if row == b"%d %b\n" % (seq, text):
                        self._next = None
                        self.bodies += 1
                        if not early <= at <= late:
                            self.warnings.far_from_checkpoint(seq, at)
                        if seq in named:
                            self._purges.read(seq, line)
                        ids.append(event_id)
                        hashes.append(digest)
                        continue
                entry = self._without_body(seq, row, body)
            else:
                entry = self._outside(seq, row)
            ids.append(entry.event_id)
            hashes.append(entry.leaf)
        self._tree.extend(hashes)
        self._ids.extend(ids)

    def _read_body(self, seq: int) -> tuple[bytes, Facts, bytes, bytes] | None:
        line = self._events.readline(manifests.MAX_LINE + 1)
        if not line:
            return None
        if line[-1] != 0x0A:
            raise Altered(f"record {seq}: its line in events.jsonl has no newline at its end")
        line = line[:-1]
        try:
            facts = self._reader.read(line)
        except NotCanonical as error:
            raise Altered(f"record {seq}: its line in events.jsonl is {error}") from None
        hashed = hashlib.sha256(b"\0" + line)
        self._next = line, facts, hashed.digest(), f"{facts[0]} {hashed.hexdigest()}".encode()
        return self._next

    def _without_body(
        self, seq: int, row: bytes, body: tuple[bytes, Facts, bytes, bytes] | None
    ) -> Row:
        """Accept a leaf whose body a purge covers; say what is wrong with any other."""
        entry = read_row(seq, row)
        if entry.purged_by is not None:
            return self._purge(seq, entry)
        if body is None:
            raise Altered(f"record {seq}: its event is missing and no purge covers it")
        if body[1][0] != entry.event_id:
            raise Altered(
                f"record {seq}: events.jsonl holds event {body[1][0]} where leaves.txt has "
                f"{entry.event_id} (deleted, inserted or moved)"
            )
        raise Altered(f"record {seq}: its event is not the one that was hashed")

    def _outside(self, seq: int, row: bytes) -> Row:
        entry = read_row(seq, row)
        if entry.purged_by is not None:
            return self._purge(seq, entry)
        self.warnings.outside(seq, entry.event_id)
        return entry

    def _purge(self, seq: int, entry: Row) -> Row:
        self._purges.cover(seq, entry)
        self.purged += 1
        return entry

    def _finish(self) -> None:
        if self._next is not None or self._events.read(1):
            raise Altered("events.jsonl: more events than leaves")
        if self._rows.read(1):
            raise Altered(f"leaves.txt: more than {self._manifest.size} leaves")
        self._purges.finish()
        twice = self._ids.duplicate(self._again)
        if twice is not None:
            raise Altered(f"event id {twice} occurs twice")

    def _again(self) -> Iterator[str]:
        self._rows.seek(0)
        for seq, row in enumerate(self._rows):
            yield read_row(seq, row).event_id
