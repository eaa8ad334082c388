"""A case: one call about one member, as far as it has come. Pure rules of what comes next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from audit.event import Actor
from idp.errors import IdpError
from idp.journal.model import Origin
from idp.policy.helpdesk import Helpdesk, Level, QuestionKind


class Need(StrEnum):
    """Why somebody phones."""

    ADDRESS_FORGOTTEN = "address_forgotten"
    PASSWORD_FORGOTTEN = "password_forgotten"  # noqa: S105 - what somebody forgot
    BLOCKED = "blocked"
    ADDRESS_LOST = "address_lost"
    FACTOR_LOST = "factor_lost"
    OTHER = "other"


class Goal(StrEnum):
    """What the case is to come to; policy says which level each needs."""

    MASKED = "masked"
    RESET = "reset"
    EXPLAIN = "explain"
    DISCLOSE = "disclose"
    ADDRESS = "address"
    FACTOR = "factor"


FIRST_GOAL = {
    Need.ADDRESS_FORGOTTEN: Goal.MASKED,
    Need.PASSWORD_FORGOTTEN: Goal.RESET,
    Need.BLOCKED: Goal.EXPLAIN,
    Need.ADDRESS_LOST: Goal.ADDRESS,
    Need.FACTOR_LOST: Goal.FACTOR,
    Need.OTHER: Goal.MASKED,
}
BY_TWO = frozenset({Goal.ADDRESS, Goal.FACTOR})
"""What a second person decides, after a call-back."""


class End(StrEnum):
    """Why a case has ended."""

    OUTCOME = "outcome"
    OPERATOR = "operator"
    EXPIRED = "expired"
    FAILED = "failed"
    """Too many wrong answers, or not enough is known to ask."""


class Why(StrEnum):
    """Why something was refused; the page says it in words."""

    OWN = "own"
    OVER = "over"
    SEARCHES = "searches"
    CASES = "cases"
    PAUSED = "paused"
    WRONG_ANSWERS = "wrong_answers"
    SOMEBODY_ELSE = "somebody_else"
    NOT_FOUND = "not_found"
    ANSWERED = "answered"
    EMPTY = "empty"
    NOT_PROVEN = "not_proven"
    NO_ACCOUNT = "no_account"
    INACTIVE = "inactive"
    NO_PHONE = "no_phone"
    NEW_PHONE = "new_phone"
    NOT_CALLED_BACK = "not_called_back"
    CALL_BACKS = "call_backs"
    NO_FACTOR = "no_factor"
    BAD_ADDRESS = "bad_address"
    SAME_ADDRESS = "same_address"
    EXPLANATIONS = "explanations"
    NOT_THEIRS = "not_theirs"
    REASON = "reason"
    ASKED = "asked"
    DECIDER = "decider"
    TOO_LITTLE = "too_little"


class CaseRefused(IdpError):
    """What was asked for is not possible; nothing was done but the event, where there is one."""

    code = "case_refused"
    status = 409

    def __init__(self, why: Why, status: int = 409, case: str | None = None) -> None:
        super().__init__(why.value)
        self.why = why
        self.status = status
        self.case = case


class UnknownCase(IdpError):
    """There is no such case of this operator."""

    code = "not_found"
    status = 404


@dataclass(frozen=True, slots=True)
class Operator:
    """Who is on the telephone, and in which session."""

    staff_id: str
    address: str
    actor: Actor
    session: str
    origin: Origin
    buckets: tuple[str, ...] = ()
    browser: str | None = field(default=None, repr=False)
    """Hash of the browser's long-lived cookie, for the second person's rule."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a case, and whether the answer fitted; None while it was not answered."""

    kind: QuestionKind
    points: int
    fits: bool | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One call."""

    id: str
    operator: str
    member_number: str
    subject: str | None
    need: Need
    reason: str
    goal: Goal
    questions: tuple[Asked, ...]
    searched_by: frozenset[QuestionKind]
    """What the caller was found by: it proves nothing any more."""
    opened_at: datetime
    expires_at: datetime
    proven_at: datetime | None = None
    told_at: datetime | None = None
    reset_at: datetime | None = None
    disclosed_at: datetime | None = None
    explained: int = 0
    call_back_hash: str | None = field(default=None, repr=False)
    call_back_until: datetime | None = None
    call_back_tries: int = 0
    called_back_at: datetime | None = None
    wanted: str | None = field(default=None, repr=False)
    """What is to change: the new address, or the kind of factor."""
    asked_at: datetime | None = None
    approval: str | None = None
    planned_at: datetime | None = None
    ended_at: datetime | None = None
    end: End | None = None

    @property
    def points(self) -> int:
        """Add up what the right answers are worth."""
        return sum(one.points for one in self.questions if one.fits)

    @property
    def wrong(self) -> int:
        """Count the wrong answers."""
        return sum(one.fits is False for one in self.questions)

    @property
    def place(self) -> int | None:
        """Give the place of the question that is to be answered, None when all were."""
        return next((n for n, one in enumerate(self.questions) if one.fits is None), None)

    def is_open(self, now: datetime) -> bool:
        """Tell whether it goes on."""
        return self.ended_at is None and now < self.expires_at

    def reaches(self, goal: Goal, rules: Helpdesk) -> bool:
        """Tell whether the answers are enough for something."""
        return self.points >= needed(goal, rules)

    def was_in_vain(self) -> bool:
        """Tell whether the caller said something wrong and was not proven, or failed later on."""
        return self.wrong > 0 and (self.proven_at is None or self.end is End.FAILED)


def level_of(goal: Goal, rules: Helpdesk) -> Level:
    """Tell the level something needs."""
    level: Level = getattr(rules.outcomes, goal.value)
    return level


def needed(goal: Goal, rules: Helpdesk) -> int:
    """Tell the points something needs."""
    return rules.levels.points(level_of(goal, rules))


@dataclass(frozen=True, slots=True)
class Searched:
    """One search of an operator: what was looked by, and whom it showed, in that order."""

    id: str
    operator: str
    at: datetime
    kinds: tuple[str, ...]
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Removal:
    """The removal of a second factor that two persons decided; it waits for its cooling-off."""

    id: str
    case_id: str
    subject: str
    factor: str
    approval: str | None
    planned_at: datetime
    due_at: datetime
    done_at: datetime | None = None
    ended_at: datetime | None = None
