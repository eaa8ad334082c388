"""What the pages of the desk share: who acts, what stands behind it, pages that are turned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import redirect, request
from werkzeug.wrappers import Response

from audit.event import Actor
from idp.approvals.act import Act
from idp.approvals.model import Parameters, Submitted, Waits
from idp.approvals.service import Approvals
from idp.approvals.views.requester import requester_of
from idp.clock import Clock
from idp.errors import IdpError
from idp.journal.model import Behind
from idp.members.errors import BadDate
from idp.members.japan.dates import parse_date
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.staff.views.console import Console
from idp.staff.views.places import APPROVALS
from idp.web.i18n import mark as _
from idp.web.i18n import translate

MOST_REASON: Final = 500
NO_REASON: Final = _("理由を、一文で書いてください。")
BAD_DAY: Final = _("2026-07-31、2026/7/31、令和8年7月31日 のように入力してください。")
MOST_PAGE: Final = 10_000


class Fields(dict[str, str]):
    """What is said of the fields of a form; nothing of those that are not named."""

    def __missing__(self, name: str) -> str:
        """Say nothing."""
        return ""


@dataclass(frozen=True)
class Desk:
    """Answers for the pages of the desk."""

    console: Console
    approvals: Approvals
    clock: Clock

    def actor(self, acting: Acting, permission: Permission) -> Actor:
        """Name who acts, in the role that allows it."""
        return acting.actor(permission, self.console.policy.policy.roles)

    def behind(self, acting: Acting, reason: str | None = None) -> Behind:
        """Give whence, in which session and why."""
        data = {"reason": reason} if reason else {}
        return Behind(self.console.origin(), acting.session.id, data)

    def submit(self, act: Act, parameters: Parameters, acting: Acting, reason: str) -> Submitted:
        """Ask for an act in somebody's name; raises what the act raises."""
        requester = requester_of(self.console, acting, act.needs)
        return self.approvals.submit(act, parameters, requester, reason)

    def say(self, message: str, **values: Any) -> str:
        """Translate a marked message."""
        said = translate(message, self.console.pages.language())
        return said % values if values else said

    def render(
        self, acting: Acting, page: str, status: int = 200, *, here: str, **context: Any
    ) -> Response:
        """Render one of the desk's pages; `errors` and `sent` say nothing of other fields."""
        for name in ("errors", "sent"):
            if name in context:
                context[name] = Fields(context[name])
        return self.console.render(
            acting, f"register_desk/{page}.html", status, here=here, **context
        )


def lead_on(submitted: Submitted, done: str) -> Response:
    """Lead to what was done; or to the request that waits, with what it would change."""
    if isinstance(submitted, Waits):
        return redirect(f"{APPROVALS}/{submitted.approval}", 303)
    return redirect(done, 303)


def reason_of(text: str) -> str | None:
    """Read a reason: one line of words, or None."""
    said = text.replace("\u3000", " ").strip()
    return said if said and said.isprintable() and len(said) <= MOST_REASON else None


def page_of(text: str) -> int:
    """Read which page is wanted; anything else is the first."""
    plain = text.isascii() and text.isdecimal() and len(text) <= 5
    return min(max(int(text), 1), MOST_PAGE) if plain else 1


def day_of(text: str) -> date | None:
    """Read a day as people write it; None when it is none."""
    try:
        return parse_date(text)
    except BadDate:
        return None


def asked(*names: str, longest: int = 200) -> dict[str, str]:
    """Give what the query says; repeated names were refused before."""
    return {name: request.args.get(name, "")[:longest] for name in names}


class GoneAway(IdpError):
    """What the page is about is not there any more."""

    code = "not_found"
    status = 404
