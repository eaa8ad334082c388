"""Token revocation (RFC 7009): a client gives back what was issued to it.

The answer is 200 for whatever is not a live token of this client: unknown, over, another's (2.2).
`token_type_hint` is not needed: the kind of a token is found out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from idp.grants.revoking import Revoking
from idp.oidc.authlib_request import TokenRequest
from idp.oidc.client_authentication import ClientAuthenticator
from idp.oidc.model import OAuthError
from idp.oidc.protocol import ProtocolRequest, ProtocolResponse, json_response
from idp.oidc.refusals import Refusal


@dataclass(frozen=True)
class Revocation:
    """Answers `/revoke`."""

    issuer: str
    authenticator: ClientAuthenticator
    revoking: Revoking

    def endpoint(self) -> Callable[[ProtocolRequest], ProtocolResponse]:
        """Build the endpoint around one registry of client authentication."""
        registry = self.authenticator.registry()

        def revoke(request: ProtocolRequest) -> ProtocolResponse:
            if request.query:
                raise Refusal(OAuthError.INVALID_REQUEST, "parameters belong in the body")
            client = self.authenticator.authenticate(TokenRequest(self.issuer, request), registry)
            token = request.form.get("token")
            if token is None:
                raise Refusal(OAuthError.INVALID_REQUEST, "token is missing")
            self.revoking.revoke(client, token, request.origin)
            return json_response({})

        return revoke
