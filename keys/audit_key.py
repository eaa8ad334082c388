"""The Ed25519 key that signs checkpoints of the audit log: kept like a token key, never one.

It is in no JWK set and does not rotate with the ring: auditors pin it. What it signs is left to the
audit log; a database may keep the wrapped text instead of the folder.
"""

import json
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys.encoding import encode, parse_object
from keys.errors import DamagedHome, DamagedSecret, HomeUnavailable
from keys.files import create_file, make_private_folder, read_stored
from keys.master import MasterKeys

_CONTEXT: Final = "audit-key"


def wrap_audit_key(master: MasterKeys, key: Ed25519PrivateKey) -> str:
    """Wrap the private key as text for a store."""
    return master.wrap(key.private_bytes_raw(), _CONTEXT)


def unwrap_audit_key(master: MasterKeys, text: str) -> Ed25519PrivateKey:
    """Open what `wrap_audit_key` gave; raise WrongMasterKey, DamagedSecret."""
    secret = master.unwrap(text, _CONTEXT)
    try:
        return Ed25519PrivateKey.from_private_bytes(secret)
    except ValueError:
        raise DamagedSecret("the wrapped audit key is not an Ed25519 key") from None


class AuditKeyHome:
    """The audit key in `<folder>/audit-key.json`, mode 0600."""

    def __init__(self, folder: str | Path, master: MasterKeys) -> None:
        self._file = Path(folder) / "audit-key.json"
        self._master = master

    def load(self) -> Ed25519PrivateKey:
        """Read the key; raise HomeUnavailable when there is none, DamagedHome, WrongMasterKey."""
        key = self._find()
        if key is None:
            raise HomeUnavailable(f"{self._file}: there is no audit key")
        return key

    def create(self) -> Ed25519PrivateKey:
        """Make the key, durably; raise HomeUnavailable when there is one already."""
        try:
            return self._create()
        except FileExistsError:
            raise HomeUnavailable(f"{self._file}: there is an audit key already") from None

    def _create(self) -> Ed25519PrivateKey:
        key = Ed25519PrivateKey.generate()
        make_private_folder(self._file.parent)
        content = {
            "alg": "Ed25519",
            "public": encode(key.public_key().public_bytes_raw()),
            "private": wrap_audit_key(self._master, key),
        }
        create_file(self._file, json.dumps(content, indent=1).encode("ascii"))
        return key

    def load_or_create(self) -> Ed25519PrivateKey:
        """Give the key, made at the first call; of two processes that start at once one makes it.

        A key that cannot be opened is an error, never replaced: the log's signer must not change
        unnoticed.
        """
        key = self._find()
        if key is not None:
            return key
        try:
            return self._create()
        except FileExistsError:
            return self.load()

    def _find(self) -> Ed25519PrivateKey | None:
        data = read_stored(self._file)
        if data is None:
            return None
        try:
            content = parse_object(data)
            public, private = content["public"], content["private"]
        except (ValueError, KeyError):
            raise DamagedHome(f"{self._file}: not an audit key") from None
        if not isinstance(private, str) or content.get("alg") != "Ed25519":
            raise DamagedHome(f"{self._file}: not an audit key")
        key = unwrap_audit_key(self._master, private)
        if encode(key.public_key().public_bytes_raw()) != public:
            raise DamagedHome(f"{self._file}: the public part is not that of the key")
        return key
