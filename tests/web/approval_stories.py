"""Approvals and the pages of the staff itself, in every state, for the eyes and for axe."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from audit.event import Actor
from idp.acts.staff import ADDRESS, COLLEAGUE, NAME, ROLES
from idp.approvals.model import Approval, Content, Difference, Line, State, Why
from idp.approvals.views.content import row, whole
from idp.approvals.views.pages import FIELDS, NO_CHOICE, Wrong
from idp.approvals.words import FAILED, WHY
from idp.people_room.forms import ADDING, BAD_ADDRESS, ENDING, FACTORS, Form
from idp.people_room.forms import ROLES as CHANGING
from idp.people_room.views.people import STATES
from idp.policy.approvals import ApprovalKind
from idp.staff.model import Rule
from idp.staff.words import RULES
from idp.web.i18n import long_date, translate
from idp.web.organisation import Language

from .block_stories import Worded
from .staff_stories import REFERENCE, ROLES_OF, framed

_AT = datetime(2026, 7, 31, 9, 0, tzinfo=UTC)
_ID, _WHO = "0197f3a1-5d20-7c44-9b1e-2f6a1c0d8e77", "0197f3a1-0000-7000-8000-000000000001"
_NAMES = {_WHO: "見本 花子", "two": "見本 花子"}
_WAITING = Approval(
    id=_ID,
    kind=ApprovalKind.STAFF_ADD,
    state=State.WAITING,
    requester=_WHO,
    actor=Actor("staff", _WHO, "administrator"),
    session=None,
    browser=None,
    digest="4f" * 32,
    person=_WHO,
    subject=None,
    count=1,
    created_at=_AT,
    expires_at=_AT + timedelta(hours=72),
    ended_at=None,
    ended_by=None,
    review_by=None,
    reviewed_at=None,
    reviewed_by=None,
    in_order=None,
    content="",
    answer=None,
)
_DONE = replace(_WAITING, state=State.APPROVED, ended_at=_AT, ended_by="two")
_EMERGENCY = replace(
    _WAITING,
    kind=ApprovalKind.STAFF_ROLES,
    state=State.PERFORMED,
    ended_at=_AT,
    review_by=_AT + timedelta(hours=24),
)
_REVIEWED = replace(_EMERGENCY, reviewed_at=_AT, reviewed_by="two", in_order=False)
_CONTENT = Content(
    {},
    Difference(
        (
            Line(NAME, None, "見本 花子"),
            Line(ADDRESS, None, "a-rather-long-address-of-somebody-new@mihon.example"),
            Line(ROLES, "helpdesk", "helpdesk, clerk"),
            Line(COLLEAGUE, "見本 花子", None),
        )
    ),
    "a reason that is a little longer than most, as there are two windows from August on",
)
_SENT = dict.fromkeys(FIELDS, "")


def _lists(language: Language) -> dict[str, Any]:
    rows = [row(one, _NAMES, language) for one in (_WAITING, _EMERGENCY, _DONE)]
    return framed(language) | {
        "waiting": rows[:1] * 3,
        "to_review": rows[1:2],
        "mine": rows,
        "ended": rows[2:] * 4,
    }


def _one(one: Approval, may: str | None = None, answer: str | None = None, **more: Any) -> Worded:
    def worded(language: Language) -> dict[str, Any]:
        told = whole(one, _CONTENT, answer, _NAMES, language)
        values = {"one": told, "may": may, "sent": _SENT, "wrong": None, "error": None}
        return framed(language) | values | {"ask_code": False} | more

    return worded


def _erased(language: Language) -> dict[str, Any]:
    told = whole(_DONE, None, None, _NAMES, language)
    values = {"one": told, "may": None, "sent": _SENT, "wrong": None, "error": None}
    return framed(language) | values | {"ask_code": False}


def _person(language: Language, *, ended: bool = False) -> dict[str, Any]:
    day = long_date(_AT.date(), language)
    return {
        "url": f"/staff/people/{_ID}",
        "name": "見本 花子",
        "address": "a-rather-long-address-of-somebody-new@mihon.example",
        "roles": ROLES_OF[language][0],
        "state": translate(STATES["ended" if ended else "in_service"], language),
        "created": day,
        "ended": day if ended else "",
        "mine": False,
    }


def _account(**more: Any) -> Worded:
    def worded(language: Language) -> dict[str, Any]:
        day = long_date(_AT.date(), language)
        history = ("見本 花子", ROLES_OF[language][0], day, "見本 花子", "joined", "", "")
        told = _person(language, ended=not more["may_change"]) | {"mine": more["mine"]}
        values = {"person": told, "history": [history] * 2, "may_change": more["may_change"]}
        return framed(language) | values

    return worded


def _form(form: Form, **more: Any) -> Worded:
    def worded(language: Language) -> dict[str, Any]:
        url = form.url(None if form is ADDING else _ID)
        about = {"name": form.name, "title": form.title, "about": form.about, "url": url}
        roles = [
            {"id": one, "name": ROLES_OF[language][0], "checked": one == "clerk", "fixed": fixed}
            for one, fixed in (("helpdesk", False), ("clerk", False), ("security", True))
        ]
        values: dict[str, Any] = {
            "act": about,
            "person": None if form is ADDING else _person(language),
            "back": "/staff/people",
            "waits": form is not ENDING,
            "roles": roles if form.roles else None,
            "emergency": 24 if form is CHANGING else None,
            "ends": {"waiting": 2} if form is ENDING else None,
            "sent": dict.fromkeys(form.reads(()), ""),
            "wrong": None,
            "ask_code": False,
            "error": None,
        }
        return framed(language) | values | more

    return worded


def _wrong(rule: Rule, field: str | None) -> Wrong:
    return Wrong(409, RULES[rule], field)


_LATE = Wrong(409, WHY[Why.OVER])
_NO_REASON = Wrong(400, WHY[Why.NO_REASON], "reason")
_APPROVAL, _ACT = "approval.html", "person_act.html"
_OTHER_ADDRESS = Wrong(400, BAD_ADDRESS, "address")

APPROVAL_STORIES: list[tuple[str, str, dict[str, Any], int, Worded]] = [
    ("approvals", "approvals.html", {}, 200, _lists),
    (
        "approvals-none",
        "approvals.html",
        {},
        200,
        lambda language: (
            framed(language) | dict.fromkeys(("waiting", "to_review", "mine", "ended"))
        ),
    ),
    ("approval-decide", _APPROVAL, {}, 200, _one(_WAITING, "decide")),
    ("approval-code", _APPROVAL, {}, 200, _one(_WAITING, "decide", ask_code=True)),
    (
        "approval-wrong-code",
        _APPROVAL,
        {},
        401,
        _one(_WAITING, "decide", ask_code=True, error=REFERENCE),
    ),
    ("approval-no-reason", _APPROVAL, {}, 400, _one(_WAITING, "decide", wrong=_NO_REASON)),
    (
        "approval-no-choice",
        _APPROVAL,
        {},
        400,
        _one(_WAITING, "decide", wrong=Wrong(400, NO_CHOICE, "decision")),
    ),
    ("approval-failed", _APPROVAL, {}, 409, _one(_WAITING, "decide", wrong=Wrong(409, FAILED))),
    ("approval-late", _APPROVAL, {}, 409, _one(_DONE, wrong=_LATE, answer="looked at it")),
    ("approval-mine", _APPROVAL, {}, 200, _one(_WAITING, "withdraw")),
    ("approval-others", _APPROVAL, {}, 200, _one(_WAITING)),
    ("approval-erased", _APPROVAL, {}, 200, _erased),
    ("approval-review", _APPROVAL, {}, 200, _one(_EMERGENCY, "review")),
    ("approval-reviewed", _APPROVAL, {}, 200, _one(_REVIEWED, answer="there was time to ask")),
    ("person", "person.html", {}, 200, _account(may_change=True, mine=False)),
    ("person-mine", "person.html", {}, 200, _account(may_change=False, mine=True)),
    ("person-ended", "person.html", {}, 200, _account(may_change=False, mine=False)),
    ("person-add", _ACT, {}, 200, _form(ADDING)),
    ("person-add-wrong", _ACT, {}, 400, _form(ADDING, wrong=_OTHER_ADDRESS)),
    (
        "person-add-no-role",
        _ACT,
        {},
        409,
        _form(ADDING, wrong=_wrong(Rule.NO_ROLE, "roles"), ask_code=True),
    ),
    ("person-roles", _ACT, {}, 200, _form(CHANGING)),
    ("person-roles-code", _ACT, {}, 401, _form(CHANGING, ask_code=True, error=REFERENCE)),
    ("person-factors", _ACT, {}, 200, _form(FACTORS, ask_code=True)),
    ("person-end", _ACT, {}, 200, _form(ENDING)),
    (
        "person-end-last",
        _ACT,
        {},
        409,
        _form(ENDING, wrong=_wrong(Rule.LAST_ADMINISTRATOR, None)),
    ),
]
"""(name, template, values, status, values by language)."""
