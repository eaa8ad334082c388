"""Which signatures count: the auditor's keys, or without them the keys the pack itself claims."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from audit import checkpoint as checkpoints
from audit import manifest as manifests
from audit.checkpoint import Checkpoint
from audit.folder import Altered, Folder
from audit.note import NoteError, VerifierKey, parse_note, verify_note

_MAX_LINE = 1024


@dataclass(frozen=True, slots=True)
class Signed:
    """The origin and the keys that every signature of a pack must come from."""

    origin: str
    keys: tuple[VerifierKey, ...]
    authenticated: bool

    def open(self, text: str) -> str:
        """Return the text of a note signed by one of the keys; NoteError otherwise."""
        return verify_note(text, self.signer(text))

    def signer(self, text: str) -> VerifierKey:
        """Find the key that a note claims to be signed by; NoteError if it is none of ours."""
        note = parse_note(text)
        for key in self.keys:
            if key.name == self.origin and (key.name, key.key_hash) == (note.name, note.key_hash):
                return key
        raise NoteError(
            "signed by a key that is not the auditor's"
            if self.authenticated
            else "signed by a key that the manifest does not name"
        )

    def checkpoint(self, text: str) -> Checkpoint:
        """Return a checkpoint of this log signed by one of the keys; NoteError otherwise."""
        self.open(text)
        checkpoint = checkpoints.parse(text)
        if checkpoint.origin != self.origin:
            raise NoteError("a checkpoint of another log")
        return checkpoint

    def kept(self, texts: Sequence[str], size: int) -> list[Checkpoint]:
        """Read the auditor's own checkpoints; Altered when the pack cannot contain them."""
        found = []
        for text in texts:
            try:
                kept = self.checkpoint(text)
            except NoteError as error:
                raise Altered(f"kept checkpoint: {error}") from None
            if kept.size > size:
                raise Altered(
                    f"this pack is older than the kept checkpoint: it holds {size} records, "
                    f"the kept checkpoint {kept.size}"
                )
            found.append(kept)
        return sorted(found, key=lambda kept: (kept.size, kept.at))

    def read(self, file: BinaryIO) -> Iterator[tuple[int, Checkpoint]]:
        """Read numbered checkpoints; each six lines, sizes and times never going back."""
        number, last = 0, None
        while first := file.readline(_MAX_LINE):
            number += 1
            lines = [first, *(file.readline(_MAX_LINE) for _ in range(checkpoints.LINES - 1))]
            try:
                new = self.checkpoint(b"".join(lines).decode())
            except UnicodeDecodeError:
                raise Altered(f"checkpoint {number}: not UTF-8") from None
            except NoteError as error:
                raise Altered(f"checkpoint {number}: {error}") from None
            if last is not None and new.at < last.at:
                raise Altered(f"checkpoint {number}: its time is before that of the one before it")
            if last is not None and new.size < last.size:
                raise Altered(f"checkpoint {number}: its size is below that of the one before it")
            last = new
            yield number, new


def check_manifest(folder: Folder, signed: Signed) -> None:
    """Check that the manifest is signed by one of the keys; Altered otherwise."""
    try:
        body = signed.open(folder.signature)
    except NoteError as error:
        raise Altered(f"{manifests.SIGNATURE}: {error}") from None
    if body != manifests.statement(folder.manifest.origin, folder.raw_manifest):
        raise Altered(f"{manifests.MANIFEST}: not the one that was signed")
