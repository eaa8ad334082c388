"""`/staff/blocks`: what is blocked now, by cause; finding one; what was lifted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from idp.approvals.views.at_desk import AtDesk
from idp.audit_search.model import BadCriteria
from idp.block_room import charting
from idp.block_room.desk import DAYS, BlockRoom
from idp.block_room.model import BadAddress, TooManyLooks
from idp.block_room.people import AccountDesk, NoAccount
from idp.block_room.views import content
from idp.block_room.views.places import (
    BLOCKS,
    FIND,
    LIFTED,
    PAGE,
    asked_before,
    asked_rule,
    older,
)
from idp.block_room.words import cause
from idp.members.errors import BadMemberNumber
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.staff.views.console import Menu
from idp.web.forms import read_form
from idp.web.i18n import mark as _

VIEW, EXPLAIN, LIFTS = Permission.BLOCK_VIEW, Permission.BLOCK_EXPLAIN, Permission.BLOCK_LIFT
MENU: Final = Menu(_("制限（ブロック）"), _("いま制限されているもの、その理由、解くこと"))
FIELDS: Final = ("reference", "member_number", "address")
WRONG: Final[dict[str, str]] = {
    "one": _("三つのうち、どれかひとつを入力してください。"),
    "reference": _("受付番号は、英数字8文字です。お聞き取りになった文字をお確かめください。"),
    "member_number": _("組合員番号は、8桁の数字です。番号をお確かめください。"),
    "address": _("203.0.113.7 や 2001:db8::1 のように入力してください。"),
    "no_reference": _("この受付番号の記録はありません。聞きまちがいがないか、お確かめください。"),
    "no_account": _("この番号の組合員のアカウントはありません。番号をお確かめください。"),
    "too_many": _("この1時間に調べられる件数を超えました。しばらくたってから、お調べください。"),
}


@dataclass(frozen=True)
class ListingPages:
    """Mounts and serves the lists."""

    desk: AtDesk
    blocks: BlockRoom
    accounts: AccountDesk

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        room = self.desk.console.room("blocks")
        room.page(BLOCKS, self.show, needs=VIEW, menu=MENU)
        room.page(LIFTED, self.lifted, needs=VIEW)
        room.page(FIND, lambda _acting: redirect(BLOCKS, 303), needs=EXPLAIN)
        room.act(FIND, self.find, needs=EXPLAIN)
        return room.blueprint

    def show(self, acting: Acting) -> Response:
        """Show what runs now, of all causes or of one."""
        return self._list(acting)

    def lifted(self, acting: Acting) -> Response:
        """Show what was lifted, by whom and why."""
        language = self.desk.console.pages.language()
        found = self.blocks.lifted(asked_before(), PAGE + 1)
        names, opens = self.blocks.lifters(), acting.may(EXPLAIN)
        shown = found[:PAGE]
        last = shown[-1] if len(found) > PAGE else None
        return self.desk.console.render(
            acting,
            "block_room/lifted.html",
            rows=[content.lifted_row(one, names, language, opens=opens) for one in shown],
            older=older(LIFTED, last.lifted_at, last.id, {})
            if last is not None and last.lifted_at is not None
            else None,
        )

    def find(self, acting: Acting) -> Response:
        """Find blocks by reference code, member or address; it is an event, found or not."""
        sent = read_form(request, {"csrf_token": 64} | dict.fromkeys(FIELDS, 200))
        given = [name for name in FIELDS if sent[name].strip()]
        if len(given) != 1:
            return self._list(acting, 400, typed=sent, wrong="one")
        finders = {
            "reference": self._reference,
            "member_number": self._account,
            "address": self._address,
        }
        try:
            return finders[given[0]](acting, sent)
        except (BadCriteria, BadMemberNumber, BadAddress):
            return self._list(acting, 400, typed=sent, wrong=given[0])
        except NoAccount:
            return self._list(acting, 404, typed=sent, wrong="no_account", at="member_number")
        except TooManyLooks:
            return self._list(acting, 429, typed=sent, wrong="too_many", at=given[0])

    def _reference(self, acting: Acting, sent: dict[str, str]) -> Response:
        actor, behind = self.desk.actor(acting, EXPLAIN), self.desk.behind(acting)
        found = self.blocks.look_up(sent["reference"], actor, behind)
        if found is None:
            return self._list(acting, 404, typed=sent, wrong="no_reference", at="reference")
        explained, network = found
        if explained.block is not None:
            return redirect(f"{BLOCKS}/{explained.block.id}", 303)
        language = self.desk.console.pages.language()
        values = content.explained(explained, network, language)
        page = "block_room/explained.html"
        return self.desk.console.render(acting, page, shown_once=True, found=values)

    def _account(self, acting: Acting, sent: dict[str, str]) -> Response:
        actor, behind = self.desk.actor(acting, EXPLAIN), self.desk.behind(acting)
        found = self.accounts.look(sent["member_number"], actor, behind)
        language, now = self.desk.console.pages.language(), self.accounts.clock.now()
        running = [one for one in found.blocks if one.runs(now)]
        ended = [one for one in found.blocks if not one.runs(now)]
        return self.desk.console.render(
            acting,
            "block_room/account.html",
            shown_once=True,
            number=found.number,
            blocked_at=found.blocked_at,
            stopped_at=found.stopped_at,
            running=[content.row(one, language, opens=True) for one in running],
            ended=[content.row(one, language, opens=True) for one in ended],
            may_stop=acting.may(LIFTS) and found.blocked_at is None,
            reason="",
            wrong=None,
        )

    def _address(self, acting: Acting, sent: dict[str, str]) -> Response:
        actor, behind = self.desk.actor(acting, EXPLAIN), self.desk.behind(acting)
        address, found = self.blocks.at_address(sent["address"], actor, behind)
        language = self.desk.console.pages.language()
        return self.desk.console.render(
            acting,
            "block_room/address.html",
            shown_once=True,
            address=address,
            rows=[content.row(one, language, opens=True) for one in found],
        )

    def _list(
        self,
        acting: Acting,
        status: int = 200,
        *,
        typed: dict[str, str] | None = None,
        wrong: str | None = None,
        at: str | None = None,
    ) -> Response:
        console, rule = self.desk.console, asked_rule()
        language, before = console.pages.language(), asked_before()
        found = self.blocks.desk.page(before, rule=rule, most=PAGE + 1)
        shown, opens = found[:PAGE], acting.may(EXPLAIN)
        kept = {"rule": rule.value} if rule else {}
        field = at or (wrong if wrong in FIELDS else None)
        values: dict[str, Any] = {
            "causes": [
                content.cause_row(one, language, may_lift=acting.may(LIFTS))
                for one in self.blocks.causes()
            ],
            "by_day": self._chart(),
            "rule": cause(rule, language) if rule else None,
            "rows": [content.row(one, language, opens=opens) for one in shown],
            "older": older(BLOCKS, shown[-1].started_at, shown[-1].id, kept)
            if len(found) > PAGE
            else None,
            "newest": before is None,
            "opens": opens,
            "sees_weather": acting.may(Permission.WEATHER_VIEW),
            "typed": typed or dict.fromkeys(FIELDS, ""),
            "wrong": WRONG[wrong] if wrong else None,
            "field": field or ("reference" if wrong else None),
            "done": request.args.get("done", "")[:16],
        }
        page = "block_room/blocks.html"
        return console.render(acting, page, status, here=BLOCKS, **values)

    def _chart(self) -> dict[str, Any]:
        language = self.desk.console.pages.language()
        today = self.accounts.clock.today()
        return chart_of(charting.blocks_by_day(self.blocks.by_day(), today, DAYS, language))


def chart_of(drawn: charting.Chart) -> dict[str, Any]:
    """Give a chart as templates take it: HTML of ours, escaped where it is made."""
    return {
        "title": drawn.title,
        "empty": drawn.empty,
        "picture": Markup(drawn.picture),  # noqa: S704
        "legend": Markup(drawn.legend),  # noqa: S704
        "table": Markup(drawn.table),  # noqa: S704
    }
