"""Master keys: they encrypt every secret that lies in a store, and give keys for other purposes.

The file holds one key per line, `<id> <base64url of 32 random bytes>`; lines with `#` are comments.
The first key is current; the others only open what was wrapped before the master key was renewed.
A wrapped text is `v1.<key id>.<base64url of check(4) | nonce(12) | AES-256-GCM ciphertext>`; the
context (what the secret is, and whose) is authenticated, so that a secret moved to another row does
not open. `check` is derived from the key and only serves to tell a wrong key from damaged data.
Which file, and who may read it, is a matter of the settings.
"""

import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys.encoding import decode, encode
from keys.errors import DamagedSecret, MasterKeyFileError, WrongMasterKey
from keys.files import read_private, replace_file

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_KEY_BYTES: Final = 32
_CHECK_BYTES: Final = 4
_NONCE_BYTES: Final = 12  # NIST SP 800-38D 8.2.2: random, so at most 2^32 wraps per key
_TAG_BYTES: Final = 16
_LEAST_DISTINCT_BYTES: Final = 12  # 32 random bytes have about 30; a typed default has few
_FILE_LIMIT: Final = 65_536


@dataclass(frozen=True, slots=True)
class _MasterKey:
    id: str
    secret: bytes = field(repr=False)
    # Never the master key itself: one purpose, one key.
    cipher: AESGCM = field(repr=False, compare=False)
    check: bytes = field(repr=False, compare=False)


@dataclass(frozen=True)
class MasterKeys:
    """The master keys of one installation, current first."""

    _keys: tuple[_MasterKey, ...]

    def __repr__(self) -> str:
        return f"MasterKeys(ids={self.ids!r})"

    @staticmethod
    def load(path: str | Path) -> "MasterKeys":
        """Read the master key file; raise MasterKeyFileError with what to repair."""
        return MasterKeys.parse(read_private(Path(path), _FILE_LIMIT), str(path))

    @staticmethod
    def parse(text: bytes, source: str = "master keys") -> "MasterKeys":
        """Parse the text of a master key file; `source` names it in errors."""
        keys: list[_MasterKey] = []
        for number, line in enumerate(text.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
            stripped = line.strip()
            if not stripped or stripped.startswith(b"#"):
                continue
            key = _parse_line(stripped, f"{source}, line {number}")
            if any(key.id == other.id for other in keys):
                raise MasterKeyFileError(f"{source}, line {number}: the id {key.id} is used twice")
            if any(key.secret == other.secret for other in keys):
                raise MasterKeyFileError(
                    f"{source}, line {number}: the same key stands there twice"
                )
            keys.append(key)
        if not keys:
            raise MasterKeyFileError(
                f"{source}: no master key in it; `python -m keys init` makes one"
            )
        return MasterKeys(tuple(keys))

    @staticmethod
    def generate_text() -> str:
        """Draw a new master key as the text of a file that `load` reads."""
        key_id = f"mk-{secrets.token_hex(4)}"
        return (
            "# Master keys: the first is current, the others only open older secrets.\n"
            "# Keep a copy in a safe place apart from the backups; without it they are lost.\n"
            f"{key_id} {encode(secrets.token_bytes(_KEY_BYTES))}\n"
        )

    @staticmethod
    def renew(path: str | Path) -> "MasterKeys":
        """Put a new key first in a file, durably; the others stay. Raise MasterKeyFileError."""
        path = Path(path)
        text = read_private(path, _FILE_LIMIT)
        fresh = MasterKeys.generate_text().splitlines()[-1].encode("ascii")
        after = fresh + b"\n" + text.removeprefix(b"\xef\xbb\xbf")
        renewed = MasterKeys.parse(after, str(path))
        replace_file(path, after)
        return renewed

    @property
    def current_id(self) -> str:
        """The id of the key that wraps."""
        return self._keys[0].id

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids, current first."""
        return tuple(key.id for key in self._keys)

    def wrap(self, plaintext: bytes, context: str) -> str:
        """Encrypt under the current key; only `unwrap` with the same context opens it."""
        key = self._keys[0]
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = key.cipher.encrypt(nonce, plaintext, _associated(key.id, context))
        return f"v1.{key.id}.{encode(key.check + nonce + sealed)}"

    def unwrap(self, text: str, context: str) -> bytes:
        """Decrypt; raise WrongMasterKey, or DamagedSecret (also for a foreign context)."""
        key_id, blob = _split(text)
        key = next((key for key in self._keys if key.id == key_id), None)
        if key is None:
            raise WrongMasterKey(
                f"a secret is wrapped under the master key {key_id}, which is not in the file"
            )
        if blob[:_CHECK_BYTES] != key.check:
            raise WrongMasterKey(
                f"the master key {key_id} in the file is not the one a secret was wrapped under"
            )
        nonce = blob[_CHECK_BYTES : _CHECK_BYTES + _NONCE_BYTES]
        sealed = blob[_CHECK_BYTES + _NONCE_BYTES :]
        try:
            return key.cipher.decrypt(nonce, sealed, _associated(key.id, context))
        except InvalidTag:
            raise DamagedSecret("a wrapped secret was altered or belongs elsewhere") from None

    def derive(self, purpose: str, length: int = _KEY_BYTES) -> bytes:
        """Derive a key of `length` bytes for one purpose from the current master key (RFC 5869).

        The result changes with the current master key; `derive_all` finds what older ones made.
        """
        return _derive(self._keys[0].secret, f"keys.derive.v1\0{purpose}", length)

    def derive_all(self, purpose: str, length: int = _KEY_BYTES) -> tuple[bytes, ...]:
        """Derive the key of a purpose from every master key, current first."""
        return tuple(
            _derive(key.secret, f"keys.derive.v1\0{purpose}", length) for key in self._keys
        )

    def needs_rewrap(self, text: str) -> bool:
        """Tell whether a text is wrapped under an older key; raise DamagedSecret if it is none."""
        return _split(text)[0] != self.current_id


def wrapped_under(text: str) -> str:
    """Tell the id of the key that a text is wrapped under; raise DamagedSecret if it is none."""
    return _split(text)[0]


def _parse_line(line: bytes, where: str) -> _MasterKey:
    # The line itself never enters an error: it may be a key with a slip in it.
    parts = line.split()
    if len(parts) != 2:
        raise MasterKeyFileError(f"{where}: expected `<id> <base64url of 32 random bytes>`")
    try:
        key_id = parts[0].decode("ascii")
        secret = decode(parts[1].decode("ascii"))
    except ValueError:
        raise MasterKeyFileError(f"{where}: the key is not base64url (43 characters)") from None
    if not _ID.fullmatch(key_id):
        raise MasterKeyFileError(f"{where}: the id may hold letters, digits, - and _ (at most 32)")
    if len(secret) != _KEY_BYTES:
        raise MasterKeyFileError(f"{where}: the key has {len(secret)} bytes, 32 are needed")
    if len(set(secret)) < _LEAST_DISTINCT_BYTES:
        raise MasterKeyFileError(f"{where}: the key is not random; `python -m keys init` makes one")
    return _MasterKey(
        id=key_id,
        secret=secret,
        cipher=AESGCM(_derive(secret, "keys.wrap.v1", _KEY_BYTES)),
        check=_derive(secret, "keys.check.v1", _CHECK_BYTES),
    )


def _split(text: str) -> tuple[str, bytes]:
    version, _, rest = text.partition(".")
    key_id, _, body = rest.partition(".")
    try:
        blob = decode(body)
    except ValueError:
        raise DamagedSecret("a wrapped secret is not readable text") from None
    shortest = _CHECK_BYTES + _NONCE_BYTES + _TAG_BYTES
    if version != "v1" or not _ID.fullmatch(key_id) or len(blob) < shortest:
        raise DamagedSecret("a wrapped secret does not have the form v1.<key id>.<data>")
    return key_id, blob


def _associated(key_id: str, context: str) -> bytes:
    # A key id holds no NUL, so no two pairs give the same bytes.
    return f"keys.wrap.v1\0{key_id}\0{context}".encode()


def _derive(secret: bytes, info: str, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=None, info=info.encode()).derive(secret)
