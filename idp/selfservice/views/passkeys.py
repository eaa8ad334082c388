"""The page of a member's passkeys: make one, see them, take one away."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.accounts import store as accounts
from idp.factors.service import Factors, Person
from idp.members import store as members
from idp.members.model import name_on
from idp.selfservice.agents import in_words
from idp.selfservice.views.signed_in import SignedIn
from idp.sessions.model import Session
from idp.web.forms import read_form
from idp.web.pages import Pages

PASSKEYS = "/account/passkeys"
FIELDS = {"csrf_token": 64, "question": 64, "credential": 16_384, "name": 60, "passkey": 36}


@dataclass(frozen=True)
class PasskeysPage:
    """Adds, names and removes passkeys."""

    factors: Factors
    signed_in: SignedIn
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        views = Blueprint("passkeys", __name__)
        views.add_url_rule(PASSKEYS, view_func=self.show, methods=["GET"])
        views.add_url_rule(f"{PASSKEYS}/new", view_func=self.ask, methods=["POST"])
        views.add_url_rule(f"{PASSKEYS}/add", view_func=self.add, methods=["POST"])
        views.add_url_rule(f"{PASSKEYS}/remove", view_func=self.remove, methods=["POST"])
        return views

    def show(self) -> Response:
        """List the passkeys."""
        session, cookie = self.signed_in.require(request)
        return self.pages.render(
            "security/passkeys.html",
            csrf_token=self.signed_in.token(cookie),
            passkeys=self.factors.overview(session.subject).passkeys,
            offered=self.factors.passkeys.offered,
            done=request.args.get("done", ""),
        )

    def ask(self) -> Response:
        """Hand the browser the question for a new passkey."""
        session, cookie = self._acting()
        return self._new_page(session, cookie)

    def add(self) -> Response:
        """Keep the passkey the browser made."""
        session, cookie = self._acting()
        sent = read_form(request, FIELDS)
        name = " ".join(sent["name"].split()) or self._suggested_name()
        added = self.factors.add_passkey(
            self._person(session), sent["question"], cookie, sent["credential"], name
        )
        if not added:
            return self._new_page(session, cookie, failed=True)
        return redirect(f"{PASSKEYS}?done=added", 303)

    def remove(self) -> Response:
        """Take a passkey away."""
        session, _cookie = self._acting()
        self.factors.remove_passkey(self._person(session), read_form(request, FIELDS)["passkey"])
        return redirect(f"{PASSKEYS}?done=removed", 303)

    def _acting(self) -> tuple[Session, str]:
        session, cookie = self.signed_in.require_form(request)
        self.signed_in.require_recent(session, PASSKEYS)
        return session, cookie

    def _person(self, session: Session) -> Person:
        origin = self.signed_in.origin(request)
        return Person(session.subject, session.id, origin, self.pages.language())

    def _suggested_name(self) -> str:
        return in_words(self.signed_in.browser.agent(request), self.pages.language())

    def _new_page(self, session: Session, cookie: str, *, failed: bool = False) -> Response:
        if not self.factors.passkeys.offered:
            return redirect(PASSKEYS, 303)
        with self.factors.database.read() as tx:
            account = accounts.find(tx, session.subject)
            member = members.get(tx, account.member_number) if account else None
        shown = name_on(member, self.signed_in.clock.today()).shown if member else ""
        question = self.factors.ask_for_passkey(self._person(session), shown, cookie)
        return self.pages.render(
            "security/passkey_new.html",
            400 if failed else 200,
            here=PASSKEYS,
            csrf_token=self.signed_in.token(cookie),
            question=question,
            suggested=self._suggested_name(),
            failed=failed,
        )
