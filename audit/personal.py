"""Personal values sealed under the key of the person they belong to.

AES-256-GCM; the additional data binds a ciphertext to its event and to its place in it, so that
none can be moved. Whose key it is, how it is wrapped and when it is destroyed (erasure) is left
to the caller; the log keeps verifying because its leaves cover the ciphertext.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION: Final = "v1"
_MEMBERS: Final = {"enc", "key", "ct"}
_NONCE: Final = 12
_TAG: Final = 16


class SealBroken(ValueError):
    """The ciphertext was altered, moved, or sealed under another key."""


@dataclass(frozen=True, slots=True)
class Personal:
    """A value that belongs to a person and must be unreadable once that person is erased."""

    value: str
    person: str


def aad(event_id: str, path: str) -> bytes:
    """Name the one place a ciphertext may stand in: event id and path of members."""
    return f"audit personal {VERSION}\n{event_id}\n{path}".encode()


def seal(value: str, key_id: str, key: bytes, aad: bytes) -> dict[str, str]:
    """Encrypt under a 32-byte key; the nonce is drawn anew each time (NIST SP 800-38D 8.2.2)."""
    if len(key) != 32:
        raise ValueError("a person's key has 32 bytes")
    nonce = os.urandom(_NONCE)
    sealed = nonce + AESGCM(key).encrypt(nonce, value.encode(), aad)
    return {"enc": VERSION, "key": key_id, "ct": base64.b64encode(sealed).decode()}


def unseal(sealed: Mapping[str, str], key: bytes, aad: bytes) -> str:
    """Decrypt what `seal` made; SealBroken if anything about it was changed."""
    if not is_sealed(sealed):
        raise SealBroken("not a sealed value")
    raw = _decode(sealed["ct"])
    try:
        return AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], aad).decode()
    except (InvalidTag, UnicodeDecodeError):
        raise SealBroken("altered, moved, or sealed under another key") from None


def is_sealed(value: object) -> bool:
    """Tell a ciphertext object from an ordinary one (the member name `enc` is reserved)."""
    return (
        isinstance(value, Mapping)
        and value.keys() == _MEMBERS
        and value["enc"] == VERSION
        and all(isinstance(member, str) for member in value.values())
    )


def _decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SealBroken("not base64") from None
    # b64decode ignores spare bits of the last character: only one spelling may pass.
    if base64.b64encode(raw).decode() != text or len(raw) < _NONCE + _TAG:
        raise SealBroken("not strict base64")
    return raw
