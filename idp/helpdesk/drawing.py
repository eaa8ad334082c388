"""Which question comes next: drawn by chance among those the register can answer, never picked.

A question is drawn once and kept: loading the page again draws no other. What the caller was found
by is not asked, for it was said already.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection

from idp.helpdesk.model import Asked, Case, Goal, needed
from idp.policy.helpdesk import Helpdesk, Question, QuestionKind

_chance = secrets.SystemRandom()


def left(
    rules: Helpdesk, askable: Collection[QuestionKind], without: Collection[QuestionKind]
) -> list[Question]:
    """List the questions that could still be asked."""
    return [one for one in rules.questions if one.kind in askable and one.kind not in without]


def draw(questions: list[Question]) -> Asked | None:
    """Draw one of them by its weight."""
    if not questions:
        return None
    (one,) = _chance.choices(questions, [question.weight for question in questions])
    return Asked(one.kind, one.points)


def left_of(case: Case, rules: Helpdesk, askable: Collection[QuestionKind]) -> list[Question]:
    """List what a case could still ask."""
    without = case.searched_by | {one.kind for one in case.questions}
    return left(rules, askable, without)


def can_reach(points: int, questions: list[Question], goal: Goal, rules: Helpdesk) -> bool:
    """Tell whether right answers to all of these would be enough."""
    return points + sum(one.points for one in questions) >= needed(goal, rules)
