"""Who is on the staff, in which roles, since when and given by whom; looking is an event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint
from werkzeug.wrappers import Response

from idp.clock import TOKYO
from idp.policy.staff import Permission
from idp.staff.directory import Listed, StaffDirectory
from idp.staff.model import Acting
from idp.staff.views.console import Console, Menu
from idp.staff.views.places import PEOPLE
from idp.web.i18n import long_date, translate
from idp.web.i18n import mark as _
from idp.web.organisation import Language

MENU = Menu(_("職員と役割"), _("だれが、いつから、どの役割をもつか"))
STATES = {
    "invited": _("設定待ち"),
    "in_service": _("利用中"),
    "ended": _("終了"),
}


@dataclass(frozen=True)
class PeoplePage:
    """`/staff/people`."""

    console: Console
    directory: StaffDirectory

    def blueprint(self) -> Blueprint:
        """Mount the page."""
        room = self.console.room("people")
        room.page(PEOPLE, self.show, needs=Permission.STAFF_VIEW, menu=MENU)
        return room.blueprint

    def show(self, acting: Acting) -> Response:
        """Show accounts, and the roles that were given and taken."""
        actor = acting.actor(Permission.STAFF_VIEW, self.console.policy.policy.roles)
        listed = self.directory.list_for(actor, acting.session.id, self.console.origin())
        language = self.console.pages.language()
        return self.console.render(
            acting,
            "staff/people.html",
            people=[self._person(one, language) for one in listed],
            history=[row for one in listed for row in self._history(one, language)],
        )

    def _person(self, one: Listed, language: Language) -> list[str]:
        account = one.account
        state = "ended" if account.ended_at else "in_service" if account.enrolled_at else "invited"
        between = translate(_("・"), language)
        return [
            account.name,
            account.address,
            between.join(self.console.role_names(one.held, language)),
            translate(STATES[state], language),
            _day(account.created_at, language),
            _day(account.ended_at, language),
        ]

    def _history(self, one: Listed, language: Language) -> list[list[str]]:
        return [
            [
                one.account.name,
                (self.console.role_names((held.role,), language) or [held.role])[0],
                _day(held.granted_at, language),
                held.granted_by,
                held.reason,
                _day(held.ended_at, language),
                held.end_reason or "",
            ]
            for held in one.roles
        ]


def _day(at: datetime | None, language: Language) -> str:
    return long_date(at.astimezone(TOKYO).date(), language) if at else ""
