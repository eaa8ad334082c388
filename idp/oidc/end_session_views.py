"""RP-initiated logout (OpenID Connect RP-Initiated Logout 2, 3) and the member's own sign-out.

Signing out without asking needs a genuine ID token of ours as hint; without one the person is asked
(a logout link elsewhere must not sign people out, CVE-2020-10734). Then the browser leaves only
for a registered address of the client that was named, and only after a yes; never on a bad hint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from audit.event import Actor
from idp.accounts.model import EndReason
from idp.clients.model import Client
from idp.clients.service import Clients
from idp.clock import Clock
from idp.journal.model import Origin
from idp.lifecycle.endings import Endings
from idp.oidc.authorization import response_uri
from idp.oidc.hints import Hints
from idp.oidc.views import sent_parameters
from idp.sessions.service import BrowserSessions
from idp.storage.sql import Database
from idp.web.browser import Browser
from idp.web.forms import read_form
from idp.web.headers import form_action_source
from idp.web.pages import Pages
from idp.web.request_id import request_id_of

FIELDS = {
    "csrf_token": 64,
    "client_id": 128,
    "post_logout_redirect_uri": 2000,
    "state": 4096,
    "ui_locales": 100,
}


@dataclass(frozen=True)
class Way:
    """Where a browser may go after a sign-out: a registered address, proven to be the client's."""

    client: Client
    redirect_uri: str
    state: str | None

    @property
    def uri(self) -> str:
        """Give the address with `state` unchanged (RP-Initiated Logout 3)."""
        return response_uri(self.redirect_uri, {"state": self.state})

    @property
    def fields(self) -> dict[str, str]:
        """Give what the page that asks has to send along."""
        fields = {
            "client_id": self.client.client_id,
            "post_logout_redirect_uri": self.redirect_uri,
        }
        return fields | ({"state": self.state} if self.state else {})


@dataclass(frozen=True)
class EndSession:
    """The end-session endpoint and the sign-out page."""

    database: Database
    clock: Clock
    clients: Clients
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
        if hint is not None and (session is None or session.id == hint.session_id):
            self._end(hint.session_id, hint.subject)
            return self._leave(_way(hint.client, sent), sent.get("ui_locales"))
        # A hint that was sent and is not genuine proves nothing, whatever stands beside it.
        named = None if "id_token_hint" in sent else self.clients.find(sent.get("client_id", ""))
        client = hint.client if hint is not None else named
        return self._ask(_way(client, sent) if client else None, sent.get("ui_locales"))

    def ask(self) -> Response:
        """Ask whether to sign out."""
        return self._ask(None, None)

    def _ask(self, way: Way | None, ui_locales: str | None) -> Response:
        cookie = self.browser.session_cookie(request)
        if self.sessions.to_sign_out(cookie) is None:
            return self._leave(None, ui_locales)
        language = self.pages.language(ui_locales)
        locales = {"ui_locales": ui_locales[:100]} if ui_locales else {}
        return self.pages.render(
            "sign_out.html",
            ui_locales=ui_locales,
            form_action=(form_action_source(way.redirect_uri),) if way else (),
            here="/sign-out" if way is None else None,
            csrf_token=self.browser.csrf.token_for(cookie or ""),
            request_handle=None,
            client_name=way.client.name_in(language) if way else None,
            sent_along=locales | (way.fields if way else {}),
        )

    def sign_out(self) -> Response:
        """End the session of this browser; the server's state first, the cookie second."""
        sent = {name: value for name, value in read_form(request, FIELDS).items() if value}
        cookie = self.browser.session_cookie(request)
        session = self.sessions.to_sign_out(cookie)
        if session is None:
            return self._leave(None, sent.get("ui_locales"))
        self.browser.csrf.check(request, cookie)
        self._end(*session)
        # The member said yes to a page that names the client: the other means of confirming that
        # RP-Initiated Logout 3 asks for where there is no hint.
        client = self.clients.find(sent.get("client_id", ""))
        return self._leave(_way(client, sent) if client else None, sent.get("ui_locales"))

    def signed_out(self) -> Response:
        """Say that the person is signed out."""
        return self.pages.render(
            "signed_out.html",
            ui_locales=request.args.get("ui_locales"),
            client_name=None,
            return_url=None,
        )

    def _end(self, session_id: str, subject: str) -> None:
        caller = self.browser.caller(request)
        origin = Origin(caller.address, self.browser.agent(request), request_id_of(request.environ))
        now = self.clock.now()
        actor = Actor("member", subject)
        with self.database.begin() as tx:
            self.endings.end_session(
                tx, session_id, subject, EndReason.SIGNED_OUT, actor, now, origin
            )

    def _leave(self, way: Way | None, ui_locales: str | None) -> Response:
        """Redirect, to our own page unless there is a way; clear a session cookie that was sent.

        A form on another site sends none (SameSite): the answer must not make this browser forget
        a session that it did not show (forced sign-out, CVE-2020-10734).
        """
        here = "/signed-out"
        if ui_locales:
            here += "?" + urlencode({"ui_locales": ui_locales[:100]})
        response = redirect(way.uri if way else here, 303)
        if self.browser.session_cookie(request) is not None:
            self.browser.clear_session(response)
        return response


def _way(client: Client, sent: Mapping[str, str]) -> Way | None:
    """Give the way that was asked for, if it is registered for the client as an exact string."""
    target, state = sent.get("post_logout_redirect_uri"), sent.get("state")
    if target is None or target not in client.post_logout_redirect_uris:
        return None
    return Way(client, target, state if state and len(state) <= FIELDS["state"] else None)
