"""`/staff/register/calendar`: what is due on which day, and who gains or loses access then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint
from werkzeug.wrappers import Response

from idp.lifecycle.calendar import BadPeriod
from idp.members.model import name_on
from idp.policy.staff import Permission
from idp.register_desk.dues import PER_PAGE, Dues
from idp.register_desk.masking import masked_name
from idp.register_desk.views.desk import BAD_DAY, Desk, GoneAway, asked, day_of, page_of
from idp.staff.model import Acting
from idp.web.i18n import mark as _

PAGE: Final = "/staff/register/calendar"
DAY: Final = f"{PAGE}/<day>"
LATE: Final = f"{PAGE}/late"
VIEW: Final = Permission.REGISTER_VIEW
USUAL: Final = timedelta(days=60)
BAD_PERIOD: Final = _("はじめの日と終わりの日を確かめてください。1年までの期間を表示できます。")
TURNS: Final[dict[tuple[str, str], str]] = {
    ("gains", "capital_paid_on"): _("利用できるようになる（出資金の入金）"),
    ("loses", "capital_refunded_on"): _("利用できなくなる（出資金の返還、記録済み）"),
    ("loses", "refund_planned_on"): _("利用できなくなる（出資金の返還予定日）"),
}


@dataclass(frozen=True)
class DuesPages:
    """Mounts and serves the calendar."""

    desk: Desk
    dues: Dues

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        room = self.desk.console.room("register_calendar")
        room.page(PAGE, self.show, needs=VIEW)
        room.page(LATE, self.late, needs=VIEW)
        room.page(DAY, self.day, needs=VIEW)
        return room.blueprint

    def show(self, acting: Acting) -> Response:
        """Show the days of a period on which something happens."""
        query, today = asked("from", "to", longest=40), self.desk.clock.today()
        errors = {}
        first = day_of(query["from"]) if query["from"].strip() else today
        if first is None:
            errors["from"], first = BAD_DAY, today
        last = day_of(query["to"]) if query["to"].strip() else first + USUAL
        if last is None:
            errors["to"], last = BAD_DAY, first + USUAL
        try:
            calendar = self.dues.between(first, last)
        except BadPeriod:
            errors["to"] = BAD_PERIOD
            calendar = self.dues.between(first, first + USUAL)
        days = [
            {
                "url": f"{PAGE}/{one.on.isoformat()}",
                "on": one.on,
                "is_today": one.on == today,
                "cells": (one.changes_due, one.gaining, one.losing, one.told),
            }
            for one in calendar.days
        ]
        kept = {"from": first.isoformat(), "to": last.isoformat()}
        return self.desk.render(
            acting,
            "calendar",
            400 if errors else 200,
            here=f"{PAGE}?{urlencode(kept)}",
            calendar=calendar,
            days=days,
            typed={name: query[name] or day for name, day in kept.items()},
            errors=errors,
        )

    def day(self, acting: Acting, day: str) -> Response:
        """Show one day."""
        try:
            on = date.fromisoformat(day)
        except ValueError:
            raise GoneAway("no day") from None
        if on.isoformat() != day or not date(1900, 1, 1) <= on <= date(9998, 12, 31):
            raise GoneAway("no day")
        page = page_of(asked("page", longest=8)["page"])
        actor, behind = self.desk.actor(acting, VIEW), self.desk.behind(acting)
        found = self.dues.on(on, page, actor, behind)
        here = f"{PAGE}/{day}"
        return self.desk.render(
            acting,
            "calendar_day",
            here=here,
            on=on,
            changes=[(f"/staff/changes/{one.id}", one.member_number) for one in found.changes],
            may_decide=acting.may(Permission.REGISTER_CHANGE),
            listed=[
                (one.member_number, TURNS[one.access, one.because], one.has_account)
                for one in found.turns
            ],
            count=found.count,
            newer=f"{here}?page={page - 1}" if page > 1 else None,
            older=f"{here}?page={page + 1}" if found.more else None,
        )

    def late(self, acting: Acting) -> Response:
        """Show members whose refund is past its day and not on record."""
        page, today = page_of(asked("page", longest=8)["page"]), self.desk.clock.today()
        actor, behind = self.desk.actor(acting, VIEW), self.desk.behind(acting)
        found = self.dues.late_refunds(page, actor, behind)
        return self.desk.render(
            acting,
            "refunds_late",
            here=LATE,
            rows=[
                (one.member_number, masked_name(name_on(one, today)), one.refund_planned_on)
                for one in found[:PER_PAGE]
            ],
            newer=f"{LATE}?page={page - 1}" if page > 1 else None,
            older=f"{LATE}?page={page + 1}" if len(found) > PER_PAGE else None,
        )
