"""Discovery and JWKS: bytes rendered when something changes, served with an ETag.

OpenID Connect Discovery 3, 4; RFC 8414 3. Every list tells what is offered, nothing more; a test
probes each value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from idp.authn.assurance import LEVELS
from idp.clients.model import SCOPES
from idp.oidc.authorization import RESPONSE_MODES
from idp.oidc.claim_names import SCOPE_CLAIMS
from idp.oidc.client_assertion import ALGORITHMS
from idp.oidc.client_authentication import METHODS
from idp.oidc.dpop import PROOF_ALGORITHMS
from idp.oidc.protocol import ProtocolRequest, ProtocolResponse
from keys.keyset import KeySet

TOKEN_CLAIMS = ("iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash")
DISCOVERY_CACHE = "public, max-age=3600"


def metadata(issuer: str, signing: Iterable[str]) -> dict[str, Any]:
    """Give the provider metadata of an issuer whose keys sign with these algorithms now."""
    claims = [claim for names in SCOPE_CLAIMS.values() for claim in names]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "require_pushed_authorization_requests": False,
        "jwks_uri": f"{issuer}/jwks",
        "end_session_endpoint": f"{issuer}/end_session",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(signing),
        "token_endpoint_auth_methods_supported": sorted(METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "introspection_endpoint": f"{issuer}/introspect",
        # Who asks must be known: a public client's name proves nothing (RFC 7662 2.1).
        "introspection_endpoint_auth_methods_supported": sorted(set(METHODS) - {"none"}),
        "introspection_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "revocation_endpoint": f"{issuer}/revoke",
        "revocation_endpoint_auth_methods_supported": sorted(METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "dpop_signing_alg_values_supported": list(PROOF_ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claim_types_supported": ["normal"],
        "claims_supported": [*TOKEN_CLAIMS, *claims],
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "acr_values_supported": list(LEVELS),
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


@dataclass
class Discovery:
    """Serves the provider metadata; rendered again when the ring has changed."""

    issuer: str
    keys: Callable[[], KeySet]
    _made: tuple[KeySet, Document] | None = None

    def endpoint(self, request: ProtocolRequest) -> ProtocolResponse:
        """Answer the two well-known addresses."""
        keys, made = self.keys(), self._made
        if made is None or made[0] is not keys:
            body = msgspec.json.encode(metadata(self.issuer, keys.algs))
            made = self._made = keys, document(body, DISCOVERY_CACHE)
        return made[1].respond(request)


@dataclass
class Jwks:
    """Serves the JWK set of the key ring; rendered again only when ring or policy has changed.

    `cache` gives the seconds it may be kept: a key is announced longer than that before it signs.
    """

    keys: Callable[[], KeySet]
    cache: Callable[[], int]
    _made: tuple[bytes, int, Document] | None = None

    def endpoint(self, request: ProtocolRequest) -> ProtocolResponse:
        """Answer `/jwks`."""
        jwks, seconds, made = self.keys().jwks, self.cache(), self._made
        if made is None or made[0] is not jwks or made[1] != seconds:
            made = jwks, seconds, document(jwks, f"public, max-age={seconds}")
            self._made = made
        return made[2].respond(request)
