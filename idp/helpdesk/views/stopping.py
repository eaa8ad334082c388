"""The page a notice leads to: whoever reads the mailbox stops what was planned upon a call.

Looking stops nothing (scanners follow links); the page tells nothing about whose account it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.helpdesk.plan_mails import PAGE
from idp.helpdesk.plans import Stopping
from idp.journal.model import Origin
from idp.lifecycle.model import Asker
from idp.web.browser import Browser
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.request_id import request_id_of


@dataclass(frozen=True)
class StopPages:
    """Mounts and serves it."""

    stopping: Stopping
    browser: Browser
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount the page."""
        views = Blueprint("planned", __name__)
        views.add_url_rule(PAGE, endpoint="show", view_func=self.show, methods=["GET"])
        views.add_url_rule(PAGE, endpoint="stop", view_func=self.stop, methods=["POST"])
        return views

    def show(self) -> Response:
        """Show the button; nothing is looked up."""
        device = self.browser.device_or_new(request)
        response = self.pages.render(
            "helpdesk/stop.html",
            here=None,
            link=request.args.get("link", "")[:128],
            csrf_token=self.browser.csrf.token_for(device),
        )
        self.browser.remember_device(response, device)
        return response

    def stop(self) -> Response:
        """Stop it."""
        sent = read_form(request, {"csrf_token": 64, "link": 128})
        self.browser.csrf.check(request, self.browser.device_cookie(request))
        caller = self.browser.caller(request)
        origin = Origin(caller.address, self.browser.agent(request), request_id_of(request.environ))
        asker = Asker(origin, self.pages.language(), caller.buckets)
        done = self.stopping.stop(sent["link"], asker)
        return self.pages.render("helpdesk/stopped.html", 200 if done else 400, done=done)
