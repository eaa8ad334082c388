"""What comes next in an authorization: one pure function over stored state.

Every page ends with a redirect to `/authorize/continue`, which asks here again; nothing can be
skipped by calling a URL directly (OpenID Connect Core 3.1.2.3, 3.1.2.4).
"""

from __future__ import annotations

from datetime import timedelta

from idp.clients.model import Client
from idp.oidc.model import AuthorizationRequest, Consent, Issue, OAuthError, Refuse, SignIn, Step
from idp.sessions.model import Session

OFFLINE = "offline_access"
REAUTHENTICATE = frozenset({"login", "select_account"})


def next_step(
    request: AuthorizationRequest,
    client: Client,
    session: Session | None,
    consented: frozenset[str],
) -> Step:
    """Decide the next step; `session` is live and its subject active, or None.

    `consented` are the scopes the subject agreed to share with the client before.
    """
    silent = "none" in request.parameters.prompt
    if session is None or must_authenticate(request, session):
        return Refuse(OAuthError.LOGIN_REQUIRED) if silent else SignIn()
    if request.parameters.hinted_subject not in (None, session.subject):
        # Somebody else than was hinted at: never a positive answer (Core 3.1.2.2).
        fresh = session.auth_time >= request.created_at
        return Refuse(OAuthError.LOGIN_REQUIRED) if silent or fresh else SignIn()
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


def must_ask(
    request: AuthorizationRequest, client: Client, session: Session, consented: frozenset[str]
) -> bool:
    """Tell whether the consent page must be shown; first-party clients are exempt by data."""
    answered = request.consented_by == session.subject
    if "consent" in request.parameters.prompt and not client.first_party:
        return not answered
    if client.first_party:
        return False
    return not answered and not set(granted_scopes(request, client)) <= consented


def granted_scopes(request: AuthorizationRequest, client: Client) -> tuple[str, ...]:
    """Give the scopes a yes would grant.

    `offline_access` counts only with `prompt=consent`, or for a first-party client (Core 11).
    """
    offline = client.first_party or "consent" in request.parameters.prompt
    return tuple(s for s in request.parameters.scopes if s != OFFLINE or offline)
