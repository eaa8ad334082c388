"""Who is on the staff, in which roles, since when and given by whom; looking is an event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

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

ONE: Final = f"{PEOPLE}/<staff_id>"
MENU = Menu(_("職員と役割"), _("だれが、いつから、どの役割をもつか"))
STATES = {
    "invited": _("設定待ち"),
    "in_service": _("利用中"),
    "ended": _("終了"),
}


@dataclass(frozen=True)
class PeoplePages:
    """`/staff/people`: the list, and one colleague."""

    console: Console
    directory: StaffDirectory

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        room = self.console.room("people")
        room.page(PEOPLE, self.show, needs=Permission.STAFF_VIEW, menu=MENU)
        room.page(ONE, self.one, needs=Permission.STAFF_VIEW)
        return room.blueprint

    def show(self, acting: Acting) -> Response:
        """Show accounts, and the roles that were given and taken."""
        rules = self.console.policy.policy.roles
        actor = acting.actor(Permission.STAFF_VIEW, rules)
        listed = self.directory.list_for(actor, acting.session.id, self.console.origin())
        language, names = self.console.pages.language(), self.directory.names()
        return self.console.render(
            acting,
            "staff/people.html",
            people=[self._row(one, language) for one in listed],
            history=[row for one in listed for row in self._history(one, names, language)],
            may_change=acting.may(Permission.STAFF_CHANGE),
            networks=rules.source_networks,
        )

    def one(self, acting: Acting, staff_id: str) -> Response:
        """Show one colleague, and what can be done."""
        actor = acting.actor(Permission.STAFF_VIEW, self.console.policy.policy.roles)
        one = self.directory.look(staff_id, actor, acting.session.id, self.console.origin())
        language, mine = self.console.pages.language(), one.account.id == acting.staff_id
        in_service = one.account.ended_at is None
        may_change = acting.may(Permission.STAFF_CHANGE) and in_service and not mine
        return self.console.render(
            acting,
            "staff/person.html",
            person=person_of(self.console, one, language) | {"mine": mine},
            history=self._history(one, self.directory.names(), language),
            may_change=may_change,
        )

    def _row(self, one: Listed, language: Language) -> dict[str, Any]:
        told = person_of(self.console, one, language)
        cells = ("address", "roles", "state", "created", "ended")
        return told | {"cells": [told[cell] for cell in cells]}

    def _history(self, one: Listed, names: dict[str, str], language: Language) -> list[list[str]]:
        return [
            [
                one.account.name,
                (self.console.role_names((held.role,), language) or [held.role])[0],
                _day(held.granted_at, language),
                names.get(held.granted_by, held.granted_by),
                held.reason,
                _day(held.ended_at or held.until, language),
                held.end_reason or "",
            ]
            for held in one.roles
        ]


def person_of(console: Console, one: Listed, language: Language) -> dict[str, Any]:
    """Give what the pages tell of a colleague."""
    account = one.account
    state = "ended" if account.ended_at else "in_service" if account.enrolled_at else "invited"
    return {
        "url": f"{PEOPLE}/{account.id}",
        "name": account.name,
        "address": account.address,
        "roles": translate(_("・"), language).join(console.role_names(one.held, language)),
        "state": translate(STATES[state], language),
        "created": _day(account.created_at, language),
        "ended": _day(account.ended_at, language),
    }


def _day(at: datetime | None, language: Language) -> str:
    return long_date(at.astimezone(TOKYO).date(), language) if at else ""
