"""Does the log in the database hold: what an export would prove, without writing one.

Every body hashes to its leaf, every missing body is covered by a purge, the tree has the root that
the newest checkpoint was signed over, the triggers stand, and no checkpoint is known outside that
this log lacks. A list of purged records counts if the sealed event of its purge bears it out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit import checkpoint as checkpoints
from audit.manifest import BadManifest, read_purge_event
from audit.note import NoteError
from audit.pack import purge_digest
from audit.tree import Frontier, leaf_hash
from idp.journal import store
from idp.journal.anchors import CheckpointFile
from idp.journal.forks import LogSetBack, require_contained
from idp.journal.seqs import read_seqs
from idp.storage.log_guard import faults_of_protection
from idp.storage.sql import Database, Tx

PAGE = 5_000
SHOWN = 5
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Invariants:
    """Examines the log."""

    database: Database
    key: Ed25519PublicKey
    file: CheckpointFile

    def faults(self, progress: Progress = lambda _done, _of: None) -> Iterator[str]:
        """Say what does not hold, the cheap questions first."""
        with self.database.read() as tx:
            yield from faults_of_protection(tx)
            note = store.newest_checkpoint(tx)
            try:
                require_contained(tx, self.file.newest())
            except LogSetBack as fault:
                yield fault.detail
        if note is None:
            return
        try:
            newest = checkpoints.verify(note, self.key)
        except NoteError as error:
            yield f"the newest checkpoint is not signed by the audit key: {error}"
            return
        tree = Frontier()
        faults = list[str]()
        for start in range(0, newest.size, PAGE):
            stop = min(start + PAGE, newest.size)
            with self.database.read() as tx:
                faults += self._page(tx, tree, range(start, stop))
            progress(stop, newest.size)
        yield from faults[:SHOWN]
        if len(faults) > SHOWN:
            yield f"and {len(faults) - SHOWN} more records"
        if tree.root() != newest.root:
            yield f"the leaves have another root than the checkpoint of {newest.size} records"

    def _page(self, tx: Tx, tree: Frontier, seqs: range) -> Iterator[str]:
        page = store.leaves(tx, seqs.start, seqs.stop)
        if [seq for seq, *_ in page] != list(seqs):
            yield f"leaves are missing between {seqs.start} and {seqs.stop - 1}"
        covered = _covered(tx, seqs) if any(line is None for *_, line in page) else set()
        for seq, event_id, leaf, line in page:
            tree.append(bytes.fromhex(leaf))
            if line is None and seq not in covered:
                yield f"record {seq} ({event_id}): its event is missing and no purge covers it"
            elif line is not None and leaf_hash(line.encode("utf-8")).hex() != leaf:
                yield f"record {seq} ({event_id}): its event is not the one that was sealed"


def _covered(tx: Tx, seqs: range) -> set[int]:
    covered = set[int]()
    for event, first, text in store.purges_over(tx, seqs.start, seqs.stop):
        listed = list(read_seqs(first, text))
        if event is not None and _is_proven(tx, event, listed):
            covered.update(seq for seq in listed if seq in seqs)
    return covered


def _is_proven(tx: Tx, event: int, listed: list[int]) -> bool:
    """Hold the list of a purge, which anybody with the database may write, against its event."""
    ((_, _, leaf, line),) = store.leaves(tx, event, event + 1)
    if line is None or leaf_hash(line.encode("utf-8")).hex() != leaf:
        return False
    try:
        told = read_purge_event(event, json.loads(line))
    except BadManifest:
        return False
    return (told.count, told.sha256) == (len(listed), purge_digest(listed))
