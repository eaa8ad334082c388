"""The page that asks for a verification code after the password, and its answer."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.authn.assurance import Way
from idp.authn.model import Failed, NoAccess
from idp.authn.second_steps import SecondSteps
from idp.authn.views.arriving import error_of, handle_of, no_access, signed_in, visit_of
from idp.authn.views.sign_in import Describe
from idp.web.browser import Browser
from idp.web.forms import fold_code, read_form
from idp.web.pages import Pages

VERIFY, RESEND = "/sign-in/verify", "/sign-in/verify/resend"
FIELDS = {"csrf_token": 64, "progress": 64, "code": 64, "way": 16}


@dataclass(frozen=True)
class VerifyViews:
    """The second step of a sign-in."""

    steps: SecondSteps
    browser: Browser
    pages: Pages
    describe: Describe

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        views = Blueprint("verify", __name__)
        views.add_url_rule(VERIFY, view_func=self.show, methods=["GET"])
        views.add_url_rule(VERIFY, view_func=self.verify, methods=["POST"])
        views.add_url_rule(RESEND, view_func=self.resend, methods=["POST"])
        return views

    def show(self) -> Response:
        """Ask for the code."""
        handle = request.args.get("progress", "")[:64]
        return self._page(handle, request.args.get("way", ""), sent=bool(request.args.get("sent")))

    def verify(self) -> Response:
        """Take the code."""
        sent = read_form(request, FIELDS)
        self.browser.csrf.check(request, self.browser.device_cookie(request))
        visit = visit_of(request, self.browser, self.pages)
        result = self.steps.verify(sent["progress"], fold_code(sent["code"]), visit)
        if isinstance(result, Failed):
            return self._page(sent["progress"], sent["way"], result)
        if isinstance(result, NoAccess):
            return no_access(self.pages, result)
        return signed_in(self.browser, result)

    def resend(self) -> Response:
        """Send another code; whoever asks too often sees the same page."""
        sent = read_form(request, FIELDS)
        self.browser.csrf.check(request, self.browser.device_cookie(request))
        visit = visit_of(request, self.browser, self.pages)
        self.steps.resend(sent["progress"], visit)
        return redirect(f"{VERIFY}?progress={sent['progress']}&sent=1", 303)

    def _page(
        self, handle: str, wanted: str, failed: Failed | None = None, *, sent: bool = False
    ) -> Response:
        device = self.browser.device_cookie(request)
        step = self.steps.show(handle, device)
        request_handle = handle_of(step.target)
        shown = self.describe(request_handle, device) if request_handle else None
        way = wanted if wanted in step.ways else step.ways[0]
        policy = self.steps.policy.policy
        return self.pages.render(
            "authn/verify.html",
            401 if failed else 200,
            ui_locales=shown.ui_locales if shown else None,
            form_action=shown.form_action if shown else (),
            here=f"{VERIFY}?progress={handle}",
            csrf_token=self.browser.csrf.token_for(device or ""),
            progress=handle,
            target=step.target,
            way=Way(way).value,
            ways=[one.value for one in step.ways],
            minutes=policy.verification.code_lifetime.seconds // 60,
            sender=policy.mail.sender,
            sender_domain=policy.mail.sender.rpartition("@")[2],
            sent=sent,
            error=error_of(failed, self.pages.language(shown.ui_locales if shown else None)),
        )
