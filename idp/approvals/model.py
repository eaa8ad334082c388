"""What waits for a second person, and what an act that may have to wait looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from audit.event import Actor
from idp.errors import IdpError
from idp.journal.model import Origin

Parameters = Mapping[str, Any]
"""What an act is told, as JSON would carry it; at most 64 kB of canonical JSON."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference: what it is (a message id of the catalogue), before and after."""

    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What an act would change at this moment: what the second person sees, word for word.

    `subject` is the person whose data the lines tell (they are sealed under that person's key);
    `count` is how many records it touches, which policy compares with its threshold.
    """

    lines: tuple[Line, ...]
    subject: str | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Author:
    """Who stands behind an act when it is done."""

    actor: Actor
    reason: str
    origin: Origin
    session: str | None = None
    approval: str | None = None
    """Id of the approval it was done upon; it belongs into the event's data."""


@dataclass(frozen=True, slots=True)
class Waits:
    """The act waits for a second person (202 in the API)."""

    approval: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Performed:
    """The act is done; `review_by` is when a break-glass act must have been reviewed."""

    review_by: datetime | None = None


Submitted = Waits | Performed


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks: the approval must come from another person, session and browser."""

    staff_id: str
    actor: Actor
    origin: Origin
    session: str | None = None
    browser: str | None = field(default=None, repr=False)
    """Hash of the browser's long-lived cookie; None for commands and the API."""


class ApprovalRefused(IdpError):
    """The decision is not this person's to take, or came too late; the detail says which."""

    code = "approval_refused"
    status = 409
