"""Recovery codes: for the day the phone is gone. Each works once; all are shown once.

A code has 80 random bits as sixteen letters of Crockford's base32 (no I, L, O, U), more than can be
searched through, so that its hash needs no key: a renewed master key leaves codes on paper good.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from idp.clock import to_micros
from idp.factors import store
from idp.storage.sql import Tx
from idp.throttle.budgets import recovery_budget
from idp.throttle.gate import Gate, count_verification
from idp.throttle.model import Lease, Tried

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
_MISREAD = str.maketrans("ILO", "110")


@dataclass(frozen=True)
class RecoveryCodes:
    """Draws and checks recovery codes."""

    gate: Gate

    def draw(self, tx: Tx, subject: str, count: int, now: datetime) -> list[str]:
        """Draw a new set; the old one ends. Shown to the member now and never again."""
        codes = ["".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(count)]
        hashes = [_hash(subject, code) for code in codes]
        store.replace_codes(tx, subject, hashes, to_micros(now))
        return codes

    def check(self, tx: Tx, subject: str, place: str | None, typed: str, now: datetime) -> Tried:
        """Check a code as it was typed (already folded to ASCII) and use it up.

        `place` is the known device or the session it comes from, None for a stranger's browser.
        """
        code = fold(typed)

        def check(lease: Lease) -> bool:
            right = store.use_code(tx, subject, _hash(subject, code), to_micros(now))
            return count_verification(lease, "recovery_code", right=right)

        return self.gate.try_cheap(tx, recovery_budget(subject, place), now, check)


def fold(typed: str) -> str:
    """Read a typed code as Crockford says: any case, I and L as 1, O as 0."""
    return typed.upper().translate(_MISREAD)


def looks_like_one(typed: str) -> bool:
    """Tell whether a typed text can be a recovery code at all, and no code of digits."""
    return len(typed) == LENGTH and all(letter in ALPHABET for letter in fold(typed))


def _hash(subject: str, code: str) -> str:
    return hashlib.sha256(f"{subject}\0{code}".encode("utf-8", "surrogatepass")).hexdigest()
