"""Requests for a second person: what became of the caller's own. No program decides about any."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.admin_api.model import Answer, Call, Shape, Wanted
from idp.admin_api.programs import requester_of
from idp.admin_api.routes import Kind, Open, Route
from idp.admin_api.words import Reason
from idp.approvals.model import Approval, State, UnknownApproval
from idp.approvals.service import Approvals
from idp.policy.approvals import ApprovalKind


class ApprovalShape(Shape, frozen=True):
    """A request, without what it would change."""

    id: str
    kind: ApprovalKind
    state: State
    digest: str
    count: int
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class ApprovalSeen(Shape, frozen=True):
    """A request, and what was said when it ended."""

    approval: ApprovalShape
    answer: str | None


class ApprovalList(Shape, frozen=True):
    """The caller's requests, the newest first; at most 200."""

    approvals: list[ApprovalShape]


class TakeBack(Wanted, frozen=True):
    """Take a request back."""

    reason: Reason


@dataclass(frozen=True)
class OwnApprovals:
    """What a program asked for."""

    approvals: Approvals

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered; deciding is not."""
        own = Open.ANY_CLIENT
        return (
            Route(
                method="GET",
                path="/approvals",
                need=own,
                kind=Kind.READ,
                do=self.list,
                title="List what you asked a second person for",
                gives=ApprovalList,
            ),
            Route(
                method="GET",
                path="/approvals/{approval}",
                need=own,
                kind=Kind.READ,
                do=self.show,
                title="Show what became of a request of yours",
                gives=ApprovalSeen,
            ),
            Route(
                method="POST",
                path="/approvals/{approval}/withdraw",
                need=own,
                kind=Kind.CHANGE,
                do=self.withdraw,
                title="Take a request of yours back",
                takes=TakeBack,
                gives=ApprovalSeen,
            ),
        )

    def list(self, call: Call) -> Answer:
        """List."""
        found = self.approvals.asked_by(requester_of(call.caller).staff_id)
        return Answer(ApprovalList(approvals=[_shape(one) for one in found]))

    def show(self, call: Call) -> Answer:
        """Show one."""
        return Answer(self._seen(self._own(call)))

    def withdraw(self, call: Call) -> Answer:
        """Take it back."""
        one = self._own(call)
        self.approvals.withdraw(one.id, requester_of(call.caller), call.reason)
        return Answer(self._seen(self.approvals.find(one.id)))

    def _own(self, call: Call) -> Approval:
        """Find one of the caller's own; another's is not told to exist (CWE-639)."""
        found = self.approvals.find(call.place["approval"])
        if found.requester != requester_of(call.caller).staff_id:
            raise UnknownApproval(found.id)
        return found

    def _seen(self, one: Approval) -> ApprovalSeen:
        _, answer = self.approvals.read(one)
        return ApprovalSeen(approval=_shape(one), answer=answer)


def _shape(one: Approval) -> ApprovalShape:
    return ApprovalShape(
        id=one.id,
        kind=one.kind,
        state=one.state,
        digest=one.digest,
        count=one.count,
        created_at=one.created_at,
        expires_at=one.expires_at,
        ended_at=one.ended_at,
    )
