"""The member's own pages: today the account page one arrives at after signing in."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.accounts import store as accounts
from idp.clients.service import Clients
from idp.clock import Clock
from idp.members import store as members
from idp.members.model import name_on
from idp.sessions.service import BrowserSessions
from idp.storage.sql import Database
from idp.web.browser import Browser
from idp.web.pages import Pages


@dataclass(frozen=True)
class SelfService:
    """Pages of a signed-in member."""

    database: Database
    clock: Clock
    clients: Clients
    sessions: BrowserSessions
    browser: Browser
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        views = Blueprint("selfservice", __name__)
        views.add_url_rule("/", endpoint="home", view_func=lambda: redirect("/account", 303))
        views.add_url_rule("/account", view_func=self.account, methods=["GET"])
        return views

    def account(self) -> Response:
        """Show who is signed in, and where one can go from here."""
        cookie = self.browser.session_cookie(request)
        session = self.sessions.current(cookie)
        if session is None or cookie is None:
            return redirect("/sign-in", 303)
        with self.database.read() as tx:
            account = accounts.find(tx, session.subject)
            member = members.get(tx, account.member_number) if account else None
        if member is None:
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
            services=services,
            csrf_token=self.browser.csrf.token_for(cookie),
        )
