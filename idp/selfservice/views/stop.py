"""The procedure by which a member stops using the service (the membership itself stays)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.lifecycle.model import Asker
from idp.lifecycle.stop_service import StopService
from idp.selfservice.views.signed_in import SignedIn
from idp.web.pages import Pages

PAGE, DONE = "/account/stop", "/account/stop/done"


@dataclass(frozen=True)
class StopPages:
    """Mounts and serves the pages."""

    signed_in: SignedIn
    service: StopService
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        views = Blueprint("stop", __name__)
        views.add_url_rule(PAGE, endpoint="show", view_func=self.show, methods=["GET"])
        views.add_url_rule(PAGE, endpoint="stop", view_func=self.stop, methods=["POST"])
        views.add_url_rule(DONE, endpoint="done", view_func=self.done, methods=["GET"])
        return views

    def show(self) -> Response:
        """Say what ends and what stays, and ask."""
        session, cookie = self.signed_in.require(request)
        self.signed_in.require_recent(session, PAGE)
        return self.pages.render("account/stop.html", csrf_token=self.signed_in.token(cookie))

    def stop(self) -> Response:
        """Stop it at once."""
        session, _cookie = self.signed_in.require_form(request)
        self.signed_in.require_recent(session, PAGE)
        caller = self.signed_in.browser.caller(request)
        origin = self.signed_in.origin(request)
        self.service.stop(session, Asker(origin, self.pages.language(), caller.buckets))
        response = redirect(DONE, 303)
        self.signed_in.browser.clear_session(response)
        return response

    def done(self) -> Response:
        """Say that it is over; tells nothing about anybody, so that reloading it is harmless."""
        return self.pages.render("account/stopped.html")
