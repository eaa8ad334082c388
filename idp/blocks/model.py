"""A block as a record, and the pure rule by which blocks grow.

A block that a limit set stops attempts in its scope and ends nothing; only one made by a person
ends what is signed in (`idp.lifecycle.standing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from idp.policy.limit_rules import OF_STAFF
from idp.policy.model import LimitName, Then

BY_A_LIMIT = "limit"
"""Who made a block that no person made."""


class Kind(StrEnum):
    """What is blocked."""

    ACCOUNT = "account"
    AUTHENTICATOR = "authenticator"
    ADDRESS = "address"
    DEVICE = "device"
    MAILBOX = "mailbox"


class SubjectKind(StrEnum):
    """Whose account a block stands on."""

    MEMBER = "member"
    STAFF = "staff"


class Scope(StrEnum):
    """Who is stopped by it."""

    EVERYONE = "everyone"
    STRANGERS = "strangers"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a block was set for: so many wrong ones, between these instants."""

    failed: int
    first_at: datetime
    last_at: datetime
    window_seconds: int | None
    """The window they were counted in; None for a row of failures that no window bounds."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block. `bucket` names the budget or the row of failures it stands on."""

    id: str
    kind: Kind
    scope: Scope
    subject: str | None
    bucket: str
    rule: LimitName | None
    """None for one made by a person."""
    made_by: str
    policy_digest: str
    evidence: Evidence | None
    reason: str | None
    reference: str
    started_at: datetime
    until: datetime | None
    """None: until it is lifted, or until the row of failures ends with a right answer."""
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    lift_reason: str | None = None

    @property
    def subject_kind(self) -> SubjectKind:
        """Tell whose it is: read from the limit, or from whose row of failures it stands on."""
        _, _, key = self.bucket.partition(":")
        of_staff = self.rule in OF_STAFF or key.startswith("staff_")
        return SubjectKind.STAFF if of_staff else SubjectKind.MEMBER

    def runs(self, now: datetime) -> bool:
        """Tell whether it stops anybody now."""
        return self.lifted_at is None and (self.until is None or now < self.until)


def length_of(then: Then, before: int) -> timedelta | None:
    """Tell how long a block lasts when `before` others came since the last success: they double.

    None for one without an end of its own.
    """
    if then.block is None:
        return None
    longest = then.at_most.delta if then.at_most is not None else then.block.delta
    grown: timedelta = then.block.delta * (1 << min(before, 20))
    return min(grown, longest)
