"""Writes an evidence pack: documents first, then the manifest, its signature last.

Killed anywhere before the last file is on the disk, the folder does not verify.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import evidence as form
from audit.evidence import Evidence
from audit.manifest import MANIFEST, SIGNATURE, FileFacts
from audit.note import encode_key, sign_note
from audit.pack import PackError


def prepare_folder(folder: Path) -> None:
    """Make the folder, for its owner alone; raises PackError for one that is not empty."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise PackError(f"{folder} is not empty")


def write_evidence(
    folder: Path,
    documents: Mapping[str, bytes],
    evidence: Evidence,
    private_key: Ed25519PrivateKey,
) -> None:
    """Write documents and the manifest that names them, durably, into an empty folder.

    `files` and `keys` of the evidence are filled in here.
    """
    prepare_folder(folder)
    listed = {
        name: FileFacts(len(content), hashlib.sha256(content).hexdigest())
        for name, content in sorted(documents.items())
    }
    keys = (encode_key(evidence.origin, private_key.public_key()),)
    raw = form.encode(replace(evidence, files=listed, keys=keys))
    note = sign_note(form.statement(evidence.origin, raw), evidence.origin, private_key)
    for name, content in documents.items():
        _write(folder / name, content)
    _sync(folder)
    _write(folder / MANIFEST, raw)
    _write(folder / SIGNATURE, note.encode())
    _sync(folder)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
