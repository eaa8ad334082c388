"""`/staff/members`: one box that finds members, and a list that shows as little as will do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint
from werkzeug.wrappers import Response

from idp.members.errors import BadSearch
from idp.policy.staff import Permission
from idp.register_desk.finding import LONGEST, MOST, Finding, Page
from idp.register_desk.looks import TooManyLooks
from idp.register_desk.views.desk import Desk, asked, page_of
from idp.register_desk.words import ACCOUNTS, STANDINGS
from idp.staff.model import Acting
from idp.staff.views.console import Menu
from idp.web.i18n import mark as _

PAGE: Final = "/staff/members"
VIEW: Final = Permission.MEMBER_VIEW
MENU: Final = Menu(_("組合員をさがす"), _("登録の内容と経過を見る"))
WRONG: Final[dict[str, str]] = {
    "empty": _(
        "お名前、フリガナ、組合員番号（8桁）、電話番号の最後の4桁のどれかを入力してください。"
    ),
    "short": _("お名前は、2文字以上を入力してください。"),
    "digits": _("数字は、組合員番号（8桁）か、電話番号の最後の4桁を入力してください。"),
    "character": _("使えない文字が含まれています。その文字を除いて入力してください。"),
}
LIMITED: Final = _(
    "1日に検索できる回数を超えました。お仕事に必要なときは、管理者にご相談ください。"
)


@dataclass(frozen=True)
class MembersPage:
    """Mounts and serves the search."""

    desk: Desk
    finding: Finding

    def blueprint(self) -> Blueprint:
        """Mount it."""
        room = self.desk.console.room("members")
        room.page(PAGE, self.show, needs=VIEW, menu=MENU)
        return room.blueprint

    def show(self, acting: Acting) -> Response:
        """Show the box, and what it finds once something was typed."""
        query = asked("q", "page", longest=LONGEST + 1)
        typed = query["q"]
        if not typed:
            return self._render(acting, typed)
        if len(typed) > LONGEST:
            return self._render(acting, typed[:LONGEST], 400, wrong=WRONG["character"])
        try:
            found = self.finding.search(
                typed,
                page_of(query["page"]),
                acting.staff_id,
                self.desk.actor(acting, VIEW),
                self.desk.behind(acting),
                full=acting.may(Permission.REGISTER_VIEW),
            )
        except BadSearch as error:
            return self._render(acting, typed, 400, wrong=WRONG.get(error.detail, WRONG["empty"]))
        except TooManyLooks:
            return self._render(acting, typed, 429, wrong=LIMITED)
        return self._render(acting, typed, found=found)

    def _render(
        self,
        acting: Acting,
        typed: str,
        status: int = 200,
        *,
        wrong: str | None = None,
        found: Page | None = None,
    ) -> Response:
        say = self.desk.say
        rows: list[dict[str, Any]] = [
            {
                "url": f"{PAGE}/{one.number}",
                "number": one.number,
                "name": one.name,
                "kana": one.kana,
                "standing": say(STANDINGS[one.standing]),
                "account": say(ACCOUNTS[one.account]),
                "workplace": one.workplace,
            }
            for one in (found.rows if found else ())
        ]
        turn = {} if found is None else _turns(typed, found)
        return self.desk.render(
            acting,
            "members",
            status,
            here=f"{PAGE}?{urlencode({'q': typed})}" if typed else PAGE,
            typed=typed,
            wrong=wrong,
            found=found,
            rows=rows,
            cut=found is not None and found.count >= MOST,
            most=MOST,
            **{"newer": None, "older": None} | turn,
        )


def _turns(typed: str, found: Page) -> dict[str, str | None]:
    def to(page: int) -> str:
        return f"{PAGE}?{urlencode({'q': typed, 'page': page})}"

    return {
        "newer": to(found.page - 1) if found.page > 1 else None,
        "older": to(found.page + 1) if found.page < found.pages else None,
    }
