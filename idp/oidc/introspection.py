"""Token introspection (RFC 7662): what a token is worth, told to whom it was issued or is for.

Everybody else, and everything that is not live, gets exactly `{"active": false}`: nothing tells a
foreign token from an unknown one (4). Nothing personal is told; that is UserInfo's affair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import ClientAuthentication

from idp.authn.assurance import acr_of
from idp.clients.model import Client
from idp.clock import to_seconds
from idp.grants.access import Access, AccessTokens, ClientAccess
from idp.grants.families import Families
from idp.grants.model import RefreshAccess, Refused
from idp.oidc.authlib_request import TokenRequest
from idp.oidc.client_authentication import ClientAuthenticator, invalid_client
from idp.oidc.model import OAuthError
from idp.oidc.protocol import ProtocolRequest, ProtocolResponse, json_response
from idp.oidc.refusals import Refusal

Found = Access | ClientAccess | RefreshAccess


@dataclass(frozen=True)
class Introspection:
    """Answers `/introspect`."""

    issuer: str
    authenticator: ClientAuthenticator
    tokens: AccessTokens
    families: Families

    def endpoint(self) -> Callable[[ProtocolRequest], ProtocolResponse]:
        """Build the endpoint around one registry of client authentication."""
        registry = self.authenticator.registry()

        def introspect(request: ProtocolRequest) -> ProtocolResponse:
            if request.query:
                raise Refusal(OAuthError.INVALID_REQUEST, "parameters belong in the body")
            token = request.form.get("token")
            client, first = self._proven(request, registry, token)
            if token is None:
                raise Refusal(OAuthError.INVALID_REQUEST, "token is missing")
            found = self._find(token, request.form.get("token_type_hint"), first)
            if found is None or not self._concerns(client, found):
                return json_response({"active": False})
            return json_response({"active": True, **self._told(found)})

        return introspect

    def _proven(
        self, request: ProtocolRequest, registry: ClientAuthentication, token: str | None
    ) -> tuple[Client, Access | Refused | None]:
        """Give the client, and what its token looks like, asked for in the same round trip."""
        if "client_assertion" in request.form:
            # A signature is not checked inside a transaction.
            return self._known(TokenRequest(self.issuer, request), registry), None
        refused: Refusal | None = None
        with self.authenticator.database.begin() as tx:
            ahead = self.tokens.read_ahead(tx, token) if token else None
            try:
                client = self._known(TokenRequest(self.issuer, request, tx), registry)
            except Refusal as refusal:
                refused = refusal  # what the gate counted is kept
        if refused is not None:
            raise refused
        return client, ahead() if ahead else None

    def _known(self, asked: TokenRequest, registry: ClientAuthentication) -> Client:
        client = self.authenticator.authenticate(asked, registry)
        if client.is_public:
            # RFC 7662 2.1: whoever asks must be known; a name alone proves nothing.
            raise invalid_client(asked)
        return client

    def _find(self, token: str, hint: str | None, first: Access | Refused | None) -> Found | None:
        """Find a live token of any kind; the hint only says where to look first (2.1)."""
        kinds: list[Callable[[str], Found | Refused]] = [
            self.tokens.read if first is None else lambda _token: first,
            self.tokens.read_of_client,
            self.families.read,
        ]
        if hint == "refresh_token":
            kinds.reverse()
        for read in kinds:
            found = read(token)
            if not isinstance(found, Refused):
                return found
            if found.ended is not None:
                return None
        return None

    def _concerns(self, client: Client, found: Found) -> bool:
        if self.authenticator.clients.find(found.client_id) is None:
            return False  # removed since: its tokens are worth nothing
        audience = () if isinstance(found, RefreshAccess) else found.audience
        return client.client_id == found.client_id or client.client_id in audience

    def _told(self, found: Found) -> dict[str, Any]:
        told: dict[str, Any] = {
            "client_id": found.client_id,
            "iss": self.issuer,
            "exp": to_seconds(found.expires_at),
        }
        if found.scopes:
            told["scope"] = " ".join(found.scopes)
        if isinstance(found, RefreshAccess):
            told["sub"] = found.subject
        else:
            audience = found.audience
            told |= {
                "sub": found.subject if isinstance(found, Access) else found.client_id,
                "aud": audience[0] if len(audience) == 1 else list(audience),
                "iat": to_seconds(found.issued_at),
                "jti": found.jti,
                "token_type": "Bearer" if found.dpop_jkt is None else "DPoP",
            }
        if found.dpop_jkt is not None:
            told["cnf"] = {"jkt": found.dpop_jkt}
        if not isinstance(found, ClientAccess):
            told |= {
                "auth_time": to_seconds(found.auth_time),
                "acr": acr_of(found.amr),
                "amr": list(found.amr),
            }
        return told
