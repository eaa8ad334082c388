"""What the pages of the rooms share: who acts, whence, upon what reason; acts of two."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from audit.event import Actor
from idp.approvals.act import Act
from idp.approvals.model import Parameters, Requester, Submitted
from idp.approvals.service import Approvals
from idp.journal.model import Behind
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.staff.views.console import Console
from idp.storage.secret_text import hash_token

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
        device = self.console.browser.device_cookie(request)
        requester = Requester(
            acting.staff_id,
            self.actor(acting, act.needs),
            self.console.origin(),
            acting.session.id,
            hash_token(device) if device else None,
        )
        return self.approvals.submit(act, parameters, requester, reason, break_glass)


def is_reason(text: str) -> bool:
    """Tell whether a text is a reason in words: one line, not empty."""
    said = text.replace("\u3000", " ").strip()
    return 0 < len(said) <= MOST_REASON and said.isprintable()
