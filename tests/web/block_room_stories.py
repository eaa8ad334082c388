"""The room of blocks, weather and policy in every state, for the eyes and for axe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from idp.block_room import charting
from idp.block_room.desk import Opened, Person
from idp.block_room.model import Cause, RehearsalState
from idp.block_room.views import content, lifting, listing, policy, result
from idp.block_room.views.weather import PERIODS
from idp.block_room.words import ALERTS, ATTACKS, STATES, cause
from idp.blocks.model import SubjectKind
from idp.policy.folder import AREAS
from idp.policy.model import LimitName
from idp.weather.model import Minute
from idp.web.i18n import translate
from idp.web.organisation import Language

from .block_stories import BY_PERSON, FIFTY, NOW, OWN_APP, STRANGERS, Worded
from .staff_stories import framed

_BLOCKS = (STRANGERS, OWN_APP, FIFTY, BY_PERSON)
_NAMES = {"operator": "見本 花子"}
_REASON = "お知らせ（見本）, a reason that is a little longer than most reasons are"
_LIFTED = replace(STRANGERS, lifted_at=NOW, lifted_by="operator", lift_reason=_REASON)
Make = Callable[[Language], dict[str, Any]]


def in_frame(make: Make) -> Worded:
    return lambda language: framed(language) | make(language)


def nothing(_language: Language) -> dict[str, Any]:
    return {}


def _list(**more: Any) -> Worded:
    def made(language: Language) -> dict[str, Any]:
        found = [(20_000 + n, rule, 3 * n + 1) for n in range(14) for rule in (None, *_RULES)]
        drawn = charting.blocks_by_day(found, date(2024, 10, 17), 14, language)
        causes = [Cause(one.rule, 40, 7) for one in _BLOCKS]
        return {
            "causes": [content.cause_row(one, language, may_lift=True) for one in causes],
            "by_day": listing.chart_of(drawn),
            "rule": None,
            "rows": [content.row(one, language, opens=True) for one in _BLOCKS],
            "older": "/staff/blocks?before=1_x",
            "newest": True,
            "opens": True,
            "sees_weather": True,
            "typed": dict.fromkeys(listing.FIELDS, ""),
            "wrong": None,
            "field": None,
            "done": "",
        } | more

    return in_frame(made)


_RULES = (
    LimitName.PASSWORD_FROM_UNKNOWN_DEVICE,
    LimitName.STAFF_TOTP,
    LimitName.FAILURES_PER_ADDRESS,
)


def _block(block: Any, wrong: str | None = None, **more: Any) -> Worded:
    def made(language: Language) -> dict[str, Any]:
        person = Person(SubjectKind.MEMBER, "00012345", "見本 花子")
        found = Opened(block, block.lifted_at is None, person)
        return {
            "block": content.opened(found, _NAMES, language),
            "may_lift": found.runs,
            "own": False,
            "wrong": lifting.WRONG[wrong] if wrong else None,
            "in_field": wrong == "reason",
            "reason": "",
            "done": False,
        } | more

    return in_frame(made)


def _many(count: int, wrong: str | None = None, *, waits: bool = False) -> Worded:
    def made(language: Language) -> dict[str, Any]:
        return {
            "rule": "password_from_unknown_device",
            "cause": cause(STRANGERS.rule, language),
            "count": count,
            "more": waits,
            "at": content.at(NOW, language),
            "parameters": {"at": 1, "set": "0" * 64},
            "rows": [content.row(STRANGERS, language, opens=True)] * min(count, 20),
            "waits": waits,
            "wrong": lifting.WRONG[wrong] if wrong else None,
            "in_field": wrong == "reason",
            "reason": "",
        }

    return in_frame(made)


def _rows(**more: Any) -> Worded:
    def made(language: Language) -> dict[str, Any]:
        rows = [content.row(one, language, opens=True) for one in _BLOCKS]
        return {"rows": rows} | more

    return in_frame(made)


def _lifted(language: Language) -> dict[str, Any]:
    rows = [content.lifted_row(_LIFTED, _NAMES, language, opens=True)] * 3
    return {"rows": rows, "older": "/staff/blocks/lifted?before=1_x"}


def _explained(language: Language) -> dict[str, Any]:
    rule = {"counted": 5, "in_flight": 0, "limit": 5, "hit": True}
    found = {
        "reference": "ABCD2345",
        "at": content.at(NOW, language),
        "said": content.sentences(STRANGERS, language)[0],
        "event": "sign_in.failed",
        "network": "203.0.…",
        "policy": "0" * 64,
        "rules": [rule | {"name": cause(one.rule, language)} for one in _BLOCKS],
        "flooded_by": cause(LimitName.FAILURES_PER_ADDRESS, language),
    }
    return {"found": found}


def _account(language: Language) -> dict[str, Any]:
    rows = [content.row(one, language, opens=True) for one in _BLOCKS]
    return {"running": rows, "ended": rows}


_ACCOUNT = {"number": "00012345", "blocked_at": None, "stopped_at": NOW} | {
    "may_stop": True,
    "reason": "",
    "wrong": None,
}


def _weather(language: Language) -> dict[str, Any]:
    minutes = {n: Minute(wrong=n % 7, refused=n % 3, right=n % 11, mails=n % 2) for n in range(180)}
    at = content.at(NOW, language)
    attack = (at, translate(ATTACKS["spray"], language), at, 1200, 300, 1, 2)
    return {
        "periods": [(f"?hours={key}", one[1], key == "3") for key, one in PERIODS.items()],
        "chart": listing.chart_of(charting.weather(minutes, 0, 179, language)),
        "attacks": [attack] * 2,
        "alerts": [(translate(one, language), at) for one in ALERTS.values()],
    }


def _policy(**more: Any) -> Worded:
    def made(language: Language) -> dict[str, Any]:
        at, state = content.at(NOW, language), translate(STATES[RehearsalState.DONE], language)
        row = {"url": "/staff/policy/x", "at": at, "digest": "0" * 12, "state": state}
        before = {"url": "/staff/policy/version/1", "number": 1, "since": at, "by": "cli:operator"}
        return {
            "digest": "0" * 64,
            "since": at,
            "limits": [(cause(one, language), 5, "15m", "30m") for one in LimitName],
            "history": [before | {"digest": "0" * 12}] * 2,
            "proposals": [row | {"stale": False}, row | {"stale": True}],
            "may_change": True,
            "done": "active",
        } | more

    return in_frame(made)


_CHANGES = [("limits.toml [password_from_unknown_device] count", "5", "3"), ("x", None, "y")]


def _version(language: Language) -> dict[str, Any]:
    since = content.at(NOW, language)
    return {"number": 2, "digest": "0" * 64, "since": since, "by": "cli:operator"}


def _proposing(wrong: str | None = None) -> dict[str, Any]:
    sent = {"file": "limits", "text": "[a]\ncount = 5", "from": "2026-07-01", "to": "2026-07-31"}
    return {
        "sent": sent | {"reason": ""},
        "files": list(AREAS),
        "field": wrong,
        "wrong": policy.WRONG[wrong] if wrong else None,
        "detail": "limits.toml: Expected '=' after a key (at line 1)" if wrong else "",
    }


_RESULT: dict[str, Any] = {
    "from": NOW.isoformat(),
    "to": NOW.isoformat(),
    **dict.fromkeys((key for _, key in result.NUMBERS), 1234),
    "harm": dict.fromkeys((key for _, key in result.HARM), 12),
    "check": dict.fromkeys((key for _, key in result.CHECK), 3),
    "blocked_anew": [{"started_at": NOW.isoformat(), "until": None, "rule": "totp"}] * 3,
    "blocked_no_more": [],
    "blocked_anew_count": 3,
    "blocked_no_more_count": 0,
    "attacks": [
        {
            "began_at": NOW.isoformat(),
            "attempts": 900,
            "looked_at_then": 300,
            "looked_at": 100,
            "cut_at": NOW.isoformat(),
        }
    ],
}


def _proposal(state: RehearsalState, wrong: str | None = None, **more: Any) -> Worded:
    def made(language: Language) -> dict[str, Any]:
        over = state is RehearsalState.DONE
        return {
            "url": "/staff/policy/proposals/x",
            "digest": "0" * 64,
            "made_at": content.at(NOW, language),
            "state": translate(STATES[state], language),
            "going_on": state in (RehearsalState.RUNNING, RehearsalState.WAITING),
            "read": 1200,
            "total": 90_000,
            "failure": "the policy 00 stands in no activation"
            if state is RehearsalState.FAILED
            else None,
            "rehearsed": over,
            "result": result.shown(_RESULT, language) if over else None,
            "changes": _CHANGES,
            "stale": False,
            "may_activate": over,
            "waits": True,
            "glass": True,
            "wrong": policy.WRONG[wrong] if wrong else None,
            "in_field": wrong == "reason",
            "reason": "",
        } | more

    return in_frame(made)


_NOT_FOUND = {"wrong": listing.WRONG["no_reference"], "field": "reference"}
_STOP = {"number": "00012345", "reason": "", "wrong": lifting.NO_REASON}
_B = "block_room"
Stories = list[tuple[str, str, dict[str, Any], int, Worded]]
BLOCK_STORIES: Stories = [
    ("blocks", f"{_B}/blocks.html", {}, 200, _list()),
    ("blocks-none", f"{_B}/blocks.html", {}, 200, _list(rows=[], causes=[], older=None)),
    ("blocks-wrong", f"{_B}/blocks.html", {}, 404, _list(**_NOT_FOUND)),
    ("blocks-too-many", f"{_B}/blocks.html", {}, 200, _list(done="too_many")),
    ("block", f"{_B}/block.html", {}, 200, _block(STRANGERS)),
    ("block-no-reason", f"{_B}/block.html", {}, 400, _block(STRANGERS, "reason")),
    ("block-over", f"{_B}/block.html", {}, 409, _block(_LIFTED, "over")),
    ("block-lifted", f"{_B}/block.html", {}, 200, _block(_LIFTED, done=True)),
    ("block-own", f"{_B}/block.html", {}, 200, _block(STRANGERS, may_lift=False, own=True)),
    ("block-by-person", f"{_B}/block.html", {}, 200, _block(BY_PERSON)),
    ("blocks-many", f"{_B}/many.html", {}, 200, _many(12)),
    ("blocks-many-waits", f"{_B}/many.html", {}, 200, _many(500, waits=True)),
    ("blocks-many-wrong", f"{_B}/many.html", {}, 409, _many(12, "changed")),
    ("blocks-many-none", f"{_B}/many.html", {}, 200, _many(0)),
    ("blocks-lifted", f"{_B}/lifted.html", {}, 200, in_frame(_lifted)),
    ("blocks-explained", f"{_B}/explained.html", {}, 200, in_frame(_explained)),
    ("blocks-account", f"{_B}/account.html", _ACCOUNT, 200, in_frame(_account)),
    ("blocks-address", f"{_B}/address.html", {}, 200, _rows(address="203.0.113.7")),
    (
        "blocks-stop",
        f"{_B}/stop.html",
        _STOP | {"in_field": True, "again": True},
        400,
        in_frame(nothing),
    ),
    ("weather", f"{_B}/weather.html", {}, 200, in_frame(_weather)),
    ("policy", f"{_B}/policy.html", {}, 200, _policy()),
    ("policy-no-proposal", f"{_B}/policy.html", {}, 200, _policy(proposals=[], done="")),
    ("policy-version", f"{_B}/policy_version.html", {"changes": _CHANGES}, 200, in_frame(_version)),
    ("policy-new", f"{_B}/policy_new.html", _proposing(), 200, in_frame(nothing)),
    ("policy-new-text", f"{_B}/policy_new.html", _proposing("text"), 400, in_frame(nothing)),
    ("policy-new-day", f"{_B}/policy_new.html", _proposing("from"), 400, in_frame(nothing)),
    ("policy-runs", f"{_B}/policy_proposal.html", {}, 200, _proposal(RehearsalState.RUNNING)),
    ("policy-failed", f"{_B}/policy_proposal.html", {}, 200, _proposal(RehearsalState.FAILED)),
    ("policy-result", f"{_B}/policy_proposal.html", {}, 200, _proposal(RehearsalState.DONE)),
    (
        "policy-no-reason",
        f"{_B}/policy_proposal.html",
        {},
        400,
        _proposal(RehearsalState.DONE, "reason"),
    ),
]
"""(name, template, values, status, values by language)."""
