"""ID tokens (OpenID Connect Core 2, 3.1.3.6): made of what was issued, signed after the commit."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from idp.clients.model import Client
from idp.clock import to_seconds
from idp.grants.model import Issued
from idp.policy.model import Tokens
from keys.signer import Signer

ACR = "urn:kumiai:acr:password"
"""What a sign-in by password alone is worth; nothing more is claimed than was done."""


def id_token(issuer: str, client: Client, issued: Issued, rules: Tokens, signer: Signer) -> str:
    """Sign the ID token of one token response."""
    issued_at = to_seconds(issued.issued_at)
    lifetime = min(rules.id_token_lifetime.seconds, issued.expires_in)
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": issued.subject,
        "aud": client.client_id,
        "iat": issued_at,
        "exp": issued_at + lifetime,
        "auth_time": to_seconds(issued.auth_time),
        "acr": ACR,
        "amr": list(issued.amr),
        "sid": issued.session_id,
        "at_hash": at_hash(issued.access_token),
    }
    if issued.nonce is not None:
        claims["nonce"] = issued.nonce
    return signer.sign_jwt(claims, client.id_token_alg.value)


def at_hash(access_token: str) -> str:
    """Give the left half of the access token's SHA-256 (ES256 and RS256 both hash so)."""
    half = hashlib.sha256(access_token.encode("ascii")).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()
