"""An authorization request, parsed once, and the steps that can be next for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from idp.oidc.refusals import OAuthError


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asked for (OpenID Connect Core 3.1.2.1), after all checks."""

    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    prompt: tuple[str, ...] = ()
    max_age: int | None = None
    login_hint: str | None = None
    ui_locales: str | None = None


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A stored request of one browser, until it is answered."""

    handle_hash: str
    browser_hash: str | None
    client_id: str
    parameters: Parameters
    created_at: datetime
    expires_at: datetime
    consented_by: str | None
    consumed: bool


@dataclass(frozen=True, slots=True)
class SignIn:
    """The person has to sign in."""


@dataclass(frozen=True, slots=True)
class Consent:
    """The person has to be asked what may be shared."""


@dataclass(frozen=True, slots=True)
class Issue:
    """Everything is there: a code may be issued for these scopes."""

    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refuse:
    """The client is told an error."""

    error: OAuthError


Step = SignIn | Consent | Issue | Refuse
