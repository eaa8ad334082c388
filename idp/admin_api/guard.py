"""Who calls, and whether they may: the token, the client's scopes at this moment, the rate."""

from __future__ import annotations

from dataclasses import dataclass

from idp.admin_api.model import Caller, CallRefused
from idp.admin_api.problems import Problem
from idp.admin_api.rates import Rates
from idp.admin_api.recording import Recording
from idp.admin_api.routes import Open, Route
from idp.clients.service import Clients
from idp.inforce.service import PolicyInForce
from idp.oidc.model import OAuthError
from idp.oidc.protected_resource import ProtectedResource, challenged, presented_token
from idp.oidc.protocol import ProtocolRequest, ProtocolResponse
from idp.policy.admin_api import PREFIX, audience_of, permissions_of, why_not_together
from idp.policy.staff import Permission, Roles

CHALLENGES = ("WWW-Authenticate", "DPoP-Nonce")


@dataclass(frozen=True)
class Guard:
    """Lets calls in."""

    resource: ProtectedResource
    clients: Clients
    policy: PolicyInForce
    rates: Rates
    recording: Recording

    def caller(self, request: ProtocolRequest, route: Route) -> Caller:
        """Give who calls, if they may; raises `CallRefused` 401, 403 or 429.

        Nothing is trusted that was true when the token was issued: a client that was removed, or a
        scope that was taken from it, opens nothing from then on.
        """
        opened = self.resource.open_client(request, audience_of(self.resource.issuer))
        if isinstance(opened, ProtocolResponse):
            raise _challenge(opened)
        client = self.clients.find(opened.client_id)
        if client is None or "client_credentials" not in client.grant_types:
            scheme, _ = presented_token(request)
            raise _challenge(challenged(scheme, OAuthError.INVALID_TOKEN))
        held = permissions_of(set(opened.scopes) & client.resource_scopes)
        caller = Caller(opened.client_id, held, request.origin)
        self._check_rate(caller, route)
        if why_not_together(permissions_of(client.resource_scopes), self._roles) is not None:
            raise CallRefused(Problem.APART)
        self._check_permission(caller, request, route)
        return caller

    @property
    def _roles(self) -> Roles:
        return self.policy.policy.roles

    def _check_rate(self, caller: Caller, route: Route) -> None:
        wait = self.rates.take_call(caller.client_id)
        if wait is not None:
            if self.rates.tell(caller.client_id):
                self.recording.refused(route, caller, "too many", Problem.TOO_MANY.status)
            raise CallRefused(Problem.TOO_MANY, headers=(("Retry-After", str(wait)),))

    def _check_permission(self, caller: Caller, request: ProtocolRequest, route: Route) -> None:
        if isinstance(route.need, Permission):
            allowed = route.need in caller.permissions
            scope = PREFIX + route.need.value
        else:
            allowed, scope = bool(caller.permissions), ""
        if not allowed:
            self.recording.refused(route, caller, "scope", Problem.SCOPE.status)
            scheme, _ = presented_token(request)
            answer = challenged(scheme, OAuthError.INSUFFICIENT_SCOPE, status=403, scope=scope)
            raise CallRefused(Problem.SCOPE, headers=_kept(answer))


def is_open(route: Route) -> bool:
    """Tell whether a route is answered without a token."""
    return route.need is Open.EVERYBODY


def _challenge(answer: ProtocolResponse) -> CallRefused:
    """Word the answer of RFC 6750 3 as a problem, with its challenge."""
    problem = Problem.HEADER if answer.status == 400 else Problem.TOKEN
    return CallRefused(problem, headers=_kept(answer))


def _kept(answer: ProtocolResponse) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in answer.headers if name in CHALLENGES)
