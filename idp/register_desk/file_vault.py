"""Uploaded files at rest: compressed and sealed under a key of their own.

A file names thousands of members, and lies only while it waits. Its key is destroyed with it: what
a backup or a file of the database still holds of it cannot be read.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idp.register_desk.file_model import FileRefused
from idp.storage.sql import Tx
from idp.subjects.service import ErasedPerson, PersonKeys

_NONCE: Final = 12  # NIST SP 800-38D 8.2.2: random; two seals per key
CONTENT: Final = "content"
REPORT: Final = "report"


@dataclass(frozen=True)
class FileVault:
    """Seals, opens, and destroys."""

    persons: PersonKeys

    def seal(self, tx: Tx, file_id: str, part: str, data: bytes, now: datetime) -> bytes:
        """Seal one part of a file."""
        key = self.persons.key_of(tx, _owner(file_id), now).key
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(key).encrypt(nonce, zlib.compress(data, 6), _bound(file_id, part))

    def open(self, tx: Tx, file_id: str, part: str, sealed: bytes, now: datetime) -> bytes:
        """Open one part; raises `FileRefused` when the key is gone or the bytes were altered."""
        try:
            key = self.persons.key_of(tx, _owner(file_id), now).key
            opened = AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(file_id, part))
        except (ErasedPerson, InvalidTag):
            raise FileRefused("the stored file can no longer be read") from None
        return zlib.decompress(opened)

    def destroy(self, tx: Tx, file_id: str, now: datetime) -> None:
        """Destroy the key of a file."""
        self.persons.destroy(tx, _owner(file_id), now)


def _owner(file_id: str) -> str:
    return f"register-file:{file_id}"


def _bound(file_id: str, part: str) -> bytes:
    """Name the one place a sealed part may stand in."""
    return f"register file v1\n{file_id}\n{part}".encode()
