"""RP-initiated logout (OpenID Connect RP-Initiated Logout 2, 3) and the member's own sign-out.

Signing out without asking needs a genuine ID token of ours as hint; without one the person is asked
(a logout link elsewhere must not sign people out, CVE-2020-10734), and nobody is redirected.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from audit.event import Actor
from idp.accounts.model import EndReason
from idp.clock import Clock
from idp.journal.model import Origin
from idp.lifecycle.endings import Endings
from idp.oidc.authorization import response_uri
from idp.oidc.hints import Hints
from idp.oidc.views import sent_parameters
from idp.sessions.model import Session
from idp.sessions.service import BrowserSessions
from idp.storage.sql import Database
from idp.web.browser import Browser
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.request_id import request_id_of


@dataclass(frozen=True)
class EndSession:
    """The end-session endpoint and the sign-out page."""

    database: Database
    clock: Clock
    hints: Hints
    endings: Endings
    sessions: BrowserSessions
    browser: Browser
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount both."""
        views = Blueprint("end_session", __name__)
        views.add_url_rule("/end_session", view_func=self.end_session, methods=["GET", "POST"])
        views.add_url_rule("/sign-out", view_func=self.ask, methods=["GET"])
        views.add_url_rule(
            "/sign-out", endpoint="sign_out", view_func=self.sign_out, methods=["POST"]
        )
        views.add_url_rule("/signed-out", view_func=self.signed_out, methods=["GET"])
        return views

    def end_session(self) -> Response:
        """End the session a genuine hint names, or ask."""
        sent = sent_parameters()
        hint = self.hints.read(sent.get("id_token_hint"), sent.get("client_id"))
        session = self.sessions.current(self.browser.session_cookie(request))
        if hint is None or (session is not None and session.id != hint.session_id):
            return self.ask() if session is not None else self._gone("/signed-out")
        self._end(hint.session_id, hint.subject)
        target = sent.get("post_logout_redirect_uri")
        if target is None or target not in hint.client.post_logout_redirect_uris:
            return self._gone("/signed-out")
        return self._gone(response_uri(target, {"state": sent.get("state")}))

    def ask(self) -> Response:
        """Ask whether to sign out."""
        cookie = self.browser.session_cookie(request)
        if self.sessions.current(cookie) is None:
            return self._gone("/signed-out")
        return self.pages.render(
            "sign_out.html",
            here="/sign-out",
            csrf_token=self.browser.csrf.token_for(cookie or ""),
            request_handle=None,
            client_name=None,
        )

    def sign_out(self) -> Response:
        """End the session of this browser; the server's state first, the cookie second."""
        read_form(request, {"csrf_token": 64})
        cookie = self.browser.session_cookie(request)
        session: Session | None = self.sessions.current(cookie)
        if session is not None:
            self.browser.csrf.check(request, cookie)
            self._end(session.id, session.subject)
        return self._gone("/signed-out")

    def signed_out(self) -> Response:
        """Say that the person is signed out."""
        return self.pages.render("signed_out.html", client_name=None, return_url=None)

    def _end(self, session_id: str, subject: str) -> None:
        caller = self.browser.caller(request)
        origin = Origin(caller.address, self.browser.agent(request), request_id_of(request.environ))
        now = self.clock.now()
        actor = Actor("member", subject)
        with self.database.begin() as tx:
            self.endings.end_session(
                tx, session_id, subject, EndReason.SIGNED_OUT, actor, now, origin
            )

    def _gone(self, target: str) -> Response:
        """Redirect; clear a session cookie that was sent.

        A form on another site sends none (SameSite): the answer must not make this browser forget
        a session that it did not show (forced sign-out, CVE-2020-10734).
        """
        response = redirect(target, 303)
        if self.browser.session_cookie(request) is not None:
            self.browser.clear_session(response)
        return response
