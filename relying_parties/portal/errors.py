"""What can go wrong between the portal and others, as values and exceptions.

Public texts live in `texts.toml`; the `detail` of an exception goes to the log only.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

EndReason = Literal["membership_ended", "service_stopped", "signed_out", "blocked", "time_over"]
"""Why a session ended. The first four are said by the provider, the last is the portal's own."""

END_REASONS: Final[tuple[EndReason, ...]] = get_args(EndReason)


def end_reason(description: object) -> EndReason | None:
    """Return the provider's reason if it is one of the four constants, else None."""
    for reason in END_REASONS:
        if description == reason and reason != "time_over":
            return reason
    return None


@dataclass(frozen=True)
class Refused:
    """The provider no longer honours a token or code; `reason` when it said why."""

    reason: EndReason | None


class PortalError(Exception):
    """An error with a private detail for the log."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class ProviderUnavailable(PortalError):
    """The provider cannot be reached, or answers what no provider may answer."""


class TokenRejected(PortalError):
    """A signed token did not pass its checks."""


class SignInFailed(PortalError):
    """The answer of the provider does not belong to a sign-in begun in this browser."""


class SignInNeeded(PortalError):
    """A page for members only was asked for; `reason` when a session was there and ended."""

    def __init__(self, reason: EndReason | None) -> None:
        super().__init__(reason or "no session")
        self.reason = reason


class ForgedForm(PortalError):
    """A form did not come from a page that this portal gave to this browser."""


class BadRequest(PortalError):
    """Input that no page of the portal produces (repeated fields, undecodable bytes)."""


class SettingsError(PortalError):
    """A setting is missing or cannot be used; the detail says what to do."""
