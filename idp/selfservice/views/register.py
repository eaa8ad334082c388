"""`/register`: four steps, one question each, all of them the form `register`.

Which step a form belongs to stands in it; which one comes next is known by the registration alone.
Every step that succeeds leads on by a redirect, so that reloading a page repeats nothing. A handle
in the address opens nothing in another browser. GET changes nothing: mail programs follow links.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, request
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from idp.accounts.password_rules import BadPassword
from idp.invitations.finishing import AddressTaken, Finishing, NotProven
from idp.invitations.model import Step, is_open, parse_code
from idp.invitations.registering import Registering
from idp.invitations.visiting import Claim, NotOpenYet, Refused, RegistrationEnded, Visit
from idp.journal.model import Origin
from idp.members.errors import BadDate, BadMailAddress, BadMemberNumber
from idp.members.japan.dates import parse_date
from idp.members.number import parse_member_number
from idp.selfservice.views.register_screens import FieldError, Screens
from idp.web.browser import Browser
from idp.web.csrf import ForgedRequest
from idp.web.forms import fold_code, read_form
from idp.web.i18n import mark as _
from idp.web.request_id import request_id_of

PATH = "/register"
DONE = "/register/done"
FIELDS = {
    "csrf_token": 64,
    "request": 64,
    "step": 16,
    "invitation_code": 64,
    "member_number": 32,
    "birth_date": 40,
    "email": 320,
    "code": 32,
    "resend": 8,
    "new_password": 4096,
    "new_password_again": 4096,
}
WRONG = 401


_BAD_CODE = FieldError(_("登録コードは、数字とアルファベットの16文字です。"))
_BAD_NUMBER = FieldError(_("組合員番号は、8桁の数字です。"))
_BAD_DATE = FieldError(
    _("日付として読み取れません。昭和25年4月1日、S25.4.1、1950/4/1 のように入力してください。")
)
_BAD_ADDRESS = FieldError(_("メールアドレスを、半角の英数字で、@ の後ろまで入力してください。"))
_TAKEN = FieldError(
    _("このメールアドレスは、別のご登録に使われています。ほかのアドレスを入力してください。")
)
_NO_CODE = FieldError(_("メールに書かれた6桁の数字を入力してください。"))
_DIFFERENT = FieldError(_("二つのパスワードが同じではありません。もう一度入力してください。"))


@dataclass(frozen=True)
class RegisterPages:
    """The pages of registering."""

    finishing: Finishing
    browser: Browser
    screens: Screens

    @property
    def registering(self) -> Registering:
        """Give the steps before the last."""
        return self.finishing.registering

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        views = Blueprint("register", __name__)
        views.add_url_rule(PATH, view_func=self.show, methods=["GET"])
        views.add_url_rule(PATH, view_func=self.send, methods=["POST"])
        views.add_url_rule(DONE, view_func=self.done, methods=["GET"])
        views.register_error_handler(NotOpenYet, lambda _error: self.screens.not_open(403))
        views.register_error_handler(RegistrationEnded, lambda _error: self.screens.ended())
        return views

    def show(self) -> Response:
        """Show the step that comes next; a code in the address is filled in, and not looked at."""
        rules = self.registering.policy.policy.registration
        if not is_open(rules, self.registering.clock.now()):
            return self.screens.not_open(200)
        device = self.browser.device_or_new(request)
        handle = request.args.get("request", "")[:64]
        if not handle:
            code = request.args.get("code", "")[:64]
            return self.screens.invitation(device, {"invitation_code": code})
        found = self.registering.find(handle, device)
        asked = Step.EMAIL if request.args.get("step") == Step.EMAIL else found.step
        return self.screens.step(asked, found, device, handle)

    def send(self) -> Response:
        """Take one step."""
        sent = read_form(request, FIELDS)
        device = self.browser.device_cookie(request)
        self.browser.csrf.check(request, device)
        if device is None:
            raise ForgedRequest("no cookie")
        visit, handle = self._visit(device), sent["request"]
        if not handle:
            return self._begin(sent, visit)
        match sent["step"]:
            case "email":
                return self._address(handle, sent, visit)
            case "code":
                return self._code(handle, sent, visit)
            case "password":
                return self._password(handle, sent, visit)
            case _:
                return _next(handle)

    def done(self) -> Response:
        """Say that it is done."""
        return self.screens.done()

    def _begin(self, sent: dict[str, str], visit: Visit) -> Response:
        errors: dict[str, FieldError] = {}
        code = parse_code(fold_code(sent["invitation_code"]))
        number, born = "", None
        if code is None:
            errors["invitation_code"] = _BAD_CODE
        try:
            number = parse_member_number(sent["member_number"])
        except BadMemberNumber:
            errors["member_number"] = _BAD_NUMBER
        try:
            born = parse_date(sent["birth_date"])
        except BadDate:
            errors["birth_date"] = _BAD_DATE
        if code is None or born is None or errors:
            return self.screens.invitation(visit.device_cookie, sent, 400, errors=errors)
        begun = self.registering.begin(visit, Claim(code, number, born))
        if isinstance(begun, Refused):
            device, reference = visit.device_cookie, begun.reference
            return self.screens.invitation(device, sent, WRONG, reference=reference)
        return _next(begun)

    def _address(self, handle: str, sent: dict[str, str], visit: Visit) -> Response:
        device, typed = visit.device_cookie, sent["email"]
        found = self.registering.find(handle, device)
        try:
            address = self.registering.parse_address(typed)
        except BadMailAddress:
            errors = {"email": _BAD_ADDRESS}
            return self.screens.email(device, handle, typed, 400, errors=errors)
        if not (found.address_is_proven and found.address == address.typed):
            self.registering.send_code(handle, visit, address)
        return _next(handle)

    def _code(self, handle: str, sent: dict[str, str], visit: Visit) -> Response:
        device, typed = visit.device_cookie, sent["code"]
        found = self.registering.find(handle, device)
        if found.step is not Step.CODE:
            return _next(handle)
        if sent["resend"]:
            self.registering.send_again(handle, visit)
            return self.screens.code(device, handle, found, typed=typed, sent_again=True)
        digits = fold_code(typed)
        if not (digits.isascii() and digits.isdigit()):
            errors = {"code": _NO_CODE}
            return self.screens.code(device, handle, found, 400, errors=errors, typed=typed)
        refused = self.registering.check_code(handle, visit, digits)
        if refused is not None:
            return self.screens.code(device, handle, found, WRONG, reference=refused.reference)
        return _next(handle)

    def _password(self, handle: str, sent: dict[str, str], visit: Visit) -> Response:
        device, password = visit.device_cookie, sent["new_password"]
        found = self.registering.find(handle, device)
        if found.step is not Step.PASSWORD:
            return _next(handle)
        if password != sent["new_password_again"]:
            errors = {"new_password_again": _DIFFERENT}
            return self.screens.password(device, handle, found, 400, errors=errors)
        try:
            self.finishing.finish(handle, visit, password)
        except BadPassword as bad:
            errors = {"new_password": FieldError(bad.text, bad.values)}
            return self.screens.password(device, handle, found, 400, errors=errors)
        except NotProven:
            return _next(handle)
        except AddressTaken:
            errors = {"email": _TAKEN}
            return self.screens.email(device, handle, found.address or "", 409, errors=errors)
        return redirect(DONE, 303)

    def _visit(self, device: str) -> Visit:
        caller = self.browser.caller(request)
        origin = Origin(caller.address, self.browser.agent(request), request_id_of(request.environ))
        return Visit(device, caller.buckets, origin, self.screens.pages.language())


def _next(handle: str) -> Response:
    # 303, never 307: what was typed must not be sent on.
    return redirect(f"{PATH}?{urlencode({'request': handle})}", 303)
