"""The overview of how a member signs in, and the authenticator app with its recovery codes."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from idp.accounts import store as accounts
from idp.factors.service import Factors, Person
from idp.factors.totp import app_uri, in_groups, picture_of
from idp.selfservice.agents import in_words
from idp.selfservice.devices import Devices
from idp.selfservice.views.signed_in import SignedIn
from idp.sessions.model import Session
from idp.web.forms import fold_code, read_form
from idp.web.i18n import mark as _
from idp.web.i18n import translate
from idp.web.pages import Pages

SECURITY, APP = "/account/security", "/account/security/app"
FIELDS = {"csrf_token": 64, "code": 64, "wanted": 8}
PICTURE = _("認証アプリで読み取るQRコード")


@dataclass(frozen=True)
class SecurityPages:
    """Pages about factors other than passkeys."""

    factors: Factors
    devices: Devices
    signed_in: SignedIn
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        views = Blueprint("security", __name__)
        views.add_url_rule(SECURITY, view_func=self.show, methods=["GET"])
        views.add_url_rule(f"{SECURITY}/mail", view_func=self.mail_codes, methods=["POST"])
        views.add_url_rule(f"{SECURITY}/codes", view_func=self.draw_codes, methods=["POST"])
        views.add_url_rule(APP, view_func=self.show_app, methods=["GET"])
        views.add_url_rule(f"{APP}/begin", view_func=self.begin_app, methods=["POST"])
        views.add_url_rule(APP, view_func=self.confirm_app, methods=["POST"])
        views.add_url_rule(f"{APP}/remove", view_func=self.remove_app, methods=["POST"])
        return views

    def show(self) -> Response:
        """Show what is set up."""
        session, cookie = self.signed_in.require(request)
        language = self.pages.language()
        with self.factors.database.read() as tx:
            account = accounts.find(tx, session.subject)
        return self.pages.render(
            "security/overview.html",
            csrf_token=self.signed_in.token(cookie),
            changed_at=account.credentials_changed_at if account else None,
            found=self.factors.overview(session.subject),
            passkeys_offered=self.factors.passkeys.offered,
            sign_ins=[
                {
                    "at": one.created_at,
                    "name": in_words(one.agent, language),
                    "address": one.address,
                    "this": one.id == session.id,
                }
                for one in self.devices.last_sign_ins(session)
            ],
            done=request.args.get("done", ""),
        )

    def mail_codes(self) -> Response:
        """Turn codes by mail on or off."""
        session = self._acting(SECURITY)
        wanted = read_form(request, FIELDS)["wanted"] == "on"
        self.factors.set_mail_codes(self._person(session), wanted=wanted)
        return redirect(f"{SECURITY}?done=mail-{'on' if wanted else 'off'}", 303)

    def draw_codes(self) -> Response:
        """Draw new recovery codes and show them, once."""
        session = self._acting(SECURITY)
        codes = self.factors.draw_codes(self._person(session))
        return self._codes_page(codes, added=False) if codes else redirect(SECURITY, 303)

    def begin_app(self) -> Response:
        """Begin to set an app up."""
        session = self._acting(SECURITY)
        self.factors.begin_app(self._person(session))
        return redirect(APP, 303)

    def show_app(self) -> Response:
        """Show the picture and the secret of the app that is being set up."""
        session, cookie = self.signed_in.require(request)
        self.signed_in.require_recent(session, APP)
        return self._app_page(session, cookie)

    def confirm_app(self) -> Response:
        """Take the app's first code; then show the recovery codes, once."""
        session = self._acting(APP)
        code = fold_code(read_form(request, FIELDS)["code"])
        codes = self.factors.confirm_app(self._person(session), code)
        if codes is None:
            cookie = self.signed_in.browser.session_cookie(request) or ""
            return self._app_page(session, cookie, wrong=True)
        return self._codes_page(codes, added=True)

    def remove_app(self) -> Response:
        """Turn the app off."""
        session = self._acting(SECURITY)
        self.factors.remove_app(self._person(session))
        return redirect(f"{SECURITY}?done=app-off", 303)

    def _acting(self, page: str) -> Session:
        """Give the session of a form that changes a factor; it authenticated a moment ago."""
        session, _cookie = self.signed_in.require_form(request)
        self.signed_in.require_recent(session, page)
        return session

    def _person(self, session: Session) -> Person:
        origin = self.signed_in.origin(request)
        return Person(session.subject, session.id, origin, self.pages.language())

    def _app_page(self, session: Session, cookie: str, *, wrong: bool = False) -> Response:
        begun = self.factors.overview(session.subject).app_begun
        if begun is None:
            return redirect(SECURITY, 303)
        secret = self.factors.totp.secret_of(begun)
        with self.factors.database.read() as tx:
            account = accounts.find(tx, session.subject)
        language = self.pages.language()
        house = self.pages.organisation.name(language)
        uri = app_uri(secret, house, account.address if account else "")
        return self.pages.render(
            "security/app.html",
            401 if wrong else 200,
            here=APP,
            csrf_token=self.signed_in.token(cookie),
            picture=Markup(picture_of(uri, translate(PICTURE, language))),  # noqa: S704 our own SVG
            uri=uri,
            groups=in_groups(secret),
            error=wrong,
        )

    def _codes_page(self, codes: list[str], *, added: bool) -> Response:
        return self.pages.render(
            "security/recovery_codes.html",
            codes=[in_groups(code) for code in codes],
            added=added,
        )
