"""Pages of a changed sign-in mail address: asked for, confirmed by both mailboxes, taken back.

Links of mails show a page with a button; only the button does something (scanners follow links).
Those pages need no session and tell nothing about whose account it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from idp.lifecycle.address_change import AddressChanges, SameAddress
from idp.lifecycle.address_confirmation import AddressConfirmations, Step
from idp.lifecycle.address_mails import PAGE, UNDO
from idp.lifecycle.address_undo import AddressUndo
from idp.lifecycle.model import AddressChange, Asker, Side
from idp.members.errors import BadMailAddress
from idp.members.japan.mail import masked
from idp.selfservice.views.signed_in import SignedIn
from idp.web.forms import fold_code, read_form
from idp.web.i18n import mark as _
from idp.web.organisation import Language
from idp.web.pages import Pages

ASK_FIELDS = {"csrf_token": 64, "email": 400}
CODE_FIELDS = {"csrf_token": 64, "code": 64}
LINK_FIELDS = {"csrf_token": 64, "link": 128}
WRONG_ADDRESS = _(
    "メールアドレスの形をお確かめください。半角の英数字で、@ はひとつだけです"
    "（例：hanako@mihon.example）。"
)
SAME_ADDRESS = _("いまお使いのメールアドレスと同じです。")


@dataclass(frozen=True)
class AddressPages:
    """Mounts and serves the pages."""

    signed_in: SignedIn
    changes: AddressChanges
    confirmations: AddressConfirmations
    undo: AddressUndo
    pages: Pages

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        views = Blueprint("address", __name__)
        views.add_url_rule(PAGE, endpoint="show", view_func=self.show, methods=["GET"])
        views.add_url_rule(PAGE, endpoint="ask", view_func=self.ask, methods=["POST"])
        views.add_url_rule(f"{PAGE}/code", view_func=self.confirm_code, methods=["POST"])
        views.add_url_rule(f"{PAGE}/withdraw", view_func=self.withdraw, methods=["POST"])
        views.add_url_rule(f"{PAGE}/<step>", view_func=self.show_link, methods=["GET"])
        views.add_url_rule(f"{PAGE}/<step>", view_func=self.follow_link, methods=["POST"])
        return views

    def show(self) -> Response:
        """Ask for the new address, or for the codes while a change is under way."""
        session, cookie = self.signed_in.require(request)
        pending = self.changes.pending(session.subject)
        if pending is not None and "again" not in request.args:
            return self._waiting(pending, cookie)
        self.signed_in.require_recent(session, PAGE)
        return self._form(cookie)

    def ask(self) -> Response:
        """Send both mails."""
        session, cookie = self.signed_in.require_form(request)
        self.signed_in.require_recent(session, PAGE)
        typed = read_form(request, ASK_FIELDS)["email"]
        try:
            self.changes.request(session, typed, self._asker())
        except BadMailAddress:
            return self._form(cookie, typed, WRONG_ADDRESS)
        except SameAddress:
            return self._form(cookie, typed, SAME_ADDRESS)
        return redirect(PAGE, 303)

    def confirm_code(self) -> Response:
        """Take a code of either mail."""
        session, cookie = self.signed_in.require_form(request)
        code = fold_code(read_form(request, CODE_FIELDS)["code"])
        step = self.confirmations.confirm_code(session, code, self._asker())
        if step in (Step.ONE_LEFT, Step.LATER):
            return redirect(PAGE, 303)
        if step is not Step.WRONG:
            return self._outcome(step)
        pending = self.changes.pending(session.subject)
        return self._waiting(pending, cookie, wrong=True) if pending else self._outcome(step)

    def withdraw(self) -> Response:
        """Give the change up."""
        session, _cookie = self.signed_in.require_form(request)
        self.changes.withdraw(session)
        return redirect("/account", 303)

    def show_link(self, step: str) -> Response:
        """Show the button a mail leads to; nothing is looked up."""
        _known(step)
        device = self.signed_in.browser.device_or_new(request)
        response = self.pages.render(
            "account/address_link.html",
            here=None,
            step=step,
            link=request.args.get("link", "")[:128],
            csrf_token=self.signed_in.token(device),
        )
        self.signed_in.browser.remember_device(response, device)
        return response

    def follow_link(self, step: str) -> Response:
        """Confirm, or take back."""
        _known(step)
        sent = read_form(request, LINK_FIELDS)
        browser = self.signed_in.browser
        browser.csrf.check(request, browser.device_cookie(request))
        if step == UNDO:
            done = self.undo.undo(sent["link"], self._asker())
            return self._undone() if done else self._outcome(Step.WRONG)
        return self._outcome(
            self.confirmations.confirm_link(Side(step), sent["link"], self._asker())
        )

    def _form(self, cookie: str, typed: str = "", error: str | None = None) -> Response:
        return self.pages.render(
            "account/address.html",
            400 if error else 200,
            here=PAGE,
            typed=typed,
            error=error,
            csrf_token=self.signed_in.token(cookie),
        )

    def _waiting(self, change: AddressChange, cookie: str, *, wrong: bool = False) -> Response:
        return self.pages.render(
            "account/address_waiting.html",
            400 if wrong else 200,
            here=PAGE,
            wrong=wrong,
            new=masked(change.new_address),
            old=masked(change.old_address),
            new_confirmed=change.confirmed(Side.NEW),
            old_confirmed=change.confirmed(Side.OLD),
            until=change.expires_at,
            due=change.due_at,
            csrf_token=self.signed_in.token(cookie),
        )

    def _outcome(self, step: Step) -> Response:
        status = {Step.WRONG: 400, Step.IMPOSSIBLE: 409}.get(step, 200)
        return self.pages.render("account/address_outcome.html", status, step=step.value)

    def _undone(self) -> Response:
        response = self.pages.render("account/address_undone.html")
        self.signed_in.browser.clear_session(response)
        return response

    def _asker(self) -> Asker:
        language: Language = self.pages.language()
        caller = self.signed_in.browser.caller(request)
        return Asker(self.signed_in.origin(request), language, caller.buckets)


def _known(step: str) -> None:
    if step not in (Side.NEW, Side.OLD, UNDO):
        raise NotFound
