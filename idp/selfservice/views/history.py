"""The access history in plain words, and the button "this was not me"."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.clients.service import Clients
from idp.selfservice import history_texts as texts
from idp.selfservice.agents import in_words
from idp.selfservice.history import AccessHistory, Entry
from idp.selfservice.views.signed_in import SignedIn
from idp.sessions.model import Session
from idp.web.forms import BadForm, read_form
from idp.web.i18n import translate
from idp.web.organisation import Language
from idp.web.pages import Pages
from idp.web.spoken import short_name

PAGE = "/account/history"
FIELDS = {"csrf_token": 64, "event": 64}
LONGEST_REASON = 300


@dataclass(frozen=True)
class HistoryPages:
    """Mounts and serves the page."""

    signed_in: SignedIn
    history: AccessHistory
    clients: Clients
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount the page."""
        views = Blueprint("history", __name__)
        views.add_url_rule(PAGE, endpoint="show", view_func=self.show, methods=["GET"])
        views.add_url_rule(PAGE, endpoint="contest", view_func=self.contest, methods=["POST"])
        return views

    def show(self) -> Response:
        """Show one page of entries, newest first."""
        session, cookie = self.signed_in.require(request)
        before = request.args.getlist("before")
        if len(before) > 1:
            raise BadForm("repeated_field", "before")
        page = self.history.page(session.subject, before[0] if before else "")
        language = self.pages.language()
        entries = [self._shown(entry, session, language) for entry in page.entries]
        for entry in entries:
            entry["contested"] = entry["id"] in page.contested
        return self.pages.render(
            "account/history.html",
            entries=entries,
            older=page.older,
            later=bool(before),
            csrf_token=self.signed_in.token(cookie),
        )

    def contest(self) -> Response:
        """Take an objection, and say what to do next."""
        session, _cookie = self.signed_in.require_form(request)
        sent = read_form(request, FIELDS)
        entry = self.history.contest(session, sent["event"], self.signed_in.origin(request))
        return self.pages.render(
            "account/history_contested.html",
            here=PAGE,
            entry=self._shown(entry, session, self.pages.language()),
            own=entry.session_id == session.id,
        )

    def _shown(self, entry: Entry, session: Session, language: Language) -> dict[str, object]:
        because = texts.because(entry.name, entry.data)
        role = texts.role(entry.actor, entry.role)
        reason = entry.data.get("reason") if role else None
        return {
            "id": entry.id,
            "at": entry.at,
            "what": translate(texts.TEXTS[entry.name], language)
            % {"service": self._service(entry.client_id, language)},
            "because": translate(because, language) if because else None,
            "means": [translate(one, language) for one in texts.means(entry.data)],
            "browser": in_words(entry.agent, language)
            if entry.agent and not _by_program(entry)
            else None,
            "address": entry.address if not _by_program(entry) else None,
            "role": translate(role, language) if role else None,
            "case": short_name(entry.case) if entry.case else None,
            "reason": str(reason)[:LONGEST_REASON] if reason else None,
            "refused": entry.outcome != "done",
            "here": entry.session_id == session.id,
            "may_contest": entry.name not in texts.NEVER_CONTESTED,
        }

    def _service(self, client_id: str | None, language: Language) -> str:
        client = self.clients.find(client_id) if client_id else None
        return client.name_in(language) if client else (client_id or "")


def _by_program(entry: Entry) -> bool:
    """Tell whether a relying party's own program asked: its address would only puzzle."""
    return entry.actor == "client"
