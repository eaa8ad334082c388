"""The people's side of an authorization: `/authorize`, the dispatcher, the consent page.

Each page ends with 303 back to `/authorize/continue`, which asks the pure rule what comes next.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.authn.views import InProgress
from idp.clients.model import Client
from idp.errors import IdpError
from idp.journal.model import Origin
from idp.oidc.authorization import RedirectedError, check, prove, response_uri
from idp.oidc.door import fields_of
from idp.oidc.flow import granted_scopes
from idp.oidc.hints import Hints
from idp.oidc.model import AuthorizationRequest, Consent, Issue, OAuthError, Refuse, SignIn
from idp.oidc.refusals import Refusal
from idp.oidc.requests import AuthorizationRequests, RequestEnded
from idp.sessions.model import Session
from idp.sessions.service import BrowserSessions
from idp.web.browser import Browser
from idp.web.forms import BadForm, read_body, read_form
from idp.web.headers import form_action_source
from idp.web.pages import Pages
from idp.web.request_id import request_id_of

CONSENT_FIELDS = {"csrf_token": 64, "request": 64, "consent": 8}


class BadAuthorizationRequest(IdpError):
    """The request cannot even be read; nobody may be redirected."""

    code = "bad_request"
    status = 400


@dataclass(frozen=True)
class AuthorizationViews:
    """The views as methods; `blueprint` mounts them."""

    issuer: str
    requests: AuthorizationRequests
    hints: Hints
    sessions: BrowserSessions
    browser: Browser
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount the authorization endpoint and its steps."""
        views = Blueprint("authorization", __name__)
        views.add_url_rule("/authorize", view_func=self.authorize, methods=["GET", "POST"])
        views.add_url_rule("/authorize/continue", view_func=self.proceed, methods=["GET"])
        views.add_url_rule("/consent", view_func=self.consent, methods=["POST"])
        return views

    def authorize(self) -> Response:
        """Take an authorization request; store it; go to its first step.

        A POST reads no cookie: it may come from another site, which sends none (SameSite).
        """
        posted = request.method == "POST"
        sent = sent_parameters()
        proven = prove(self.requests.clients, sent)
        try:
            parameters = check(proven, sent, self.hints)
        except RedirectedError as refused:
            return self._redirect(
                proven.redirect_uri, {"error": refused.error.value, "state": proven.state}
            )
        device = None if posted else self.browser.device_or_new(request)
        handle = self.requests.store(proven, parameters, device)
        response = redirect(f"/authorize/continue?request={handle}", 303)
        if device is not None:
            self.browser.remember_device(response, device)
        return response

    def proceed(self) -> Response:
        """Do the next step of an authorization request."""
        handle = request.args.get("request", "")[:64]
        device = self.browser.device_cookie(request)
        if device is None and not request.args.get("again"):
            # A request that came by POST: this browser may be new, so give it its cookie first.
            response = redirect(f"/authorize/continue?request={handle}&again=1", 303)
            self.browser.remember_device(response, self.browser.device_or_new(request))
            return response
        asked, client = self.requests.find(handle, device)
        session = self.sessions.current(self.browser.session_cookie(request))
        return self._step(handle, asked, client, session)

    def _step(
        self, handle: str, asked: AuthorizationRequest, client: Client, session: Session | None
    ) -> Response:
        match self.requests.next_step(asked, client, session):
            case Issue() as step if session is not None:
                code = self.requests.issue(asked, step, session, self._origin())
                return self._answer(asked, {"code": code})
            case Refuse(error):
                self.requests.refuse(asked, error, session, self._origin())
                return self._answer(asked, {"error": error.value})
            case Consent():
                return self._consent_page(handle, asked, client)
            case SignIn():
                return redirect(f"/sign-in?request={handle}", 303)
            case _:
                raise RequestEnded("no session to issue for")

    def consent(self) -> Response:
        """Take the member's answer on the consent page."""
        sent = read_form(request, CONSENT_FIELDS)
        cookie = self.browser.session_cookie(request)
        self.browser.csrf.check(request, cookie)
        asked, client = self.requests.find(sent["request"], self.browser.device_cookie(request))
        session = self.sessions.current(cookie)
        if session is not None and sent["consent"] == "allow":
            self.requests.allow(asked, client, session, self._origin())
        elif session is not None and sent["consent"] == "deny":
            self.requests.refuse(asked, OAuthError.ACCESS_DENIED, session, self._origin())
            return self._answer(asked, {"error": OAuthError.ACCESS_DENIED.value})
        elif session is not None:
            raise BadForm("bad_request", "consent")
        return redirect(f"/authorize/continue?request={sent['request']}", 303)

    def describe(self, handle: str, device: str | None) -> InProgress:
        """Tell the sign-in page who asked; raises `RequestEnded`."""
        asked, client = self.requests.find(handle, device)
        return InProgress(
            client.name_in(self.pages.language(asked.parameters.ui_locales)),
            asked.parameters.login_hint or "",
            asked.parameters.ui_locales,
            (form_action_source(asked.parameters.redirect_uri),),
        )

    def _consent_page(self, handle: str, asked: AuthorizationRequest, client: Client) -> Response:
        scopes = granted_scopes(asked, client)
        cookie = self.browser.session_cookie(request) or ""
        language = self.pages.language(asked.parameters.ui_locales)
        return self.pages.render(
            "consent.html",
            ui_locales=asked.parameters.ui_locales,
            form_action=(form_action_source(asked.parameters.redirect_uri),),
            client_name=client.name_in(language),
            client_uri=client.client_uri,
            scopes=list(scopes),
            offline="offline_access" in scopes,
            csrf_token=self.browser.csrf.token_for(cookie),
            request_handle=handle,
        )

    def _answer(self, asked: AuthorizationRequest, answer: dict[str, str]) -> Response:
        parameters = asked.parameters
        return self._redirect(parameters.redirect_uri, {**answer, "state": parameters.state})

    def _redirect(self, redirect_uri: str, answer: dict[str, str | None]) -> Response:
        # `iss` in success and in error: RFC 9207 2.
        return redirect(response_uri(redirect_uri, {**answer, "iss": self.issuer}), 303)

    def _origin(self) -> Origin:
        caller = self.browser.caller(request)
        return Origin(caller.address, self.browser.agent(request), request_id_of(request.environ))


def sent_parameters() -> dict[str, str]:
    """Read the parameters of the query, or of the body of a POST; raises a page, never more."""
    try:
        return fields_of(read_body(request) if request.method == "POST" else request.query_string)
    except Refusal as refusal:
        raise BadAuthorizationRequest(refusal.description) from None
