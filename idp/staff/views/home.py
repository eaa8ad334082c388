"""The first page of the console: who one is here, and what one may open."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint
from werkzeug.wrappers import Response

from idp.staff.model import Acting
from idp.staff.views.console import Console, Open
from idp.staff.views.places import HOME


@dataclass(frozen=True)
class HomePage:
    """`/staff`."""

    console: Console

    def blueprint(self) -> Blueprint:
        """Mount the page."""
        room = self.console.room("home")
        room.page(HOME, self.show, needs=Open.ANY_STAFF)
        return room.blueprint

    def show(self, acting: Acting) -> Response:
        """Show it."""
        ends = acting.session.expires_at
        notices = [told for told in (one(acting) for one in self.console.notices) if told]
        return self.console.render(acting, "staff/home.html", ends_at=ends, notices=notices)
