"""The shape of `helpdesk.toml`: what the telephone help desk asks, and what an answer is worth.

What may be asked and what may come of a case are closed sets in code; how much each question is
worth, and how much an outcome needs, is data.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from idp.policy.approvals import ApprovalKind, Approvals
from idp.policy.values import Duration, Positive, Strict


class QuestionKind(StrEnum):
    """The closed set of what a caller may be asked."""

    BIRTH_DATE = "birth_date"
    POSTAL_CODE = "postal_code"
    TOWN = "town"
    HOUSE_NUMBER = "house_number"
    PHONE_LAST = "phone_last"
    KANA_NAME = "kana_name"
    JOIN_YEAR = "join_year"
    WORKPLACE = "workplace"
    MEMBER_NUMBER = "member_number"


class Level(StrEnum):
    """How sure it is that the caller is the member."""

    BASIC = "basic"
    FULL = "full"


class Question(Strict, frozen=True):
    """One question: what a right answer is worth, and how often it is drawn beside others."""

    kind: QuestionKind
    points: Positive
    weight: Annotated[int, msgspec.Meta(ge=1, le=100)]


class Levels(Strict, frozen=True):
    """How many points each level takes."""

    basic: Positive
    full: Positive

    def points(self, level: Level) -> int:
        """Give the points of a level."""
        return self.full if level is Level.FULL else self.basic


class Outcomes(Strict, frozen=True):
    """Which level each outcome of a case needs."""

    masked: Level
    reset: Level
    explain: Level
    disclose: Level
    address: Level
    factor: Level


class Helpdesk(Strict, frozen=True):
    """`helpdesk.toml`."""

    case_lifetime: Duration
    searches_per_hour: Positive
    searches_per_day: Positive
    results: Annotated[int, msgspec.Meta(ge=1, le=20)]
    """How many members one search shows."""
    wrong_in_case: Annotated[int, msgspec.Meta(ge=1, le=5)]
    """The case fails with this many wrong answers."""
    wrong_of_member: Positive
    """Nobody is asked about a member any more after this many wrong answers, in all cases."""
    wrong_period: Duration
    again_after: Duration
    """How long nothing is done by telephone for a member whose last caller was not proven."""
    cases_of_member: Positive
    """Cases on one member within `again_after`."""
    show_matches: bool
    """Whether the operator sees after each answer whether it fitted, or only what comes of all."""
    explanations: Positive
    """Reference codes that may be tried in one case."""
    call_back_lifetime: Duration
    call_back_tries: Positive
    cooling_off: Duration
    """Between the second person's decision and the change; the member may stop it meanwhile."""
    plan_lifetime: Duration
    """How long a change of address waits for the new mailbox after that."""
    phone_settled: Duration
    """So long a telephone number must have stood in the register before it is called back."""
    keep: Duration
    """How long ended cases are kept; their events are kept by the rules of the log."""
    levels: Levels
    outcomes: Outcomes
    questions: tuple[Question, ...]

    def question(self, kind: QuestionKind) -> Question | None:
        """Give the rule of a question; None where policy does not ask it."""
        return next((one for one in self.questions if one.kind is kind), None)


LEAST_COOLING_OFF: Final = 3600
LEAST_SETTLED: Final = 90 * 86400


def faults_of_helpdesk(rules: Helpdesk, approvals: Approvals) -> Iterator[str]:
    """Name what `helpdesk.toml` may not say."""
    yield from _faults_of_questions(rules)
    yield from _faults_of_times(rules)
    # What the member knows proves little: birth dates and addresses stand in every school list.
    for act in (ApprovalKind.MEMBER_ADDRESS, ApprovalKind.MEMBER_FACTOR):
        asked = approvals.for_kind(act)
        if asked is None or asked.from_count > 1 or asked.break_glass:
            yield f"approvals.toml: {act.value} always waits for a second person"


def _faults_of_questions(rules: Helpdesk) -> Iterator[str]:
    kinds = [one.kind for one in rules.questions]
    for kind in dict.fromkeys(k for k in kinds if kinds.count(k) > 1):
        yield f"helpdesk.toml: the question {kind} stands there twice"
    if rules.levels.full <= rules.levels.basic:
        yield "helpdesk.toml: levels: full takes more points than basic"
    if sum(one.points for one in rules.questions) < rules.levels.full:
        yield "helpdesk.toml: all questions together do not reach the level full"
    if any(one.points >= rules.levels.basic for one in rules.questions):
        yield "helpdesk.toml: a single answer must not reach the level basic"
    for name in ("disclose", "address", "factor"):
        if getattr(rules.outcomes, name) is not Level.FULL:
            yield f"helpdesk.toml: outcomes: {name} needs the level full"


def _faults_of_times(rules: Helpdesk) -> Iterator[str]:
    if rules.searches_per_day < rules.searches_per_hour:
        yield "helpdesk.toml: searches_per_day is less than searches_per_hour"
    if rules.phone_settled.seconds < LEAST_SETTLED:
        yield "helpdesk.toml: phone_settled is at least 90 days"
    if rules.cooling_off.seconds < LEAST_COOLING_OFF:
        yield "helpdesk.toml: cooling_off is at least one hour"
    if rules.keep.seconds < max(rules.wrong_period.seconds, rules.again_after.seconds):
        yield "helpdesk.toml: keep is shorter than wrong_period or again_after"
