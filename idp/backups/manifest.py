"""What a backup consists of: every file with its length and SHA-256, and what it is a copy of."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit import checkpoint as checkpoints
from audit.checkpoint import Checkpoint
from idp.errors import IdpError
from idp.storage.copies import Facts

NAME, FORMAT = "backup.json", 1
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
    digest: str
    """SHA-256 of the manifest itself."""

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Give the newest checkpoint of the log in it."""
        return checkpoints.parse(self.facts.checkpoint) if self.facts.checkpoint else None


def write(folder: Path, facts: Facts, made_at: str, master_key: str) -> Manifest:
    """Write the manifest over all files of a folder; the backup is whole when this returns."""
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
    with (folder / NAME).open("xb") as file:
        (folder / NAME).chmod(0o600)
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    for place in (folder, folder.parent):
        _sync(place)
    return Manifest(facts, made_at, master_key, hashlib.sha256(raw).hexdigest())


def read(folder: Path) -> Manifest:
    """Read a manifest and hold every file against it; raises `BadBackup`."""
    try:
        raw = (folder / NAME).read_bytes()
        content = json.loads(raw)
        if content["format"] != FORMAT:
            raise BadBackup(f"{folder}: a backup of an unknown format")
        listed: dict[str, Any] = content["files"]
        facts = Facts(
            content["engine"], content["revision"], int(content["cluster"]), content["checkpoint"]
        )
        manifest = Manifest(
            facts, content["made_at"], content["master_key"], hashlib.sha256(raw).hexdigest()
        )
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
        if path.is_file() and path != folder / NAME:
            yield str(path.relative_to(folder))


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
