"""The page on which a member who is signed in changes the password."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.accounts.password_rules import BadPassword
from idp.authn.model import Failed
from idp.authn.password_change import PasswordChange
from idp.authn.views.arriving import visit_of
from idp.inforce.service import PolicyInForce
from idp.selfservice.views.signed_in import SignedIn
from idp.sessions.model import Session
from idp.web.forms import read_form
from idp.web.i18n import mark as _
from idp.web.pages import Pages

PAGE = "/account/password"
LONGEST = 8_192
FIELDS = {
    "csrf_token": 64,
    "password": LONGEST,
    "new_password": LONGEST,
    "new_password_again": LONGEST,
}
DIFFERENT = _("二つの新しいパスワードが違っています。同じものを二回入力してください。")
WRONG = _("いまのパスワードが違います。大文字と小文字、全角と半角の違いもお確かめください。")


@dataclass(frozen=True)
class PasswordPage:
    """Mounts and serves the page."""

    signed_in: SignedIn
    service: PasswordChange
    policy: PolicyInForce
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount the page."""
        views = Blueprint("password", __name__)
        views.add_url_rule(PAGE, endpoint="show", view_func=self.show, methods=["GET"])
        views.add_url_rule(PAGE, endpoint="change", view_func=self.change, methods=["POST"])
        return views

    def show(self) -> Response:
        """Ask for the old password and, twice, for the new one."""
        session, cookie = self.signed_in.require(request)
        return self._form(session, cookie)

    def change(self) -> Response:
        """Change it; what was typed is never shown again."""
        session, cookie = self.signed_in.require_form(request)
        sent = read_form(request, FIELDS)
        if sent["new_password"] != sent["new_password_again"]:
            return self._form(session, cookie, {"new_password_again": DIFFERENT})
        visit = visit_of(request, self.signed_in.browser, self.pages)
        try:
            result = self.service.change(session, sent["password"], sent["new_password"], visit)
        except BadPassword as error:
            return self._form(session, cookie, {"new_password": error.text}, error.values)
        if isinstance(result, Failed):
            return self._form(session, cookie, {"password": WRONG}, reference=result.reference)
        response = self.pages.render("account/password_changed.html", here=PAGE)
        self.signed_in.browser.set_session(response, result)
        return response

    def _form(
        self,
        session: Session,
        cookie: str,
        errors: dict[str, str] | None = None,
        values: dict[str, int] | None = None,
        reference: str | None = None,
    ) -> Response:
        return self.pages.render(
            "account/password.html",
            400 if errors else 200,
            here=PAGE,
            errors=errors or {},
            values=values or {},
            reference=reference,
            username=self.service.address_of(session),
            least=self.policy.policy.passwords.min_length,
            csrf_token=self.signed_in.token(cookie),
        )
