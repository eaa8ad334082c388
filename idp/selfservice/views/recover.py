"""`/recover`: a forgotten password. The mail brings a code and a link; either one suffices.

The page after the request is the same for every address. A link is moved out of the address into a
cookie and looked at only by the POST, so that mail scanners use up nothing. The end is no session:
a page that asks to sign in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, request
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from idp.accounts.password_rules import BadPassword
from idp.inforce.service import PolicyInForce
from idp.journal.model import Origin
from idp.lifecycle.model import Asker
from idp.lifecycle.new_password import NewPasswords, ResetRefused
from idp.lifecycle.reset import PAGE, ResetRequests
from idp.mails.message import sender_domain
from idp.members.errors import BadMailAddress
from idp.proving.model import Purpose
from idp.proving.service import DIGITS
from idp.selfservice.views.register_screens import LOOK_AGAIN, FieldError
from idp.web.browser import Browser
from idp.web.cookies import LINK
from idp.web.csrf import ForgedRequest
from idp.web.forms import fold_code, read_form
from idp.web.i18n import mark as _
from idp.web.pages import Pages
from idp.web.request_id import request_id_of

PASSWORD = f"{PAGE}/password"
DONE = f"{PAGE}/done"
ASK_FIELDS = {"csrf_token": 64, "email": 320}
SET_FIELDS = {
    "csrf_token": 64,
    "flow": 64,
    "email": 320,
    "code": 64,
    "new_password": 4096,
    "new_password_again": 4096,
}
WRONG, GONE = 401, 410
_BAD_ADDRESS = FieldError(_("メールアドレスを、半角の英数字で、@ の後ろまで入力してください。"))
_NO_CODE = FieldError(_("メールに書かれた8桁の数字を入力してください。"))
_DIFFERENT = FieldError(_("二つのパスワードが同じではありません。もう一度入力してください。"))


@dataclass(frozen=True)
class RecoverPages:
    """The pages of a forgotten password."""

    requests: ResetRequests
    passwords: NewPasswords
    policy: PolicyInForce
    browser: Browser
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        views = Blueprint("recover", __name__)
        views.add_url_rule(PAGE, view_func=self.show, methods=["GET"])
        views.add_url_rule(PAGE, view_func=self.ask, methods=["POST"])
        views.add_url_rule(PASSWORD, view_func=self.show_password, methods=["GET"])
        views.add_url_rule(PASSWORD, view_func=self.set_password, methods=["POST"])
        views.add_url_rule(DONE, view_func=self.done, methods=["GET"])
        views.add_url_rule(f"{PAGE}/<link>", view_func=self.open_link, methods=["GET"])
        return views

    def show(self) -> Response:
        """Ask for the mail address."""
        return self._ask_page(self.browser.device_or_new(request))

    def ask(self) -> Response:
        """Send a mail if there is somebody to send it to; the page says the same in any case."""
        sent = read_form(request, ASK_FIELDS)
        device = self._checked()
        try:
            flow = self.requests.ask(sent["email"], device, self._asker())
        except BadMailAddress:
            return self._ask_page(device, sent["email"], _BAD_ADDRESS)
        return self._password_page(device, flow=flow, email=sent["email"].strip())

    def open_link(self, link: str) -> Response:
        """Take a link out of the address; whether it is the right one is not looked at yet."""
        device = self.browser.device_or_new(request)
        if not (link.isascii() and self.passwords.is_open(link)):
            return self._gone()
        response = redirect(PASSWORD, 303)
        self.browser.remember_device(response, device)
        try:
            lifetime = self.policy.policy.recovery.reset_lifetime.delta
            self.browser.jar.set(response, LINK, link, lifetime)
        except ValueError:
            return self._gone()
        return response

    def show_password(self) -> Response:
        """Ask whoever came with a link for a new password."""
        link = self.browser.jar.read(request, LINK)
        if link is None:
            return redirect(PAGE, 303)
        if not self.passwords.is_open(link):
            return self._gone()
        return self._password_page(self.browser.device_or_new(request))

    def set_password(self) -> Response:
        """Set the password with the code that was typed, or else with the link."""
        sent = read_form(request, SET_FIELDS)
        device = self._checked()
        link = self.browser.jar.read(request, LINK)
        flow, email = sent["flow"], sent["email"]
        if not flow and link is None:
            return redirect(PAGE, 303)
        code = fold_code(sent["code"])
        errors: dict[str, FieldError] = {}
        if flow and not (code.isascii() and code.isdigit() and len(code) == DIGITS[Purpose.RESET]):
            errors["code"] = _NO_CODE
        if sent["new_password"] != sent["new_password_again"]:
            errors["new_password_again"] = _DIFFERENT
        if errors:
            return self._password_page(device, flow, email, errors)
        try:
            refused = self._set(flow, code, link or "", sent["new_password"])
        except BadPassword as bad:
            errors = {"new_password": FieldError(bad.text, bad.values)}
            return self._password_page(device, flow, email, errors)
        if refused is not None:
            errors = {"code": LOOK_AGAIN} if flow else {}
            return self._password_page(device, flow, email, errors, refused.reference)
        response = redirect(DONE, 303)
        self.browser.jar.clear(response, LINK)
        return response

    def done(self) -> Response:
        """Say that it is done, and ask to sign in."""
        return self.pages.render("recover/done.html")

    def _set(self, flow: str, code: str, link: str, password: str) -> ResetRefused | None:
        if flow:
            return self.passwords.set_by_code(flow, code, password, self._asker())
        return self.passwords.set_by_link(link, password, self._asker())

    def _checked(self) -> str:
        device = self.browser.device_cookie(request)
        self.browser.csrf.check(request, device)
        if device is None:
            raise ForgedRequest("no cookie")
        return device

    def _asker(self) -> Asker:
        caller = self.browser.caller(request)
        origin = Origin(caller.address, self.browser.agent(request), request_id_of(request.environ))
        return Asker(origin, self.pages.language(), caller.buckets)

    def _ask_page(self, device: str, email: str = "", error: FieldError | None = None) -> Response:
        response = self.pages.render(
            "recover/ask.html",
            400 if error else 200,
            here=PAGE,
            csrf_token=self.browser.csrf.token_for(device),
            email=email,
            errors={"email": error} if error else {},
            mail_domain=sender_domain(self.policy.policy.mail),
        )
        self.browser.remember_device(response, device)
        return response

    def _password_page(
        self,
        device: str,
        flow: str = "",
        email: str = "",
        errors: Mapping[str, FieldError] | None = None,
        reference: str | None = None,
    ) -> Response:
        rules = self.policy.policy
        response = self.pages.render(
            "recover/password.html",
            WRONG if reference else 400 if errors else 200,
            here=PAGE if flow else PASSWORD,
            csrf_token=self.browser.csrf.token_for(device),
            flow=flow,
            email=email,
            errors=errors or {},
            reference=reference,
            least=rules.passwords.min_length,
            minutes=rules.recovery.reset_lifetime.seconds // 60,
            mail_domain=sender_domain(rules.mail),
        )
        self.browser.remember_device(response, device)
        return response

    def _gone(self) -> Response:
        return self.pages.render("recover/ended.html", GONE, here=PAGE)
