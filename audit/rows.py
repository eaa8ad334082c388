"""Rows of `leaves.txt`, and the purges that explain missing bodies."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from audit.canonical import parse
from audit.folder import Altered
from audit.lines import EVENT_ID
from audit.manifest import BadManifest, Purge, read_purge_event

MAX_ROW: Final = 256
_NUMBER = r"(0|[1-9][0-9]{0,17})"
_ROW: Final = re.compile(
    rf"{_NUMBER} ({EVENT_ID.pattern}) ([0-9a-f]{{64}})(?: purged={_NUMBER})?\n"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One leaf; `purged_by` is the seq of the purge event that covers its missing body."""

    event_id: str
    leaf: bytes
    purged_by: int | None


def read_row(seq: int, row: bytes) -> Row:
    """Read the row of leaf `seq`; Altered unless it has exactly the one form."""
    if not row:
        raise Altered(f"record {seq}: leaves.txt ends before it")
    match = _ROW.fullmatch(row.decode("latin-1"))
    if not match:
        raise Altered(f"record {seq}: its line in leaves.txt is malformed")
    if match[1] != str(seq):
        raise Altered(f"record {seq}: leaves.txt has leaf {match[1]} in its place")
    return Row(match[2], bytes.fromhex(match[3]), None if match[4] is None else int(match[4]))


class _Count:
    """What the leaves say about one purge."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.count = 0


class Purges:
    """Holds what purge events say against the leaves that are marked as purged."""

    def __init__(self, purges: Sequence[Purge]) -> None:
        """Take the purges that the manifest lists."""
        self.named = {purge.event_seq: purge for purge in purges}
        self._counts = {seq: _Count() for seq in self.named}
        self._proven: set[int] = set()

    def cover(self, seq: int, row: Row) -> None:
        """Count a leaf without body towards its purge; Altered if that cannot cover it."""
        purge = self.named.get(-1 if row.purged_by is None else row.purged_by)
        if purge is None or not purge.from_seq <= seq < purge.to_seq:
            raise Altered(f"record {seq}: marked as purged, but no purge covers it")
        count = self._counts[purge.event_seq]
        count.count += 1
        count.digest.update(b"%d\n" % seq)

    def read(self, seq: int, line: bytes) -> None:
        """Hold the purge event itself against the manifest."""
        try:
            found = read_purge_event(seq, parse(line))
        except BadManifest as error:
            raise Altered(f"record {seq}: {error}") from None
        if found != self.named[seq]:
            raise Altered(f"record {seq}: this purge is not the one in the manifest")
        self._proven.add(seq)

    def finish(self) -> None:
        """Check every purge: its event stands in the log, and exactly its leaves lost bodies."""
        for seq, purge in self.named.items():
            if seq not in self._proven:
                raise Altered(f"record {seq}: the event of a purge is missing")
            count = self._counts[seq]
            if (count.count, count.digest.hexdigest()) != (purge.count, purge.sha256):
                raise Altered(f"record {seq}: other events are missing than this purge says")
