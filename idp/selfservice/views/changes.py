"""The page of change requests: ask for a new name, address or telephone number; see what became.

One question a page: first what changes, then the new facts. A workplace is not taken here; who
chooses it is told whom to write to. Rules and words: `idp.changes`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from idp.accounts import store as accounts
from idp.changes.model import (
    FIELDS,
    WORKPLACE,
    ChangeRequest,
    Fault,
    KeyReused,
    Kind,
    State,
    TooManyChanges,
    UnknownChange,
)
from idp.changes.service import HERE, REPLACED, Changes, Filer
from idp.changes.texts import FIELD_NAMES, KINDS, STATES, WORKPLACE_ANSWER, WRONG
from idp.members.japan.addresses import REGIONS, formatted
from idp.members.japan.phones import format_national
from idp.members.model import Address
from idp.selfservice.views.signed_in import SignedIn
from idp.sessions.model import Session
from idp.storage.sql import Database
from idp.web.forms import read_form
from idp.web.i18n import translate
from idp.web.organisation import Language
from idp.web.pages import Pages

PATH: Final = "/account/changes"
WITHDRAW: Final = f"{PATH}/withdraw"
_LONGEST = 500
_ALL_FIELDS: Final = tuple(dict.fromkeys(name for names in FIELDS.values() for name in names))
_FORM: Final = {"csrf_token": 64, "form_id": 64, "kind": 16} | dict.fromkeys(_ALL_FIELDS, _LONGEST)
_WITHDRAW_FORM: Final = {"csrf_token": 64, "change": 36}
_LINE_BREAK = "\n"


@dataclass(frozen=True)
class ChangesPage:
    """Shows, files and withdraws a member's change requests."""

    database: Database
    changes: Changes
    signed_in: SignedIn
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        views = Blueprint("changes", __name__)
        views.add_url_rule(PATH, endpoint="show", view_func=self.show, methods=["GET"])
        views.add_url_rule(PATH, endpoint="file", view_func=self.file, methods=["POST"])
        views.add_url_rule(WITHDRAW, view_func=self.withdraw, methods=["POST"])
        return views

    def show(self) -> Response:
        """Show what was asked for, or (`?kind=`) the form for one kind."""
        session, cookie = self.signed_in.require(request)
        filer = self._filer(session)
        asked = request.args.get("kind", "")
        if asked == WORKPLACE:
            answer = translate(WORKPLACE_ANSWER, self.pages.language())
            return self.pages.render("changes/workplace.html", answer=answer)
        kind = next((kind for kind in Kind if kind.value == asked), None)
        if kind is None:
            return self._list(filer, cookie, 200)
        typed = self.changes.current(filer.member_number, kind)
        if kind is Kind.PHONE:
            typed = {"phone_number": format_national(typed["phone_number"])}
        return self._form(kind, typed, cookie, secrets.token_urlsafe(16), (), 200)

    def file(self) -> Response:
        """File a request; what is wrong is shown beside what was typed."""
        session, cookie = self.signed_in.require_form(request)
        sent = read_form(request, _FORM)
        filer = self._filer(session)
        kind = next((kind for kind in Kind if kind.value == sent["kind"]), None)
        if kind is None:
            return redirect(PATH, 303)
        typed = {name: sent[name] for name in FIELDS[kind]}
        try:
            filed = self.changes.file(filer, kind, typed, sent["form_id"] or None)
        except KeyReused:  # "back" after sending, and sent again with other contents
            filed = self.changes.file(filer, kind, typed, None)
        except TooManyChanges:
            return self._form(kind, typed, cookie, sent["form_id"], (), 429)
        if isinstance(filed, list):
            return self._form(kind, typed, cookie, sent["form_id"], filed, 422)
        return redirect(f"{PATH}?filed={filed.change.id}", 303)

    def withdraw(self) -> Response:
        """Take an open request back."""
        session, cookie = self.signed_in.require_form(request)
        sent = read_form(request, _WITHDRAW_FORM)
        filer = self._filer(session)
        try:
            done = self.changes.withdraw(filer, sent["change"])
        except UnknownChange:
            abort(404)
        return redirect(PATH, 303) if done else self._list(filer, cookie, 409)

    def _filer(self, session: Session) -> Filer:
        with self.database.read() as tx:
            account = accounts.find(tx, session.subject)
        if account is None:
            abort(redirect("/sign-in", 303))
        return Filer(
            account.subject,
            account.member_number,
            account.address,
            self.pages.language(),
            HERE,
            self.signed_in.origin(request),
        )

    def _list(self, filer: Filer, cookie: str, status: int) -> Response:
        language = self.pages.language()
        listed = self.changes.list_of(filer.subject)
        filed = request.args.get("filed", "") if request.method == "GET" else ""
        return self.pages.render(
            "changes/list.html",
            status,
            here=PATH,
            kinds={kind.value: translate(text, language) for kind, text in KINDS.items()},
            changes=[_shown(change, language) for change in listed],
            filed=next((_shown(c, language) for c in listed if c.id == filed), None),
            too_late=status == 409,
            csrf_token=self.signed_in.token(cookie),
        )

    def _form(
        self,
        kind: Kind,
        typed: Mapping[str, str],
        cookie: str,
        form_id: str,
        faults: Sequence[Fault],
        status: int,
    ) -> Response:
        language = self.pages.language()
        return self.pages.render(
            "changes/form.html",
            status,
            here=f"{PATH}?kind={kind.value}",
            kind=kind.value,
            kind_name=translate(KINDS[kind], language),
            typed=typed,
            labels={name: translate(FIELD_NAMES[name], language) for name in FIELDS[kind]},
            errors={fault.field: translate(WRONG[fault.wrong], language) for fault in faults},
            regions=REGIONS,
            form_id=form_id,
            too_many=status == 429,
            csrf_token=self.signed_in.token(cookie),
        )


def _shown(change: ChangeRequest, language: Language) -> dict[str, Any]:
    return {
        "id": change.id,
        "kind": translate(KINDS[change.kind], language),
        "lines": _lines(change),
        "open": change.state is State.OPEN,
        "replaced": change.reason == REPLACED,
        "state": translate(STATES[change.state], language),
        "filed_at": change.filed_at,
        "due_on": change.due_on,
        "effective_on": change.effective_on,
        "reason": change.reason if change.state is State.REFUSED else None,
    }


def _lines(change: ChangeRequest) -> list[str]:
    """Write what was asked for as people read it."""
    wanted = change.wanted
    if change.kind is Kind.PHONE:
        return [format_national(wanted["phone_number"])]
    if change.kind is Kind.ADDRESS:
        parts = (wanted[name] for name in FIELDS[Kind.ADDRESS])
        return formatted(Address(*parts)).split(_LINE_BREAK)
    lines = [
        f"{wanted['family_name']}\u3000{wanted['given_name']}".strip(),
        f"{wanted['family_kana']}\u3000{wanted['given_kana']}".strip(),
    ]
    return [*lines, wanted["name_in_use"]] if wanted["name_in_use"] else lines
