"""`/staff/audit`: the search form, its pages, and taking what was found away.

Searches are GET, so that a page can be turned, kept and passed on; each is an event all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, request
from werkzeug.wrappers import Response

from audit.event import OUTCOMES
from idp.audit_room.asking import FIELDS, WrongField, names_in_order
from idp.audit_room.exporting import Exports
from idp.audit_room.forms import FORMS
from idp.audit_room.review_words import RHYTHMS
from idp.audit_room.views.room import RoomDesk, asked
from idp.audit_room.views.showing import PAGE
from idp.audit_search.model import BadCriteria, Page
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.staff.views.console import Menu
from idp.web.forms import read_form
from idp.web.i18n import mark as _

PER_PAGE: Final = 50
EXPORT: Final = f"{PAGE}/export"
LONGEST: Final = 200
WRONG: Final[dict[str, str]] = {
    "person": _("組合員番号（8桁）か、利用者の識別子を入力してください。"),
    "address": _("203.0.113.7 や 203.0.113.0/24、2001:db8::/64 のように入力してください。"),
    "name": _("一覧にある出来事を選んでください。"),
    "outcome": _("一覧にある結果を選んでください。"),
    "reference": _("受付番号は、英数字8文字です。"),
    "from": _("2026-11-01 や 令和8年11月1日、2026-11-01T09:30 のように入力してください。"),
    "to": _("2026-11-01 や 令和8年11月1日、2026-11-01T09:30 のように入力してください。"),
}
FORM_NAMES: Final[dict[str, str]] = {
    "csv": _("CSV（表計算用）で書き出す"),
    "jsonl": _("JSON Lines（プログラム用）で書き出す"),
    "rfc5424": _("syslog（監視システム用、RFC 5424）で書き出す"),
}
WRONG_OTHER: Final = _(
    "検索の条件を読み取れませんでした。期間の前後と、入力した文字をお確かめください。"
)


@dataclass(frozen=True)
class SearchPages:
    """Mounts and serves the search and the exports of it."""

    desk: RoomDesk
    exports: Exports

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        room = self.desk.console.room("audit")
        menu = Menu(_("監査"), _("記録を探す、経過を見る、書き出す"))
        room.page(PAGE, self.show, needs=Permission.AUDIT_SEARCH, menu=menu)
        room.act(
            EXPORT,
            self.export,
            needs=Permission.AUDIT_EXPORT,
            recent=PAGE,
            called=_("検索の結果を書き出す"),
        )
        return room.blueprint

    def show(self, acting: Acting) -> Response:
        """Show the form, and what it finds once something was asked for."""
        typed = asked((*FIELDS, "after"), LONGEST + 1)
        if not any(typed.values()) and "find" not in request.args:
            return self._render(acting, typed)
        try:
            criteria = self.desk.criteria(typed)
            page = self.desk.looking.page(
                criteria,
                PER_PAGE,
                self.desk.actor(acting),
                after=typed["after"],
                **self.desk.look(acting),
            )
        except WrongField as error:
            return self._render(acting, typed, 400, wrong=error.field)
        except BadCriteria:
            return self._render(acting, typed, 400, wrong="period")
        return self._render(acting, typed, page=page)

    def export(self, acting: Acting) -> Response:
        """Send what the search finds as a file; it is streamed, and counted in the log."""
        sent = read_form(request, {"csrf_token": 64, "form": 8} | dict.fromkeys(FIELDS, LONGEST))
        form, export = sent["form"], Permission.AUDIT_EXPORT
        try:
            if form not in FORMS:
                raise BadCriteria("an unknown form")
            criteria = self.desk.criteria(sent)
        except BadCriteria:
            return self._render(acting, sent | {"after": ""}, 400, wrong="period")
        guard = self.desk.guard(acting, export, self.desk.limits.export_rows)
        actor, look = self.desk.actor(acting, export), self.desk.look(acting)
        lines = self.exports.lines(form, criteria, actor, guard=guard, **look)
        ending = "log" if form == "rfc5424" else form
        return self.desk.file(lines, FORMS[form][1], "audit", ending, acting.staff_id)

    def _render(
        self,
        acting: Acting,
        typed: dict[str, str],
        status: int = 200,
        *,
        wrong: str | None = None,
        page: Page | None = None,
    ) -> Response:
        console = self.desk.console
        kept = {name: typed[name] for name in FIELDS if typed.get(name)}
        content: dict[str, Any] = {
            "typed": typed,
            "names": names_in_order(),
            "outcomes": sorted(OUTCOMES),
            "clients": sorted(console.policy.policy.clients),
            "wrong": wrong,
            "why": WRONG.get(wrong, WRONG_OTHER) if wrong else None,
            "kept": kept,
            "page": page,
            "rows": self.desk.rows(page.found) if page else [],
            "older": f"{PAGE}?{urlencode(kept | {'after': page.after})}"
            if page and page.after
            else None,
            "may_export": acting.may(Permission.AUDIT_EXPORT),
            "may_review": acting.may(Permission.AUDIT_REVIEW),
            "rhythms": RHYTHMS,
            "most": self.desk.limits.export_rows,
            "forms": FORM_NAMES,
        }
        return console.render(acting, "audit_room/search.html", status, here=PAGE, **content)
