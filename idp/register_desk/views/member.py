"""`/staff/members/<number>`: one member; withdrawal, refund and invitation step by step.

What is shown of dated facts is masked, and less for those who only handle calls. Everything that
changes something asks for a reason and is an event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.errors import IdpError
from idp.invitations.model import SentBy
from idp.invitations.service import CannotInvite, Invitations, NoInvitation
from idp.members.leaving import BadLeaving, Leaving
from idp.policy.staff import Permission
from idp.register_desk.looks import TooManyLooks
from idp.register_desk.member_file import MemberFile, MemberFiles, read_number
from idp.register_desk.views.desk import BAD_DAY, NO_REASON, Desk, day_of, lead_on, reason_of
from idp.register_desk.views.member_shown import shown
from idp.register_desk.withdrawal_act import WithdrawalAct
from idp.register_desk.withdrawal_model import BadList
from idp.staff.model import Acting
from idp.web.forms import read_form
from idp.web.i18n import mark as _

ONE: Final = "/staff/members/<number>"
VIEW, CHANGE = Permission.MEMBER_VIEW, Permission.REGISTER_CHANGE
INVITE: Final = Permission.INVITATION_ISSUE
LIMITED: Final = _(
    "1日に開ける組合員のページの数を超えました。お仕事に必要なときは、管理者にご相談ください。"
)
CANNOT: Final[dict[type[IdpError], str]] = {
    BadLeaving: _(
        "この日付では記録できません。出資金の入金日より後の、今日までの日付を入力してください。"
    ),
    BadList: _(
        "この日付では記録できません。入金日との前後と、すでに同じ記録がないかを確かめてください。"
    ),
    CannotInvite: _(
        "この方には登録のご案内を作れません。組合員の資格、アカウントの状態、"
        "メールで送るときはメールアドレスを確かめてください。"
    ),
    NoInvitation: _("待っている登録のご案内はありません。新しく作ってください。"),
}
DONE: Final[dict[str, str]] = {
    "withdrawn": _("脱退届の受理を記録しました。"),
    "taken-back": _("脱退の取りやめを記録しました。"),
    "refunded": _("出資金の返還を記録しました。"),
    "invited": _("登録のご案内を作りました。"),
    "revoked": _("登録のご案内を取り消しました。"),
}


@dataclass(frozen=True)
class MemberPage:
    """Mounts and serves the page of a member."""

    desk: Desk
    files: MemberFiles
    leaving: Leaving
    withdrawal: WithdrawalAct
    invitations: Invitations

    def blueprint(self) -> Blueprint:
        """Mount it."""
        room = self.desk.console.room("member")
        room.page(ONE, self.show, needs=VIEW)
        room.act(f"{ONE}/whole", self.whole, needs=Permission.REGISTER_VIEW)
        room.act(f"{ONE}/withdrawal", self.withdraw, needs=CHANGE)
        room.act(f"{ONE}/stay", self.stay, needs=CHANGE)
        room.act(f"{ONE}/refund", self.refund, needs=CHANGE)
        room.act(f"{ONE}/invitation", self.invite, needs=INVITE)
        room.act(f"{ONE}/invitation/revoke", self.revoke, needs=INVITE)
        return room.blueprint

    def show(self, acting: Acting, number: str) -> Response:
        """Show the member."""
        done = request.args.get("done", "")
        return self._show(acting, number, done=DONE.get(done))

    def whole(self, acting: Acting, number: str) -> Response:
        """Show everything once, upon a reason."""
        sent = read_form(request, {"csrf_token": 64, "reason": 500})
        reason = reason_of(sent["reason"])
        if reason is None:
            return self._show(acting, number, 400, form="whole", errors={"reason": NO_REASON})
        return self._show(acting, number, whole=reason)

    def withdraw(self, acting: Acting, number: str) -> Response:
        """Record that a withdrawal was accepted, and when the capital goes back."""
        fields = {"csrf_token": 64, "reason": 500, "accepted_on": 40, "refund_on": 40}
        sent = read_form(request, fields)
        accepted, refund = day_of(sent["accepted_on"]), day_of(sent["refund_on"])
        errors = _missing(sent)
        if accepted is None:
            errors["accepted_on"] = BAD_DAY
        if sent["refund_on"].strip() and refund is None:
            errors["refund_on"] = BAD_DAY
        if errors or accepted is None:
            return self._show(acting, number, 400, form="withdrawal", errors=errors, sent=sent)
        parameters = {
            "numbers": [read_number(number)],
            "accepted_on": accepted.isoformat(),
            "refund_on": refund.isoformat() if refund else None,
        }
        try:
            done = self.desk.submit(self.withdrawal, parameters, acting, sent["reason"])
        except BadList:
            errors = {"accepted_on": CANNOT[BadList]}
            return self._show(acting, number, 409, form="withdrawal", errors=errors, sent=sent)
        return lead_on(done, f"/staff/members/{read_number(number)}?done=withdrawn")

    def stay(self, acting: Acting, number: str) -> Response:
        """Record that a withdrawal was taken back before anything was paid out."""
        sent = read_form(request, {"csrf_token": 64, "reason": 500})
        errors = _missing(sent)
        if errors:
            return self._show(acting, number, 400, form="stay", errors=errors, sent=sent)
        actor, behind = self.desk.actor(acting, CHANGE), self.desk.behind(acting, sent["reason"])
        self.leaving.take_back(read_number(number), actor, behind)
        return _back(number, "taken-back")

    def refund(self, acting: Acting, number: str) -> Response:
        """Record that the capital was paid out."""
        sent = read_form(request, {"csrf_token": 64, "reason": 500, "refunded_on": 40})
        on, errors = day_of(sent["refunded_on"]), _missing(sent)
        if on is None:
            errors["refunded_on"] = BAD_DAY
        if errors or on is None:
            return self._show(acting, number, 400, form="refund", errors=errors, sent=sent)
        actor, behind = self.desk.actor(acting, CHANGE), self.desk.behind(acting, sent["reason"])
        wrong = self._tried(lambda: self.leaving.refunded(read_number(number), on, actor, behind))
        if wrong is not None:
            errors = {"refunded_on": wrong}
            return self._show(acting, number, 409, form="refund", errors=errors, sent=sent)
        return _back(number, "refunded")

    def invite(self, acting: Acting, number: str) -> Response:
        """Make an invitation, or a new one in place of one that waits."""
        sent = read_form(request, {"csrf_token": 64, "reason": 500, "sent_by": 8})
        errors = _missing(sent)
        if sent["sent_by"] not in ("", *SentBy):
            errors["sent_by"] = CANNOT[CannotInvite]
        if errors:
            return self._show(acting, number, 400, form="invitation", errors=errors, sent=sent)
        way = SentBy(sent["sent_by"]) if sent["sent_by"] else None
        actor, behind = self.desk.actor(acting, INVITE), self.desk.behind(acting, sent["reason"])
        wrong = self._tried(
            lambda: self.invitations.invite(read_number(number), actor, way, behind)
        )
        if wrong is not None:
            errors = {"sent_by": wrong}
            return self._show(acting, number, 409, form="invitation", errors=errors, sent=sent)
        return _back(number, "invited")

    def revoke(self, acting: Acting, number: str) -> Response:
        """End an invitation that waits."""
        sent = read_form(request, {"csrf_token": 64, "reason": 500})
        errors = _missing(sent)
        if errors:
            return self._show(acting, number, 400, form="revoke", errors=errors, sent=sent)
        actor, behind = self.desk.actor(acting, INVITE), self.desk.behind(acting)
        wrong = self._tried(
            lambda: self.invitations.withdraw(read_number(number), actor, sent["reason"], behind)
        )
        if wrong is not None:
            return self._show(acting, number, 409, form="revoke", errors={"reason": wrong})
        return _back(number, "revoked")

    def _tried(self, act: Callable[[], object]) -> str | None:
        """Do something; give the sentence for what cannot be."""
        try:
            act()
        except tuple(CANNOT) as error:
            return next(said for kind, said in CANNOT.items() if isinstance(error, kind))
        return None

    def _show(
        self,
        acting: Acting,
        number: str,
        status: int = 200,
        *,
        whole: str | None = None,
        done: str | None = None,
        form: str = "",
        errors: dict[str, str] | None = None,
        sent: dict[str, str] | None = None,
    ) -> Response:
        actor = self.desk.actor(acting, Permission.REGISTER_VIEW if whole else VIEW)
        try:
            file: MemberFile = self.files.open(
                number,
                acting.staff_id,
                actor,
                self.desk.behind(acting, whole),
                whole=whole is not None,
            )
        except TooManyLooks:
            return self.desk.render(acting, "limited", 429, here="/staff/members", said=LIMITED)
        values: dict[str, Any] = shown(
            file,
            self.desk.console.pages.language(),
            clerk=acting.may(Permission.REGISTER_VIEW),
            whole=whole is not None,
        )
        values |= {
            "done": done,
            "form": form,
            "errors": errors or {},
            "sent": sent or {},
            "may_change": acting.may(CHANGE) and not file.erased,
            "may_invite": acting.may(INVITE) and not file.erased,
            "may_see_whole": acting.may(Permission.REGISTER_VIEW) and whole is None,
            "may_see_blocks": acting.may(Permission.BLOCK_VIEW),
        }
        here = f"/staff/members/{file.member.member_number}"
        return self.desk.render(acting, "member", status, here=here, **values)


def _missing(sent: dict[str, str]) -> dict[str, str]:
    reason = reason_of(sent["reason"])
    if reason is None:
        return {"reason": NO_REASON}
    sent["reason"] = reason
    return {}


def _back(number: str, done: str) -> Response:
    return redirect(f"/staff/members/{read_number(number)}?done={done}", 303)
