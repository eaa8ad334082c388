"""UserInfo (OpenID Connect Core 5.3): the claims a live access token opens, by GET and POST."""

from __future__ import annotations

from dataclasses import dataclass

from idp.clock import Clock
from idp.grants.access import AccessTokens
from idp.oidc.claims import claims_for
from idp.oidc.protected_resource import ProtectedResource
from idp.oidc.protocol import NO_STORE, ProtocolRequest, ProtocolResponse, json_response


@dataclass(frozen=True)
class UserInfo:
    """Answers `/userinfo`."""

    resource: ProtectedResource
    tokens: AccessTokens
    clock: Clock

    def endpoint(self, request: ProtocolRequest) -> ProtocolResponse:
        """Show the claims, or challenge (RFC 6750 3, RFC 9449 7)."""
        opened = self.resource.open(request)
        if isinstance(opened, ProtocolResponse):
            return opened
        access = opened.access
        if "openid" not in access.scopes:
            return opened.insufficient_scope("openid")
        if access.first_reading:
            self.tokens.record_reading(access, request.origin)
        content = claims_for(access, self.clock.today())
        return json_response(content, 200, NO_STORE + self.resource.proofs.headers())
