"""One exchange of a client with the provider, and the rule that says why it failed.

What proves something is masked before it is written anywhere, what is long is cut. In a demo only:
outside, a client is told constants, and the log alone knows why.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from idp.clients.model import Client

PATHS = frozenset(
    {
        *("/authorize", "/par", "/token", "/userinfo"),
        *("/introspect", "/revoke", "/end_session"),
    }
)
SHOWN = frozenset(
    {
        *("client_id", "redirect_uri", "response_type", "response_mode", "scope", "prompt"),
        *("max_age", "acr_values", "ui_locales", "claims", "display", "grant_type", "dpop_jkt"),
        *("code_challenge", "code_challenge_method", "token_type_hint", "client_assertion_type"),
        *("post_logout_redirect_uri", "iss", "error", "error_description"),
    }
)
"""Parameters whose values are shown; of every other one only that it was sent."""

LONGEST = 300
MOST_PARAMETERS = 40


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A request and how it was answered, without anything that proves something."""

    at: datetime
    request_id: str
    method: str
    path: str
    client_id: str | None
    parameters: dict[str, str]
    headers: dict[str, str]
    status: int
    error: str | None = None
    description: str | None = None


class Reason(msgspec.Struct, frozen=True):
    """Why an exchange failed: a code that has a text, what was sent, what is registered."""

    code: str
    sent: str | None = None
    registered: tuple[str, ...] = ()


def masked(parameters: Mapping[str, str]) -> dict[str, str]:
    """Give parameters fit to be shown."""
    first = list(parameters.items())[:MOST_PARAMETERS]
    return {cut(name): cut(value) if name in SHOWN else "•••" for name, value in first}


def cut(text: str) -> str:
    """Cut a text that is too long to be read."""
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def reason(exchange: Exchange, client: Client | None, why: str | None) -> Reason | None:
    """Tell why an exchange failed; None when it did not. `why` is what the log recorded."""
    if exchange.error is None and exchange.status < 400:
        return None
    if why is not None:
        return _recorded(exchange, client, why)
    if client is None:
        return Reason("unknown_client" if exchange.client_id else "no_client", exchange.client_id)
    redirect_uri = exchange.parameters.get("redirect_uri")
    asks = exchange.path in ("/authorize", "/par") and "request_uri" not in exchange.parameters
    if asks and exchange.error != "invalid_client" and not _registered(client, redirect_uri):
        return Reason("redirect_uri_mismatch", redirect_uri or "", client.redirect_uris)
    return _by_error(exchange, client)


def _by_error(exchange: Exchange, client: Client) -> Reason:
    if exchange.error == "invalid_client":
        return _authentication(exchange, client)
    if exchange.error == "invalid_scope":
        scope = exchange.parameters.get("scope", "")
        return Reason("scope_not_registered", scope, tuple(sorted(client.scopes)))
    if exchange.error == "unauthorized_client":
        grants = tuple(sorted(client.grant_types))
        return Reason("grant_not_registered", exchange.parameters.get("grant_type", ""), grants)
    return Reason("other")


def _recorded(exchange: Exchange, client: Client | None, why: str) -> Reason:
    if why == "wrong_redirect_uri":
        registered = client.redirect_uris if client else ()
        return Reason(why, exchange.parameters.get("redirect_uri", ""), registered)
    return Reason(why)


def _registered(client: Client, redirect_uri: str | None) -> bool:
    return redirect_uri is not None and client.allows_redirect(redirect_uri)


def _authentication(exchange: Exchange, client: Client) -> Reason:
    sent, registered = sent_method(exchange), client.auth_method.value
    if sent != registered:
        return Reason("wrong_method", sent, (registered,))
    return Reason("wrong_credential", sent)


def sent_method(exchange: Exchange) -> str:
    """Tell by which method a client tried to prove itself."""
    if exchange.headers.get("authorization", "").lower() == "basic":
        return "client_secret_basic"
    if "client_assertion" in exchange.parameters:
        return "private_key_jwt"
    return "client_secret_post" if "client_secret" in exchange.parameters else "none"
