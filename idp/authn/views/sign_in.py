"""The sign-in page: one question, one answer for every failure.

Knows nothing of the protocol: an authorization request in progress is a handle, and what the page
shows of it comes through `InProgress`, passed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Request, redirect, request
from werkzeug.wrappers import Response

from idp.authn.model import Attempt, Failed, NoAccess, SignedIn
from idp.authn.service import PasswordSignIn
from idp.journal.model import Origin
from idp.sessions.service import BrowserSessions
from idp.web.browser import Browser
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.request_id import request_id_of

FIELDS = {"csrf_token": 64, "request": 64, "username": 320, "password": 4096, "shared_device": 8}
CONTINUE = "/authorize/continue"


@dataclass(frozen=True)
class InProgress:
    """What a sign-in page shows of the authorization request that asked for it."""

    client_name: str
    login_hint: str
    ui_locales: str | None
    form_action: tuple[str, ...]
    notice: str | None = None
    """Why it asks somebody who is signed in; a marked message."""


Describe = Callable[[str, str | None], InProgress]
"""(handle, device cookie) → what to show; raises when the request has ended."""


def sign_in_views(
    sign_in: PasswordSignIn,
    sessions: BrowserSessions,
    browser: Browser,
    pages: Pages,
    describe: Describe,
) -> Blueprint:
    """Build the blueprint of `/sign-in`."""
    views = Blueprint("sign_in", __name__)

    def page(
        handle: str, device: str, username: str = "", failed: Failed | None = None
    ) -> Response:
        shown = describe(handle, device) if handle else None
        response = pages.render(
            "sign_in.html",
            401 if failed else 200,
            ui_locales=shown.ui_locales if shown else None,
            form_action=shown.form_action if shown else (),
            here=f"/sign-in?request={handle}" if handle else "/sign-in",
            csrf_token=browser.csrf.token_for(device),
            request_handle=handle or None,
            client_name=shown.client_name if shown else None,
            username=username or (shown.login_hint if shown else ""),
            error={"reference": failed.reference} if failed else None,
            notice=shown.notice if shown else None,
        )
        browser.remember_device(response, device)
        return response

    @views.get("/sign-in")
    def show() -> Response:
        handle = request.args.get("request", "")[:64]
        if not handle and sessions.current(browser.session_cookie(request)) is not None:
            return redirect("/account", 303)
        return page(handle, browser.device_or_new(request))

    @views.post("/sign-in")
    def attempt() -> Response:
        sent = read_form(request, FIELDS)
        device = browser.device_cookie(request)
        browser.csrf.check(request, device)
        if sent["request"]:
            describe(sent["request"], device)  # over before a password is looked at
        result = sign_in.sign_in(_attempt(sent, request, browser))
        if isinstance(result, Failed):
            return page(sent["request"], device or "", sent["username"], result)
        if isinstance(result, NoAccess):
            return pages.render(
                "sign_in_ended.html",
                403,
                here="/sign-in",
                reason=result.why.value,
                reference=result.reference,
            )
        return _signed_in(browser, result, sent["request"])

    return views


def _attempt(sent: dict[str, str], request: Request, browser: Browser) -> Attempt:
    caller = browser.caller(request)
    origin = Origin(caller.address, browser.agent(request), request_id_of(request.environ))
    return Attempt(
        username=sent["username"],
        password=sent["password"],
        shared_device=bool(sent["shared_device"]),
        session_cookie=browser.session_cookie(request),
        device_cookie=browser.device_cookie(request),
        buckets=caller.buckets,
        origin=origin,
    )


def _signed_in(browser: Browser, result: SignedIn, handle: str) -> Response:
    # 303, never 307: the credentials must not be sent on (RFC 9700 4.12).
    target = f"{CONTINUE}?request={handle}" if handle else "/account"
    response = redirect(target, 303)
    browser.set_session(response, result.session_cookie)
    if result.device_cookie:
        browser.remember_device(response, result.device_cookie)
    return response
