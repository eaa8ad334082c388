"""The pushed authorization request endpoint (RFC 9126 2): all checks of `/authorize`, before it.

The client authenticates as at the token endpoint. A DPoP proof binds the code to come, as
`dpop_jkt` does (RFC 9449 10, 10.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from idp.clients.model import Client
from idp.oidc.authlib_request import TokenRequest
from idp.oidc.authorization import BadRedirectUri, RedirectedError, check, prove
from idp.oidc.client_authentication import ClientAuthenticator
from idp.oidc.dpop import DpopProofs
from idp.oidc.hints import Hints
from idp.oidc.model import OAuthError, Parameters
from idp.oidc.protocol import NO_STORE, ProtocolRequest, ProtocolResponse, json_response
from idp.oidc.pushed import PushedRequests
from idp.oidc.refusals import Refusal

_CREDENTIALS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})


@dataclass(frozen=True)
class PushedRequestEndpoint:
    """Answers `/par`."""

    issuer: str
    authenticator: ClientAuthenticator
    hints: Hints
    proofs: DpopProofs
    pushed: PushedRequests

    def endpoint(self) -> Callable[[ProtocolRequest], ProtocolResponse]:
        """Build the endpoint around one registry of client authentication."""
        registry = self.authenticator.registry()

        def par(request: ProtocolRequest) -> ProtocolResponse:
            if request.query:
                raise Refusal(OAuthError.INVALID_REQUEST, "parameters belong in the body")
            client = self.authenticator.authenticate(TokenRequest(self.issuer, request), registry)
            parameters = self._bound(request, self._checked(client, request))
            request_uri, expires_in = self.pushed.push(client, parameters, request.origin)
            content = {"request_uri": request_uri, "expires_in": expires_in}
            return json_response(content, 201, NO_STORE + self.proofs.headers())

        return par

    def _checked(self, client: Client, request: ProtocolRequest) -> Parameters:
        """Check what `/authorize` would (RFC 9126 2.1); errors are told here, not by redirect."""
        sent = {k: v for k, v in request.form.items() if k not in _CREDENTIALS}
        if "request_uri" in sent:
            raise Refusal(OAuthError.INVALID_REQUEST, "request_uri cannot be pushed")
        try:
            proven = prove(self.pushed.clients, sent | {"client_id": client.client_id})
            return check(proven, sent, self.hints, pushed=True)
        except BadRedirectUri:
            raise Refusal(OAuthError.INVALID_REQUEST, "redirect_uri is not registered") from None
        except RedirectedError as refused:
            raise Refusal(refused.error) from None

    def _bound(self, request: ProtocolRequest, parameters: Parameters) -> Parameters:
        thumbprint = self.proofs.verify(request, self.issuer + request.path)
        if thumbprint is None:
            return parameters
        if parameters.dpop_jkt not in (None, thumbprint):
            raise Refusal(OAuthError.INVALID_DPOP_PROOF, "the proof is not of the key in dpop_jkt")
        return msgspec.structs.replace(parameters, dpop_jkt=thumbprint)
