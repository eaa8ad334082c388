"""`/staff/audit/retention`: legal holds in force and lifted, and the purges that were done.

Only to read: holds and purges are acts of the command line, for two persons where policy says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint
from werkzeug.wrappers import Response

from audit.inventory import RetentionClass
from audit.names import EventName
from idp.audit_room.keeping import Keeping, Listed, Purge
from idp.audit_room.views.room import RoomDesk, asked
from idp.audit_room.views.showing import EVENT, PAGE, second
from idp.audit_room.words import who
from idp.audit_search.model import Criteria
from idp.policy.staff import Permission
from idp.retention.model import Hold, HoldKind
from idp.staff.model import Acting
from idp.staff.views.console import Menu
from idp.web.i18n import mark as _
from idp.web.i18n import translate
from idp.web.organisation import Language

KEEPING: Final = f"{PAGE}/retention"
MENU: Final = Menu(_("保全と削除"), _("法的な保全と、保存期間の過ぎた記録の削除を確かめる"))
SCOPES: Final[Mapping[HoldKind, str]] = {
    HoldKind.MEMBER: _("組合員"),
    HoldKind.CASE: _("ケース"),
    HoldKind.REFERENCE: _("受付番号"),
}
CLASSES: Final[Mapping[str, str]] = {
    RetentionClass.ACCESS: _("ログインと、渡した情報"),
    RetentionClass.SECURITY: _("失敗、拒否、制限"),
    RetentionClass.ADMINISTRATION: _("職員の操作"),
    RetentionClass.REGISTER: _("名簿の変更"),
    RetentionClass.KEYS: _("鍵"),
    RetentionClass.SYSTEM: _("監査ログと機器"),
}
_SEARCHED_BY: Final = {
    HoldKind.MEMBER: "person",
    HoldKind.CASE: "case",
    HoldKind.REFERENCE: "reference",
}
_PLACES: Final = ("held", "lifted", "purged")


@dataclass(frozen=True)
class KeepingPages:
    """Mounts and serves the page."""

    desk: RoomDesk
    keeping: Keeping

    def blueprint(self) -> Blueprint:
        """Mount the page."""
        room = self.desk.console.room("audit_keeping")
        room.page(KEEPING, self.show, needs=Permission.AUDIT_SEARCH, menu=MENU)
        return room.blueprint

    def show(self, acting: Acting) -> Response:
        """Show the three lists, each turned on its own; the look is on record before."""
        places = asked(_PLACES, 36)
        held = self.keeping.holds(places["held"], lifted=False)
        lifted = self.keeping.holds(places["lifted"], lifted=True)
        purged = self.keeping.purges(places["purged"])
        listed: dict[str, Listed[Any]] = {"held": held, "lifted": lifted, "purged": purged}
        # A hold names a member: who looked at the list can be told, as of everything in the room.
        self.desk.looking.record(
            EventName.AUDIT_VIEWED,
            Criteria(),
            self.desk.actor(acting),
            {"page": "retention", **{name: len(one.rows) for name, one in listed.items()}},
            **self.desk.look(acting),
        )
        language, names = self.desk.console.pages.language(), self.desk.looking.staff_names()
        return self.desk.console.render(
            acting,
            "audit_room/retention.html",
            here=KEEPING,
            held=[_hold(one, names, language) for one in held.rows],
            lifted=[_hold(one, names, language) for one in lifted.rows],
            purged=[_purge(one, names, language) for one in purged.rows],
            older={
                name: f"{KEEPING}?{urlencode({name: one.older})}" if one.older else None
                for name, one in listed.items()
            },
            further=any(places.values()),
        )


def _hold(one: Hold, names: Mapping[str, str], language: Language) -> dict[str, Any]:
    return {
        "scope": translate(SCOPES[one.kind], language),
        "value": one.value,
        "url": f"{PAGE}?{urlencode({_SEARCHED_BY[one.kind]: one.value, 'find': '1'})}",
        "reason": one.reason,
        "at": second(one.placed_at),
        "by": names.get(one.placed_by, one.placed_by),
        "lifted_at": second(one.lifted_at) if one.lifted_at else "",
        "lifted_by": names.get(one.lifted_by or "", one.lifted_by or ""),
        "lift_reason": one.lift_reason or "",
    }


def _purge(one: Purge, names: Mapping[str, str], language: Language) -> dict[str, Any]:
    data = one.event["data"]
    kept = str(data["class"])
    return {
        "url": f"{EVENT}/{one.event['id']}",
        "at": second(one.at),
        "class": kept,
        "said": translate(CLASSES[kept], language) if kept in CLASSES else "",
        "oldest": second(one.oldest) if one.oldest else "",
        "newest": second(one.newest) if one.newest else "",
        "count": data["count"],
        "by": who(one.event, language, names),
        "approval": one.event.get("approval"),
    }
