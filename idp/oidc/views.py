"""The people's side of an authorization: `/authorize`, the dispatcher, the consent page.

Each page ends with 303 back to `/authorize/continue`, which asks the pure rule what comes next.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.authn.recent import REAUTHENTICATE as REAUTHENTICATE_PAGE
from idp.authn.views.sign_in import InProgress
from idp.clients.model import Client
from idp.errors import IdpError
from idp.journal.model import Origin
from idp.oidc.authorization import RedirectedError, check, prove, response_uri
from idp.oidc.door import fields_of
from idp.oidc.flow import REAUTHENTICATE, asked_items, wanted_acr
from idp.oidc.hints import Hints
from idp.oidc.model import (
    AuthorizationRequest,
    Consent,
    Issue,
    OAuthError,
    Parameters,
    Refuse,
    SignIn,
    StepUp,
)
from idp.oidc.pushed import URN, PushedRequests
from idp.oidc.refusals import Refusal
from idp.oidc.requests import AuthorizationRequests, RequestEnded
from idp.sessions.model import Session
from idp.sessions.service import BrowserSessions
from idp.web.browser import Browser
from idp.web.forms import BadForm, read_body, read_form
from idp.web.headers import form_action_source
from idp.web.i18n import mark
from idp.web.pages import Pages
from idp.web.request_id import request_id_of

OTHER_ACCOUNT = mark(
    "どのアカウントで利用するかを選ぶため、もう一度ログインしてください。"
    "ほかのアカウントのメールアドレスも入力できます。"
)
SIGN_IN_AGAIN = mark("ご本人であることを確かめるため、もう一度ログインしてください。")
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
    pushed: PushedRequests
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
        sent, pushed_hash = sent_parameters(), None
        if sent.get("request_uri", "").startswith(URN):
            # Nothing else of the request counts (RFC 9126 4); what is wrong with it is told here.
            client, pushed = self.pushed.open(sent["request_uri"], sent.get("client_id", ""))
            parameters, pushed_hash = pushed.parameters, pushed.uri_hash
        else:
            proven = prove(self.requests.clients, sent)
            client = proven.client
            try:
                parameters = check(proven, sent, self.hints)
            except RedirectedError as refused:
                return self._refused(refused, sent.get("ui_locales"))
        device = None if posted else self.browser.device_or_new(request)
        handle = self.requests.store(client.client_id, parameters, device, pushed_hash)
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
                return self._answer(client, asked.parameters, {"code": code})
            case Refuse(error):
                self.requests.refuse(asked, error, session, self._origin())
                return self._answer(client, asked.parameters, {"error": error.value})
            case Consent():
                return self._consent_page(handle, asked, client)
            case StepUp():
                return redirect(f"{REAUTHENTICATE_PAGE}?request={handle}", 303)
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
            denied = {"error": OAuthError.ACCESS_DENIED.value}
            return self._answer(client, asked.parameters, denied)
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
            self._why_again(asked.parameters),
            wanted_acr(asked.parameters),
        )

    def _consent_page(self, handle: str, asked: AuthorizationRequest, client: Client) -> Response:
        items = asked_items(asked, client)
        cookie = self.browser.session_cookie(request) or ""
        language = self.pages.language(asked.parameters.ui_locales)
        return self.pages.render(
            "consent.html",
            ui_locales=asked.parameters.ui_locales,
            form_action=(form_action_source(asked.parameters.redirect_uri),),
            client_name=client.name_in(language),
            client_uri=client.client_uri,
            scopes=list(items),
            offline="offline_access" in items,
            csrf_token=self.browser.csrf.token_for(cookie),
            request_handle=handle,
        )

    def _why_again(self, parameters: Parameters) -> str | None:
        """Say on the sign-in page why somebody who is signed in sees it, if so."""
        if self.sessions.current(self.browser.session_cookie(request)) is None:
            return None
        if "select_account" in parameters.prompt:
            return OTHER_ACCOUNT
        asked = REAUTHENTICATE.intersection(parameters.prompt)
        return SIGN_IN_AGAIN if asked or parameters.max_age is not None else None

    def _refused(self, refused: RedirectedError, ui_locales: str | None) -> Response:
        """Tell the client what was wrong with its request."""
        proven = refused.proven
        told = Parameters(
            redirect_uri=proven.redirect_uri,
            scopes=(),
            state=proven.state,
            response_mode=proven.response_mode,
            ui_locales=ui_locales,
        )
        return self._answer(proven.client, told, {"error": refused.error.value})

    def _answer(self, client: Client, parameters: Parameters, answer: dict[str, str]) -> Response:
        """Send the answer to the redirect URI, as the client asked for it."""
        # `iss` in success and in error: RFC 9207 2.
        state = {} if parameters.state is None else {"state": parameters.state}
        answer = {**answer, **state, "iss": self.issuer}
        redirect_uri = parameters.redirect_uri
        if parameters.response_mode != "form_post":
            return redirect(response_uri(redirect_uri, answer), 303)
        return self.pages.render(
            "form_post.html",
            ui_locales=parameters.ui_locales,
            form_action=(form_action_source(redirect_uri),),
            client_name=client.name_in(self.pages.language(parameters.ui_locales)),
            redirect_uri=redirect_uri,
            answer=answer,
            shown_once=True,
        )

    def _origin(self) -> Origin:
        caller = self.browser.caller(request)
        return Origin(caller.address, self.browser.agent(request), request_id_of(request.environ))


def sent_parameters() -> dict[str, str]:
    """Read the parameters of the query, or of the body of a POST; raises a page, never more."""
    try:
        return fields_of(read_body(request) if request.method == "POST" else request.query_string)
    except Refusal as refusal:
        raise BadAuthorizationRequest(refusal.description) from None
