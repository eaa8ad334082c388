"""One attempt as the log tells it: the decision with everything it was made from, and its outcome.

Read from the sealed line of its event and from nothing else, so that a replay rests on what an
auditor can verify. Personal fields stay ciphertext: a replay needs keys and pseudonyms only.
"""

from __future__ import annotations

from typing import Any

import msgspec

from audit.names import EventName
from idp.policy.model import LimitName
from idp.throttle.model import Budget, Settled

NAMES = (
    EventName.SIGN_IN_REFUSED,
    EventName.SIGN_IN_LIMITED,
    EventName.SIGN_IN_CONTINUED,
    EventName.SESSION_STARTED,
    EventName.SESSION_REAUTHENTICATED,
    EventName.SESSION_REAUTHENTICATION_REFUSED,
    EventName.FACTOR_REFUSED,
    EventName.PASSWORD_RESET_REFUSED,
    EventName.INVITATION_REFUSED,
    EventName.REGISTRATION_STARTED,
    EventName.REGISTRATION_REFUSED,
    EventName.ADDRESS_CHANGE_REFUSED,
    EventName.VERIFICATION_CODE_SENT,
    EventName.PASSWORD_RESET_REQUESTED,
    EventName.CLIENT_REFUSED,
    EventName.SCIM_REFUSED,
    EventName.ATTEMPT_ABANDONED,
    EventName.FLOOD_COUNTED,
    EventName.BLOCK_LIFTED,
    EventName.PASSWORD_SET,
    EventName.LIMIT_DEGRADED,
)
"""Every event that tells of an attempt, or of something that changes what later ones meet."""


class Facts(msgspec.Struct, frozen=True):
    """The member `decision` of an event; instants are microseconds."""

    rule: str
    outcome: str = "allow"
    budget: str = ""
    key: str = ""
    stranger: bool = True
    authenticator: str | None = None
    at: int = 0
    failed: int = 0
    in_flight: int = 0
    row: int = 0
    row_of_strangers: int = 0
    limit: int = 0
    window_seconds: int = 0
    blocked_by: str | None = None
    retry_at: int | None = None
    policy: str = ""
    settled: str = ""
    lease: str = ""
    counts: bool = False
    count: int = 1
    sources: tuple[str, ...] = msgspec.field(default=(), name="from")

    def budget_of(self, subject: str | None) -> Budget | None:
        """Give the budget it was paid from; None where there was none to pay from."""
        if not self.budget:
            return None
        rule = LimitName(self.budget)
        return Budget(rule, self.key, self.authenticator, self.stranger, subject)


class Attempt(msgspec.Struct, frozen=True):
    """One event of the stream."""

    id: str
    name: str
    outcome: str
    occurred_at: str
    subject: str | None = None
    decision: Facts | None = None
    data: dict[str, Any] = {}

    @property
    def settled(self) -> Settled | None:
        """Tell what became of it; None for an event that is no attempt."""
        if self.decision is None or not self.decision.settled:
            return None
        return Settled(self.decision.settled)


_decoder = msgspec.json.Decoder(Attempt)


def read_attempt(line: str) -> Attempt:
    """Read the line of an event; raises `msgspec.ValidationError` for one of another shape."""
    return _decoder.decode(line)
