"""The token endpoint (RFC 6749 3.2): Authlib chooses the grant, our grants decide.

Order: one way of authentication, client, grant type, proof of a key (RFC 9449), the act in one
commit, then the signatures.
Authlib itself saves tokens and only then deletes the code (8 of 8 parallel redemptions succeed
there); here `create_token_response` is one use case whose take is atomic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, UnsupportedGrantTypeError
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin

from idp.clients.model import Client
from idp.clock import to_seconds
from idp.grants.client_tokens import ClientTokens
from idp.grants.codes import Codes
from idp.grants.families import Families
from idp.grants.model import Issued, Minted, Refused
from idp.grants.model import Refusal as Why
from idp.oidc.access_token import JwtAccessTokens
from idp.oidc.authlib_request import TokenRequest
from idp.oidc.client_authentication import METHODS, ClientAuthenticator
from idp.oidc.dpop import DpopProofs
from idp.oidc.id_token import IdTokens
from idp.oidc.model import OAuthError
from idp.oidc.protocol import NO_STORE, ProtocolRequest, ProtocolResponse, json_response
from idp.oidc.refusals import Refusal
from idp.policy.model import AccessTokenFormat


@dataclass(frozen=True)
class TokenEndpoint:
    """Answers `/token`."""

    issuer: str
    authenticator: ClientAuthenticator
    codes: Codes
    families: Families
    client_tokens: ClientTokens
    proofs: DpopProofs
    access_tokens: JwtAccessTokens
    id_tokens: IdTokens

    def endpoint(self) -> Callable[[ProtocolRequest], ProtocolResponse]:
        """Build the endpoint around one Authlib server."""
        server = _Server(self)
        server.register_grant(_CodeGrant)
        server.register_grant(_RefreshGrant)
        server.register_grant(_ClientCredentialsGrant)

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
        issued = replace(result, access_token=self.access_tokens.of_grant(client, result))
        content = _content(issued.access_token, issued.minted)
        content["scope"] = " ".join(issued.scopes)
        if issued.refresh_token is not None:
            content["refresh_token"] = issued.refresh_token
        if "openid" in issued.scopes:
            content["id_token"] = self.id_tokens.sign(client, issued)
        return json_response(content, headers=NO_STORE + self.proofs.headers())

    def answer_client(self, client: Client, minted: Minted) -> ProtocolResponse:
        """Turn a client's own token into the response of RFC 6749 4.4.3."""
        content = _content(self.access_tokens.of_client(client, minted), minted)
        if minted.scopes:
            content["scope"] = " ".join(minted.scopes)
        return json_response(content, headers=NO_STORE + self.proofs.headers())

    def can_sign_for(self, client: Client, grant_type: str) -> bool:
        """Tell whether a key signs with each algorithm the client is registered for."""
        signer = self.id_tokens.signer
        if grant_type != "client_credentials" and not signer.can_sign(client.id_token_alg.value):
            return False
        opaque = client.access_token_format is AccessTokenFormat.OPAQUE
        return opaque or signer.can_sign(client.access_token_alg.value)

    def proven_key(self, client: Client, request: ProtocolRequest) -> str | None:
        """Give the thumbprint of the key a request proves; raises `Refusal`.

        Only after the client is known: a mark is written for each proof.
        """
        jkt = self.proofs.verify(request, self.issuer + request.path)
        if jkt is None and client.dpop_bound:
            raise Refusal(OAuthError.INVALID_DPOP_PROOF, "a DPoP proof is needed")
        return jkt


def _content(token: str, minted: Minted) -> dict[str, Any]:
    lifetime = to_seconds(minted.expires_at) - to_seconds(minted.issued_at)
    return {
        "access_token": token,
        "token_type": "Bearer" if minted.dpop_jkt is None else "DPoP",
        "expires_in": max(1, lifetime),
    }


class _Server(AuthorizationServer):
    """Authlib's server with our client authentication; grants answer themselves."""

    def __init__(self, ours: TokenEndpoint) -> None:
        super().__init__()
        self.ours = ours
        self.registry = ours.authenticator.registry()

    def respond(self, request: TokenRequest) -> ProtocolResponse:
        """Answer one token request; raises `Refusal`."""
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
    """What all grants share: the client, its permission for the grant type, its key if any."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    request: Any
    server: Any

    def validate_token_request(self) -> None:
        """Authenticate the client; raises `Refusal`."""
        ours: TokenEndpoint = self.server.ours
        client = ours.authenticator.authenticate(self.request, self.server.registry)
        if self.GRANT_TYPE not in client.grant_types:
            raise Refusal(OAuthError.UNAUTHORIZED_CLIENT)
        if not ours.can_sign_for(client, self.GRANT_TYPE):
            # Before anything is taken: what could not be signed would be lost with its code.
            raise Refusal(OAuthError.UNAUTHORIZED_CLIENT, "no key signs as this client expects")
        self.request.client = client

    def _proven_key(self) -> str | None:
        ours: TokenEndpoint = self.server.ours
        return ours.proven_key(self.request.client, self.request.protocol)

    def _scope(self) -> tuple[str, ...] | None:
        scope: str | None = self.request.form.get("scope")
        return tuple(dict.fromkeys(scope.split())) if scope else None

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
        form, code = self.request.form, self._field("code")
        result = ours.codes.redeem(
            client,
            code,
            form.get("redirect_uri"),
            form.get("code_verifier"),
            self.request.protocol.origin,
            self._proven_key(),
        )
        return ours.answer(client, result)


class _RefreshGrant(_Grant):
    GRANT_TYPE = "refresh_token"

    def create_token_response(self) -> Any:
        """Rotate the refresh token (RFC 6749 6)."""
        ours: TokenEndpoint = self.server.ours
        client: Client = self.request.client
        token = self._field("refresh_token")
        result = ours.families.refresh(
            client, token, self._scope(), self.request.protocol.origin, self._proven_key()
        )
        if isinstance(result, Refused) and result.why is Why.SCOPE_GREW:
            raise Refusal(OAuthError.INVALID_SCOPE)
        return ours.answer(client, result)


class _ClientCredentialsGrant(_Grant):
    GRANT_TYPE = "client_credentials"

    def create_token_response(self) -> Any:
        """Give the client a token for itself (RFC 6749 4.4); no public client is registered so."""
        ours: TokenEndpoint = self.server.ours
        client: Client = self.request.client
        if client.is_public:
            raise Refusal(OAuthError.UNAUTHORIZED_CLIENT)
        minted = ours.client_tokens.issue(
            client, self._scope(), self.request.protocol.origin, self._proven_key()
        )
        if isinstance(minted, Refused):
            raise Refusal(OAuthError.INVALID_SCOPE)
        return ours.answer_client(client, minted)
