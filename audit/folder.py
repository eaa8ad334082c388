"""A pack's folder opened strictly: exactly the five regular files, nothing else.

Owns the listing, the opened files and their digests. Never follows a link and never waits on a
device or a pipe. What the files say is left to `audit.verify`.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from audit import manifest as manifests
from audit.manifest import BadManifest, FileFacts, Manifest

_CHUNK: Final = 1024 * 1024
_MAX_SIGNATURE: Final = 4096


class Altered(Exception):
    """The pack is not what was exported; the message names the first bad record and why."""


@dataclass(frozen=True, slots=True)
class Folder:
    """An opened pack: the manifest in both forms, its signature, and the files to read."""

    manifest: Manifest
    raw_manifest: bytes
    signature: str
    files: dict[str, BinaryIO]

    def check_files(self) -> None:
        """Compare length and digest of every file with the manifest; Altered if one differs."""
        for name, claimed in self.manifest.files.items():
            found = facts_of(self.files[name])
            if found.length != claimed.length:
                raise Altered(f"{name}: {found.length} bytes, the manifest says {claimed.length}")
            if found.sha256 != claimed.sha256:
                raise Altered(f"{name}: its SHA-256 is not the one in the manifest")


@contextmanager
def open_folder(path: Path) -> Iterator[Folder]:
    """Open a pack; Altered if the folder is not exactly one, OSError if it cannot be read."""
    _check_listing(path)
    with ExitStack() as stack:
        files = {}
        for name in sorted(manifests.ALL_FILES):
            files[name] = stack.enter_context(open_regular(path / name))
        raw = files[manifests.MANIFEST].read(manifests.MAX_MANIFEST + 1)
        if len(raw) > manifests.MAX_MANIFEST:
            raise Altered(f"{manifests.MANIFEST}: too large")
        signature = files[manifests.SIGNATURE].read(_MAX_SIGNATURE + 1)
        try:
            folder = Folder(manifests.decode(raw), raw, signature.decode(), files)
        except BadManifest as error:
            raise Altered(f"{manifests.MANIFEST}: {error}") from None
        except UnicodeDecodeError:
            raise Altered(f"{manifests.SIGNATURE}: not UTF-8") from None
        yield folder


def _check_listing(path: Path) -> None:
    found = set(os.listdir(path))
    for name in sorted(manifests.ALL_FILES - found):
        raise Altered(f"{name}: missing")
    for name in sorted(found - manifests.ALL_FILES):
        raise Altered(f"{name!a}: does not belong to a pack")
    for name in sorted(found):
        if not stat.S_ISREG((path / name).lstat().st_mode):
            raise Altered(f"{name}: not a regular file")


def open_regular(path: Path) -> BinaryIO:
    """Open a file of a folder that was listed."""
    # The flags keep a name that was swapped after the listing from leading elsewhere.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags | getattr(os, "O_NONBLOCK", 0)), "rb")


def facts_of(file: BinaryIO) -> FileFacts:
    """Read a file from its beginning; answers its length and digest."""
    file.seek(0)
    digest, length = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        length += len(chunk)
    return FileFacts(length, digest.hexdigest())
