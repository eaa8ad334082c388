"""Setting a staff account up with a one-time link: the password, then the app.

The link is moved out of the address into a cookie; looking at a page uses nothing up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from idp.accounts.password_rules import BadPassword
from idp.factors.totp import app_uri, in_groups, picture_of
from idp.staff.enrolment import Enrolling, StaffEnrolments
from idp.staff.model import StaffFailed
from idp.staff.views.arriving import visit_of
from idp.staff.views.console import Console
from idp.staff.views.places import ENROL, ENROL_APP, SIGN_IN
from idp.throttle.slots import HashSlots
from idp.web.cookies import STAFF_LINK
from idp.web.forms import fold_code, read_form
from idp.web.i18n import mark as _
from idp.web.i18n import translate

PASSWORD_FIELDS = {"csrf_token": 64, "new_password": 4096, "new_password_again": 4096}
CODE_FIELDS = {"csrf_token": 64, "code": 64}
GONE = 410
PICTURE = _("認証アプリで読み取るQRコード")
SERVICE = _("%(organisation)s 職員用")
DIFFERENT = _("二つのパスワードが同じではありません。もう一度入力してください。")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a password: a marked message with its values."""

    text: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class EnrolPages:
    """The pages behind a one-time link."""

    console: Console
    enrolments: StaffEnrolments
    slots: HashSlots

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        room = self.console.room("enrol")
        room.open(ENROL, self.ask_password)
        room.open(ENROL, self.set_password, methods=("POST",))
        room.open(ENROL_APP, self.show_app)
        room.open(ENROL_APP, self.confirm, methods=("POST",))
        room.open(f"{ENROL}/<link>", self.open_link)
        return room.blueprint

    def open_link(self, link: str) -> Response:
        """Take a link out of the address."""
        browser, lifetime = self.console.browser, self.console.policy.policy.roles
        response = redirect(ENROL, 303)
        try:
            browser.jar.set(response, STAFF_LINK, link, lifetime.enrolment_lifetime.delta)
        except ValueError:
            return self._gone()
        browser.remember_device(response, browser.device_or_new(request))
        return response

    def ask_password(self) -> Response:
        """Ask for a password."""
        found = self._found()
        return found if isinstance(found, Response) else self._password_page(found)

    def set_password(self) -> Response:
        """Take a password; it counts with the first code of the app."""
        sent = read_form(request, PASSWORD_FIELDS)
        self._check_form()
        found = self._found()
        if isinstance(found, Response):
            return found
        if sent["new_password"] != sent["new_password_again"]:
            return self._password_page(found, Wrong(DIFFERENT, {}))
        try:
            result = self.enrolments.set_password(
                self._link(), sent["new_password"], visit_of(self.console), self.slots
            )
        except BadPassword as bad:
            return self._password_page(found, Wrong(bad.text, bad.values))
        return self._gone(result) if isinstance(result, StaffFailed) else redirect(ENROL_APP, 303)

    def show_app(self) -> Response:
        """Show the picture and the secret of the app."""
        found = self._found()
        if isinstance(found, Response):
            return found
        return self._app_page(found) if found.has_password else redirect(ENROL, 303)

    def confirm(self) -> Response:
        """Take the first code of the app."""
        sent = read_form(request, CODE_FIELDS)
        self._check_form()
        code, visit = fold_code(sent["code"]), visit_of(self.console)
        result = self.enrolments.confirm(self._link(), code, visit)
        if isinstance(result, StaffFailed):
            found = self._found()
            return found if isinstance(found, Response) else self._app_page(found, result)
        response = redirect(f"{SIGN_IN}?done=enrolled", 303)
        self.console.browser.jar.clear(response, STAFF_LINK)
        return response

    def _link(self) -> str:
        return self.console.browser.jar.read(request, STAFF_LINK) or ""

    def _check_form(self) -> None:
        browser = self.console.browser
        browser.csrf.check(request, browser.device_cookie(request))

    def _found(self) -> Enrolling | Response:
        """Give whose link the browser brought, or the page that says it is over."""
        if not self._link():
            return self._gone()
        found = self.enrolments.open(self._link(), visit_of(self.console))
        return self._gone(found) if isinstance(found, StaffFailed) else found

    def _gone(self, failed: StaffFailed | None = None) -> Response:
        reference = failed.reference if failed else None
        return self.console.pages.render(
            "staff/enrol_over.html", GONE, here=ENROL, reference=reference
        )

    def _password_page(self, found: Enrolling, wrong: Wrong | None = None) -> Response:
        rules = self.console.policy.policy.passwords
        return self.console.pages.render(
            "staff/enrol_password.html",
            400 if wrong else 200,
            here=ENROL,
            csrf_token=self._token(),
            name=found.account.name,
            username=found.account.address,
            least=rules.min_length,
            error=wrong,
        )

    def _app_page(self, found: Enrolling, failed: StaffFailed | None = None) -> Response:
        pages = self.console.pages
        language = pages.language()
        service = translate(SERVICE, language) % {"organisation": pages.organisation.name(language)}
        uri = app_uri(found.totp_secret, service, found.account.address)
        picture = picture_of(uri, translate(PICTURE, language))
        return pages.render(
            "staff/enrol_app.html",
            401 if failed else 200,
            here=ENROL_APP,
            csrf_token=self._token(),
            picture=Markup(picture),  # noqa: S704  our own SVG
            uri=uri,
            groups=in_groups(found.totp_secret),
            error={"reference": failed.reference} if failed else None,
        )

    def _token(self) -> str:
        browser = self.console.browser
        return browser.csrf.token_for(browser.device_cookie(request) or "")
