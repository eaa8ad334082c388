"""OAuth errors: the one bridge from what went wrong to what a client is told.

Descriptions are constants; nothing of a request or an exception is ever repeated (RFC 6749 5.2).
"""

from __future__ import annotations

from enum import StrEnum

from idp.oidc.protocol import NO_STORE, ProtocolResponse, json_response

REALM = "kumiai-id"


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
    INSUFFICIENT_SCOPE = "insufficient_scope"


class Refusal(Exception):
    """A protocol request that is refused; carries constants only."""

    def __init__(
        self,
        error: OAuthError,
        description: str = "",
        status: int = 400,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(error.value)
        self.error = error
        self.description = description
        self.status = status
        self.headers = headers


def refusal_response(refusal: Refusal) -> ProtocolResponse:
    """Give the JSON error of RFC 6749 5.2."""
    content = {"error": refusal.error.value}
    if refusal.description:
        content["error_description"] = refusal.description
    return json_response(content, refusal.status, NO_STORE + refusal.headers)


def bearer_refusal(
    error: OAuthError | None, description: str = "", status: int = 401, scope: str = ""
) -> ProtocolResponse:
    """Give the challenge of RFC 6750 3; without an error when no token was sent."""
    parts = [f'realm="{REALM}"']
    content = {}
    if error is not None:
        content["error"] = error.value
        parts.append(f'error="{error.value}"')
    if description:
        content["error_description"] = description
        parts.append(f'error_description="{description}"')
    if scope:
        parts.append(f'scope="{scope}"')
    challenge = ("WWW-Authenticate", "Bearer " + ", ".join(parts))
    return json_response(content, status, (*NO_STORE, challenge))


def unavailable_response(retry_after: int) -> ProtocolResponse:
    """Answer that a store does not; the client may try again."""
    return refusal_response(
        Refusal(
            OAuthError.TEMPORARILY_UNAVAILABLE,
            "try again later",
            503,
            (("Retry-After", str(retry_after)),),
        )
    )
