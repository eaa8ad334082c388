"""Signing in and out: the browser's way to the provider and back (Core 3.1.2, RFC 9207)."""

import hmac
import logging
import re
import secrets
from hashlib import sha256
from typing import Final

from flask import Blueprint, Response, redirect

from .errors import ProviderUnavailable, Refused, SignInFailed, SignInNeeded, end_reason
from .pages import query_field
from .services import Services
from .sessions import Sealed, Session
from .sign_ins import SignIn

_log = logging.getLogger("portal")
# The only places a sign-in may lead to: an open redirect cannot be expressed.
_NEXT: Final = re.compile(
    r"/(me|forms|changes(/(name|address|phone|workplace))?|statements(/\d{4}-\d{2})?"
    r"|inquiry(/[0-9A-Z]{4}-[0-9A-Z]{4})?)?",
    re.ASCII,
)
_CODE: Final = re.compile(r"[\x21-\x7e]{1,2048}")


def sign_in_blueprint(services: Services) -> Blueprint:
    """Build the routes."""
    blueprint = Blueprint("sign_in", __name__)
    _add_sign_in(blueprint, services)
    _add_sign_out(blueprint, services)
    return blueprint


def _add_sign_in(blueprint: Blueprint, services: Services) -> None:
    pages = services.pages

    @blueprint.get("/sign-in")
    def begin() -> Response:
        asked = query_field("next")
        next_path = asked if _NEXT.fullmatch(asked) else "/"
        if isinstance(services.access.visit(pages.session_token()), Session):
            return _see(next_path)
        browser = pages.browser() or secrets.token_urlsafe(24)
        sign_in = services.sign_ins.begin(browser, next_path)
        response = _see(services.relying_party.authorization_url(sign_in, pages.language()))
        pages.set_browser(response, browser)
        return response

    @blueprint.get("/callback")
    def callback() -> Response:
        sign_in = services.sign_ins.take(pages.browser() or "", query_field("state"))
        if sign_in is None:
            # "Back" or a second tab after a sign-in that worked is no reason for alarm.
            if isinstance(services.access.visit(pages.session_token()), Session):
                return _see("/")
            raise SignInFailed("no sign-in of this browser has this state")
        code = _authorization_code(services.settings.issuer)
        response = _see(sign_in.next_path)
        pages.set_session(response, _open_session(services, code, sign_in))
        return response


def _add_sign_out(blueprint: Blueprint, services: Services) -> None:
    pages = services.pages

    @blueprint.post("/sign-out")
    def sign_out() -> Response:
        token = pages.session_token() or ""
        session = services.sessions.find(token)
        if session is None:
            response = _see("/signed-out")
        else:
            pages.check_form(token)
            # The server's state first: a kept cookie is then worth nothing.
            services.sessions.remove(token)
            response = _leave(services, session)
        # A form on another site sends no cookie (SameSite), and must not make the browser lose it.
        if token:
            pages.clear_session(response)
        return response

    @blueprint.get("/signed-out")
    def signed_out() -> Response:
        if isinstance(services.access.visit(pages.session_token()), Session):
            return _see("/")
        browser, state = pages.browser(), query_field("state")
        ours = browser is not None and hmac.compare_digest(
            state.encode("utf-8", "replace"), _sign_out_state(browser).encode()
        )
        return pages.render("signed_out.html", ours=ours)


def _authorization_code(issuer: str) -> str:
    """Return the code of an authorization response, after the checks that come first."""
    # Mix-up: an answer of another issuer must not bring its code to ours (RFC 9207 2.4).
    if query_field("iss") != issuer:
        raise SignInFailed("iss is missing or another's")
    if error := query_field("error"):
        if reason := end_reason(query_field("error_description")):
            raise SignInNeeded(reason)
        if error in ("server_error", "temporarily_unavailable"):
            raise ProviderUnavailable(f"the authorization endpoint answered {error}")
        raise SignInFailed("denied" if error == "access_denied" else "refused")
    code = query_field("code")
    if not _CODE.fullmatch(code):
        raise SignInFailed("no code")
    return code


def _open_session(services: Services, code: str, sign_in: SignIn) -> str:
    """Turn a code into a session and return its cookie; an older session here ends."""
    answer = services.relying_party.redeem(code, sign_in)
    if isinstance(answer, Refused):
        raise _refused(answer)
    tokens, who = answer
    claims = services.relying_party.userinfo(tokens.access_token, who.sub)
    if isinstance(claims, Refused):
        raise _refused(claims)
    sealed = Sealed(
        tokens.id_token, tokens.access_token, tokens.expires_at, tokens.refresh_token, claims
    )
    services.sessions.remove(services.pages.session_token() or "")
    opened = services.sessions.open(who.sub, who.sid, who.issued_at, sealed)
    if opened is None:
        raise SignInNeeded("signed_out")
    return opened


def _refused(answer: Refused) -> SignInNeeded | SignInFailed:
    if answer.reason:
        return SignInNeeded(answer.reason)
    return SignInFailed("the provider refused the code or its token")


def _leave(services: Services, session: Session) -> Response:
    """Give tokens back and send the browser to sign out at the provider."""
    pages = services.pages
    browser = pages.browser() or secrets.token_urlsafe(24)
    try:
        if session.sealed.refresh_token and not session.ended:
            services.relying_party.revoke(session.sealed.refresh_token)
        url = services.relying_party.end_session_url(
            session.sealed.id_token, _sign_out_state(browser), pages.language()
        )
    except ProviderUnavailable as error:
        _log.warning("signed out here only: %s", error.detail)
        response = pages.render("signed_out.html", 503, half=True)
        response.headers["Retry-After"] = "60"
        return response
    response = _see(url or f"/signed-out?state={_sign_out_state(browser)}")
    pages.set_browser(response, browser)
    return response


def _sign_out_state(browser: str) -> str:
    """Return the `state` of a sign-out: only our own way back shows "signed out"."""
    return hmac.new(browser.encode("utf-8", "replace"), b"signed out", sha256).hexdigest()


def _see(url: str) -> Response:
    response = redirect(url, 303)
    assert isinstance(response, Response)
    return response
