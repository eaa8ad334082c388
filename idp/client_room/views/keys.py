"""`/staff/keys`: the inventory, who knows the next key, the steps of a rotation, an emergency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.acts.keys import EmergencyRotation
from idp.acts.keys import NoSuchKey as NoKeyToGiveUp
from idp.approvals.model import ApprovalRefused, Waits, Why
from idp.approvals.views.at_desk import AtDesk, is_reason, request_page
from idp.approvals.words import WHY
from idp.client_room.keyroom import KeyRoom
from idp.client_room.model import NoSuchKey
from idp.client_room.views.places import ANNOUNCE, EMERGENCY, KEYS, MOVE
from idp.client_room.views.showing import key_row, ready_row
from idp.client_room.words import state_name
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.staff.views.console import Menu
from idp.web.forms import read_form
from idp.web.i18n import mark as _
from idp.web.i18n import translate
from keys.record import KeyState

VIEW, CHANGE = Permission.KEY_VIEW, Permission.KEY_CHANGE
MENU: Final = Menu(_("署名の鍵"), _("鍵の一覧、交替の手順、連携サービスの準備"))
LATE: Final = _("鍵の交替の手順が%(count)s件、遅れています")
UNREADY: Final = _("まもなく使い始める鍵を、まだ取得していない連携サービスが%(count)s件あります")
WRONG: Final[dict[str, str]] = {
    "reason": _("理由を、一文で入力してください。"),
    "not_so": _(
        "この鍵では、いまその手順を行えません。公開や引退の期間が終わっていないか、"
        "すでに行われています。"
    ),
    "confirm": _(
        "「この鍵の署名が、すぐに確かめられなくなることを確かめました」に、しるしを付けてください。"
    ),
}


@dataclass(frozen=True)
class KeyPages:
    """Mounts and serves the page and its acts."""

    desk: AtDesk
    keys: KeyRoom
    emergency: EmergencyRotation

    def blueprint(self) -> Blueprint:
        """Mount the page and its acts, and tell at home what is late."""
        room = self.desk.console.room("keys")
        room.page(KEYS, self.show, needs=VIEW, menu=MENU)
        room.act(ANNOUNCE, self.announce, needs=CHANGE, recent=KEYS, called=_("新しい鍵を公開する"))
        room.act(
            MOVE, self.move, needs=CHANGE, recent=KEYS, called=_("鍵の切り替えを次の手順に進める")
        )
        room.act(EMERGENCY, self.give_up, needs=CHANGE, recent=KEYS, called=_("鍵を廃止する"))
        self.desk.console.notices.append(self.notice)
        return room.blueprint

    def notice(self, acting: Acting) -> tuple[str, str] | None:
        """Give what stands at home: steps that are late, and who lacks a key that comes soon."""
        if not acting.may(VIEW):
            return None
        language = self.desk.console.pages.language()
        late = self.keys.late()
        if late:
            return KEYS, translate(LATE, language) % {"count": late}
        unready = self.keys.unready()
        return (KEYS, translate(UNREADY, language) % {"count": unready}) if unready else None

    def show(self, acting: Acting) -> Response:
        """Show it."""
        return self._show(acting)

    def announce(self, acting: Acting) -> Response:
        """Make a key and publish it, with a reason."""
        sent = read_form(request, {"csrf_token": 64, "reason": 600, "alg": 16})
        if not is_reason(sent["reason"]):
            return self._show(acting, 400, wrong="reason", at="announce", reason=sent["reason"])
        behind = self.desk.behind(acting, sent["reason"].strip())
        try:
            self.keys.announce(sent["alg"], self.desk.actor(acting, CHANGE), behind)
        except NoSuchKey:
            return self._show(acting, 409, wrong="not_so", at="announce")
        return redirect(f"{KEYS}?done=announced", 303)

    def move(self, acting: Acting) -> Response:
        """Do the next step with a key, with a reason."""
        sent = read_form(request, {"csrf_token": 64, "reason": 600, "kid": 128})
        if not is_reason(sent["reason"]):
            return self._show(acting, 400, wrong="reason", at="move", reason=sent["reason"])
        behind = self.desk.behind(acting, sent["reason"].strip())
        try:
            became = self.keys.move(sent["kid"], self.desk.actor(acting, CHANGE), behind)
        except NoSuchKey:
            return self._show(acting, 409, wrong="not_so", at="move")
        return redirect(f"{KEYS}?done={became.value}", 303)

    def give_up(self, acting: Acting) -> Response:
        """Give a key up at once, or let it wait for a second person."""
        fields = {"csrf_token": 64, "reason": 600, "kid": 128, "confirm": 4, "break_glass": 4}
        sent = read_form(request, fields)
        reason, at = sent["reason"], "emergency"
        if not is_reason(reason):
            return self._show(acting, 400, wrong="reason", at=at, reason=reason)
        if sent["confirm"] != "yes":
            return self._show(acting, 400, wrong="confirm", at=at, reason=reason)
        parameters, glass = {"kids": [sent["kid"]]}, sent["break_glass"] == "yes"
        try:
            done = self.desk.submit(acting, self.emergency, parameters, reason, break_glass=glass)
        except NoKeyToGiveUp:
            return self._show(acting, 409, wrong="not_so", at=at)
        except ApprovalRefused as error:
            return self._show(acting, error.status, wrong=error.why.value, at=at, reason=reason)
        if isinstance(done, Waits):
            return redirect(request_page(done), 303)
        return redirect(f"{KEYS}?done=given_up", 303)

    def _show(
        self,
        acting: Acting,
        status: int = 200,
        *,
        wrong: str | None = None,
        at: str = "",
        reason: str = "",
    ) -> Response:
        console = self.desk.console
        language, found = console.pages.language(), self.keys.inventory()
        needed = console.policy.policy.approvals.for_kind(self.emergency.kind)
        live = [one for one in found if one.record.state is not KeyState.RETIRED]
        names = {
            one.record.kid: f"{one.record.kid} ({one.record.alg}, "
            f"{state_name(one.record.state, language)})"
            for one in live
        }
        return console.render(
            acting,
            "client_room/keys.html",
            status,
            here=KEYS,
            rows=[key_row(one, language) for one in found],
            readiness=[ready_row(one, language) for one in self.keys.readiness()],
            may_change=acting.may(CHANGE),
            algorithms=self.keys.algorithms(),
            movable=[(one.record.kid, names[one.record.kid]) for one in live if one.may_move],
            live=list(names.items()),
            waits=needed is not None,
            glass=needed is not None and needed.break_glass,
            wrong=(WRONG.get(wrong) or WHY[Why(wrong)]) if wrong else None,
            field=wrong,
            at=at,
            reason=reason,
            done=request.args.get("done", "")[:16],
        )
