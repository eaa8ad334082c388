"""The checks of an authorization request, in order; client and redirect URI first.

Until both are proven every error is a page, never a redirect (RFC 6749 4.1.2.1, CVE-2026-44681);
afterwards it goes to the registered URI with `state` and `iss` (RFC 9207).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from idp.clients.model import Client
from idp.clients.service import Clients
from idp.errors import IdpError
from idp.oidc.hints import Hints
from idp.oidc.model import OAuthError, Parameters
from idp.oidc.requested_claims import BadClaims, check_claims

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
RESPONSE_MODES = ("query", "form_post")
THUMBPRINT = CHALLENGE
"""A SHA-256 in base64url, as `dpop_jkt` is (RFC 9449 10)."""

MAX_STATE = 4096
MAX_NONCE = 1024
MAX_AGE = re.compile(r"[0-9]{1,9}")


class BadRedirectUri(IdpError):
    """The redirect URI is missing or not registered for this client."""

    code = "bad_redirect_uri"
    status = 400


@dataclass(frozen=True)
class Proven:
    """Client and redirect URI, proven: from here on errors may be redirected."""

    client: Client
    redirect_uri: str
    state: str | None
    response_mode: str


class RedirectedError(Exception):
    """An error that the client is told at its redirect URI."""

    def __init__(self, proven: Proven, error: OAuthError) -> None:
        super().__init__(error.value)
        self.proven = proven
        self.error = error


def prove(clients: Clients, sent: Mapping[str, str]) -> Proven:
    """Prove client and redirect URI; raises `UnknownClient` or `BadRedirectUri`."""
    client = clients.get(sent.get("client_id", ""))
    redirect_uri = sent.get("redirect_uri", "")
    if not redirect_uri or not client.allows_redirect(redirect_uri):
        raise BadRedirectUri(client.client_id)
    state, mode = sent.get("state"), sent.get("response_mode")
    return Proven(
        client,
        redirect_uri,
        state if state and len(state) <= MAX_STATE else None,
        mode if mode in RESPONSE_MODES else "query",
    )


def check(
    proven: Proven, sent: Mapping[str, str], hints: Hints, *, pushed: bool = False
) -> Parameters:
    """Check everything else; raises `RedirectedError`."""
    if proven.client.require_par and not pushed:
        raise RedirectedError(proven, OAuthError.INVALID_REQUEST)  # RFC 9126 6
    _unsupported(proven, sent)
    _response_type(proven, sent)
    scopes = _scopes(proven, sent)
    return Parameters(
        redirect_uri=proven.redirect_uri,
        scopes=scopes,
        state=_state(proven, sent),
        nonce=_nonce(proven, sent),
        code_challenge=_challenge(proven, sent),
        prompt=_prompt(proven, sent),
        max_age=_max_age(proven, sent),
        login_hint=(sent.get("login_hint") or "")[:320] or None,
        ui_locales=(sent.get("ui_locales") or "")[:100] or None,
        hinted_subject=_hinted_subject(proven, sent, hints),
        response_mode=proven.response_mode,
        acr_values=tuple((sent.get("acr_values") or "")[:1000].split()),
        claims=_claims(proven, sent, scopes),
        dpop_jkt=_dpop_jkt(proven, sent),
    )


def _state(proven: Proven, sent: Mapping[str, str]) -> str | None:
    if len(sent.get("state", "")) > MAX_STATE:
        raise RedirectedError(proven, OAuthError.INVALID_REQUEST)
    return sent.get("state")


def _unsupported(proven: Proven, sent: Mapping[str, str]) -> None:
    for name, error in (
        ("request", OAuthError.REQUEST_NOT_SUPPORTED),
        ("request_uri", OAuthError.REQUEST_URI_NOT_SUPPORTED),
        ("registration", OAuthError.REGISTRATION_NOT_SUPPORTED),
    ):
        if name in sent:
            raise RedirectedError(proven, error)


def _response_type(proven: Proven, sent: Mapping[str, str]) -> None:
    asked = sent.get("response_type")
    if asked is None:
        raise RedirectedError(proven, OAuthError.INVALID_REQUEST)
    if asked != "code":
        raise RedirectedError(proven, OAuthError.UNSUPPORTED_RESPONSE_TYPE)
    if "authorization_code" not in proven.client.grant_types:
        raise RedirectedError(proven, OAuthError.UNAUTHORIZED_CLIENT)
    if sent.get("response_mode", "query") not in RESPONSE_MODES:
        raise RedirectedError(proven, OAuthError.INVALID_REQUEST)


def _scopes(proven: Proven, sent: Mapping[str, str]) -> tuple[str, ...]:
    asked = tuple(dict.fromkeys(sent.get("scope", "").split()))
    if not asked:
        raise RedirectedError(proven, OAuthError.INVALID_SCOPE)
    if not set(asked) <= proven.client.scopes:
        raise RedirectedError(proven, OAuthError.INVALID_SCOPE)
    return asked


def _nonce(proven: Proven, sent: Mapping[str, str]) -> str | None:
    nonce = sent.get("nonce")
    if nonce is not None and len(nonce) > MAX_NONCE:
        raise RedirectedError(proven, OAuthError.INVALID_REQUEST)
    return nonce


def _challenge(proven: Proven, sent: Mapping[str, str]) -> str | None:
    challenge, method = sent.get("code_challenge"), sent.get("code_challenge_method")
    if challenge is None and method is None:
        if proven.client.require_pkce:
            raise RedirectedError(proven, OAuthError.INVALID_REQUEST)
        return None
    # Authlib's default method is plain; here only S256 exists (RFC 7636 4.2, RFC 9700 2.1.1).
    if challenge is None or method != "S256" or not CHALLENGE.fullmatch(challenge):
        raise RedirectedError(proven, OAuthError.INVALID_REQUEST)
    return challenge


def _prompt(proven: Proven, sent: Mapping[str, str]) -> tuple[str, ...]:
    prompt = tuple(dict.fromkeys(sent.get("prompt", "").split()))
    if not set(prompt) <= PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise RedirectedError(proven, OAuthError.INVALID_REQUEST)
    return prompt


def _max_age(proven: Proven, sent: Mapping[str, str]) -> int | None:
    text = sent.get("max_age")
    if text is None:
        return None
    if not MAX_AGE.fullmatch(text):
        raise RedirectedError(proven, OAuthError.INVALID_REQUEST)
    return int(text)


def _hinted_subject(proven: Proven, sent: Mapping[str, str], hints: Hints) -> str | None:
    if "id_token_hint" not in sent:
        return None
    # One that was issued to another client is none: it may have been taken from there.
    hint = hints.read(sent["id_token_hint"], proven.client.client_id)
    if hint is None:
        raise RedirectedError(proven, OAuthError.INVALID_REQUEST)
    return hint.subject


def _claims(proven: Proven, sent: Mapping[str, str], scopes: tuple[str, ...]) -> str | None:
    if "claims" not in sent or "openid" not in scopes:
        return None  # a parameter of OpenID Connect, without meaning in plain OAuth
    try:
        return check_claims(sent["claims"], proven.client.scopes)
    except BadClaims:
        raise RedirectedError(proven, OAuthError.INVALID_REQUEST) from None


def _dpop_jkt(proven: Proven, sent: Mapping[str, str]) -> str | None:
    thumbprint = sent.get("dpop_jkt")
    if thumbprint is not None and not THUMBPRINT.fullmatch(thumbprint):
        raise RedirectedError(proven, OAuthError.INVALID_REQUEST)
    return thumbprint


def response_uri(redirect_uri: str, answer: Mapping[str, str | None]) -> str:
    """Add the answer's parameters to a redirect URI, keeping the query it was registered with."""
    parts = urlsplit(redirect_uri)
    added = urlencode([(key, value) for key, value in answer.items() if value is not None])
    query = f"{parts.query}&{added}" if parts.query else added
    return urlunsplit(parts._replace(query=query))
