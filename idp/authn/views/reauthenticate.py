"""Authenticating again: the password, or a code where the member has set up more.

Leads back to a page of the member's own (`next`), or to the authorization request that asked for
more (`request`); to nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.authn.assurance import Way
from idp.authn.model import Failed
from idp.authn.reauthentication import Again, Reauthentication
from idp.authn.recent import REAUTHENTICATE, own_page
from idp.authn.views.arriving import error_of, url_of, visit_of
from idp.authn.views.sign_in import Describe, InProgress
from idp.sessions.model import Session
from idp.sessions.service import BrowserSessions
from idp.web.browser import Browser
from idp.web.forms import fold_code, read_form
from idp.web.pages import Pages

SEND = f"{REAUTHENTICATE}/send"
PASSKEY, PASSKEY_ANSWER = f"{REAUTHENTICATE}/passkey", f"{REAUTHENTICATE}/passkey/answer"
FIELDS = {"csrf_token": 64, "next": 64, "request": 64, "password": 4096, "code": 64}
ANSWER_FIELDS = FIELDS | {"question": 64, "credential": 16_384}


@dataclass(frozen=True, slots=True)
class _Asked:
    session: Session
    cookie: str
    kept: dict[str, str]
    shown: InProgress | None
    again: Again


@dataclass(frozen=True)
class ReauthenticateViews:
    """The page that asks once more who is there."""

    service: Reauthentication
    sessions: BrowserSessions
    browser: Browser
    pages: Pages
    describe: Describe

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        views = Blueprint("reauthenticate", __name__)
        views.add_url_rule(REAUTHENTICATE, view_func=self.show, methods=["GET"])
        views.add_url_rule(REAUTHENTICATE, view_func=self.check, methods=["POST"])
        views.add_url_rule(SEND, view_func=self.send, methods=["POST"])
        views.add_url_rule(PASSKEY, view_func=self.ask, methods=["POST"])
        views.add_url_rule(PASSKEY_ANSWER, view_func=self.answer, methods=["POST"])
        return views

    def show(self) -> Response:
        """Ask."""
        handle, page = request.args.get("request", "")[:64], request.args.get("next", "")
        asked = self._asked(handle, page)
        if asked is None:
            return redirect("/sign-in", 303)
        return self._page(asked, sent=bool(request.args.get("sent")))

    def check(self) -> Response:
        """Take the password or the code."""
        sent, asked = self._posted(FIELDS)
        if asked is None:
            return redirect("/sign-in", 303)
        visit = visit_of(request, self.browser, self.pages)
        if asked.again.by_code:
            code = fold_code(sent["code"])
            result = self.service.by_code(asked.session, asked.again, code, visit)
        elif asked.again.by_password:
            result = self.service.by_password(asked.session, sent["password"], visit)
        else:
            return self._page(asked)  # only a passkey will do, and that is another form
        return self._led_on(asked, result)

    def send(self) -> Response:
        """Send a code by mail."""
        _, asked = self._posted(FIELDS)
        if asked is None:
            return redirect("/sign-in", 303)
        if Way.MAIL in asked.again.ways:
            visit = visit_of(request, self.browser, self.pages)
            self.service.send_code(asked.session, visit)
        return redirect(f"{REAUTHENTICATE}?{urlencode({**asked.kept, 'sent': '1'})}", 303)

    def ask(self) -> Response:
        """Ask the browser for a passkey."""
        _, asked = self._posted(FIELDS)
        return self._passkey_page(asked) if asked else redirect("/sign-in", 303)

    def answer(self) -> Response:
        """Take what the browser answered."""
        sent, asked = self._posted(ANSWER_FIELDS)
        if asked is None:
            return redirect("/sign-in", 303)
        visit = visit_of(request, self.browser, self.pages)
        result = self.service.by_passkey(
            asked.session, sent["question"], asked.cookie, sent["credential"], visit
        )
        if isinstance(result, Failed):
            return self._passkey_page(asked, result)
        return self._led_on(asked, result)

    def _posted(self, fields: dict[str, int]) -> tuple[dict[str, str], _Asked | None]:
        sent = read_form(request, fields)
        self.browser.csrf.check(request, self.browser.session_cookie(request))
        return sent, self._asked(sent["request"], sent["next"])

    def _asked(self, handle: str, page: str) -> _Asked | None:
        """Gather what is asked of whom; None without a session."""
        cookie = self.browser.session_cookie(request)
        session = self.sessions.current(cookie)
        if session is None or cookie is None:
            return None
        device = self.browser.device_cookie(request)
        shown = self.describe(handle, device) if handle else None
        kept = {"request": handle} if handle else {"next": own_page(page)}
        again = self.service.ways_of(session, shown.wanted if shown else ())
        return _Asked(session, cookie, kept, shown, again)

    def _led_on(self, asked: _Asked, result: Session | Failed) -> Response:
        if isinstance(result, Failed):
            return self._page(asked, result)
        return redirect(url_of(asked.kept.get("request") or asked.kept["next"]), 303)

    def _page(self, asked: _Asked, failed: Failed | None = None, *, sent: bool = False) -> Response:
        policy = self.service.policy.policy
        return self.pages.render(
            "authn/reauthenticate.html",
            401 if failed else 200,
            **self._frame(asked),
            ways=[way.value for way in asked.again.ways],
            by_code=asked.again.by_code,
            by_password=asked.again.by_password,
            username=asked.again.username,
            minutes=policy.verification.code_lifetime.seconds // 60,
            sender=policy.mail.sender,
            sent=sent,
            error=error_of(
                failed, self.pages.language(asked.shown.ui_locales if asked.shown else None)
            ),
        )

    def _passkey_page(self, asked: _Asked, failed: Failed | None = None) -> Response:
        return self.pages.render(
            "authn/passkey.html",
            401 if failed else 200,
            **self._frame(asked),
            action=PASSKEY_ANSWER,
            question=self.service.ask_passkey(asked.cookie),
            back=f"{REAUTHENTICATE}?{urlencode(asked.kept)}",
            error={"reference": failed.reference} if failed else None,
        )

    def _frame(self, asked: _Asked) -> dict[str, Any]:
        shown = asked.shown
        return {
            "ui_locales": shown.ui_locales if shown else None,
            "form_action": shown.form_action if shown else (),
            "here": f"{REAUTHENTICATE}?{urlencode(asked.kept)}",
            "csrf_token": self.browser.csrf.token_for(asked.cookie),
            "kept": asked.kept,
            "client_name": shown.client_name if shown else None,
        }
