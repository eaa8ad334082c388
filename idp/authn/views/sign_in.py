"""The sign-in page: one question, one answer for every failure.

Knows nothing of the protocol: an authorization request in progress is a handle, and what the page
shows of it comes through `InProgress`, passed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.authn.model import Attempt, CodeNeeded, Failed, NoAccess
from idp.authn.recent import own_page
from idp.authn.service import PasswordSignIn
from idp.authn.views.arriving import error_of, no_access, signed_in, target_of, visit_of
from idp.sessions.service import BrowserSessions
from idp.web.browser import Browser
from idp.web.forms import read_form
from idp.web.pages import Pages

FIELDS = {
    "csrf_token": 64,
    "request": 64,
    "next": 64,
    "username": 320,
    "password": 4096,
    "shared_device": 8,
}


@dataclass(frozen=True)
class InProgress:
    """What a sign-in page shows of the authorization request that asked for it."""

    client_name: str
    login_hint: str
    ui_locales: str | None
    form_action: tuple[str, ...]
    notice: str | None = None
    """Why it asks somebody who is signed in; a marked message."""
    wanted: tuple[str, ...] = ()
    """The `acr` values the client asked for, in its order."""


Describe = Callable[[str, str | None], InProgress]
"""(handle, device cookie) → what to show; raises when the request has ended."""


@dataclass(frozen=True)
class SignInViews:
    """The page that asks for mail address and password."""

    sign_in: PasswordSignIn
    sessions: BrowserSessions
    browser: Browser
    pages: Pages
    describe: Describe

    def blueprint(self) -> Blueprint:
        """Mount the page."""
        views = Blueprint("sign_in", __name__)
        views.add_url_rule("/sign-in", view_func=self.show, methods=["GET"])
        views.add_url_rule("/sign-in", view_func=self.attempt, methods=["POST"])
        return views

    def show(self) -> Response:
        """Ask; whoever is signed in already goes on, unless a client wants to be sure."""
        handle, wanted = request.args.get("request", "")[:64], request.args.get("next", "")
        if not handle and self.sessions.current(self.browser.session_cookie(request)) is not None:
            return redirect(own_page(wanted), 303)
        return self._page(_target(handle, wanted), self.browser.device_or_new(request))

    def attempt(self) -> Response:
        """Take mail address and password."""
        sent = read_form(request, FIELDS)
        device = self.browser.device_cookie(request)
        self.browser.csrf.check(request, device)
        shown = None
        if sent["request"]:
            shown = self.describe(sent["request"], device)  # over before a password is looked at
        result = self.sign_in.sign_in(
            Attempt(
                username=sent["username"],
                password=sent["password"],
                shared_device=bool(sent["shared_device"]),
                visit=visit_of(request, self.browser, self.pages),
                target=target_of(sent["request"], sent["next"]),
                wanted=shown.wanted if shown else (),
            )
        )
        if isinstance(result, Failed):
            target = _target(sent["request"], sent["next"])
            return self._page(target, device or "", sent["username"], result)
        if isinstance(result, NoAccess):
            return no_access(self.pages, result)
        if isinstance(result, CodeNeeded):
            return redirect(f"/sign-in/verify?progress={result.handle}", 303)
        return signed_in(self.browser, result)

    def _page(
        self, target: dict[str, str], device: str, username: str = "", failed: Failed | None = None
    ) -> Response:
        handle = target.get("request", "")
        shown = self.describe(handle, device) if handle else None
        response = self.pages.render(
            "sign_in.html",
            401 if failed else 200,
            ui_locales=shown.ui_locales if shown else None,
            form_action=shown.form_action if shown else (),
            here=f"/sign-in?{urlencode(target)}" if target else "/sign-in",
            csrf_token=self.browser.csrf.token_for(device),
            request_handle=handle or None,
            next_page=target.get("next"),
            client_name=shown.client_name if shown else None,
            username=username or (shown.login_hint if shown else ""),
            error=error_of(failed, self.pages.language(shown.ui_locales if shown else None)),
            notice=shown.notice if shown else None,
            passkeys=self.sign_in.steps.factors.passkeys.offered,
        )
        self.browser.remember_device(response, device)
        return response


def _target(handle: str, wanted: str) -> dict[str, str]:
    if handle:
        return {"request": handle}
    return {"next": own_page(wanted)} if wanted else {}
