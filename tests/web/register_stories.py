"""The clerks' pages in every state, for the eyes and for axe."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from idp.changes.model import ChangeRequest, Kind, State
from idp.changes.texts import KINDS, STATES
from idp.members.model import Address, Dated, Employment, Member, Name
from idp.members.standing import Standing
from idp.register_desk.change_queue import Queue
from idp.register_desk.dues import Calendar
from idp.register_desk.exports import LISTS
from idp.register_desk.file_model import FileState, RegisterFile
from idp.register_desk.finding import Found, Page
from idp.register_desk.import_act import COUNTS
from idp.register_desk.member_file import MemberFile, Moment
from idp.register_desk.views.advice import advice_for
from idp.register_desk.views.changes import MOVED as CHANGE_MOVED
from idp.register_desk.views.desk import BAD_DAY, NO_REASON, Fields
from idp.register_desk.views.hub import DOORS
from idp.register_desk.views.imports import NO_FILE
from idp.register_desk.views.member import LIMITED
from idp.register_desk.views.member_shown import shown
from idp.register_desk.views.members import WRONG
from idp.register_desk.views.withdrawals import MOVED, NO_NUMBERS, TOO_LATE
from idp.register_desk.withdrawal_model import Trouble, Wanted, Withdrawal, Withdrawn
from idp.register_desk.words import DUES, FILES, TROUBLES, WHY
from idp.web.i18n import translate
from idp.web.organisation import Language

from .block_stories import Worded
from .staff_stories import framed

AT = datetime(2026, 7, 31, 9, 0, tzinfo=UTC)
DAY = date(2026, 7, 31)
NUMBER = "00000101"
_NAME = Name("見本", "太郎", "ミホン", "タロウ")
_MEMBER = Member(
    NUMBER,
    date(1961, 5, 12),
    Employment.WORKING,
    "みほん第一小学校",
    (Dated(Name("旧例", "太郎", "キュウレイ", "タロウ"), date(2010, 4, 1)), Dated(_NAME, DAY)),
    (Dated(Address("000-0000", "東京都", "架空市", "見本町1-1-1"), date(2010, 4, 1)),),
    (Dated("+819000000101", date(2010, 4, 1)),),
    "taro@mihon.example",
    date(2004, 4, 30),
    DAY,
    date(2027, 7, 31),
)
_WANTED = {
    "family_name": "見本",
    "given_name": "太郎",
    "family_kana": "ミホン",
    "given_kana": "タロウ",
    "name_in_use": "",
}
_ID = "0" * 36
CHANGE = ChangeRequest(
    _ID, NUMBER, "s", Kind.NAME, _WANTED, "portal", AT, DAY - timedelta(days=1), State.OPEN
)
FILE = RegisterFile(
    _ID, "staff", FileState.READY, AT, "a" * 64, 182_331, 1201, 0,
    created=200, updated=1000, leaving=12,
)  # fmt: skip
ACT = Withdrawal(_ID, AT, "staff", "年度末退職の脱退届", _ID, DAY, date(2027, 7, 31), members=800)


def _say(language: Language, message: str) -> str:
    return translate(message, language)


def _members(language: Language, **more: Any) -> dict[str, Any]:
    one = Found(NUMBER, "見本　太＊＊＊", "ミホン　タ＊＊＊", "", "", "みほん第一小学校")
    row = {
        "url": f"/staff/members/{NUMBER}",
        "number": NUMBER,
        "name": one.name,
        "kana": one.kana,
        "standing": _say(language, "組合員"),
        "account": _say(language, "利用中"),
        "workplace": one.workplace,
    }
    values: dict[str, Any] = {
        "typed": "見本",
        "wrong": None,
        "found": Page((one,), 120, 2),
        "rows": [row] * 5,
        "cut": False,
        "most": 500,
        "newer": "/staff/members?q=x",
        "older": "/staff/members?q=x&page=3",
    }
    return framed(language) | values | more


def _member(language: Language, *, clerk: bool = True, **more: Any) -> dict[str, Any]:
    moments = (Moment(DAY, "names"), Moment(DAY, "change_filed", "name"))
    file = MemberFile(
        _MEMBER, AT, DAY, Standing.LEAVING, date(2027, 7, 31), "active", "s",
        "taro@mihon.example", (CHANGE,), (), (ACT,), 1, 3, moments, False,
    )  # fmt: skip
    values = shown(file, language, clerk=clerk, whole=False) | {
        "done": None,
        "form": "",
        "errors": Fields(),
        "sent": Fields(),
        "may_change": clerk,
        "may_invite": clerk,
        "may_see_whole": clerk,
        "may_see_blocks": True,
    }
    return framed(language) | values | more


def _queue(language: Language, **more: Any) -> dict[str, Any]:
    def row(due: Any) -> dict[str, Any]:
        return {
            "url": f"/staff/changes/{_ID}",
            "kind": _say(language, KINDS[Kind.NAME]),
            "number": NUMBER,
            "name": "見本　太＊＊＊",
            "due_on": DAY,
            "due": due.value,
            "due_said": _say(language, DUES[due]),
            "state": _say(language, STATES[State.OPEN]),
            "filed_at": AT,
        }

    values: dict[str, Any] = {
        "rows": [row(due) for due in list(DUES)[:3]],
        "queue": Queue((), 83, 2, 4, 1, True),
        "decided": False,
        "done": None,
        "newer": None,
        "older": "/staff/changes?page=2",
    }
    return framed(language) | values | more


def _change(language: Language, **more: Any) -> dict[str, Any]:
    rows = [("姓", "旧例", "見本"), ("名", "太郎", "太郎"), ("通称（お使いの方のみ）", "", "")]
    values: dict[str, Any] = {
        "change": CHANGE,
        "kind": _say(language, KINDS[Kind.NAME]),
        "state": _say(language, STATES[State.OPEN]),
        "is_open": True,
        "due": "late",
        "due_said": _say(language, "期限を過ぎています"),
        "rows": [
            {"field": _say(language, f), "before": b, "after": a, "differs": a != b}
            for f, b, a in rows
        ],
        "digest": "0" * 64,
        "today": DAY,
        "form": "",
        "errors": Fields(),
        "sent": Fields(),
        "over": None,
    }
    return framed(language) | values | more


def _file(language: Language, state: FileState, **more: Any) -> dict[str, Any]:
    advice = _say(language, advice_for("組合員番号"))
    bad = [(n, "組合員番号", advice, "the member number has 6 digits instead of 8") for n in (3, 9)]
    values: dict[str, Any] = {
        "file": FILE,
        "state": state.value,
        "state_said": _say(language, FILES[state]),
        "why": None,
        "counts": [(_say(language, what), getattr(FILE, name)) for name, what in COUNTS],
        "progress": 500,
        "refusals": bad if state is FileState.FAULTY else [],
        "newer": None,
        "older": None,
        "sample": [(NUMBER, _say(language, "お名前"), True)] if state is FileState.READY else [],
        "works": state in (FileState.READING, FileState.ACCEPTED),
        "second": True,
        "wrong": None,
        "over": None,
    }
    return framed(language) | values | more


def _import(language: Language, wrong: str | None) -> dict[str, Any]:
    state = _say(language, FILES[FileState.DONE])
    listed = {"url": f"/x/{_ID}", "at": AT, "state": state, "changes": 12, "unchanged": 100_000}
    values = {"files": [listed] * 2, "wrong": wrong, "megabytes": 32, "hours": 24}
    return framed(language) | values


def _list(language: Language, **errors: str) -> dict[str, Any]:
    one = {
        "url": f"/staff/register/withdrawals/{_ID}",
        "at": AT,
        "members": 800,
        "accepted_on": DAY,
        "refund_on": date(2027, 7, 31),
        "undone": None,
    }
    values: dict[str, Any] = {
        "sent": Fields(),
        "errors": Fields(errors),
        "done": None,
        "listed": [one, one | {"undone": AT}],
        "today": DAY,
        "year_end": date(2027, 7, 31),
        "most": 2000,
    }
    return framed(language) | values


def _preview(language: Language, *, trouble: bool) -> dict[str, Any]:
    row = {
        "number": NUMBER,
        "standing": _say(language, "組合員"),
        "account": _say(language, "利用中"),
        "before": None,
        "after": date(2027, 7, 31),
    }
    troubles = [(NUMBER, _say(language, TROUBLES[one])) for one in (Trouble.UNKNOWN,)]
    values: dict[str, Any] = {
        "sent": Fields(),
        "wanted": Wanted((NUMBER,), DAY, date(2027, 7, 31)),
        "numbers": NUMBER,
        "rows": [row] * 4,
        "count": 800,
        "shown_most": 200,
        "troubles": troubles if trouble else [],
        "same": 3,
        "endless": 2,
        "with_account": 611,
        "digest": "a" * 64,
        "may_send": not trouble,
        "second": True,
        "errors": Fields() if trouble else Fields(reason=NO_REASON),
        "moved": MOVED if trouble else None,
        "nothing": None,
    }
    return framed(language) | values


def _one(language: Language, over: str | None) -> dict[str, Any]:
    row = Withdrawn(NUMBER, None, None, date(2027, 7, 31), False)
    values = {
        "act": ACT, "rows": [row] * 4, "newer": None, "older": "/x?page=2", "until": AT,
        "may_undo": True, "wrong": None, "over": over, "done": None,
    }  # fmt: skip
    return framed(language) | values


def _calendar(language: Language, **errors: str) -> dict[str, Any]:
    values: dict[str, Any] = {
        "calendar": Calendar(DAY, DAY + timedelta(days=60), (), 2, 5),
        "days": [
            {"url": "/x", "on": DAY, "is_today": n == 0, "cells": (n, 3, 800, 0)} for n in range(3)
        ],
        "typed": {"from": "2026-07-31", "to": "2026-09-29"},
        "errors": Fields(errors),
    }
    return framed(language) | values


def _exports(language: Language, **errors: str) -> dict[str, Any]:
    one = {
        "id": _ID, "list": _say(language, list(LISTS.values())[2]), "days": (DAY, DAY),
        "rows": 1200, "at": AT, "until": AT, "taken_at": None, "open": True,
    }  # fmt: skip
    values: dict[str, Any] = {
        "lists": {name.value: _say(language, said) for name, said in LISTS.items()},
        "allowed": [one, one | {"open": False, "taken_at": AT}, one | {"open": False}],
        "errors": Fields(errors),
        "sent": Fields(list="leaving"),
        "over": None,
        "done": None,
    }
    return framed(language) | values


def _letters(language: Language, **more: Any) -> dict[str, Any]:
    row = {
        "number": NUMBER, "name": "見本　太＊＊＊", "way": _say(language, "手紙"),
        "state": _say(language, "印刷を待っています"), "created_at": AT, "expires_at": AT,
    }  # fmt: skip
    values: dict[str, Any] = {
        "rows": [row] * 3,
        "lacking": [row],
        "count": 3,
        "letters": 3,
        "selectors": "AAAAAA",
        "wrong": None,
        "errors": Fields(),
        "done": None,
        "newer": None,
        "older": "/x",
    }
    return framed(language) | values | more


def _in(language: Language, **more: Any) -> dict[str, Any]:
    return framed(language) | more


REGISTER_STORIES: list[tuple[str, str, int, Worded]] = [
    ("members", "members", 200, _members),
    ("members-first", "members", 200, lambda x: _members(x, typed="", found=None, rows=[])),
    (
        "members-wrong",
        "members",
        400,
        lambda x: _members(x, found=None, rows=[], wrong=WRONG["short"], newer=None, older=None),
    ),
    ("members-limited", "limited", 429, lambda x: _in(x, said=LIMITED)),
    ("member", "member", 200, _member),
    ("member-helpdesk", "member", 200, lambda x: _member(x, clerk=False)),
    (
        "member-wrong",
        "member",
        400,
        lambda x: _member(
            x, form="withdrawal", errors=Fields(accepted_on=BAD_DAY, reason=NO_REASON)
        ),
    ),
    ("changes", "changes", 200, _queue),
    ("changes-none", "changes", 200, lambda x: _queue(x, rows=[], older=None)),
    ("change", "change", 200, _change),
    (
        "change-wrong",
        "change",
        400,
        lambda x: _change(x, form="approve", errors=Fields(reason=NO_REASON, effective_on=BAD_DAY)),
    ),
    ("change-moved", "change", 409, lambda x: _change(x, form="approve", over=CHANGE_MOVED)),
    ("register", "register", 200, lambda x: _in(x, doors=[(u, a, b) for u, _, a, b in DOORS])),
    ("import", "import", 200, lambda x: _import(x, None)),
    ("import-wrong", "import", 400, lambda x: _import(x, NO_FILE)),
    *[
        (f"import-{state.value}", "import_file", 200, lambda x, s=state: _file(x, s))
        for state in (FileState.READING, FileState.FAULTY, FileState.READY, FileState.WAITING)
    ],
    (
        "import-stopped",
        "import_file",
        200,
        lambda x: _file(x, FileState.STOPPED, why=_say(x, list(WHY.values())[3])),
    ),
    ("import-no-reason", "import_file", 400, lambda x: _file(x, FileState.READY, wrong=NO_REASON)),
    ("withdrawals", "withdrawals", 200, _list),
    ("withdrawals-wrong", "withdrawals", 400, lambda x: _list(x, numbers=NO_NUMBERS)),
    ("withdrawal-preview", "withdrawal_preview", 400, lambda x: _preview(x, trouble=False)),
    ("withdrawal-trouble", "withdrawal_preview", 409, lambda x: _preview(x, trouble=True)),
    ("withdrawal", "withdrawal", 200, lambda x: _one(x, None)),
    ("withdrawal-late", "withdrawal", 409, lambda x: _one(x, TOO_LATE)),
    ("calendar", "calendar", 200, _calendar),
    ("calendar-wrong", "calendar", 400, lambda x: _calendar(x, to=BAD_DAY)),
    ("exports", "exports", 200, _exports),
    ("exports-wrong", "exports", 400, lambda x: _exports(x, list=BAD_DAY, reason=NO_REASON)),
    ("invitations", "invitations", 200, _letters),
    ("letters", "letters", 200, _letters),
    ("letters-wrong", "letters", 400, lambda x: _letters(x, errors=Fields(reason=NO_REASON))),
]
"""(name, template, status, values by language)."""
