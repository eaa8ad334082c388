"""The relying party itself: who it is, how it proves that, and the key its tokens are bound to."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.cli.performing import clock
from idp.cli.performing.provider import ProviderMetadata
from idp.cli.performing.wire import Reply, Wire

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SIGNING = ["ES256", "RS256", "PS256", "Ed25519", "EdDSA"]
Key = ECKey | OKPKey | RSAKey


@dataclass
class RelyingParty:
    """A client as it stands in the provider's register."""

    client_id: str
    method: str
    """One of the names in `token_endpoint_auth_methods_supported`."""
    secret: str | None = None
    key: Key | None = None
    """For `private_key_jwt`."""
    dpop: ECKey | None = None
    """The key that tokens are bound to (RFC 9449), if they are."""
    nonce: str | None = None

    def post(
        self, wire: Wire, provider: ProviderMetadata, endpoint: str, form: Mapping[str, str]
    ) -> Reply:
        """Send a form as this client, with a proof if tokens are bound.

        A demand for a nonce is met once (RFC 9449 8).
        """
        url = provider.endpoint(endpoint)
        answer = self._once(wire, provider, url, form)
        if self.dpop is not None and "use_dpop_nonce" in answer.text and self._heard(answer):
            answer = self._once(wire, provider, url, form)
        self._heard(answer)
        return answer

    def get(self, wire: Wire, url: str, access_token: str) -> Reply:
        """Ask a protected resource."""
        answer = wire.get(url, self._token_headers(url, access_token))
        if self.dpop is not None and "use_dpop_nonce" in str(answer.headers) + answer.text:
            self._heard(answer)
            answer = wire.get(url, self._token_headers(url, access_token))
        return answer

    def _once(
        self, wire: Wire, provider: ProviderMetadata, url: str, form: Mapping[str, str]
    ) -> Reply:
        fields, headers = self._identity(provider.issuer)
        if self.dpop is not None:
            headers["DPoP"] = self._proof("POST", url)
        return wire.post(url, {**form, **fields}, headers)

    def _identity(self, issuer: str) -> tuple[dict[str, str], dict[str, str]]:
        """Give the fields and headers that say and prove who asks (Core 9)."""
        if self.method == "client_secret_basic":
            pair = f"{quote_plus(self.client_id)}:{quote_plus(self.secret or '')}"
            return {}, {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        if self.method == "client_secret_post":
            return {"client_id": self.client_id, "client_secret": self.secret or ""}, {}
        if self.method == "private_key_jwt" and self.key is not None:
            now = int(clock.seconds())
            claims = {"iss": self.client_id, "sub": self.client_id, "aud": issuer, "iat": now}
            claims |= {"exp": now + 60, "jti": secrets.token_urlsafe(16)}
            header = {"alg": _alg(self.key)} | ({"kid": self.key.kid} if self.key.kid else {})
            assertion = jwt.encode(header, claims, self.key, algorithms=SIGNING)
            return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}, {}
        return {"client_id": self.client_id}, {}

    def _token_headers(self, url: str, access_token: str) -> dict[str, str]:
        if self.dpop is None:
            return {"Authorization": f"Bearer {access_token}"}
        proof = self._proof("GET", url, access_token)
        return {"Authorization": f"DPoP {access_token}", "DPoP": proof}

    def _proof(self, method: str, url: str, access_token: str | None = None) -> str:
        """Make a proof of possession (RFC 9449 4.2)."""
        assert self.dpop is not None
        claims: dict[str, Any] = {"htm": method, "htu": url, "iat": int(clock.seconds())}
        claims["jti"] = secrets.token_urlsafe(16)
        if access_token is not None:
            claims["ath"] = s256(access_token)
        if self.nonce is not None:
            claims["nonce"] = self.nonce
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.dpop.as_dict(private=False)}
        return jwt.encode(header, claims, self.dpop, algorithms=SIGNING)

    def _heard(self, answer: Reply) -> bool:
        told = answer.headers.get("DPoP-Nonce")
        self.nonce = told or self.nonce
        return told is not None


def s256(text: str) -> str:
    """Hash with SHA-256 and encode: PKCE challenges, `ath`."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def _alg(key: Key) -> str:
    named = key.alg
    if named:
        return named
    return {"EC": "ES256", "OKP": "Ed25519"}.get(key.key_type, "RS256")
