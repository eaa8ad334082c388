"""JWT access tokens (RFC 9068 2): made of what was issued, signed after the commit.

The row stays the truth at our own resources; a resource server elsewhere that checks the signature
alone believes the token until it expires. Its type keeps it from ever being taken for an ID token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from idp.authn.assurance import acr_of
from idp.clients.model import Client
from idp.clock import to_seconds
from idp.grants.access import ACCESS_TOKEN_TYP
from idp.grants.model import Issued, Minted
from keys.signer import Signer


@dataclass(frozen=True)
class JwtAccessTokens:
    """Signs them."""

    issuer: str
    signer: Signer

    def of_grant(self, client: Client, issued: Issued) -> str:
        """Give the access token of a grant: the opaque text, or the JWT, signed here."""
        if issued.minted.text is not None:
            return issued.minted.text
        return self._sign(
            client,
            issued.minted,
            issued.subject,
            {
                "auth_time": to_seconds(issued.auth_time),
                "acr": acr_of(issued.amr),
                "amr": list(issued.amr),
            },
        )

    def of_client(self, client: Client, minted: Minted) -> str:
        """Give the access token a client got for itself; its subject is the client (RFC 9068 3)."""
        if minted.text is not None:
            return minted.text
        return self._sign(client, minted, client.client_id, {})

    def _sign(self, client: Client, minted: Minted, subject: str, more: dict[str, Any]) -> str:
        audience = minted.audience or (self.issuer,)
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": subject,
            "aud": audience[0] if len(audience) == 1 else list(audience),
            "client_id": client.client_id,
            "iat": to_seconds(minted.issued_at),
            "exp": to_seconds(minted.expires_at),
            "jti": minted.jti,
            **more,
        }
        if minted.scopes:
            claims["scope"] = " ".join(minted.scopes)
        if minted.dpop_jkt is not None:
            claims["cnf"] = {"jkt": minted.dpop_jkt}
        return self.signer.sign_jwt(claims, client.access_token_alg.value, ACCESS_TOKEN_TYP)
