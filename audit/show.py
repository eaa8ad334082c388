"""Finds one event in a pack by its seq, for reading. Proves only that body and leaf agree."""

from pathlib import Path
from typing import Any

from audit import manifest as manifests
from audit.canonical import NotCanonical, parse
from audit.folder import Altered, open_folder
from audit.rows import MAX_ROW, read_row
from audit.tree import leaf_hash


def find_event(path: Path, seq: int) -> dict[str, Any]:
    """Return the record of leaf `seq`; Altered if the pack has no such leaf or no body for it."""
    with open_folder(path) as folder:
        if not 0 <= seq < folder.manifest.size:
            raise Altered(f"record {seq}: the pack has records 0 to {folder.manifest.size - 1}")
        rows, events = folder.files[manifests.LEAVES], folder.files[manifests.EVENTS]
        for _ in range(seq):
            rows.readline(MAX_ROW)
        row = read_row(seq, rows.readline(MAX_ROW))
        if row.purged_by is not None:
            raise Altered(f"record {seq}: its event was purged, see record {row.purged_by}")
        while line := events.readline(manifests.MAX_LINE + 1):
            if leaf_hash(line.removesuffix(b"\n")) == row.leaf:
                return _record(seq, line)
    raise Altered(f"record {seq}: its event is not in this pack")


def _record(seq: int, line: bytes) -> dict[str, Any]:
    try:
        return parse(line.removesuffix(b"\n"))
    except NotCanonical as error:
        raise Altered(f"record {seq}: its line is {error}") from None
