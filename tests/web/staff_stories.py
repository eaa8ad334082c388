"""The staff's pages in every state, for the eyes and for axe."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from idp.accounts.password_rules import WHY_TEXTS, Why
from idp.blocks.model import Scope
from idp.blocks.words import told
from idp.factors.totp import in_groups, picture_of
from idp.people_room.views.people import MENU, STATES
from idp.policy.model import LimitName
from idp.policy.staff import Permission
from idp.staff.views.carried import Act, Carried
from idp.staff.views.enrol import DIFFERENT, Wrong
from idp.staff.views.routes import Route
from idp.web.i18n import long_date, translate
from idp.web.organisation import Language

from .block_stories import Worded, block

TOKEN = "t" * 43
SECRET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
URI = f"otpauth://totp/mihon:madoguchi@mihon.example?secret={SECRET}"
REFERENCE: dict[str, Any] = {"reference": "ABCD2345", "blocks": []}
_AT = datetime(2026, 7, 31, 9, 0, tzinfo=UTC)
_STOPPED = block(LimitName.STAFF_PASSWORD_FROM_KNOWN_DEVICE, Scope.DEVICE, 5, 4)
_ASIDE = block(LimitName.STAFF_PASSWORD_FROM_UNKNOWN_DEVICE, Scope.STRANGERS, 5, 4)
_SIGN_IN: dict[str, Any] = {
    "csrf_token": TOKEN,
    "next_page": "/staff",
    "username": "",
    "error": None,
    "done": "",
}
_VERIFY: dict[str, Any] = {"csrf_token": TOKEN, "progress": "h" * 43, "error": None}
_PASSWORD: dict[str, Any] = {
    "csrf_token": TOKEN,
    "name": "見本 花子",
    "username": "madoguchi@mihon.example",
    "least": 10,
    "error": None,
}
_APP: dict[str, Any] = {
    "csrf_token": TOKEN,
    "picture": Markup(picture_of(URI, "QR")),
    "uri": URI,
    "groups": in_groups(SECRET),
    "error": None,
}
_AGAIN: dict[str, Any] = {"next_page": "/staff", "kept": None}
_ROUTE = Route(
    "/staff/clients/<client_id>/remove",
    "POST",
    Permission.CLIENT_CHANGE,
    recent="/staff/clients/<client_id>/remove",
    called="連携サービスの登録を取り消す",
)
_CARRIED = Carried(
    Act(_ROUTE, "/staff/clients/mihon-library/remove", ("mihon-library",)),
    (("reason", "お知らせ（見本）, no longer used"), ("confirm", "yes")),
    '["/staff/clients/mihon-library/remove",[["confirm","yes"]]]',
)
_KEPT: dict[str, Any] = {"kept": _CARRIED.shown()}
_CONFIRMED: dict[str, Any] = _KEPT | {"fields": _CARRIED.fields}
ROLES_OF = {"ja": ["監査"], "en": ["Auditor"]}


def framed(language: Language, *, roles: bool = True, menu: bool = True) -> dict[str, Any]:
    entry = {"url": "/staff/people", "label": MENU.label, "about": MENU.about, "current": True}
    return {
        "staff": {
            "name": "見本 花子",
            "roles": ROLES_OF[language] if roles else [],
            "csrf_token": TOKEN,
            "menu": [entry] if menu else [],
            "at_home": not menu,
        }
    }


def _in_frame(**more: Any) -> Worded:
    return lambda language: framed(language) | more


def _people(language: Language) -> dict[str, Any]:
    day = long_date(_AT.date(), language)
    state = translate(STATES["in_service"], language)
    cells = ("kansa@mihon.example", ROLES_OF[language][0], state, day, "")
    person = {"url": "/staff/people/1", "name": "見本 花子", "cells": cells}
    reason = "お知らせ（見本）, a reason that is a little longer than most"
    history = ("見本 花子", ROLES_OF[language][0], day, "cli:operator", reason, "", "")
    networks = ("192.0.2.0/24", "2001:db8::/32")
    lists = {"people": [person] * 3, "history": [history] * 3, "networks": networks}
    return framed(language) | lists | {"may_change": True}


def _blocked(language: Language) -> dict[str, Any]:
    return {"error": REFERENCE | {"blocks": told((_STOPPED, _ASIDE), language)}}


def _nothing(_language: Language) -> dict[str, Any]:
    return {}


STAFF_STORIES: list[tuple[str, str, dict[str, Any], int, Worded]] = [
    ("sign-in", "sign_in.html", _SIGN_IN, 200, _nothing),
    ("sign-in-enrolled", "sign_in.html", _SIGN_IN | {"done": "enrolled"}, 200, _nothing),
    (
        "sign-in-failed",
        "sign_in.html",
        _SIGN_IN | {"error": REFERENCE, "username": "kansa@mihon.example"},
        401,
        _nothing,
    ),
    ("sign-in-blocked", "sign_in.html", _SIGN_IN, 401, _blocked),
    ("verify", "verify.html", _VERIFY, 200, _nothing),
    ("verify-failed", "verify.html", _VERIFY | {"error": REFERENCE}, 401, _nothing),
    ("verify-blocked", "verify.html", _VERIFY, 401, _blocked),
    ("enrol", "enrol_password.html", _PASSWORD, 200, _nothing),
    (
        "enrol-wrong",
        "enrol_password.html",
        _PASSWORD | {"error": Wrong(DIFFERENT, {})},
        400,
        _nothing,
    ),
    (
        "enrol-weak",
        "enrol_password.html",
        _PASSWORD | {"error": Wrong(WHY_TEXTS[Why.TOO_SHORT], {"least": 10, "most": 1024})},
        400,
        _nothing,
    ),
    ("enrol-app", "enrol_app.html", _APP, 200, _nothing),
    ("enrol-app-wrong", "enrol_app.html", _APP | {"error": REFERENCE}, 401, _nothing),
    ("enrol-over", "enrol_over.html", {"reference": "ABCD2345"}, 410, _nothing),
    ("foreign", "foreign.html", {}, 403, _nothing),
    ("home", "home.html", {}, 200, _in_frame(ends_at=_AT)),
    (
        "home-nothing",
        "home.html",
        {"ends_at": _AT},
        200,
        lambda language: framed(language, menu=False),
    ),
    (
        "home-no-role",
        "home.html",
        {"ends_at": _AT},
        200,
        lambda language: framed(language, roles=False, menu=False),
    ),
    ("people", "people.html", {}, 200, _people),
    ("forbidden", "forbidden.html", {}, 403, _in_frame()),
    ("again", "reauthenticate.html", _AGAIN, 200, _in_frame(error=None)),
    ("again-failed", "reauthenticate.html", _AGAIN, 401, _in_frame(error=REFERENCE)),
    ("again-kept", "reauthenticate.html", _KEPT, 401, _in_frame(error=None)),
    ("again-kept-failed", "reauthenticate.html", _KEPT, 401, _in_frame(error=REFERENCE)),
    ("confirmed", "confirmed.html", _CONFIRMED, 200, _in_frame()),
]
"""(name, template, values, status, values by language)."""
