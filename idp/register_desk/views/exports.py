"""`/staff/register/exports`: a list of members is asked for, allowed, and taken once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.clock import TOKYO
from idp.policy.staff import Permission
from idp.register_desk.export_model import BadExport, CannotTake, ListName
from idp.register_desk.exports import LISTS, ExportAct, RegisterExports
from idp.register_desk.views.desk import (
    BAD_DAY,
    NO_REASON,
    Desk,
    day_of,
    lead_on,
    reason_of,
)
from idp.staff.model import Acting
from idp.web.forms import read_form
from idp.web.i18n import mark as _

PAGE: Final = "/staff/register/exports"
EXPORT: Final = Permission.REGISTER_EXPORT
FIELDS: Final = {"csrf_token": 64, "list": 16, "from": 40, "to": 40, "reason": 500}
NOBODY: Final = _("この一覧には、だれもいません。一覧と期間を確かめてください。")
CHOOSE: Final = _("一覧を選んでください。")
CANNOT: Final = _(
    "この書き出しは受け取れません。一度受け取ったか、期限が過ぎたか、"
    "認められたときより人数が増えました。もう一度、書き出しを申し込んでください。"
)
DONE: Final[dict[str, str]] = {
    "allowed": _("書き出せます。下の一覧から、一度だけ受け取れます。"),
}


@dataclass(frozen=True)
class ExportPages:
    """Mounts and serves the page."""

    desk: Desk
    exports: RegisterExports
    act: ExportAct

    def blueprint(self) -> Blueprint:
        """Mount it."""
        room = self.desk.console.room("register_exports")
        room.page(PAGE, self.show, needs=EXPORT)
        room.act(PAGE, self.ask, needs=EXPORT)
        room.act(
            f"{PAGE}/<export>", self.take, needs=EXPORT, recent=PAGE, called=_("CSV を受け取る")
        )
        return room.blueprint

    def show(self, acting: Acting) -> Response:
        """Show the form, and what may be taken."""
        return self._show(acting, done=DONE.get(request.args.get("done", "")))

    def ask(self, acting: Acting) -> Response:
        """Ask for a list: it is allowed at once, or a second person is asked."""
        sent = read_form(request, FIELDS)
        errors: dict[str, str] = {}
        if sent["list"] not in set(ListName):
            errors["list"] = CHOOSE
        days = {name: day_of(sent[name]) for name in ("from", "to")}
        if sent["list"] != ListName.MEMBERS:
            errors |= {name: BAD_DAY for name, day in days.items() if day is None}
        reason = reason_of(sent["reason"])
        if reason is None:
            errors["reason"] = NO_REASON
        if errors or reason is None:
            return self._show(acting, 400, errors=errors, sent=sent)
        told = {name: day.isoformat() if day else None for name, day in days.items()}
        if sent["list"] == ListName.MEMBERS:
            told = dict.fromkeys(told)
        try:
            parameters = {"list": sent["list"]} | told
            submitted = self.desk.submit(self.act, parameters, acting, reason)
        except BadExport:
            return self._show(acting, 400, errors={"list": NOBODY}, sent=sent)
        return lead_on(submitted, f"{PAGE}?done=allowed")

    def take(self, acting: Acting, export: str) -> Response:
        """Send the file."""
        read_form(request, {"csrf_token": 64})
        actor, behind = self.desk.actor(acting, EXPORT), self.desk.behind(acting)
        try:
            lines = self.exports.take(export, acting.staff_id, actor, behind)
        except CannotTake:
            return self._show(acting, 409, over=CANNOT)
        at = self.desk.clock.now().astimezone(TOKYO)
        name = f"register-{at:%Y%m%dT%H%M%S}-{acting.staff_id}.csv"
        response = Response(lines, content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def _show(
        self,
        acting: Acting,
        status: int = 200,
        *,
        errors: dict[str, str] | None = None,
        sent: dict[str, str] | None = None,
        over: str | None = None,
        done: str | None = None,
    ) -> Response:
        now, say = self.desk.clock.now(), self.desk.say
        allowed = [
            {
                "id": one.id,
                "list": say(LISTS[one.list]),
                "days": None if one.list is ListName.MEMBERS else (one.first_on, one.last_on),
                "rows": one.rows,
                "at": one.allowed_at,
                "until": one.expires_at,
                "taken_at": one.taken_at,
                "open": one.taken_at is None and now < one.expires_at,
            }
            for one in self.exports.allowed_to(acting.staff_id)
        ]
        return self.desk.render(
            acting,
            "exports",
            status,
            here=PAGE,
            lists={name.value: say(said) for name, said in LISTS.items()},
            allowed=allowed,
            errors=errors or {},
            sent=dict.fromkeys(FIELDS, "") | (sent or {}),
            over=over,
            done=done,
        )
