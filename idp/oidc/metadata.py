"""Discovery and JWKS: bytes rendered when something changes, served with an ETag.

OpenID Connect Discovery 3, 4; RFC 8414 3. Every list tells what is offered, nothing more; a test
probes each value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from idp.clients.model import SCOPES
from idp.oidc.claims import SCOPE_CLAIMS
from idp.oidc.client_assertion import ALGORITHMS
from idp.oidc.client_authentication import METHODS
from idp.oidc.id_token import ACR
from idp.oidc.protocol import ProtocolRequest, ProtocolResponse
from idp.policy.model import SigningAlgorithm
from keys.keyset import KeySet

TOKEN_CLAIMS = ("iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash")
DISCOVERY_CACHE = "public, max-age=3600"
JWKS_CACHE = "public, max-age=600"


def metadata(issuer: str) -> dict[str, Any]:
    """Give the provider metadata of an issuer."""
    claims = [claim for names in SCOPE_CLAIMS.values() for claim in names]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "end_session_endpoint": f"{issuer}/end_session",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [alg.value for alg in SigningAlgorithm],
        "token_endpoint_auth_methods_supported": sorted(METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claim_types_supported": ["normal"],
        "claims_supported": [*TOKEN_CLAIMS, *claims],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "acr_values_supported": [ACR],
        "ui_locales_supported": ["ja", "en"],
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }


@dataclass(frozen=True)
class Document:
    """A public JSON document with its validator."""

    body: bytes
    etag: str
    cache: str

    def respond(self, request: ProtocolRequest) -> ProtocolResponse:
        """Answer with the document, or 304 to a client that has it."""
        headers = (("ETag", self.etag), ("Cache-Control", self.cache))
        if self._is_known(request.headers.get("if-none-match", "")):
            return ProtocolResponse(304, b"", headers)
        return ProtocolResponse(200, self.body, headers)

    def _is_known(self, named: str) -> bool:
        # RFC 9110 13.1.2: a list, compared weakly; a compressing proxy makes validators weak.
        tags = {tag.strip().removeprefix("W/") for tag in named.split(",")}
        return self.etag in tags or "*" in tags


def document(body: bytes, cache: str) -> Document:
    """Make a document of its bytes."""
    return Document(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', cache)


def discovery(issuer: str) -> Document:
    """Render the discovery document."""
    return document(msgspec.json.encode(metadata(issuer)), DISCOVERY_CACHE)


@dataclass
class Jwks:
    """Serves the JWK set of the key ring; rendered again only when the ring has changed."""

    keys: Callable[[], KeySet]
    _made_from: bytes = b""
    _document: Document | None = None

    def endpoint(self, request: ProtocolRequest) -> ProtocolResponse:
        """Answer `/jwks`."""
        jwks = self.keys().jwks
        if self._document is None or jwks is not self._made_from:
            self._document, self._made_from = document(jwks, JWKS_CACHE), jwks
        return self._document.respond(request)
