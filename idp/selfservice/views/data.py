"""The page from which a member takes the own data along, signed."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.selfservice.download import Downloads
from idp.selfservice.views.signed_in import SignedIn
from idp.web.pages import Pages

PAGE = "/account/data"


@dataclass(frozen=True)
class DataPage:
    """Mounts and serves the page."""

    signed_in: SignedIn
    downloads: Downloads
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount the page."""
        views = Blueprint("data", __name__)
        views.add_url_rule(PAGE, endpoint="show", view_func=self.show, methods=["GET"])
        views.add_url_rule(PAGE, endpoint="download", view_func=self.download, methods=["POST"])
        return views

    def show(self) -> Response:
        """Say what the file holds."""
        session, cookie = self.signed_in.require(request)
        self.signed_in.require_recent(session, PAGE)
        return self.pages.render("account/data.html", csrf_token=self.signed_in.token(cookie))

    def download(self) -> Response:
        """Send the file; no cache keeps it (all pages are `no-store`)."""
        session, _cookie = self.signed_in.require_form(request)
        self.signed_in.require_recent(session, PAGE)
        made = self.downloads.make(session, self.signed_in.origin(request))
        response = Response(made.content, content_type="application/zip")
        response.headers["Content-Disposition"] = f'attachment; filename="{made.name}"'
        return response
