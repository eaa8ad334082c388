"""The token endpoint (RFC 6749 3.2): Authlib chooses the grant, our grants decide.

Order: one way of authentication, client, grant type, the act in one commit, then the signature.
Authlib itself saves tokens and only then deletes the code (8 of 8 parallel redemptions succeed
there); here `create_token_response` is one use case whose take is atomic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    InvalidClientError,
    UnsupportedGrantTypeError,
)
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin

from idp.clients.model import Client
from idp.grants.codes import Codes
from idp.grants.families import Families
from idp.grants.model import Issued, Refused
from idp.inforce.service import PolicyInForce
from idp.oidc.authlib_request import TokenRequest
from idp.oidc.client_authentication import (
    METHODS,
    ClientAuthenticator,
    invalid_client,
    refuse_two_methods,
)
from idp.oidc.id_token import id_token
from idp.oidc.model import OAuthError
from idp.oidc.protocol import ProtocolRequest, ProtocolResponse, json_response
from idp.oidc.refusals import Refusal
from keys.signer import Signer


@dataclass(frozen=True)
class TokenEndpoint:
    """Answers `/token`."""

    issuer: str
    authenticator: ClientAuthenticator
    codes: Codes
    families: Families
    policy: PolicyInForce
    signer: Signer

    def endpoint(self) -> Callable[[ProtocolRequest], ProtocolResponse]:
        """Build the endpoint around one Authlib server."""
        server = _Server(self)
        server.register_grant(_CodeGrant)
        server.register_grant(_RefreshGrant)

        def token(request: ProtocolRequest) -> ProtocolResponse:
            if request.query:
                raise Refusal(OAuthError.INVALID_REQUEST, "parameters belong in the body")
            response: ProtocolResponse = server.respond(TokenRequest(self.issuer, request))
            return response

        return token

    def answer(self, client: Client, result: Issued | Refused) -> ProtocolResponse:
        """Turn what was issued into the response of RFC 6749 5.1; signs here, after the commit."""
        if isinstance(result, Refused):
            description = result.ended.value if result.ended else "the grant is not valid"
            raise Refusal(OAuthError.INVALID_GRANT, description)
        content: dict[str, Any] = {
            "access_token": result.access_token,
            "token_type": "Bearer",
            "expires_in": result.expires_in,
            "scope": " ".join(result.scopes),
        }
        if result.refresh_token is not None:
            content["refresh_token"] = result.refresh_token
        if "openid" in result.scopes:
            rules = self.policy.policy.tokens
            content["id_token"] = id_token(self.issuer, client, result, rules, self.signer)
        return json_response(content)


class _Server(AuthorizationServer):
    """Authlib's server with our client authentication; grants answer themselves."""

    def __init__(self, ours: TokenEndpoint) -> None:
        super().__init__()
        self.ours = ours
        self._client_auth = ours.authenticator.registry()

    def respond(self, request: TokenRequest) -> ProtocolResponse:
        """Answer one token request; raises `Refusal`."""
        refuse_two_methods(request)
        if "grant_type" not in request.form:
            raise Refusal(OAuthError.INVALID_REQUEST, "grant_type is missing")
        try:
            grant: Any = self.get_token_grant(request)
        except UnsupportedGrantTypeError:
            raise Refusal(OAuthError.UNSUPPORTED_GRANT_TYPE) from None
        grant.validate_token_request()
        response: ProtocolResponse = grant.create_token_response()
        return response

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Authlib's signals are not used."""


class _Grant(BaseGrant, TokenEndpointMixin):
    """What both grants share: the client and its permission for the grant type."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    request: Any
    server: Any

    def validate_token_request(self) -> None:
        """Authenticate the client; raises `Refusal`."""
        try:
            authenticated: Any = self.authenticate_token_endpoint_client()
        except InvalidClientError:
            raise invalid_client(self.request) from None
        client: Client = authenticated.client
        if self.GRANT_TYPE not in client.grant_types:
            raise Refusal(OAuthError.UNAUTHORIZED_CLIENT)
        self.request.client = client

    def _field(self, name: str) -> str:
        value: str | None = self.request.form.get(name)
        if value is None:
            raise Refusal(OAuthError.INVALID_REQUEST, f"{name} is missing")
        return value


class _CodeGrant(_Grant):
    GRANT_TYPE = "authorization_code"

    def create_token_response(self) -> Any:
        """Redeem the code (RFC 6749 4.1.3, RFC 7636 4.6)."""
        ours: TokenEndpoint = self.server.ours
        client: Client = self.request.client
        form = self.request.form
        result = ours.codes.redeem(
            client,
            self._field("code"),
            form.get("redirect_uri"),
            form.get("code_verifier"),
            self.request.protocol.origin,
        )
        return ours.answer(client, result)


class _RefreshGrant(_Grant):
    GRANT_TYPE = "refresh_token"

    def create_token_response(self) -> Any:
        """Rotate the refresh token (RFC 6749 6)."""
        ours: TokenEndpoint = self.server.ours
        client: Client = self.request.client
        scope = self.request.form.get("scope")
        result = ours.families.refresh(
            client,
            self._field("refresh_token"),
            tuple(dict.fromkeys(scope.split())) if scope else None,
            self.request.protocol.origin,
        )
        if isinstance(result, Refused) and result.why.value == "scope_grew":
            raise Refusal(OAuthError.INVALID_SCOPE)
        return ours.answer(client, result)
