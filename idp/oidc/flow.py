"""What comes next in an authorization: one pure function over stored state.

Every page ends with a redirect to `/authorize/continue`, which asks here again; nothing can be
skipped by calling a URL directly (OpenID Connect Core 3.1.2.3, 3.1.2.4).
"""

from __future__ import annotations

from datetime import timedelta

from idp.authn.assurance import LEVELS, PASSWORD, acr_of, includes
from idp.clients.model import Client
from idp.oidc.claim_names import is_covered
from idp.oidc.model import (
    AuthorizationRequest,
    Consent,
    Issue,
    OAuthError,
    Parameters,
    Refuse,
    SignIn,
    Step,
    StepUp,
)
from idp.oidc.requested_claims import read_claims
from idp.sessions.model import Session

OFFLINE = "offline_access"
REAUTHENTICATE = frozenset({"login", "select_account"})


def next_step(
    request: AuthorizationRequest,
    client: Client,
    session: Session | None,
    consented: frozenset[str],
    attainable: frozenset[str] = frozenset({PASSWORD}),
) -> Step:
    """Decide the next step; `session` is live and its subject active, or None.

    `consented` is what the subject agreed to share with the client before, `attainable` the `acr`
    values the subject can reach.
    """
    claims = read_claims(request.parameters.claims)
    silent = "none" in request.parameters.prompt
    if session is None or must_authenticate(request, session):
        return Refuse(OAuthError.LOGIN_REQUIRED) if silent else SignIn()
    hinted = request.parameters.hinted_subject
    if hinted not in (None, session.subject) or not claims.allows_subject(session.subject):
        # Somebody else than was asked for: never a positive answer (Core 3.1.2.2).
        fresh = session.auth_time >= request.created_at
        return Refuse(OAuthError.LOGIN_REQUIRED) if silent or fresh else SignIn()
    more = must_show_more(request.parameters, session, attainable)
    if more is not None:
        return more
    if must_ask(request, client, session, consented):
        return Refuse(OAuthError.CONSENT_REQUIRED) if silent else Consent()
    return Issue(granted_scopes(request, client))


def must_authenticate(request: AuthorizationRequest, session: Session) -> bool:
    """Tell whether the person has to authenticate although there is a session."""
    asked = REAUTHENTICATE.intersection(request.parameters.prompt)
    if asked and session.auth_time < request.created_at:
        return True
    max_age = request.parameters.max_age
    if max_age is None:
        return False
    if max_age == 0:
        return session.auth_time < request.created_at
    # Measured when the request came: a slow reader of the consent page is not asked again.
    return request.created_at - session.auth_time > timedelta(seconds=max_age)


def must_show_more(
    parameters: Parameters, session: Session, attainable: frozenset[str]
) -> Step | None:
    """Tell what an `acr` that was asked for still takes; None when nothing (Core 5.5.1.1)."""
    wanted, held = wanted_acr(parameters), acr_of(session.amr)
    essential = bool(read_claims(parameters.claims).essential_acr)
    first = next((value for value in wanted if value in attainable), None)
    if essential and first is None and not any(includes(held, value) for value in wanted):
        # One that cannot be had is a failed authentication. The code is of OpenID Connect Core
        # Error Code unmet_authentication_requirements 1.0.
        return Refuse(OAuthError.UNMET_AUTHENTICATION_REQUIREMENTS)
    if first is None or includes(held, first):
        return None
    if "none" not in parameters.prompt:
        return StepUp()
    met = not essential or any(includes(held, value) for value in wanted)
    return None if met else Refuse(OAuthError.LOGIN_REQUIRED)


def wanted_acr(parameters: Parameters) -> tuple[str, ...]:
    """Give the `acr` values a client asked for, in its order; essential ones before all others."""
    claims = read_claims(parameters.claims)
    return claims.essential_acr or parameters.acr_values or claims.voluntary_acr


def told_acr(amr: tuple[str, ...], claims: str | None) -> str:
    """Give the `acr` of an ID token: what was done, or the essential value that it includes.

    Core 5.5.1.1 wants one of the requested values back, and each of ours includes the weaker ones.
    """
    held, asked = acr_of(amr), read_claims(claims).essential_acr
    fitting = [value for value in LEVELS if value in asked and includes(held, value)]
    return fitting[-1] if fitting else held


def must_ask(
    request: AuthorizationRequest, client: Client, session: Session, consented: frozenset[str]
) -> bool:
    """Tell whether the consent page must be shown; first-party clients are exempt by data."""
    if request.consented_by == session.subject:
        return False
    if not is_assured(client, request.parameters.redirect_uri):
        return True
    if client.first_party:
        return False
    if "consent" in request.parameters.prompt:
        return True
    return not all(is_covered(item, consented) for item in asked_items(request, client))


def is_assured(client: Client, redirect_uri: str) -> bool:
    """Tell whether it can be known that an answer reaches this client and no other program.

    Any app on a phone may claim a private-use scheme, any program a loopback port: what a member
    allowed once is not given again without asking (RFC 8252 8.6, RFC 6749 10.2).
    """
    if not client.is_public or redirect_uri.startswith("https:"):
        return True
    return client.first_party and redirect_uri.startswith("http:")


def asked_items(request: AuthorizationRequest, client: Client) -> tuple[str, ...]:
    """Give what a yes would allow: scopes, and parts of scopes that single claims belong to."""
    scopes = granted_scopes(request, client)
    items = read_claims(request.parameters.claims).items
    return (*scopes, *sorted(item for item in items if not is_covered(item, scopes)))


def granted_scopes(request: AuthorizationRequest, client: Client) -> tuple[str, ...]:
    """Give the scopes a yes would grant.

    `offline_access` counts only with `prompt=consent`, or for a first-party client (Core 11).
    """
    offline = client.first_party or "consent" in request.parameters.prompt
    return tuple(s for s in request.parameters.scopes if s != OFFLINE or offline)
