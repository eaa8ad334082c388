"""Packs: the folder an auditor is handed, written as a stream.

`events.jsonl` one canonical event a line · `leaves.txt` one `seq event_id hash` a line, for every
leaf of the log from 0; purged ones end in ` purged=<seq of the purge event>` · `checkpoints.txt`
six lines each · `manifest.json` and `manifest.sig`. A leaf is the leaf hash of the event line
without its newline. Bodies stand for the range asked and for purge events that are named.
Which rows, and in which order, is left to the caller; this writer refuses what does not agree.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit import checkpoint as checkpoints
from audit import manifest as manifests
from audit.canonical import parse
from audit.lines import EVENT_ID
from audit.manifest import BadManifest, FileFacts, Manifest, Purge
from audit.note import check_name, encode_key, named_key, sign_note
from audit.tree import Frontier, leaf_hash


class PackError(ValueError):
    """What was handed to the writer does not make a pack."""


def purge_digest(seqs: Iterable[int]) -> str:
    """Digest the seqs of a purge: SHA-256 over each in ascending order with a newline."""
    digest = hashlib.sha256()
    for seq in sorted(seqs):
        digest.update(b"%d\n" % seq)
    return digest.hexdigest()


class _File:
    """A file being written, with its length and digest."""

    def __init__(self, path: Path) -> None:
        self._out = path.open("xb")
        self._digest = hashlib.sha256()
        self._length = 0

    def write(self, data: bytes) -> None:
        self._out.write(data)
        self._digest.update(data)
        self._length += len(data)

    def close(self) -> FileFacts:
        if not self._out.closed:
            self._out.flush()
            os.fsync(self._out.fileno())
            self._out.close()
        return FileFacts(self._length, self._digest.hexdigest())


class PackWriter:
    """Writes one pack; without `finish` the folder stays without a manifest and verifies as bad."""

    def __init__(self, folder: Path, origin: str, from_seq: int, to_seq: int) -> None:
        """Open a new folder (absent or empty) for the bodies of [from_seq, to_seq)."""
        self._origin = check_name(origin)
        if not 0 <= from_seq <= to_seq:
            raise PackError("the body range is not a range")
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise PackError(f"{folder} is not empty")
        self._folder, self._from, self._to = folder, from_seq, to_seq
        self._files = {name: _File(folder / name) for name in manifests.DATA_FILES}
        self._tree = Frontier()
        self._named: set[int] = set()
        self._purges: dict[int, Purge] = {}
        self._last: checkpoints.Checkpoint | None = None

    def __enter__(self) -> Self:
        """Use the writer as a context manager, so that files are closed."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the files; nothing is finished here."""
        for file in self._files.values():
            file.close()

    def leaf(
        self,
        seq: int,
        event_id: str,
        leaf: bytes,
        line: bytes | None,
        purged_by: int | None = None,
        *,
        missing: bool = False,
    ) -> None:
        """Add the next leaf; `line` is its canonical event, None where no body belongs.

        A purged leaf names the seq of the purge event that covers it, in or out of the range. A
        body that is `missing` is gone without one: the pack shows it, and does not verify.
        Raises PackError when body, hash, id or order do not agree.
        """
        if seq != self._tree.size:
            raise PackError(f"leaf {seq} follows {self._tree.size} leaves")
        if not EVENT_ID.fullmatch(event_id):
            raise PackError(f"leaf {seq}: not an event id")
        if line is not None:
            self._body(seq, event_id, leaf, line)
        elif purged_by is None and not missing and self._from <= seq < self._to:
            raise PackError(f"leaf {seq} is in the body range and has no body")
        mark = ""
        if purged_by is not None:
            if line is not None or purged_by <= seq:
                raise PackError(f"leaf {seq} cannot be purged by {purged_by}")
            self._named.add(purged_by)
            mark = f" purged={purged_by}"
        self._tree.append(leaf)
        row = f"{seq} {event_id} {leaf.hex()}{mark}\n"
        self._files[manifests.LEAVES].write(row.encode())

    def _body(self, seq: int, event_id: str, leaf: bytes, line: bytes) -> None:
        if len(line) >= manifests.MAX_LINE or leaf_hash(line) != leaf:
            raise PackError(f"leaf {seq} is not the hash of its event")
        record = parse(line)
        if record.get("id") != event_id:
            raise PackError(f"leaf {seq} carries another id than its event")
        if not self._from <= seq < self._to and seq not in self._named:
            raise PackError(f"leaf {seq} is outside of the body range")
        if seq in self._named:
            try:
                self._purges[seq] = manifests.read_purge_event(seq, record)
            except BadManifest as error:
                raise PackError(f"purge event {seq}: {error}") from None
        self._files[manifests.EVENTS].write(line + b"\n")

    def checkpoint(self, text: str) -> None:
        """Add a genuine checkpoint; sizes and times never go back."""
        new, last = checkpoints.parse(text), self._last
        if new.origin != self._origin:
            raise PackError("a checkpoint of another log")
        if last is not None and (new.size < last.size or new.at < last.at):
            raise PackError("the checkpoints are not in order")
        self._last = new
        self._files[manifests.CHECKPOINTS].write(text.encode())

    def finish(
        self,
        *,
        period_from: datetime | None,
        period_to: datetime | None,
        made_at: datetime,
        private_key: Ed25519PrivateKey,
        older_keys: Sequence[Ed25519PublicKey] = (),
    ) -> dict[str, Any]:
        """Sign the manifest and make the folder durable; returns the manifest's record.

        The last checkpoint must be of exactly the leaves written. `older_keys` are those that
        signed some of the checkpoints before the present key.
        """
        size, root = self._tree.size, self._tree.root()
        if self._last is None or (self._last.size, self._last.root) != (size, root):
            raise PackError("the last checkpoint is not that of the leaves written")
        if set(self._purges) != self._named or self._to > size:
            raise PackError("the body of a purge event or of the range is missing")
        files = {name: file.close() for name, file in self._files.items()}
        keys = (private_key.public_key(), *older_keys)
        manifest = Manifest(
            self._origin,
            size,
            root,
            self._from,
            self._to,
            period_from,
            period_to,
            made_at,
            tuple(named_key(self._origin, key) for key in keys),
            tuple(self._purges[seq] for seq in sorted(self._purges)),
            files,
        )
        texts = tuple(encode_key(self._origin, key) for key in keys)
        record = manifests.to_record(manifest, texts)
        self._sign(manifests.encode(record), private_key)
        return record

    def _sign(self, raw: bytes, private_key: Ed25519PrivateKey) -> None:
        note = sign_note(manifests.statement(self._origin, raw), self._origin, private_key)
        for name, data in ((manifests.MANIFEST, raw), (manifests.SIGNATURE, note.encode())):
            file = _File(self._folder / name)
            file.write(data)
            file.close()
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
