"""What waits for a second person, and what an act that may have to wait looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from audit.event import Actor
from idp.errors import IdpError
from idp.journal.model import Origin
from idp.policy.approvals import ApprovalKind

Parameters = Mapping[str, Any]
"""What an act is told, as JSON would carry it; at most 64 kB of canonical JSON."""
MOST_PARAMETERS = 65_536
MOST_REASON = 500


class State(StrEnum):
    """What became of a request; all but `waiting` are for good."""

    WAITING = "waiting"
    APPROVED = "approved"
    """A second person agreed, and it was done in the same transaction."""
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    """Whoever asked took it back."""
    EXPIRED = "expired"
    CHANGED = "changed"
    """When it was decided, it would no longer have done what it showed."""
    LAPSED = "lapsed"
    """Whoever asked left, or may no longer ask for it; or its person was erased."""
    PERFORMED = "performed"
    """Done at once in an emergency; somebody else reviews it afterwards."""


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


@dataclass(frozen=True, slots=True)
class Approval:
    """One request on record; what it says is sealed under the key of `person`."""

    id: str
    kind: ApprovalKind
    state: State
    requester: str
    actor: Actor
    session: str | None
    browser: str | None = field(repr=False)
    digest: str
    person: str
    subject: str | None
    count: int
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    review_by: datetime | None
    reviewed_at: datetime | None
    reviewed_by: str | None
    in_order: bool | None
    """What the review of an emergency found."""
    content: str = field(repr=False)
    answer: str | None = field(repr=False)

    @property
    def needs_review(self) -> bool:
        """Tell whether it was done in an emergency and nobody has looked at it yet."""
        return self.review_by is not None and self.reviewed_at is None


@dataclass(frozen=True, slots=True)
class Content:
    """What a request says in clear: what was hashed, and what both persons read."""

    parameters: Parameters
    difference: Difference
    reason: str


class Why(StrEnum):
    """Why a decision was refused; pages have a sentence for each."""

    OVER = "over"
    """It was decided, withdrawn or ended before."""
    OTHER_CONTENT = "other_content"
    """The form was shown for another content than the request has."""
    SAME_PERSON = "same_person"
    ABOUT_YOU = "about_you"
    """It would change what the decider themselves may do."""
    SAME_SESSION = "same_session"
    SAME_BROWSER = "same_browser"
    UNKNOWN_BROWSER = "unknown_browser"
    NO_PERMISSION = "no_permission"
    NOT_YOURS = "not_yours"
    """Only whoever asked may withdraw."""
    NO_BREAK_GLASS = "no_break_glass"
    """The policy does not let this act pass in an emergency."""
    NO_REASON = "no_reason"
    TOO_LARGE = "too_large"
    NOT_PLAIN = "not_plain"
    """Values that JSON cannot carry."""
    ERASED = "erased"
    """The person it is about was erased."""


class ApprovalRefused(IdpError):
    """The decision is not this person's to take, or came too late; `why` says which."""

    code = "approval_refused"
    status = 409

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class UnknownApproval(IdpError):
    """There is no such request."""

    code = "unknown_approval"
    status = 404


class BadRequest(ApprovalRefused):
    """What was sent cannot be asked for: no reason in words, or values JSON cannot carry."""

    code = "bad_approval_request"
    status = 400
