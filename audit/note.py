"""Signed notes and verifier keys: the C2SP signed-note text format, one Ed25519 signature.

A note is text that ends in a newline, a blank line, and `— name base64(key hash + signature)`.
Stricter than the format: one signature only, one spelling only. What the text says is left to
`audit.checkpoint` and `audit.manifest`.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519: Final = b"\x01"
# C2SP allows any name without blanks and plus signs; ASCII keeps look-alikes out.
_NAME: Final = re.compile(r"[!-*,-~]{1,255}")
_SIGNATURE: Final = re.compile(r"— ([!-*,-~]{1,255}) ([A-Za-z0-9+/=]{1,200})\n")


class NoteError(ValueError):
    """The text is not a note of the expected form, or its signature does not hold."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public audit key under its name (the origin of the log it signs)."""

    name: str
    key_hash: bytes
    public_key: Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart; nothing is proven before `verify_note`."""

    body: str
    name: str
    key_hash: bytes
    signature: bytes


def check_name(name: str) -> str:
    """Return a name fit for an origin and a key: ASCII without blanks and plus signs."""
    if not _NAME.fullmatch(name):
        raise NoteError("an origin is 1 to 255 ASCII characters without blanks and plus signs")
    return name


def sign_note(body: str, name: str, private_key: Ed25519PrivateKey) -> str:
    """Sign a text of non-empty lines."""
    check_name(name)
    if not body.endswith("\n") or "\n\n" in body or body.startswith("\n"):
        raise NoteError("a note's text is made of non-empty lines")
    signature = private_key.sign(body.encode())
    hashed = _key_hash(name, private_key.public_key())
    return f"{body}\n— {name} {base64.b64encode(hashed + signature).decode()}\n"


def parse_note(text: str) -> Note:
    """Take a note apart; NoteError unless it has exactly the form that `sign_note` writes."""
    body, separator, tail = text.partition("\n\n")
    match = _SIGNATURE.fullmatch(tail)
    if not separator or not body or not match:
        raise NoteError("not a note with one signature line")
    raw = decode_base64(match[2])
    if len(raw) != 4 + 64:
        raise NoteError("the signature has the wrong length")
    return Note(body + "\n", match[1], raw[:4], raw[4:])


def verify_note(text: str, key: VerifierKey) -> str:
    """Return the text of a note signed by this key; NoteError otherwise."""
    note = parse_note(text)
    if (note.name, note.key_hash) != (key.name, key.key_hash):
        raise NoteError("signed by another key")
    try:
        key.public_key.verify(note.signature, note.body.encode())
    except InvalidSignature:
        raise NoteError("the signature does not hold") from None
    return note.body


def named_key(name: str, public_key: Ed25519PublicKey) -> VerifierKey:
    """Put a public key under a name."""
    return VerifierKey(check_name(name), _key_hash(name, public_key), public_key)


def encode_key(name: str, public_key: Ed25519PublicKey) -> str:
    """Write the verifier key: `name+hex key hash+base64`, without a newline."""
    key = named_key(name, public_key)
    encoded = base64.b64encode(_ED25519 + public_key.public_bytes_raw()).decode()
    return f"{name}+{key.key_hash.hex()}+{encoded}"


def parse_key(text: str) -> VerifierKey:
    """Read what `encode_key` wrote (one final newline allowed); NoteError otherwise."""
    text = text.removesuffix("\n")
    parts = text.split("+", 2)
    if len(parts) != 3 or not text.isascii():
        raise NoteError("not a verifier key of the form name+hash+key")
    raw = decode_base64(parts[2])
    if len(raw) != 33 or raw[:1] != _ED25519:
        raise NoteError("not an Ed25519 verifier key")
    try:
        public_key = Ed25519PublicKey.from_public_bytes(raw[1:])
    except ValueError:
        raise NoteError("not an Ed25519 verifier key") from None
    if encode_key(parts[0], public_key) != text:
        raise NoteError("the hash in the verifier key is not that of its name and key")
    return named_key(parts[0], public_key)


def fingerprint(public_key: Ed25519PublicKey) -> str:
    """Write the fingerprint that people compare: SHA-256 of the raw key."""
    return "SHA256:" + hashlib.sha256(public_key.public_bytes_raw()).hexdigest()


def decode_base64(text: str) -> bytes:
    """Decode standard base64 with padding; any second spelling raises NoteError (RFC 4648 3.5)."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("not base64") from None
    if base64.b64encode(raw).decode() != text:
        raise NoteError("not strict base64")
    return raw


def _key_hash(name: str, public_key: Ed25519PublicKey) -> bytes:
    data = name.encode() + b"\n" + _ED25519 + public_key.public_bytes_raw()
    return hashlib.sha256(data).digest()[:4]
