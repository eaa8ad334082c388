"""What a backup consists of: every file with its length and SHA-256, and what it is a copy of.

The audit key signs it. Only who holds the master key can change a backup and have it restored: the
audit key is in the backup, wrapped by the master key, which is not.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit import checkpoint as checkpoints
from audit.checkpoint import Checkpoint
from idp.errors import IdpError
from idp.storage.copies import Facts

NAME, SIGNATURE = "backup.json", "backup.sig"
UNSIGNED, FORMAT = 1, 2
_SIGNED = b"kumiai backup manifest\n"
CHUNK = 1 << 20


class BadBackup(IdpError):
    """A backup is not what its manifest says."""

    code = "bad_backup"


@dataclass(frozen=True)
class Manifest:
    """What stands in `backup.json`."""

    facts: Facts
    made_at: str
    master_key: str
    """The id of the master key that opens its secrets; the key itself is never in a backup."""
    raw: bytes
    """The manifest itself."""
    signature: bytes | None
    """By the audit key; None in backups of before there were signatures."""

    @property
    def digest(self) -> str:
        """Give the SHA-256 of the manifest itself."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Give the newest checkpoint of the log in it."""
        return checkpoints.parse(self.facts.checkpoint) if self.facts.checkpoint else None


def draft(
    folder: Path, facts: Facts, made_at: str, master_key: str, key: Ed25519PrivateKey
) -> Manifest:
    """Draw up and sign the manifest over all files of a folder, which is no backup yet."""
    content = {
        "format": FORMAT,
        "made_at": made_at,
        "engine": facts.engine,
        "revision": facts.revision,
        "cluster": str(facts.cluster),
        "checkpoint": facts.checkpoint,
        "master_key": master_key,
        "files": {name: _described(folder / name) for name in _names(folder)},
    }
    raw = json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"
    return Manifest(facts, made_at, master_key, raw, key.sign(_SIGNED + raw))


def write(folder: Path, manifest: Manifest) -> None:
    """Write a manifest; the backup is whole when this returns."""
    _write(folder / SIGNATURE, base64.b64encode(manifest.signature or b"") + b"\n")
    _write(folder / NAME, manifest.raw)
    for place in (folder, folder.parent):
        _sync(place)


def require_signed(manifest: Manifest, key: Ed25519PublicKey) -> None:
    """Refuse a manifest that the audit key did not sign as it stands; raises `BadBackup`."""
    try:
        key.verify(manifest.signature or b"", _SIGNED + manifest.raw)
    except InvalidSignature:
        raise BadBackup(
            f"{NAME} is not signed by the audit key of the log in the backup: somebody changed it"
        ) from None


def read(folder: Path) -> Manifest:
    """Read a manifest and hold every file against it; raises `BadBackup`.

    Who signed it is asked when the database is in (`require_signed`).
    """
    try:
        raw = (folder / NAME).read_bytes()
        content = json.loads(raw)
        if content["format"] not in (UNSIGNED, FORMAT):
            raise BadBackup(f"{folder}: a backup of an unknown format")
        signature = None
        if content["format"] == FORMAT:
            signature = base64.b64decode((folder / SIGNATURE).read_bytes())
        listed: dict[str, Any] = content["files"]
        facts = Facts(
            content["engine"], content["revision"], int(content["cluster"]), content["checkpoint"]
        )
        manifest = Manifest(facts, content["made_at"], content["master_key"], raw, signature)
    except OSError as error:
        raise BadBackup(f"{folder} is no backup, or one that was not finished") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadBackup(f"{folder / NAME} cannot be read") from error
    _compare(folder, listed)
    return manifest


def _compare(folder: Path, listed: dict[str, Any]) -> None:
    found = set(_names(folder))
    if found != set(listed):
        odd = min(found ^ set(listed))
        raise BadBackup(f"{folder / odd} is missing, or does not belong to the backup")
    for name, described in listed.items():
        if _described(folder / name) != described:
            raise BadBackup(f"{folder / name} is not the file that was backed up")


def _names(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path not in (folder / NAME, folder / SIGNATURE):
            yield str(path.relative_to(folder))


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        path.chmod(0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _described(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            digest.update(block)
    return {"length": path.stat().st_size, "sha256": digest.hexdigest()}


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
