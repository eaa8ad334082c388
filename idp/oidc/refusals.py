"""OAuth errors: the one bridge from what went wrong to what a client is told.

Descriptions are constants; nothing of a request or an exception is ever repeated (RFC 6749 5.2).
"""

from __future__ import annotations

from idp.oidc.model import OAuthError
from idp.oidc.protocol import NO_STORE, ProtocolResponse, json_response

REALM = "kumiai-id"


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
        self.request_id: str | None = None
        """Set by the front door, for answers that tell it."""


def refusal_response(refusal: Refusal) -> ProtocolResponse:
    """Give the JSON error of RFC 6749 5.2."""
    content = {"error": refusal.error.value}
    if refusal.description:
        content["error_description"] = refusal.description
    return json_response(content, refusal.status, NO_STORE + refusal.headers)


def unavailable(retry_after: int) -> Refusal:
    """Say that a store does not answer; the client may try again."""
    return Refusal(
        OAuthError.TEMPORARILY_UNAVAILABLE,
        "try again later",
        503,
        (("Retry-After", str(retry_after)),),
    )
