"""The pages of telephone cases in every state, for the eyes and for axe."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from idp.blocks.model import Scope
from idp.blocks.words import sentences
from idp.factors.model import FactorKind
from idp.helpdesk.acts import FACTORS
from idp.helpdesk.model import End, Goal, Need, Why
from idp.helpdesk.searching import Found, Hit
from idp.helpdesk.words import ENDS, GOALS, HINTS, MATCH, NAMES, NEEDS, NO_MATCH, QUESTIONS
from idp.helpdesk.words import REFUSALS as SAID
from idp.policy.helpdesk import QuestionKind
from idp.policy.model import LimitName
from idp.web.i18n import translate
from idp.web.organisation import Language
from idp.web.spoken import spelled

from .block_stories import Worded, block
from .staff_stories import TOKEN, framed

_AT = datetime(2026, 7, 31, 5, 0, tzinfo=UTC)
_LATER = datetime(2026, 7, 31, 5, 30, tzinfo=UTC)
_ASKED = [(NAMES[QuestionKind.BIRTH_DATE], MATCH), (NAMES[QuestionKind.TOWN], NO_MATCH)]
_ALL = {goal.value: True for goal in Goal}
_NEEDS = [(one.value, said) for one, said in NEEDS.items()]
_LIST: dict[str, Any] = {
    "handles": True,
    "typed": "",
    "error": None,
    "found": None,
    "needs": _NEEDS,
    "cases": [],
}
_ROWS = [
    {
        "id": "c" * 36,
        "name": "FHKMRW",
        "need": NEEDS[Need.ADDRESS_FORGOTTEN],
        "opened_at": _AT,
        "is_open": is_open,
        "end": end,
    }
    for is_open, end in ((True, None), (False, ENDS[End.OPERATOR]), (False, ENDS[End.FAILED]))
]
_HITS = [Hit(0, "見＊　太＊", "＊＊＊＊＊＊01"), Hit(1, "見＊　花＊", "＊＊＊＊＊＊72")]
_CASE: dict[str, Any] = {
    "error": None,
    "why": None,
    "case": "c" * 36,
    "name": "FHKMRW",
    "number": "＊＊＊＊＊＊01",
    "need": NEEDS[Need.ADDRESS_FORGOTTEN],
    "reason": "見本",
    "goal": GOALS[Goal.MASKED],
    "opened_at": _AT,
    "expires_at": _LATER,
    "is_open": True,
    "failed": False,
    "ended": ENDS[End.EXPIRED],
    "ended_at": None,
    "asked": [],
    "wanted": None,
    "asked_at": None,
    "planned_at": None,
    "called_back": False,
    "own": True,
    "place": None,
    "question": None,
    "hint": None,
    "may": {},
    "more": [],
    "calls_back": False,
    "aim": "masked",
    "address": None,
    "whole": False,
    "reset_sent": False,
    "code": None,
    "spelled": [],
    "dial": None,
    "factors": [(kind.value, FACTORS[kind]) for kind in FactorKind],
    "explained": [],
    "explained_over": False,
}
_QUESTION = {
    "place": 1,
    "question": QUESTIONS[QuestionKind.HOUSE_NUMBER],
    "hint": HINTS[QuestionKind.HOUSE_NUMBER],
    "asked": _ASKED,
}
_PROVEN = {
    "may": {goal.value: goal in (Goal.MASKED, Goal.RESET, Goal.EXPLAIN) for goal in Goal},
    "more": [(goal.value, GOALS[goal]) for goal in (Goal.DISCLOSE, Goal.ADDRESS, Goal.FACTOR)],
    "asked": _ASKED,
}
_FULL = {"may": _ALL, "asked": _ASKED, "calls_back": True, "aim": "address"}
_ENDED = {"is_open": False, "ended_at": _LATER}
_BLOCK = block(LimitName.PASSWORD_FROM_UNKNOWN_DEVICE, Scope.STRANGERS, 5, 4)


def _refused(why: Why) -> dict[str, Any]:
    return {"error": SAID[why], "why": why.value}


def _listed(**more: Any) -> Worded:
    return lambda language: framed(language) | _LIST | more


def _case(*parts: dict[str, Any]) -> Worded:
    def worded(language: Language) -> dict[str, Any]:
        lines = [
            {
                "at": _AT,
                "what": translate(what, language),
                "about": "",
                "who": None,
                "reason": "見本",
            }
            for what in ("電話のケースが始まった", "電話の相手が、本人確認の質問に答えた")
        ]
        context = framed(language) | _CASE | {"transcript": lines}
        for part in parts:
            context |= part
        return context

    return worded


def _spoken(language: Language) -> dict[str, Any]:
    code = {"code": "FHKM34", "spelled": spelled("FHKM34", language), "dial": "090-0000-0101"}
    return _case(_FULL, code)(language)


def _explained(language: Language) -> dict[str, Any]:
    return _case(_PROVEN, {"explained": sentences(_BLOCK, language)})(language)


_LIST_STORIES: list[tuple[str, int, Worded]] = [
    ("empty", 200, _listed()),
    ("listed", 200, _listed(cases=_ROWS)),
    ("found", 200, _listed(typed="見本", found=Found("s" * 36, _HITS, True), cases=_ROWS)),
    ("nobody", 200, _listed(typed="花子", found=Found("s" * 36, [], False))),
    ("paused", 409, _listed(error=SAID[Why.PAUSED])),
    ("read-only", 200, _listed(handles=False, cases=_ROWS)),
]
_CASE_STORIES: list[tuple[str, int, Worded]] = [
    ("question", 200, _case(_QUESTION)),
    ("empty-answer", 400, _case(_QUESTION, _refused(Why.EMPTY))),
    ("proven", 200, _case(_PROVEN)),
    ("told", 200, _case(_PROVEN, {"address": "t•••@mihon.example", "reset_sent": True})),
    ("explained", 200, _explained),
    ("not-theirs", 404, _case(_PROVEN, _refused(Why.NOT_THEIRS))),
    ("disclosed", 200, _case(_FULL, {"address": "taro@mihon.example", "whole": True})),
    ("call-back", 200, _spoken),
    ("new-phone", 409, _case(_FULL, _refused(Why.NEW_PHONE))),
    ("new-address", 200, _case(_FULL, {"called_back": True})),
    ("bad-address", 400, _case(_FULL, {"called_back": True}, _refused(Why.BAD_ADDRESS))),
    ("factor", 200, _case(_FULL, {"called_back": True, "aim": "factor"})),
    ("waits", 200, _case(_FULL, {"called_back": True, "asked_at": _AT})),
    ("planned", 200, _case(_ENDED, {"asked_at": _AT, "planned_at": _AT})),
    ("failed", 200, _case(_ENDED, {"ended": ENDS[End.FAILED], "asked": _ASKED})),
    ("read", 200, _case(_ENDED, {"own": False})),
]
CASE_STORIES: list[tuple[str, str, int, Worded]] = [
    *((f"cases-{name}", "cases.html", status, worded) for name, status, worded in _LIST_STORIES),
    *((f"case-{name}", "case.html", status, worded) for name, status, worded in _CASE_STORIES),
    ("case-stop", "stop.html", 200, lambda _: {"csrf_token": TOKEN, "link": "a.b"}),
    ("case-stopped", "stopped.html", 200, lambda _: {"done": True}),
    ("case-not-stopped", "stopped.html", 400, lambda _: {"done": False}),
]
"""(name, template, status, values by language)."""
