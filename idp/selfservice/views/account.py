"""The member's own pages: the account page after signing in, and who receives their data.

An application is a relying party, in the members' words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.accounts import store as accounts
from idp.blocks import store as blocks
from idp.blocks.words import told_later
from idp.clients.model import SCOPES
from idp.clients.service import Clients
from idp.clock import Clock, date_in_tokyo, to_micros
from idp.lifecycle.applications import Application, Applications
from idp.members import store as members
from idp.members.japan.mail import masked
from idp.members.model import name_on
from idp.selfservice.views.signed_in import SignedIn
from idp.storage.sql import Database
from idp.web.forms import read_form
from idp.web.pages import Pages

REVOKE_FIELDS = {"csrf_token": 64, "client_id": 128}
APPLICATIONS = "/account/applications"
TELL_FOR, MOST_TOLD = timedelta(days=3), 2
"""How long, and how many, blocks are shown to their owner on the first page."""


@dataclass(frozen=True)
class SelfService:
    """The front door of a signed-in member's own pages, and the applications."""

    database: Database
    clock: Clock
    clients: Clients
    applications: Applications
    signed_in: SignedIn
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        views = Blueprint("selfservice", __name__)
        views.add_url_rule("/", endpoint="home", view_func=lambda: redirect("/account", 303))
        views.add_url_rule("/account", view_func=self.account, methods=["GET"])
        views.add_url_rule(APPLICATIONS, view_func=self.show_applications, methods=["GET"])
        views.add_url_rule(APPLICATIONS, view_func=self.revoke, methods=["POST"])
        return views

    def account(self) -> Response:
        """Show who is signed in, and where one can go from here."""
        session, cookie = self.signed_in.require(request)
        now = self.clock.now()
        with self.database.read() as tx:
            account = accounts.find(tx, session.subject)
            member = members.find(tx, account.member_number) if account else None
            lately = blocks.of_subject(tx, session.subject, to_micros(now - TELL_FOR))
        if account is None or member is None:
            return redirect("/sign-in", 303)
        language = self.pages.language()
        services = [
            {"name": client.name_in(language), "url": client.client_uri}
            for client in self.clients.list()
            if client.first_party and client.client_uri
        ]
        return self.pages.render(
            "account.html",
            name=name_on(member, self.clock.today()).shown,
            member_number=member.member_number,
            address=masked(account.address),
            services=services,
            blocks=told_later(lately[:MOST_TOLD], language, now),
            csrf_token=self.signed_in.token(cookie),
        )

    def show_applications(self) -> Response:
        """Show which relying parties receive what, and since when."""
        session, cookie = self.signed_in.require(request)
        language = self.pages.language()
        allowed = self.applications.allowed_by(session.subject)
        return self.pages.render(
            "applications.html",
            applications=[_shown(one, language) for one in allowed],
            csrf_token=self.signed_in.token(cookie),
        )

    def revoke(self) -> Response:
        """Take back what one relying party was allowed."""
        sent = read_form(request, REVOKE_FIELDS)
        session, _cookie = self.signed_in.require_form(request)
        self.applications.revoke(session, sent["client_id"], self.signed_in.origin(request))
        return redirect(APPLICATIONS, 303)


def _shown(application: Application, language: str) -> dict[str, object]:
    items = application.items
    entries = [item for item in items if "." not in item or item.partition(".")[0] not in items]
    return {
        "client_id": application.client.client_id,
        "name": application.client.name_in(language),
        "since": date_in_tokyo(application.since),
        "entries": sorted(entries, key=_order),
        "offline": "offline_access" in items,
    }


def _order(item: str) -> tuple[int, str]:
    scope = item.partition(".")[0]
    return (SCOPES.index(scope) if scope in SCOPES else len(SCOPES), item)
