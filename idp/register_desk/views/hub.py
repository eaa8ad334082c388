"""`/staff/register`: where the acts on the register begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint
from werkzeug.wrappers import Response

from idp.policy.staff import Permission
from idp.register_desk.views import dues, exports, imports, invitations, withdrawals
from idp.register_desk.views.desk import Desk
from idp.staff.model import Acting
from idp.staff.views.console import Menu
from idp.web.i18n import mark as _

PAGE: Final = "/staff/register"
VIEW: Final = Permission.REGISTER_VIEW
MENU: Final = Menu(_("名簿"), _("取り込み、脱退と返還、期日、登録のご案内、書き出し"))
DOORS: Final = (
    (
        imports.PAGE,
        imports.CHANGE,
        _("名簿の取り込み"),
        _("CSV を送り、変わる内容を確かめてから取り込む"),
    ),
    (
        withdrawals.PAGE,
        withdrawals.CHANGE,
        _("脱退の記録"),
        _("一覧で記録し、72時間以内なら取り消す"),
    ),
    (dues.PAGE, dues.VIEW, _("期日の一覧"), _("だれがいつ利用できるようになり、できなくなるか")),
    (invitations.PAGE, invitations.INVITE, _("登録のご案内"), _("送ったご案内と、印刷する手紙")),
    (exports.PAGE, exports.EXPORT, _("一覧の書き出し"), _("組合員の一覧を CSV で受け取る")),
)


@dataclass(frozen=True)
class RegisterPage:
    """Mounts and serves the page."""

    desk: Desk

    def blueprint(self) -> Blueprint:
        """Mount it."""
        room = self.desk.console.room("register")
        room.page(PAGE, self.show, needs=VIEW, menu=MENU)
        return room.blueprint

    def show(self, acting: Acting) -> Response:
        """Show the doors somebody may open."""
        doors = [(url, label, about) for url, need, label, about in DOORS if acting.may(need)]
        return self.desk.render(acting, "register", here=PAGE, doors=doors)
