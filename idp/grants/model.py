"""Grants and what hangs on them: codes, access tokens, families of refresh tokens.

A grant is what a subject allowed a client in one session; its id is the family of every token made
from it. Opaque tokens stand at rest as SHA-256; a JWT access token stands there by its jti.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from idp.accounts.model import EndReason


class Refusal(StrEnum):
    """Why the token endpoint gives nothing; for the log. Outside all of them are invalid_grant."""

    UNKNOWN = "unknown"
    WRONG_CLIENT = "wrong_client"
    EXPIRED = "expired"
    REPLAYED = "replayed"
    WRONG_REDIRECT_URI = "wrong_redirect_uri"
    WRONG_VERIFIER = "wrong_verifier"
    FAMILY_ENDED = "family_ended"
    INACTIVE = "inactive"
    SCOPE_GREW = "scope_grew"
    WRONG_KEY = "wrong_key"


@dataclass(frozen=True, slots=True)
class Refused:
    """A token request that gets nothing. `ended` is the truth its holder is entitled to."""

    why: Refusal
    ended: EndReason | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """What an authorization request was answered with: everything a code stands for."""

    client_id: str
    subject: str
    session_id: str
    scopes: tuple[str, ...]
    redirect_uri: str
    code_challenge: str | None
    nonce: str | None
    auth_time: datetime
    amr: tuple[str, ...]
    dpop_jkt: str | None = None
    """Thumbprint of the key the code, or the family, is bound to (RFC 9449 10)."""
    claims: str | None = None
    """The checked `claims` parameter as JSON (OpenID Connect Core 5.5), if one was sent."""


@dataclass(frozen=True, slots=True)
class Minted:
    """One access token as its row has it. `text` is None for a JWT: signed after the commit."""

    text: str | None = field(repr=False)
    jti: str
    key: str
    """What its row is found by."""
    scopes: tuple[str, ...]
    audience: tuple[str, ...]
    """Who it is for; empty: this provider alone."""
    dpop_jkt: str | None
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Issued:
    """The tokens of one answer, before anything is signed. Secrets in clear, never stored so."""

    minted: Minted
    access_token: str = field(repr=False)
    """Empty until a JWT is signed."""
    refresh_token: str | None = field(repr=False)
    expires_in: int
    scopes: tuple[str, ...]
    client_id: str
    subject: str
    session_id: str
    auth_time: datetime
    amr: tuple[str, ...]
    nonce: str | None
    issued_at: datetime
    claims: str | None = None
    """The checked `claims` parameter of the authorization request (Core 5.5)."""


@dataclass(frozen=True, slots=True)
class Spent:
    """A code as it was taken."""

    grant_id: str
    approval: Approval
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Leaf:
    """A refresh token's row."""

    grant_id: str
    generation: int
    expires_at: datetime
    spent_at: datetime | None


@dataclass(frozen=True, slots=True)
class RefreshAccess:
    """A live refresh token as introspection tells it (RFC 7662)."""

    client_id: str
    subject: str
    scopes: tuple[str, ...]
    expires_at: datetime
    dpop_jkt: str | None
    auth_time: datetime
    amr: tuple[str, ...]


def successor(key: bytes, token: str, generation: int) -> str:
    """Derive the refresh token that follows `token`.

    Derived, not drawn: a client that lost the answer and repeats within the grace gets the same
    one, so a family never forks (CVE-2026-53517 is the drawn variant of this).
    """
    message = f"{generation}:{token}".encode("utf-8", "surrogatepass")
    digest = hmac.new(key, message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def verifier_matches(challenge: str | None, verifier: str | None) -> bool:
    """Check PKCE, S256 only (RFC 7636 4.6).

    A verifier without a challenge is refused too: that is how a downgrade looks (RFC 9700 4.8.2).
    """
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    digest = hashlib.sha256(verifier.encode("ascii", "replace")).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(made.encode(), challenge.encode("utf-8", "surrogatepass"))
