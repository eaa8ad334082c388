"""Checkpoints: C2SP tlog-checkpoint, the signed size and root of the log at a time.

Six lines: origin, size, root, `at <time>` (one extension line), a blank line, one signature line.
That times never go back is the sealer's: it passes max(clock, time of the last checkpoint).
"""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit import instant
from audit.note import (
    NoteError,
    VerifierKey,
    check_name,
    decode_base64,
    encode_key,
    fingerprint,
    named_key,
    parse_key,
    parse_note,
    sign_note,
    verify_note,
)

__all__ = [
    "LINES",
    "Checkpoint",
    "NoteError",
    "VerifierKey",
    "encode_key",
    "fingerprint",
    "parse",
    "parse_key",
    "sign",
    "verify",
]

LINES: Final = 6
_MAX_SIZE_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says."""

    origin: str
    size: int
    root: bytes
    at: datetime


def sign(origin: str, size: int, root: bytes, at: datetime, private_key: Ed25519PrivateKey) -> str:
    """Sign a checkpoint; the text has six lines and a final newline."""
    if len(root) != 32 or size < 0:
        raise NoteError("a root has 32 bytes and a size is not negative")
    encoded = base64.b64encode(root).decode()
    body = f"{check_name(origin)}\n{size}\n{encoded}\nat {instant.to_text(at)}\n"
    return sign_note(body, origin, private_key)


def parse(text: str) -> Checkpoint:
    """Read the form only, proving nothing; NoteError unless `sign` could have written it."""
    note = parse_note(text)
    checkpoint = _read(note.body)
    if note.name != checkpoint.origin:
        raise NoteError("the signature carries another name than the origin")
    return checkpoint


def verify(text: str, public_key: Ed25519PublicKey) -> Checkpoint:
    """Return the checkpoint signed by this key under its own origin; NoteError otherwise."""
    checkpoint = parse(text)
    verify_note(text, named_key(checkpoint.origin, public_key))
    return checkpoint


def _read(body: str) -> Checkpoint:
    lines = body.split("\n")
    if len(lines) != LINES - 1:
        raise NoteError("a checkpoint has the lines origin, size, root, time")
    origin, size, root, at, _ = lines
    check_name(origin)
    plain = size.isascii() and size.isdecimal() and len(size) <= _MAX_SIZE_DIGITS
    if not plain or str(int(size)) != size:
        raise NoteError("the size of a checkpoint is a decimal number without leading zeros")
    raw = decode_base64(root)
    if len(raw) != 32:
        raise NoteError("the root of a checkpoint has 32 bytes")
    if not at.startswith("at "):
        raise NoteError("the extension line of a checkpoint is `at <time>`")
    try:
        return Checkpoint(origin, int(size), raw, instant.from_text(at[3:]))
    except ValueError as error:
        raise NoteError(str(error)) from None
