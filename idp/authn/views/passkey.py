"""Signing in with a passkey: a page that hands the question to the browser, and its answer.

The question is made by a POST (it is a row), so the page with it is the answer to a form; without
scripts nobody gets here, because the button shows only where scripts can.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.authn.model import Failed, NoAccess
from idp.authn.passkey_sign_in import PasskeyAnswer, PasskeySignIn
from idp.authn.views.arriving import no_access, signed_in, target_of, visit_of
from idp.authn.views.sign_in import Describe
from idp.web.browser import Browser
from idp.web.forms import read_form
from idp.web.pages import Pages

ASK, ANSWER = "/sign-in/passkey", "/sign-in/passkey/answer"
FIELDS = {"csrf_token": 64, "request": 64, "next": 64, "progress": 64, "shared_device": 8}
ANSWER_FIELDS = FIELDS | {"question": 64, "credential": 16_384}


@dataclass(frozen=True)
class PasskeyViews:
    """The pages of a sign-in by passkey."""

    sign_in: PasskeySignIn
    browser: Browser
    pages: Pages
    describe: Describe

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        views = Blueprint("passkey", __name__)
        views.add_url_rule(ASK, view_func=self.ask, methods=["POST"])
        views.add_url_rule(ANSWER, view_func=self.answer, methods=["POST"])
        return views

    def ask(self) -> Response:
        """Ask the browser for a passkey."""
        sent = read_form(request, FIELDS)
        self.browser.csrf.check(request, self.browser.device_cookie(request))
        return self._page(sent)

    def answer(self) -> Response:
        """Take what the browser answered."""
        sent = read_form(request, ANSWER_FIELDS)
        self.browser.csrf.check(request, self.browser.device_cookie(request))
        answer = PasskeyAnswer(
            handle=sent["question"],
            credential=sent["credential"],
            target=target_of(sent["request"], sent["next"]),
            progress=sent["progress"],
            shared_device=bool(sent["shared_device"]),
        )
        result = self.sign_in.sign_in(answer, visit_of(request, self.browser, self.pages))
        if isinstance(result, Failed):
            return self._page(sent, result)
        if isinstance(result, NoAccess):
            return no_access(self.pages, result)
        return signed_in(self.browser, result)

    def _page(self, sent: dict[str, str], failed: Failed | None = None) -> Response:
        device = self.browser.device_cookie(request)
        handle = sent["request"]
        shown = self.describe(handle, device) if handle else None
        question = self.sign_in.ask(visit_of(request, self.browser, self.pages))
        back = f"/sign-in?request={handle}" if handle else "/sign-in"
        if sent["progress"]:
            back = f"/sign-in/verify?progress={sent['progress']}"
        kept = {name: sent[name] for name in ("request", "next", "progress", "shared_device")}
        return self.pages.render(
            "authn/passkey.html",
            401 if failed else 200,
            ui_locales=shown.ui_locales if shown else None,
            form_action=shown.form_action if shown else (),
            here=None,
            csrf_token=self.browser.csrf.token_for(device or ""),
            action=ANSWER,
            question=question,
            kept={name: value for name, value in kept.items() if value},
            back=back,
            error={"reference": failed.reference} if failed else None,
        )
