"""What the room knows of a relying party, and what it refuses; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp.clients.model import Client
from idp.errors import IdpError

PERMIT_FOR = timedelta(hours=24)
"""How long a permit to draw a secret holds: time to agree on a moment with the other side."""
FAILING_FROM = 10
"""From how many failures a day on a relying party is named at home."""


@dataclass(frozen=True, slots=True)
class Permit:
    """One person may draw a new secret for one client, once, until an instant."""

    id: str
    client_id: str
    staff_id: str
    approval: str | None
    reason: str
    allowed_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """So many failures of one kind; `why` is a word of ours, never what somebody sent."""

    name: str
    why: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """What the log says of a client: its newest success, and its failures of the last week."""

    used_at: datetime | None
    failures: tuple[Failure, ...] = ()
    failed_since_yesterday: int = 0
    more: bool = False
    """Whether there were more failures than one look goes through."""

    @property
    def failed(self) -> int:
        """Count all failures that were looked at."""
        return sum(one.count for one in self.failures)


@dataclass(frozen=True, slots=True)
class Party:
    """One relying party with what is known of it."""

    client: Client
    seen: Seen
    secret_at: datetime | None = None
    """Since when it has its secret; None where nobody knows, or it has none."""
    permit: Permit | None = field(default=None, repr=False)


class NoPermit(IdpError):
    """Nobody allowed this person to draw a secret, or it was drawn, or the permit is over."""

    code = "no_permit"
    status = 409


class NoSuchKey(IdpError):
    """There is no such key, or it is not in a state in which this can be done."""

    code = "no_such_key"
    status = 409
