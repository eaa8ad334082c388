"""Every page in every state, as a tiny Flask application: for the tests and for the eyes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from flask import Flask, Response, request

from idp.errors import IdpError, Unavailable
from idp.exchanges.model import Exchange, Reason
from idp.exchanges.texts import TEXTS
from idp.web import problems
from idp.web.forms import read_form
from idp.web.pages import Organisation, Pages

from .account_stories import ACCOUNT_STORIES
from .approval_stories import APPROVAL_STORIES
from .block_room_stories import BLOCK_STORIES
from .block_stories import ACCOUNT_BLOCKS, SIGN_IN_BLOCKS, STEP_BLOCKS, Worded
from .case_stories import CASE_STORIES
from .client_room_stories import CLIENT_STORIES
from .register_stories import REGISTER_STORIES
from .staff_stories import STAFF_STORIES

ORGANISATION = Organisation(
    name_ja="みほん学校生活協同組合",
    name_en="Mihon School Co-op",
    telephone="0120-000-000",
    hours_ja="平日 9時から17時まで（通話無料）",
    hours_en="Weekdays 9:00 to 17:00, free of charge (in Japanese)",
    help_url="https://www.mihon.example/help",
    privacy_url="https://www.mihon.example/privacy",
)
ISSUER = "http://127.0.0.1:8000"
TOKEN = "t" * 43
HANDLE = "h" * 43
REFERENCE = {"reference": "ABCD2345", "blocks": []}


class Busy(Unavailable):
    code = "busy"


class OddError(IdpError):
    code = "odd_story"
    status = 409


@dataclass(frozen=True)
class Story:
    """One page in one state."""

    name: str
    template: str
    context: dict[str, Any]
    status: int = 200
    worded: Worded = lambda _: {}
    """Values that depend on the language of the reader."""


def _sign_in(name: str, **changes: object) -> Story:
    context: dict[str, Any] = {
        "csrf_token": TOKEN,
        "request_handle": HANDLE,
        "client_name": "マイページ",
        "username": "",
        "error": None,
        "notice": None,
        "next_page": None,
        "passkeys": True,
    }
    return Story(name, "sign_in.html", context | changes, 403 if changes.get("error") else 200)


def _ended(reason: str) -> Story:
    context: dict[str, Any] = {"reason": reason, "reference": "ABCD2345"}
    return Story(f"ended-{reason}", "sign_in_ended.html", context, 403)


_CONSENT: dict[str, Any] = {
    "csrf_token": TOKEN,
    "request_handle": HANDLE,
    "client_name": "デジタル組合員証",
    "client_uri": "https://card.mihon.example/",
    "scopes": ["openid", "profile", "email", "address", "phone", "offline_access"],
    "offline": True,
}
_ACCOUNT: dict[str, Any] = {
    "name": "見本　花子",
    "member_number": "00012345",
    "address": "h•••@mihon.example",
    "services": [
        {"name": "マイページ", "url": "https://portal.mihon.example/"},
        {"name": "デジタル組合員証", "url": "https://card.mihon.example/"},
    ],
    "blocks": [],
    "csrf_token": TOKEN,
}
_APPLICATIONS: dict[str, Any] = {
    "csrf_token": TOKEN,
    "applications": [
        {
            "client_id": "shop",
            "name": "マイページ",
            "since": date(2026, 7, 31),
            "entries": ["openid", "profile.name", "profile.member_number", "email"],
            "offline": True,
        },
        {
            "client_id": "card",
            "name": "デジタル組合員証",
            "since": date(2026, 4, 1),
            "entries": ["openid", "profile", "profile.membership", "profile.record"],
            "offline": False,
        },
    ],
}
_SIGN_OUT: dict[str, Any] = {"csrf_token": TOKEN, "request_handle": None}

_EXCHANGE = Exchange(
    at=datetime(2026, 11, 22, 3, 4, tzinfo=UTC),
    request_id="0123456789abcdef",
    method="GET",
    path="/authorize",
    client_id="desk",
    parameters={"client_id": "desk", "redirect_uri": "https://desk.mihon.example/" + "a" * 80},
    headers={},
    status=400,
)
_MISMATCH = Reason(
    "redirect_uri_mismatch",
    "https://desk.mihon.example/" + "a" * 80,
    ("https://desk.mihon.example/callback",),
)
_EXCHANGES: dict[str, Any] = {
    "shown": [
        {"exchange": _EXCHANGE, "reason": _MISMATCH, "text": TEXTS["redirect_uri_mismatch"]},
        {"exchange": _EXCHANGE, "reason": None, "text": None},
    ],
    "named": "desk",
    "known": ["card", "desk", "portal"],
}

STORIES = [
    _sign_in("sign-in"),
    _sign_in("sign-in-alone", client_name=None, request_handle=None, notice="お知らせ（見本）"),
    _sign_in("sign-in-failed", error=REFERENCE, username="hanako@mihon.example"),
    *[
        replace(
            _sign_in(f"sign-in-blocked-{name}", username="hanako@mihon.example"),
            status=401,
            worded=worded,
        )
        for name, worded in SIGN_IN_BLOCKS.items()
    ],
    *[
        Story(name, f"authn/{template}", values, 401, worded)
        for name, template, values, worded in STEP_BLOCKS
    ],
    _ended("membership_ended"),
    _ended("service_stopped"),
    _ended("blocked"),
    Story("consent", "consent.html", _CONSENT),
    Story(
        "consent-small",
        "consent.html",
        _CONSENT | {"client_uri": None, "scopes": ["openid", "other:thing"], "offline": False},
    ),
    Story("account", "account.html", _ACCOUNT),
    Story("account-empty", "account.html", _ACCOUNT | {"services": []}),
    *[
        Story(f"account-blocks-{name}", "account.html", _ACCOUNT, worded=worded)
        for name, worded in ACCOUNT_BLOCKS.items()
    ],
    Story("sign-out", "sign_out.html", _SIGN_OUT | {"client_name": None}),
    Story(
        "sign-out-asked",
        "sign_out.html",
        {"csrf_token": TOKEN, "request_handle": HANDLE, "client_name": "マイページ"},
    ),
    Story("applications", "applications.html", _APPLICATIONS),
    Story("applications-none", "applications.html", _APPLICATIONS | {"applications": []}),
    Story("signed-out", "signed_out.html", {"client_name": None, "return_url": None}),
    Story(
        "signed-out-return",
        "signed_out.html",
        {"client_name": "マイページ", "return_url": "https://portal.mihon.example/"},
    ),
    Story("exchanges", "exchanges.html", _EXCHANGES),
    Story("exchanges-none", "exchanges.html", _EXCHANGES | {"shown": [], "named": None}),
    *[
        Story(f"account-{name}", f"account/{template}", values)
        for name, template, values in ACCOUNT_STORIES
    ],
    *[
        Story(f"staff-{name}", f"staff/{template}", values, status, worded)
        for name, template, values, status, worded in [*STAFF_STORIES, *APPROVAL_STORIES]
    ],
    *[
        Story(name, f"helpdesk/{template}", {}, status, worded)
        for name, template, status, worded in CASE_STORIES
    ],
    *[
        Story(f"register-{name}", f"register_desk/{template}.html", {}, status, worded)
        for name, template, status, worded in REGISTER_STORIES
    ],
    *[
        Story(f"staff-{name}", template, values, status, worded)
        for name, template, values, status, worded in [*BLOCK_STORIES, *CLIENT_STORIES]
    ],
    Story("busy", "busy.html", {"retry_after": 12, "again_url": "/story/sign-in"}, 503),
    Story("busy-form", "busy.html", {"retry_after": 12, "again_url": None}, 503),
]

ERRORS: dict[str, Callable[[], IdpError]] = {
    "busy": lambda: Busy("slots full", retry_after=7),
    "outage": lambda: Unavailable("host db.internal", retry_after=3),
    "odd": lambda: OddError("secret detail"),
    "plain": lambda: IdpError("secret detail"),
}


def make_app(issuer: str = ISSUER, **extra: problems.Problem) -> Flask:
    """Build the application of stories: `/story/NAME`, `/problem/CODE`, `/raise/NAME`."""
    app = Flask("stories", static_folder=None)
    pages = Pages.for_issuer(issuer, ORGANISATION)
    pages.install(app)
    problems.register(app, pages, extra=extra)
    stories = {story.name: story for story in STORIES}

    @app.get("/story/<name>")
    def story(name: str) -> Response:
        told = stories[name]
        context = told.context | told.worded(pages.language())
        return pages.render(told.template, told.status, **context)

    @app.get("/problem/<code>")
    def problem(code: str) -> Response:
        shown = problems.PROBLEMS[code]
        return pages.render("error.html", 400, problem=shown, reference="ABCD2345")

    @app.route("/raise/<name>", methods=["GET", "POST"])
    def fail(name: str) -> Response:
        if name in ERRORS:
            raise ERRORS[name]()
        raise RuntimeError("a bug with a secret")

    @app.post("/form")
    def form() -> dict[str, str]:
        return read_form(request, {"username": 20, "password": 10})

    @app.post("/sign-in")
    def again() -> Response:
        return pages.render(
            "sign_in.html", 403, here="/story/sign-in?request=h", **stories["sign-in"].context
        )

    return app
