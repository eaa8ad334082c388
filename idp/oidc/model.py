"""An authorization request, parsed once, and the steps that can be next for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec


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
    hinted_subject: str | None = None
    """Who the client's `id_token_hint` says is meant; nobody else is answered for."""
    response_mode: str = "query"
    acr_values: tuple[str, ...] = ()
    claims: str | None = None
    """The checked `claims` parameter as JSON (Core 5.5)."""
    dpop_jkt: str | None = None
    """The key the code will be bound to (RFC 9449 10)."""


class OAuthError(StrEnum):
    """Error codes of RFC 6749 4.1.2.1 and 5.2, RFC 6750 3.1, OpenID Connect Core 3.1.2.6."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
    INVALID_SCOPE = "invalid_scope"
    ACCESS_DENIED = "access_denied"
    SERVER_ERROR = "server_error"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    LOGIN_REQUIRED = "login_required"
    CONSENT_REQUIRED = "consent_required"
    REQUEST_NOT_SUPPORTED = "request_not_supported"
    REQUEST_URI_NOT_SUPPORTED = "request_uri_not_supported"
    REGISTRATION_NOT_SUPPORTED = "registration_not_supported"
    INVALID_TOKEN = "invalid_token"  # noqa: S105  an error code
    INVALID_DPOP_PROOF = "invalid_dpop_proof"
    USE_DPOP_NONCE = "use_dpop_nonce"
    INSUFFICIENT_SCOPE = "insufficient_scope"
    INSUFFICIENT_USER_AUTHENTICATION = "insufficient_user_authentication"
    UNMET_AUTHENTICATION_REQUIREMENTS = "unmet_authentication_requirements"
    UNSUPPORTED_TOKEN_TYPE = "unsupported_token_type"  # noqa: S105  an error code


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
    pushed_hash: str | None = None
    """The pushed request it was opened from, whose only answer it competes for (RFC 9126 7.3)."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A request its client pushed (RFC 9126), checked when it was."""

    uri_hash: str
    client_id: str
    parameters: Parameters
    expires_at: datetime
    consumed: bool


@dataclass(frozen=True, slots=True)
class SignIn:
    """The person has to sign in."""


@dataclass(frozen=True, slots=True)
class StepUp:
    """The person is signed in and has to show more than so far (RFC 9470)."""


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


Step = SignIn | StepUp | Consent | Issue | Refuse
