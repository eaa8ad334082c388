"""The way in: password, then a code; and a code again before acts that matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.blocks.words import told
from idp.staff.model import Acting, StaffFailed, StaffSignedIn, StaffVisit
from idp.staff.second_step import StaffSecondStep
from idp.staff.sign_in import StaffAttempt, StaffSignIn
from idp.staff.views.carried import Carried
from idp.staff.views.console import Console, Open, may
from idp.staff.views.places import (
    HOME,
    REAUTHENTICATE,
    SIGN_IN,
    SIGN_OUT,
    VERIFY,
    staff_page,
)
from idp.web.cookies import STAFF
from idp.web.forms import MAX_BODY, fold_code, read_form

SIGN_IN_FIELDS = {"csrf_token": 64, "next": 200, "username": 320, "password": 4096}
VERIFY_FIELDS = {"csrf_token": 64, "progress": 64, "code": 64}
AGAIN_FIELDS = {"csrf_token": 64, "next": 200, "code": 64, "kept": MAX_BODY}


@dataclass(frozen=True)
class ArrivingPages:
    """Sign-in, verification code, sign-out, and showing a code again."""

    console: Console
    password: StaffSignIn
    step: StaffSecondStep

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        room = self.console.room("arriving")
        room.open(SIGN_IN, self.ask)
        room.open(SIGN_IN, self.attempt, methods=("POST",))
        room.open(VERIFY, self.ask_code)
        room.open(VERIFY, self.verify, methods=("POST",))
        room.act(SIGN_OUT, self.sign_out, needs=Open.ANY_STAFF)
        room.page(REAUTHENTICATE, self.ask_again, needs=Open.ANY_STAFF)
        room.act(REAUTHENTICATE, self.again, needs=Open.ANY_STAFF)
        return room.blueprint

    def ask(self) -> Response:
        """Ask for mail address and password; whoever is signed in goes on."""
        target = staff_page(request.args.get("next", ""))
        if self.console.acting() is not None:
            return redirect(target, 303)
        device = self.console.browser.device_or_new(request)
        return self._sign_in_page(target, device, done=request.args.get("done", ""))

    def attempt(self) -> Response:
        """Take mail address and password."""
        sent = read_form(request, SIGN_IN_FIELDS)
        device = self.console.browser.device_cookie(request)
        self.console.browser.csrf.check(request, device)
        target = staff_page(sent["next"])
        result = self.password.sign_in(
            StaffAttempt(sent["username"], sent["password"], visit_of(self.console), target)
        )
        if isinstance(result, StaffFailed):
            return self._sign_in_page(target, device or "", sent["username"], result)
        return redirect(f"{VERIFY}?{urlencode({'progress': result.handle})}", 303)

    def ask_code(self) -> Response:
        """Ask for the code of the app."""
        return self._code_page(request.args.get("progress", "")[:64])

    def verify(self) -> Response:
        """Take the code."""
        sent = read_form(request, VERIFY_FIELDS)
        browser = self.console.browser
        browser.csrf.check(request, browser.device_cookie(request))
        code = fold_code(sent["code"])
        result = self.step.verify(sent["progress"], code, visit_of(self.console))
        if isinstance(result, StaffFailed):
            return self._code_page(sent["progress"], result)
        return self._arrived(result)

    def sign_out(self, acting: Acting) -> Response:
        """End the session."""
        self.console.sessions.sign_out(acting, self.console.origin())
        response = redirect(f"{SIGN_IN}?done=signed-out", 303)
        self.console.browser.jar.clear(response, STAFF)
        return response

    def ask_again(self, acting: Acting) -> Response:
        """Ask for a code before an act that matters."""
        return self._again_page(acting, staff_page(request.args.get("next", "")))

    def again(self, acting: Acting) -> Response:
        """Take the code, and lead back to the page of the act, or offer the act that was kept."""
        sent = read_form(request, AGAIN_FIELDS)
        target = staff_page(sent["next"])
        kept = self.console.carried(sent["kept"]) if sent["kept"] else None
        if kept is not None and not may(acting, kept.act.route.need):
            return self.console.forbidden(acting, kept.act.route.need)
        failed = self.step.again(acting, fold_code(sent["code"]), self.console.origin())
        if kept is not None and failed is not None:
            return self.console.ask_code(acting, kept, self._error(failed))
        if kept is not None:
            return self._confirmed(acting, kept)
        return self._again_page(acting, target, failed) if failed else redirect(target, 303)

    def _confirmed(self, acting: Acting, kept: Carried) -> Response:
        # The act is for a person to send, not for this page: it is checked as if it came new.
        return self.console.render(
            acting,
            "staff/confirmed.html",
            shown_once=True,
            kept=kept.shown(),
            fields=kept.fields,
        )

    def _arrived(self, result: StaffSignedIn) -> Response:
        # 303, never 307: the code must not be sent on (RFC 9700 4.12).
        response = redirect(staff_page(result.target), 303)
        self.console.browser.jar.set(response, STAFF, result.session_cookie, None)
        self.console.browser.remember_device(response, result.device_cookie)
        return response

    def _sign_in_page(
        self,
        target: str,
        device: str,
        username: str = "",
        failed: StaffFailed | None = None,
        done: str = "",
    ) -> Response:
        browser = self.console.browser
        response = self.console.pages.render(
            "staff/sign_in.html",
            401 if failed else 200,
            here=SIGN_IN if target == HOME else f"{SIGN_IN}?{urlencode({'next': target})}",
            csrf_token=browser.csrf.token_for(device),
            next_page=target,
            username=username,
            error=self._error(failed),
            done=done,
        )
        browser.remember_device(response, device)
        return response

    def _code_page(self, handle: str, failed: StaffFailed | None = None) -> Response:
        browser = self.console.browser
        device = browser.device_cookie(request)
        self.step.show(handle, device)
        return self.console.pages.render(
            "staff/verify.html",
            401 if failed else 200,
            here=f"{VERIFY}?{urlencode({'progress': handle})}",
            csrf_token=browser.csrf.token_for(device or ""),
            progress=handle,
            error=self._error(failed),
        )

    def _again_page(
        self, acting: Acting, target: str, failed: StaffFailed | None = None
    ) -> Response:
        return self.console.render(
            acting,
            "staff/reauthenticate.html",
            401 if failed else 200,
            here=f"{REAUTHENTICATE}?{urlencode({'next': target})}",
            next_page=target,
            kept=None,
            error=self._error(failed),
        )

    def _error(self, failed: StaffFailed | None) -> dict[str, Any] | None:
        if failed is None:
            return None
        blocks = told(failed.blocks, self.console.pages.language())
        return {"reference": failed.reference, "blocks": blocks}


def visit_of(console: Console) -> StaffVisit:
    """Give the browser of the present request, as the services see it."""
    browser = console.browser
    return StaffVisit(
        session_cookie=console.cookie(),
        device_cookie=browser.device_cookie(request),
        buckets=browser.caller(request).buckets,
        origin=console.origin(),
        language=console.pages.language(),
    )
