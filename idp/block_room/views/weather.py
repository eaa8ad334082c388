"""`/staff/weather`: sign-ins, failures and refusals of the last hours, attacks, alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.block_room import charting
from idp.block_room.outlook import Attack, Outlook
from idp.block_room.views.content import at
from idp.block_room.views.listing import chart_of
from idp.block_room.views.places import WEATHER
from idp.block_room.words import ALERTS, ATTACKS
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.staff.views.console import Console, Menu
from idp.web.i18n import mark as _
from idp.web.i18n import translate
from idp.web.organisation import Language

VIEW: Final = Permission.WEATHER_VIEW
MENU: Final = Menu(_("攻撃のようす"), _("ログインの試行の移り変わり、攻撃、警報"))
PERIODS: Final[dict[str, tuple[int, str]]] = {
    "3": (3, _("3時間")),
    "24": (24, _("24時間")),
    "168": (168, _("7日間")),
    "744": (744, _("31日間")),
}
GOES_ON: Final = _("続いています")
NOTICE: Final = _("警報が%(count)s件続いています")


@dataclass(frozen=True)
class WeatherPage:
    """Mounts and serves the page."""

    console: Console
    outlook: Outlook

    def blueprint(self) -> Blueprint:
        """Mount the page, and tell at home what goes on."""
        room = self.console.room("weather")
        room.page(WEATHER, self.show, needs=VIEW, menu=MENU)
        self.console.notices.append(self.notice)
        return room.blueprint

    def notice(self, acting: Acting) -> tuple[str, str] | None:
        """Give what stands at home: alerts that go on."""
        count = self.outlook.going_on() if acting.may(VIEW) else 0
        said = translate(NOTICE, self.console.pages.language())
        return (WEATHER, said % {"count": count}) if count else None

    def show(self, acting: Acting) -> Response:
        """Show it."""
        asked = request.args.get("hours", "")
        hours, _name = PERIODS.get(asked, PERIODS["24"])
        language = self.console.pages.language()
        sky = self.outlook.over(hours)
        drawn = charting.weather(sky.minutes, sky.first, sky.last, language)
        return self.console.render(
            acting,
            "block_room/weather.html",
            periods=[
                (f"{WEATHER}?hours={key}", name, value == hours)
                for key, (value, name) in PERIODS.items()
            ],
            chart=chart_of(drawn),
            attacks=[_attack(one, language) for one in sky.attacks],
            alerts=[
                (translate(ALERTS.get(one.kind, one.kind), language), at(one.raised_at, language))
                for one in sky.alerts
            ],
        )


def _attack(one: Attack, language: Language) -> tuple[str, str, str, int, int, int, int]:
    return (
        at(one.started_at, language),
        translate(ATTACKS.get(one.kind, one.kind), language),
        at(one.ended_at, language) or translate(GOES_ON, language),
        one.attempts,
        one.targets,
        one.sources,
        one.right,
    )
