"""UserInfo (OpenID Connect Core 5.3): the claims a live access token opens, by GET and POST."""

from __future__ import annotations

from dataclasses import dataclass

from idp.clock import Clock
from idp.grants.access import AccessTokens
from idp.grants.model import Refused
from idp.oidc.claims import claims_for
from idp.oidc.model import OAuthError
from idp.oidc.protocol import ProtocolRequest, ProtocolResponse, json_response
from idp.oidc.refusals import bearer_refusal


@dataclass(frozen=True)
class UserInfo:
    """Answers `/userinfo`."""

    tokens: AccessTokens
    clock: Clock

    def endpoint(self, request: ProtocolRequest) -> ProtocolResponse:
        """Show the claims, or challenge (RFC 6750 3)."""
        in_header, in_body = bearer_token(request), request.form.get("access_token")
        if in_header is not None and in_body is not None:  # RFC 6750 2
            return bearer_refusal(OAuthError.INVALID_REQUEST, "send the token in one way", 400)
        token = in_header or in_body
        if token is None:
            return bearer_refusal(None)
        access = self.tokens.read(token)
        if isinstance(access, Refused):
            why = access.ended.value if access.ended else ""
            return bearer_refusal(OAuthError.INVALID_TOKEN, why)
        if "openid" not in access.scopes:
            return bearer_refusal(OAuthError.INSUFFICIENT_SCOPE, "", 403, "openid")
        if access.first_reading:
            self.tokens.record_reading(token, access, request.origin)
        return json_response(claims_for(access, self.clock.today()))


def bearer_token(request: ProtocolRequest) -> str | None:
    """Find the token in the header (RFC 6750 2.1); one in the query is never looked at."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return None
