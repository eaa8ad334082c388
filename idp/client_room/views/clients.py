"""`/staff/clients`: relying parties, when they were used, what fails; one of them; another one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.approvals.model import Why
from idp.approvals.views.at_desk import AtDesk, is_reason
from idp.approvals.words import WHY
from idp.client_room.desk import ClientRoom
from idp.client_room.model import Party
from idp.client_room.views.places import CLIENTS, NEW, ONE, REMOVE
from idp.client_room.views.showing import of_party, party_row
from idp.clients.registration import BadClient
from idp.clients.service import NotChangeable, UnknownClient
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.staff.views.console import Menu
from idp.web.forms import read_form
from idp.web.i18n import mark as _
from idp.web.i18n import translate

VIEW, CHANGE = Permission.CLIENT_VIEW, Permission.CLIENT_CHANGE
MENU: Final = Menu(_("連携サービスの一覧"), _("最後の利用、失敗とその理由、登録内容、シークレット"))
NOTICE: Final = _("失敗の続く連携サービスが%(count)s件あります")
LINES: Final = ("redirect_uris", "post_logout_redirect_uris")
TEXTS: Final = ("client_name", "client_name_en", "scope", "backchannel_logout_uri")
FIELDS: Final = {"csrf_token": 64, "reason": 600, "version": 64} | dict.fromkeys(
    (*LINES, *TEXTS), 8_000
)
MOST_METADATA: Final = 20_000
WRONG: Final[dict[str, str]] = {
    "reason": _("理由を、一文で入力してください。"),
    "metadata": _("この内容では登録できません。下の説明をお読みになり、直してください。"),
    "moved": _(
        "開いたあとで、ほかの人が登録内容を変えました。いまの内容を確かめて、やり直してください。"
    ),
    "confirm": _(
        "「この連携サービスが使えなくなることを確かめました」に、しるしを付けてください。"
    ),
    "json": _("JSONのオブジェクトとして読み取れません。かっこと引用符をお確かめください。"),
    "no_permit": _(
        "シークレットを表示できる許可がありません。すでに表示したか、24時間が過ぎています。"
        "必要なときは、もう一度申請してください。"
    ),
}


class UnknownParty(UnknownClient):
    """There is no such relying party."""

    status = 404
    code = "not_found"


@dataclass(frozen=True)
class ClientPages:
    """Mounts and serves the pages."""

    desk: AtDesk
    room: ClientRoom

    def blueprint(self) -> Blueprint:
        """Mount the pages, and tell at home which relying parties fail."""
        room = self.desk.console.room("clients")
        room.page(CLIENTS, self.show, needs=VIEW, menu=MENU)
        room.page(NEW, self.form, needs=CHANGE)
        room.act(NEW, self.add, needs=CHANGE, recent=NEW, called=_("連携サービスを登録する"))
        room.page(ONE, self.one, needs=VIEW)
        room.act(ONE, self.change, needs=CHANGE, recent=ONE, called=_("登録内容を変更する"))
        room.page(REMOVE, self.back, needs=CHANGE)
        room.act(
            REMOVE,
            self.remove,
            needs=CHANGE,
            recent=REMOVE,
            called=_("連携サービスの登録を取り消す"),
        )
        self.desk.console.notices.append(self.notice)
        return room.blueprint

    def notice(self, acting: Acting) -> tuple[str, str] | None:
        """Give what stands at home: relying parties with many failures since yesterday."""
        count = self.room.failing() if acting.may(VIEW) else 0
        said = translate(NOTICE, self.desk.console.pages.language())
        return (CLIENTS, said % {"count": count}) if count else None

    def show(self, acting: Acting) -> Response:
        """List them."""
        language = self.desk.console.pages.language()
        return self.desk.console.render(
            acting,
            "client_room/clients.html",
            rows=[party_row(one, language) for one in self.room.list_all()],
            may_change=acting.may(CHANGE),
            done=request.args.get("done", "")[:16],
        )

    def one(self, acting: Acting, client_id: str) -> Response:
        """Show one: its metadata, failures, and what can be done."""
        return self.render(acting, self.find(acting, client_id))

    def change(self, acting: Acting, client_id: str) -> Response:
        """Replace its metadata, with a reason; the credential stays."""
        sent, party = read_form(request, FIELDS), self.find(acting, client_id)
        if not is_reason(sent["reason"]):
            return self.render(acting, party, 400, wrong="reason", sent=sent)
        metadata: dict[str, Any] = {name: tuple(sent[name].split()) for name in LINES}
        metadata |= {name: sent[name].strip() or None for name in TEXTS}
        behind = self.desk.behind(acting, sent["reason"].strip())
        actor = self.desk.actor(acting, CHANGE)
        try:
            self.room.clients.change(client_id, metadata, sent["version"], actor, behind)
        except BadClient as error:
            said = error.detail.removeprefix(f"{client_id}: ")
            return self.render(acting, party, 400, wrong="metadata", detail=said, sent=sent)
        except NotChangeable:
            return self.render(acting, self.find(acting, client_id), 409, wrong="moved")
        return redirect(f"{CLIENTS}/{client_id}?done=changed", 303)

    def remove(self, acting: Acting, client_id: str) -> Response:
        """Remove one that was added, with a reason."""
        sent = read_form(request, {"csrf_token": 64, "reason": 600, "confirm": 4})
        party = self.find(acting, client_id)
        if not is_reason(sent["reason"]):
            return self.render(acting, party, 400, wrong="reason", at="remove")
        if sent["confirm"] != "yes":
            return self.render(acting, party, 400, wrong="confirm", at="remove")
        if party.client.source != "added":
            return self.render(acting, party, 409, wrong="moved")
        behind = self.desk.behind(acting, sent["reason"].strip())
        try:
            self.room.clients.remove(client_id, self.desk.actor(acting, CHANGE), behind)
        except UnknownClient as error:
            raise UnknownParty(client_id[:128]) from error
        return redirect(f"{CLIENTS}?done=removed", 303)

    def form(self, acting: Acting) -> Response:
        """Show the form for another one."""
        return self._form(acting, {"metadata": "", "reason": ""})

    def add(self, acting: Acting) -> Response:
        """Add one from RFC 7591 metadata; a secret that is drawn is shown this once."""
        fields = {"csrf_token": 64, "reason": 600, "metadata": MOST_METADATA}
        sent = read_form(request, fields)
        if not is_reason(sent["reason"]):
            return self._form(acting, sent, 400, wrong="reason")
        try:
            metadata = json.loads(sent["metadata"])
        except (ValueError, RecursionError):
            metadata = None
        if not isinstance(metadata, dict):
            return self._form(acting, sent, 400, wrong="json")
        behind = self.desk.behind(acting, sent["reason"].strip())
        try:
            added = self.room.clients.add(metadata, self.desk.actor(acting, CHANGE), behind)
        except BadClient as error:
            return self._form(acting, sent, 400, wrong="metadata", detail=error.detail)
        if added.drawn_secret is None:
            return redirect(f"{CLIENTS}/{added.client.client_id}?done=added", 303)
        return self.show_secret(acting, added.client.client_id, added.drawn_secret)

    def show_secret(self, acting: Acting, client_id: str, secret: str) -> Response:
        """Show a secret, this once: the page answers the POST that drew it."""
        page = "client_room/secret.html"
        url = f"{CLIENTS}/{client_id}"
        return self.desk.console.render(
            acting, page, shown_once=True, client_id=client_id, secret=secret, url=url
        )

    def back(self, _acting: Acting, client_id: str) -> Response:
        """Lead back to the page of a client from the address of an act."""
        return redirect(f"{CLIENTS}/{client_id}", 303)

    def find(self, acting: Acting, client_id: str) -> Party:
        """Find one; raises `UnknownParty`."""
        try:
            return self.room.find(client_id, acting.staff_id)
        except UnknownClient as error:
            raise UnknownParty(client_id[:128]) from error

    def render(
        self,
        acting: Acting,
        party: Party,
        status: int = 200,
        *,
        wrong: str | None = None,
        at: str = "change",
        detail: str = "",
        sent: dict[str, str] | None = None,
    ) -> Response:
        """Render the page of one; `at` is the form that something is wrong in."""
        console, client_id = self.desk.console, party.client.client_id
        added = party.client.source == "added"
        kept = self.room.clients.entry(client_id) if added else None
        return console.render(
            acting,
            "client_room/client.html",
            status,
            here=f"{CLIENTS}/{client_id}",
            **of_party(party, kept, sent, console.pages.language()),
            may_change=acting.may(CHANGE) and added,
            wrong=(WRONG.get(wrong) or WHY[Why(wrong)]) if wrong else None,
            field=wrong,
            at=at,
            detail=detail[:300],
            done=request.args.get("done", "")[:16],
        )

    def _form(
        self,
        acting: Acting,
        sent: dict[str, str],
        status: int = 200,
        *,
        wrong: str | None = None,
        detail: str = "",
    ) -> Response:
        return self.desk.console.render(
            acting,
            "client_room/client_new.html",
            status,
            here=NEW,
            sent=sent,
            wrong=WRONG[wrong] if wrong else None,
            field=wrong,
            detail=detail[:300],
        )
