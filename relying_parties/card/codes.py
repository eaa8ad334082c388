"""The changing check code: what it looks like, how long it lives, how it is written.

A code is HMAC(secret, sid ‖ step) cut to 60 bits, in Crockford base32: it names nobody, cannot
be predicted, and every tab of one session shows the same one. A step lasts 30 s and a code is
valid until the end of the following step, so at most 60 s.
"""

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

STEP: Final = 30
LIFETIME: Final = 60
LENGTH: Final = 12
GROUP: Final = 4
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOKALIKE: Final = str.maketrans("ILO", "110")


@dataclass(frozen=True, slots=True)
class Code:
    """One code with the times (seconds since the epoch) between which it counts."""

    text: str
    next_at: float
    expires_at: float

    @property
    def grouped(self) -> str:
        """The code for reading: groups of four."""
        return " ".join(self.text[i : i + GROUP] for i in range(0, LENGTH, GROUP))


def code_at(secret: bytes, sid: str, now: float) -> Code:
    """Return the code of a session at this moment."""
    step = int(now // STEP)
    digest = hmac.digest(secret, f"code\0{step}\0{sid}".encode(), hashlib.sha256)
    number = int.from_bytes(digest[:8], "big")
    text = "".join(ALPHABET[(number >> (5 * i)) & 31] for i in range(LENGTH))
    return Code(text, next_at=(step + 1) * STEP, expires_at=step * STEP + LIFETIME)


def read_code(typed: str) -> str | None:
    """Return a typed or scanned code in its one form, or None if it cannot be one.

    Full width, lower case, blanks and hyphens of any kind, and I, L, O are forgiven.
    """
    if len(typed) > 100:
        return None
    text = re.sub(r"[\s\-‐-―−ー－]", "", unicodedata.normalize("NFKC", typed)).upper()
    text = text.translate(LOOKALIKE)
    return text if len(text) == LENGTH and set(text) <= set(ALPHABET) else None


def code_hash(secret: bytes, text: str) -> bytes:
    """Return the form in which a code is stored."""
    return hmac.digest(secret, f"stored\0{text}".encode(), hashlib.sha256)


def load_secret(folder: Path) -> bytes:
    """Return the card's secret from `folder`, drawn at the first start (mode 0600)."""
    path = folder / "code-secret"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = path.read_bytes()
        if len(secret) != 32:
            raise ValueError(f"{path}: expected 32 bytes; delete it to draw a new one") from None
        return secret
    with os.fdopen(descriptor, "wb") as file:
        secret = secrets.token_bytes(32)
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret
