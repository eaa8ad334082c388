"""The member's own account pages in every state, for the eyes and for axe."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

TOKEN = "t" * 43
_AT = datetime(2026, 7, 31, 3, 0, tzinfo=UTC)
_WAITING: dict[str, Any] = {
    "csrf_token": TOKEN,
    "wrong": False,
    "new": "h•••@mihon.example",
    "old": "t•••@mihon.example",
    "new_confirmed": False,
    "old_confirmed": False,
    "until": _AT,
    "due": None,
}
_PASSWORD: dict[str, Any] = {
    "csrf_token": TOKEN,
    "errors": {},
    "values": {},
    "reference": None,
    "least": 10,
    "username": "hanako@mihon.example",
}
_ENTRY: dict[str, Any] = {
    "id": "0198-1",
    "at": _AT,
    "what": "ログインしました",
    "because": None,
    "means": ["パスワード", "認証アプリの認証コード"],
    "browser": "Chrome, Android",
    "address": "2001:db8:1234:5678:9abc:def0:1234:5678",
    "role": None,
    "case": None,
    "reason": None,
    "refused": False,
    "here": True,
    "may_contest": True,
    "contested": False,
}
_SEEN = _ENTRY | {
    "id": "0198-2",
    "what": "職員が、あなたのご登録の内容を見ました",
    "means": [],
    "browser": None,
    "address": None,
    "role": "お電話での受付の担当",
    "case": "FHKMRW",
    "reason": "お電話でのお問い合わせ",
    "here": False,
    "contested": True,
}
_HISTORY: dict[str, Any] = {
    "csrf_token": TOKEN,
    "entries": [_ENTRY, _SEEN],
    "older": "1-1",
    "later": True,
}

ACCOUNT_STORIES: list[tuple[str, str, dict[str, Any]]] = [
    ("address", "address.html", {"csrf_token": TOKEN, "typed": "", "error": None}),
    (
        "address-refused",
        "address.html",
        {
            "csrf_token": TOKEN,
            "typed": "ｈａｎａｋｏ＠mihon.example",
            "error": "いまお使いのメールアドレスと同じです。",
        },
    ),
    ("address-waiting", "address_waiting.html", _WAITING),
    ("address-waiting-office", "address_waiting.html", _WAITING | {"due": _AT}),
    ("address-waiting-old", "address_waiting.html", _WAITING | {"new_confirmed": True}),
    (
        "address-waiting-wrong",
        "address_waiting.html",
        _WAITING | {"wrong": True, "old_confirmed": True},
    ),
    *[
        (f"address-link-{step}", "address_link.html", {**_WAITING, "step": step, "link": "a.b"})
        for step in ("new", "old", "undo")
    ],
    *[
        (f"address-{step}", "address_outcome.html", {"step": step})
        for step in ("changed", "one_left", "later", "impossible", "wrong")
    ],
    ("address-undone", "address_undone.html", {}),
    ("password", "password.html", _PASSWORD),
    (
        "password-wrong",
        "password.html",
        _PASSWORD
        | {
            "errors": {
                "password": "いまのパスワードが違います。"
                "大文字と小文字、全角と半角の違いもお確かめください。"
            },
            "reference": "ABCD2345",
        },
    ),
    ("password-changed", "password_changed.html", {}),
    ("stop", "stop.html", {"csrf_token": TOKEN}),
    ("stopped", "stopped.html", {}),
    ("history", "history.html", _HISTORY),
    ("history-none", "history.html", _HISTORY | {"entries": [], "older": None, "later": False}),
    ("history-contested", "history_contested.html", {"entry": _ENTRY, "own": False}),
    ("data", "data.html", {"csrf_token": TOKEN}),
]
"""(name, template, values)."""
