"""What the pages of the room share: who looks, in which session, and what stops a long answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from audit.event import Actor
from idp.audit_room.asking import read_criteria
from idp.audit_room.guard import Guard
from idp.audit_room.looking import Looking
from idp.audit_room.views.showing import listed
from idp.audit_search.model import Criteria, Found
from idp.clock import TOKYO
from idp.policy.room import Room
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.staff.views.console import Console


@dataclass(frozen=True)
class RoomDesk:
    """Answers for the pages of the room."""

    console: Console
    looking: Looking

    @property
    def limits(self) -> Room:
        """Give the limits in force."""
        return self.console.policy.policy.audit.room

    def actor(self, acting: Acting, permission: Permission = Permission.AUDIT_SEARCH) -> Actor:
        """Name who looks, in the role that allows it."""
        return acting.actor(permission, self.console.policy.policy.roles)

    def look(self, acting: Acting) -> dict[str, Any]:
        """Give what the event of a look says beside what was looked for."""
        return {"origin": self.console.origin(), "session": acting.session.id}

    def rows(self, found: Iterable[Found]) -> list[dict[str, Any]]:
        """Give events as rows of a list, in the language of the page, with colleagues' names."""
        return listed(found, self.console.pages.language(), self.looking.staff_names())

    def guard(self, acting: Acting, permission: Permission, most: int | None = None) -> Guard:
        """Make what stops an answer when the role or the session ends while it runs."""
        return Guard(most, lambda: self.console.sessions.holds(acting, permission))

    def criteria(self, typed: dict[str, str]) -> Criteria:
        """Read what was typed; raises `WrongField`, `BadCriteria`."""
        with self.looking.database.read() as tx:
            return read_criteria(tx, typed)

    def file(self, lines: Any, content_type: str, name: str, ending: str, who: str) -> Response:
        """Send lines as a file named after its kind, the time in Japan, and who took it."""
        response = Response(lines, content_type=content_type)
        at = self.looking.clock.now().astimezone(TOKYO)
        said = f'attachment; filename="{name}-{at:%Y%m%dT%H%M%S}-{who}.{ending}"'
        response.headers["Content-Disposition"] = said
        return response


def asked(names: tuple[str, ...], longest: int) -> dict[str, str]:
    """Give what the query of the present request says; repeated names were refused before."""
    return {name: request.args.get(name, "")[:longest] for name in names}
