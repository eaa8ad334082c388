"""A new secret for a relying party: asked for, allowed by a second person, drawn and shown once."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.approvals.model import ApprovalRefused, Waits
from idp.approvals.views.at_desk import is_reason, request_page
from idp.client_room.acts import ClientSecret
from idp.client_room.model import NoPermit
from idp.client_room.secrets import SecretDrawing
from idp.client_room.views.clients import CHANGE, ClientPages, UnknownParty
from idp.client_room.views.places import CLIENTS, DRAW, SECRET
from idp.clients.service import NotChangeable, UnknownClient
from idp.staff.model import Acting
from idp.web.forms import read_form
from idp.web.i18n import mark as _


@dataclass(frozen=True)
class SecretPages:
    """Mounts and serves the acts; their page is that of the client."""

    pages: ClientPages
    act: ClientSecret
    drawing: SecretDrawing

    def blueprint(self) -> Blueprint:
        """Mount the acts."""
        room = self.pages.desk.console.room("client_secrets")
        room.page(SECRET, self.pages.back, needs=CHANGE)
        room.act(
            SECRET,
            self.ask,
            needs=CHANGE,
            recent=SECRET,
            called=_("シークレットの作り直しを申請する"),
        )
        room.page(DRAW, self.pages.back, needs=CHANGE)
        room.act(
            DRAW, self.draw, needs=CHANGE, recent=DRAW, called=_("新しいシークレットを表示する")
        )
        return room.blueprint

    def ask(self, acting: Acting, client_id: str) -> Response:
        """Ask for a new secret, with a reason."""
        sent = read_form(request, {"csrf_token": 64, "reason": 600, "version": 64})
        party = self.pages.find(acting, client_id)
        if not is_reason(sent["reason"]):
            return self.pages.render(acting, party, 400, wrong="reason", at="secret")
        parameters = {"client": client_id, "version": sent["version"]}
        try:
            done = self.pages.desk.submit(acting, self.act, parameters, sent["reason"])
        except NotChangeable:
            return self.pages.render(acting, party, 409, wrong="moved", at="secret")
        except ApprovalRefused as error:
            why = error.why.value
            return self.pages.render(acting, party, error.status, wrong=why, at="secret")
        if isinstance(done, Waits):
            return redirect(request_page(done), 303)
        return redirect(f"{CLIENTS}/{client_id}?done=allowed", 303)

    def draw(self, acting: Acting, client_id: str) -> Response:
        """Draw the secret that was allowed, and show it, this once."""
        read_form(request, {"csrf_token": 64})
        party = self.pages.find(acting, client_id)
        actor, behind = self.pages.desk.actor(acting, CHANGE), self.pages.desk.behind(acting)
        try:
            secret = self.drawing.draw(client_id, acting.staff_id, actor, behind)
        except NoPermit:
            return self.pages.render(acting, party, 409, wrong="no_permit", at="secret")
        except NotChangeable:
            return self.pages.render(acting, party, 409, wrong="moved", at="secret")
        except UnknownClient as error:
            raise UnknownParty(client_id[:128]) from error
        return self.pages.show_secret(acting, client_id, secret)
