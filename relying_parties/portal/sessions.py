"""Sessions of members at the portal: opened, found, ended; and logout tokens already obeyed.

At rest a cookie is only a hash, and tokens and claims are sealed with a key derived from the
cookie: the file alone shows no token and no personal data. `sub` and `sid` stay readable, since
the provider ends sessions by them (Back-Channel Logout 1.0 2.7).
"""

import json
import secrets
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .clock import Clock, seconds
from .storage import Storage
from .tokens import LEEWAY, LogoutToken

LONGEST: Final = 12 * 3600
IDLE: Final = 3600
TOUCH_EVERY: Final = 60
KEEP_ENDED: Final = 24 * 3600


@dataclass(frozen=True)
class Sealed:
    """What only the holder of the cookie can open."""

    id_token: str
    access_token: str
    access_expires_at: int
    refresh_token: str | None
    claims: dict[str, Any]


@dataclass(frozen=True)
class Session:
    """A session; `ended` when the provider ended it and nobody came back yet to be told."""

    token: str
    sub: str
    begun_at: int
    used_at: int
    checked_at: int
    ended: bool
    sealed: Sealed


@dataclass(frozen=True)
class Sessions:
    """The sessions of all members."""

    storage: Storage
    clock: Clock

    def open(self, sub: str, sid: str | None, issued_at: int, sealed: Sealed) -> str | None:
        """Open a session and return its cookie; None when a logout for it came first.

        The cookie is always drawn here: one planted before sign-in is worth nothing (fixation).
        """
        token, now = secrets.token_urlsafe(32), seconds(self.clock)
        with self.storage.changing() as db:
            db.execute("DELETE FROM session WHERE begun_at < ?", (now - LONGEST - KEEP_ENDED,))
            if db.execute(
                "SELECT 1 FROM logout WHERE sid = ? OR (sid IS NULL AND sub = ? AND issued_at > ?)",
                (sid, sub, issued_at),
            ).fetchone():
                return None
            db.execute(
                "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, NULL, ?)",
                (_hash(token), sub, sid, now, now, now, _seal(token, sealed)),
            )
        return token

    def find(self, token: str) -> Session | None:
        """Return the session of a cookie, ended or not."""
        with self.storage.reading() as db:
            row = db.execute(
                "SELECT * FROM session WHERE token_hash = ?", (_hash(token),)
            ).fetchone()
        sealed = _unseal(token, row["sealed"]) if row else None
        if row is None or sealed is None:
            return None
        return Session(
            token,
            row["sub"],
            row["begun_at"],
            row["used_at"],
            row["checked_at"],
            row["ended_at"] is not None,
            sealed,
        )

    def is_over(self, session: Session) -> bool:
        """Tell whether a session was unused for an hour or open for twelve."""
        now = seconds(self.clock)
        return now - session.used_at > IDLE or now - session.begun_at > LONGEST

    def touch(self, session: Session) -> None:
        """Note that a session is in use (at most once a minute)."""
        now = seconds(self.clock)
        if now - session.used_at >= TOUCH_EVERY:
            with self.storage.changing() as db:
                db.execute(
                    "UPDATE session SET used_at = ? WHERE token_hash = ?",
                    (now, _hash(session.token)),
                )

    def renew(self, session: Session, sealed: Sealed, *, checked: bool) -> Session:
        """Keep new tokens or claims; with `checked`, as confirmed by the provider now."""
        at = seconds(self.clock) if checked else session.checked_at
        with self.storage.changing() as db:
            db.execute(
                "UPDATE session SET sealed = ?, checked_at = ? WHERE token_hash = ?",
                (_seal(session.token, sealed), at, _hash(session.token)),
            )
        return replace(session, sealed=sealed, checked_at=at)

    def remove(self, token: str) -> None:
        """Forget a session."""
        with self.storage.changing() as db:
            db.execute("DELETE FROM session WHERE token_hash = ?", (_hash(token),))

    def obey(self, logout: LogoutToken) -> int:
        """End the sessions a logout token names; return how many. A repeated `jti` ends none.

        A provider that missed our answer sends again, and an attacker may replay a token against
        a later session of the same subject: both get "done", and nothing happens.
        """
        now = seconds(self.clock)
        with self.storage.changing() as db:
            db.execute("DELETE FROM logout WHERE keep_until < ?", (now,))
            fresh = db.execute(
                "INSERT INTO logout VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    _hash(logout.jti),
                    logout.sub,
                    logout.sid,
                    logout.issued_at,
                    logout.expires_at + LEEWAY,
                ),
            ).rowcount
            if not fresh:
                return 0
            column, value = ("sid", logout.sid) if logout.sid else ("sub", logout.sub)
            return db.execute(
                f"UPDATE session SET ended_at = ? WHERE {column} = ? AND ended_at IS NULL",  # noqa: S608
                (now, value),
            ).rowcount


def _hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def _cipher(token: str) -> AESGCM:
    # Drawn cookies have 256 bits: a derivation without stretching suffices.
    secret = token.encode("utf-8", "surrogatepass")
    return AESGCM(HKDF(SHA256(), 32, None, b"portal session").derive(secret))


def _seal(token: str, sealed: Sealed) -> bytes:
    nonce = secrets.token_bytes(12)
    text = json.dumps(asdict(sealed)).encode()
    return nonce + _cipher(token).encrypt(nonce, text, _hash(token))


def _unseal(token: str, sealed: bytes) -> Sealed | None:
    try:
        text = _cipher(token).decrypt(sealed[:12], sealed[12:], _hash(token))
    except InvalidTag:
        return None  # an altered row is no session
    return Sealed(**json.loads(text))
