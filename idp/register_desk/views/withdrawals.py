"""`/staff/register/withdrawals`: a list of members who leave, looked at, recorded, undone.

What is sent is bound to what was looked at: a register that has moved on since shows its preview
anew (CWE-367), and from a size on a second person decides about exactly these dates.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.errors import IdpError
from idp.policy.staff import Permission
from idp.register_desk.views.desk import (
    BAD_DAY,
    NO_REASON,
    Desk,
    day_of,
    lead_on,
    page_of,
    reason_of,
)
from idp.register_desk.withdrawal_act import WithdrawalAct
from idp.register_desk.withdrawal_model import BadList, CannotUndo, Row, Wanted
from idp.register_desk.withdrawals import Withdrawals, read_numbers
from idp.register_desk.words import ACCOUNTS, STANDINGS, TROUBLES
from idp.staff.model import Acting
from idp.web.forms import read_form
from idp.web.i18n import mark as _

PAGE: Final = "/staff/register/withdrawals"
ONE: Final = f"{PAGE}/<withdrawal>"
CHANGE: Final = Permission.REGISTER_CHANGE
MOST_TYPED: Final = 50_000
SHOWN: Final = 200
"""Lines of one page; all of them are sent on, and the second person sees each."""
FIELDS: Final = {
    "csrf_token": 64,
    "numbers": MOST_TYPED,
    "accepted_on": 40,
    "refund_on": 40,
    "reason": 500,
    "shown": 64,
}
NO_NUMBERS: Final = _("組合員番号を、1行に1つずつ入力してください。")
TOO_MANY: Final = _("一度に記録できるのは%(most)s名までです。分けて入力してください。")
BAD_DATES: Final = _("受理日は今日まで、返還予定日は受理日より後の日を入力してください。")
MOVED: Final = _("確かめたあとに、名簿の内容が変わりました。新しい内容をもう一度確かめてください。")
NOTHING_LEFT: Final = _("すべての方が、すでにこのとおり記録されています。")
TOO_LATE: Final = _(
    "取り消せる期限を過ぎたか、すでに取り消されたか、すべての方の登録があとで変わったため、取り消せません。"
)
DONE: Final[dict[str, str]] = {
    "recorded": _("脱退を記録しました。下の一覧から、内容の確認と取り消しができます。"),
}
UNDONE: Final[dict[str, str]] = {
    "undone": _("脱退の記録を取り消しました。"),
}


class Wrong(IdpError):
    """A field of the list that cannot be read; `field`, and the sentence for it."""

    code = "bad_request"
    status = 400

    def __init__(self, field: str, said: str) -> None:
        super().__init__(field)
        self.field, self.said = field, said


@dataclass(frozen=True)
class WithdrawalPages:
    """Mounts and serves the pages."""

    desk: Desk
    withdrawals: Withdrawals
    act: WithdrawalAct

    def blueprint(self) -> Blueprint:
        """Mount them."""
        room = self.desk.console.room("register_withdrawals")
        room.page(PAGE, self.show, needs=CHANGE)
        room.act(f"{PAGE}/preview", self.preview, needs=CHANGE)
        room.act(PAGE, self.send, needs=CHANGE)
        room.page(ONE, self.one, needs=CHANGE)
        room.act(f"{ONE}/undo", self.undo, needs=CHANGE)
        return room.blueprint

    def show(self, acting: Acting) -> Response:
        """Show the form, and the latest lists."""
        return self._form(acting, {}, done=DONE.get(request.args.get("done", "")))

    def preview(self, acting: Acting) -> Response:
        """Show what a list would mean, member by member."""
        sent = read_form(request, FIELDS)
        try:
            return self._preview(acting, sent)
        except Wrong as wrong:
            return self._form(acting, sent, 400, errors={wrong.field: wrong.said})

    def send(self, acting: Acting) -> Response:
        """Record a list that was looked at, or ask a second person for it."""
        sent = read_form(request, FIELDS)
        try:
            wanted, bad = self._read(sent)
        except Wrong as wrong:
            return self._form(acting, sent, 400, errors={wrong.field: wrong.said})
        reason = reason_of(sent["reason"])
        if bad or reason is None:
            errors = {"reason": NO_REASON} if reason is None else {}
            return self._preview(acting, sent, 400, errors=errors)
        parameters = {
            "numbers": list(wanted.numbers),
            "accepted_on": wanted.accepted_on.isoformat(),
            "refund_on": wanted.refund_on.isoformat() if wanted.refund_on else None,
        }
        try:
            with self.withdrawals.database.together() as tx:
                if seen(self.withdrawals.rows(tx, wanted)) != sent["shown"]:
                    raise BadList("the register has moved on")
                submitted = self.desk.submit(self.act, parameters, acting, reason)
        except BadList:
            return self._preview(acting, sent, 409, moved=MOVED)
        return lead_on(submitted, f"{PAGE}?done=recorded")

    def one(self, acting: Acting, withdrawal: str) -> Response:
        """Show one list that was recorded."""
        done = UNDONE.get(request.args.get("done", ""))
        return self._one(acting, withdrawal, done=done)

    def undo(self, acting: Acting, withdrawal: str) -> Response:
        """Undo a list within its time, or ask a second person for it."""
        sent = read_form(request, {"csrf_token": 64, "reason": 500})
        reason = reason_of(sent["reason"])
        if reason is None:
            return self._one(acting, withdrawal, 400, wrong=NO_REASON)
        try:
            submitted = self.desk.submit(self.act, {"undo": withdrawal}, acting, reason)
        except CannotUndo:
            return self._one(acting, withdrawal, 409, over=TOO_LATE)
        return lead_on(submitted, f"{PAGE}/{withdrawal}?done=undone")

    def _read(self, sent: dict[str, str]) -> tuple[Wanted, tuple[Row, ...]]:
        """Read the form; raises `Wrong`."""
        most = self.withdrawals.policy.policy.register.withdrawals_at_most
        accepted, refund = day_of(sent["accepted_on"]), day_of(sent["refund_on"])
        if accepted is None:
            raise Wrong("accepted_on", BAD_DAY)
        if sent["refund_on"].strip() and refund is None:
            raise Wrong("refund_on", BAD_DAY)
        if accepted > self.desk.clock.today() or (refund is not None and refund < accepted):
            raise Wrong("accepted_on", BAD_DATES)
        try:
            numbers, bad = read_numbers(sent["numbers"], most)
        except BadList as error:
            raise Wrong("numbers", self.desk.say(TOO_MANY, most=most)) from error
        if not numbers and not bad:
            raise Wrong("numbers", NO_NUMBERS)
        return Wanted(numbers, accepted, refund), bad

    def _preview(
        self,
        acting: Acting,
        sent: dict[str, str],
        status: int = 200,
        *,
        errors: dict[str, str] | None = None,
        moved: str | None = None,
    ) -> Response:
        wanted, bad = self._read(sent)
        actor, origin = self.desk.actor(acting, CHANGE), self.desk.console.origin()
        try:
            preview = self.withdrawals.preview(wanted, actor, origin, session=acting.session.id)
        except BadList as error:
            raise Wrong("accepted_on", BAD_DATES) from error
        changing = preview.changing
        rule = self.desk.console.policy.policy.approvals.for_kind(self.act.kind)
        values: dict[str, Any] = {
            "sent": sent,
            "wanted": wanted,
            "numbers": "\n".join(wanted.numbers),
            "rows": [self._row(row) for row in changing[:SHOWN]],
            "count": len(changing),
            "shown_most": SHOWN,
            "troubles": [
                (row.number, self.desk.say(TROUBLES[row.trouble]))
                for row in (*bad, *preview.troubles)[:SHOWN]
                if row.trouble is not None
            ],
            "same": len(preview.rows) - len(changing) - len(preview.troubles),
            "endless": sum(row.keeps_access for row in changing),
            "with_account": sum(row.account == "active" for row in changing),
            "digest": seen(preview.rows),
            "may_send": bool(changing) and not bad and not preview.troubles,
            "second": rule is not None and len(changing) >= rule.from_count,
            "errors": errors or {},
            "moved": moved,
            "nothing": NOTHING_LEFT if not changing and not preview.troubles and not bad else None,
        }
        return self.desk.render(acting, "withdrawal_preview", status, here=PAGE, **values)

    def _row(self, row: Row) -> dict[str, Any]:
        return {
            "number": row.number,
            "standing": self.desk.say(STANDINGS[row.standing]),
            "account": self.desk.say(ACCOUNTS[row.account]),
            "before": row.ends_before,
            "after": row.ends_after,
        }

    def _form(
        self,
        acting: Acting,
        sent: dict[str, str],
        status: int = 200,
        *,
        errors: dict[str, str] | None = None,
        done: str | None = None,
    ) -> Response:
        today = self.desk.clock.today()
        listed = [
            {
                "url": f"{PAGE}/{one.id}",
                "at": one.made_at,
                "members": one.members,
                "accepted_on": one.accepted_on,
                "refund_on": one.refund_on,
                "undone": one.undone_at,
            }
            for one in self.withdrawals.latest()
        ]
        return self.desk.render(
            acting,
            "withdrawals",
            status,
            here=PAGE,
            sent=dict.fromkeys(FIELDS, "") | sent,
            errors=errors or {},
            done=done,
            listed=listed,
            today=today,
            year_end=self.withdrawals.year_end(today),
            most=self.withdrawals.policy.policy.register.withdrawals_at_most,
        )

    def _one(
        self,
        acting: Acting,
        withdrawal: str,
        status: int = 200,
        *,
        wrong: str | None = None,
        over: str | None = None,
        done: str | None = None,
    ) -> Response:
        actor, behind = self.desk.actor(acting, CHANGE), self.desk.behind(acting)
        act, rows, until = self.withdrawals.open(withdrawal, actor, behind)
        page = page_of(request.args.get("page", "")) if request.method == "GET" else 1
        here = f"{PAGE}/{act.id}"
        return self.desk.render(
            acting,
            "withdrawal",
            status,
            here=here,
            act=act,
            rows=rows[(page - 1) * SHOWN : page * SHOWN],
            newer=f"{here}?page={page - 1}" if page > 1 else None,
            older=f"{here}?page={page + 1}" if len(rows) > page * SHOWN else None,
            until=until,
            may_undo=act.undone_at is None and self.desk.clock.now() <= until,
            wrong=wrong,
            over=over,
            done=done,
        )


def seen(rows: tuple[Row, ...]) -> str:
    """Identify what a preview showed: SHA-256 in lower-case hex."""
    return hashlib.sha256(msgspec.json.encode(rows)).hexdigest()
