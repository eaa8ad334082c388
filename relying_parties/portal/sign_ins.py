"""Sign-ins in progress: begun in one browser, finished once in the same.

`state` is bound to a random browser cookie (login CSRF: someone else's answer does not fit),
each tab has its own row, so parallel tabs work. `nonce` and PKCE verifier stay here.
"""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from .clock import Clock, seconds
from .storage import Storage

LIFETIME: Final = 1800
"""Seconds a member may take to type, to look for the password, to fetch a code."""
TABS: Final = 20


@dataclass(frozen=True)
class SignIn:
    """One authorization request of this portal."""

    state: str
    nonce: str
    code_verifier: str
    next_path: str


@dataclass(frozen=True)
class SignIns:
    """The sign-ins in progress of all browsers."""

    storage: Storage
    clock: Clock

    def begin(self, browser: str, next_path: str) -> SignIn:
        """Draw and keep a sign-in for a browser; its oldest ones beyond 20 are dropped."""
        drawn = SignIn(
            secrets.token_urlsafe(24),
            secrets.token_urlsafe(24),
            secrets.token_urlsafe(48),
            next_path,
        )
        now = seconds(self.clock)
        with self.storage.changing() as db:
            db.execute("DELETE FROM sign_in WHERE begun_at < ?", (now - LIFETIME,))
            db.execute(
                "INSERT INTO sign_in VALUES (?, ?, ?, ?, ?, ?)",
                (
                    _hash(drawn.state),
                    _hash(browser),
                    drawn.nonce,
                    drawn.code_verifier,
                    next_path,
                    now,
                ),
            )
            db.execute(
                "DELETE FROM sign_in WHERE browser_hash = ?1 AND state_hash NOT IN (SELECT"
                " state_hash FROM sign_in WHERE browser_hash = ?1 ORDER BY begun_at DESC LIMIT ?2)",
                (_hash(browser), TABS),
            )
        return drawn

    def take(self, browser: str, state: str) -> SignIn | None:
        """Return and forget a sign-in; one of another browser stays untouched."""
        with self.storage.changing() as db:
            row = db.execute(
                "DELETE FROM sign_in WHERE state_hash = ? AND browser_hash = ? AND begun_at >= ?"
                " RETURNING nonce, code_verifier, next_path",
                (_hash(state), _hash(browser), seconds(self.clock) - LIFETIME),
            ).fetchone()
        return SignIn(state, row[0], row[1], row[2]) if row else None


def _hash(value: str) -> bytes:
    return sha256(value.encode("utf-8", "surrogatepass")).digest()
