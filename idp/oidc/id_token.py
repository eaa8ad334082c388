"""ID tokens (OpenID Connect Core 2, 3.1.3.6): made of what was issued, signed after the commit."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from idp.clients.model import Client
from idp.clock import Clock, date_in_tokyo, to_seconds
from idp.grants.model import Issued
from idp.inforce.service import PolicyInForce
from idp.oidc import store
from idp.oidc.claims import claims_of
from idp.oidc.flow import told_acr
from idp.oidc.requested_claims import read_claims
from idp.storage.sql import Database
from keys.signer import Signer


@dataclass(frozen=True)
class IdTokens:
    """Makes the ID token of a token response."""

    issuer: str
    database: Database
    clock: Clock
    policy: PolicyInForce
    signer: Signer

    def sign(self, client: Client, issued: Issued) -> str:
        """Sign the ID token of one token response."""
        issued_at = to_seconds(issued.issued_at)
        lifetime = min(self.policy.policy.tokens.id_token_lifetime.seconds, issued.expires_in)
        claims: dict[str, Any] = self._asked_for(issued) | {
            "iss": self.issuer,
            "sub": issued.subject,
            "aud": client.client_id,
            "iat": issued_at,
            "exp": issued_at + lifetime,
            "auth_time": to_seconds(issued.auth_time),
            "acr": told_acr(issued.amr, issued.claims),
            "amr": list(issued.amr),
            "sid": issued.session_id,
            "at_hash": at_hash(issued.access_token, client.id_token_alg.value),
        }
        if issued.nonce is not None:
            claims["nonce"] = issued.nonce
        return self.signer.sign_jwt(claims, client.id_token_alg.value)

    def _asked_for(self, issued: Issued) -> dict[str, Any]:
        """Give the personal claims requested for the ID token (Core 5.5); mostly none."""
        names = read_claims(issued.claims).names("id_token")
        if not names:
            return {}
        with self.database.read() as tx:
            person = store.find_person(tx, issued.subject)
        return claims_of(person, names, date_in_tokyo(issued.issued_at)) if person else {}


def at_hash(access_token: str, alg: str) -> str:
    """Give the left half of the access token's hash (Core 3.1.3.6): SHA-512 for Ed25519."""
    name = "sha512" if alg == "Ed25519" else "sha256"
    digest = hashlib.new(name, access_token.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
