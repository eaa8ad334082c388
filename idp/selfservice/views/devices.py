"""The page of a member's browsers: signed in where, known where, and how to end either."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.selfservice.agents import in_words
from idp.selfservice.devices import Devices
from idp.selfservice.views.signed_in import SignedIn
from idp.storage.secret_text import hash_token
from idp.web.forms import read_form
from idp.web.pages import Pages

DEVICES, SIGN_OUT, FORGET = (
    "/account/devices",
    "/account/devices/sign-out",
    "/account/devices/forget",
)
FIELDS = {"csrf_token": 64, "session": 36, "device": 64}


@dataclass(frozen=True)
class DevicesPage:
    """Lists, signs out, forgets."""

    devices: Devices
    signed_in: SignedIn
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount the page."""
        views = Blueprint("devices", __name__)
        views.add_url_rule(DEVICES, view_func=self.show, methods=["GET"])
        views.add_url_rule(SIGN_OUT, view_func=self.sign_out, methods=["POST"])
        views.add_url_rule(FORGET, view_func=self.forget, methods=["POST"])
        return views

    def show(self) -> Response:
        """List where the member is signed in, and which browsers are known."""
        session, cookie = self.signed_in.require(request)
        language = self.pages.language()
        device = self.signed_in.browser.device_cookie(request)
        mine = hash_token(device) if device else ""
        return self.pages.render(
            "security/devices.html",
            csrf_token=self.signed_in.token(cookie),
            sessions=[
                {
                    "id": one.id,
                    "name": in_words(one.agent, language),
                    "address": one.address,
                    "since": one.created_at,
                    "seen": one.last_seen_at,
                    "this": one.id == session.id,
                }
                for one in self.devices.signed_in(session)
            ],
            known=[
                {
                    "id": one.device_hash,
                    "name": in_words(one.agent, language),
                    "seen": one.last_seen_at,
                    "this": one.device_hash == mine,
                }
                for one in self.devices.known(session)
            ],
            done=request.args.get("done", ""),
        )

    def sign_out(self) -> Response:
        """Sign one other browser out, or all others."""
        session, _ = self.signed_in.require_form(request)
        sent = read_form(request, FIELDS)
        self.devices.sign_out(session, sent["session"], self.signed_in.origin(request))
        return redirect(f"{DEVICES}?done=signed-out", 303)

    def forget(self) -> Response:
        """Forget one browser, or all."""
        session, _ = self.signed_in.require_form(request)
        sent = read_form(request, FIELDS)
        self.devices.forget(session, sent["device"], self.signed_in.origin(request))
        return redirect(f"{DEVICES}?done=forgotten", 303)
