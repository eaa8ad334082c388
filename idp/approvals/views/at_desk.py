"""What the pages of the rooms share: who acts, whence, upon what reason; acts of two."""

from __future__ import annotations

from dataclasses import dataclass

from audit.event import Actor
from idp.approvals.act import Act
from idp.approvals.model import Parameters, Submitted, Waits
from idp.approvals.service import Approvals
from idp.approvals.views.requester import requester_of
from idp.journal.model import Behind
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.staff.views.console import Console
from idp.staff.views.places import APPROVALS

MOST_REASON = 500


@dataclass(frozen=True)
class AtDesk:
    """Answers for the pages of a room."""

    console: Console
    approvals: Approvals

    def actor(self, acting: Acting, permission: Permission) -> Actor:
        """Name who acts, in the role that allows it."""
        return acting.actor(permission, self.console.policy.policy.roles)

    def behind(self, acting: Acting, reason: str | None = None) -> Behind:
        """Tell whence and in which session somebody acts, and why."""
        data = {"reason": reason} if reason is not None else {}
        return Behind(self.console.origin(), acting.session.id, data)

    def submit(
        self,
        acting: Acting,
        act: Act,
        parameters: Parameters,
        reason: str,
        *,
        break_glass: bool = False,
    ) -> Submitted:
        """Do an act, or let it wait for a second person; raises what `Approvals.submit` raises."""
        requester = requester_of(self.console, acting, act.needs)
        return self.approvals.submit(act, parameters, requester, reason, break_glass)


def request_page(waits: Waits) -> str:
    """Address the page of a request that waits for a second person."""
    return f"{APPROVALS}/{waits.approval}"


def is_reason(text: str) -> bool:
    """Tell whether a text is a reason in words: one line, not empty."""
    said = text.replace("\u3000", " ").strip()
    return 0 < len(said) <= MOST_REASON and said.isprintable()
