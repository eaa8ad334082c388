"""A program as one who asks for an act of two persons: it may ask, and never decides."""

from __future__ import annotations

from dataclasses import dataclass

from audit import instant
from idp.admin_api.model import Answer, Call, Caller, CallRefused, Shape
from idp.admin_api.problems import Problem
from idp.approvals.model import Parameters, Performed, Requester
from idp.approvals.service import Approvals
from idp.policy.approvals import ApprovalKind


class Waiting(Shape, frozen=True):
    """It waits for a second person; `Location` is where to see what became of it."""

    approval: str
    kind: ApprovalKind
    expires_at: str


@dataclass(frozen=True)
class SecondPersons:
    """Sends acts to a second person where the policy says so."""

    approvals: Approvals

    def ask(self, call: Call, kind: ApprovalKind, parameters: Parameters) -> Answer | None:
        """Do an act and give None, or give the answer that it waits; never at once in an emergency.

        Raises what `Approvals.submit` raises, and `CallRefused` 403.
        """
        act = self.approvals.deciding.acts[kind]
        if act.needs not in call.caller.permissions:
            raise CallRefused(Problem.SCOPE)
        outcome = self.approvals.submit(act, parameters, requester_of(call.caller), call.reason)
        if isinstance(outcome, Performed):
            return None
        which, until = outcome.approval, instant.to_text(outcome.expires_at)
        return Answer(
            Waiting(approval=which, kind=kind, expires_at=until),
            status=202,
            location=f"/approvals/{which}",
            about={"approval": which, "kind": kind.value},
        )


def requester_of(caller: Caller) -> Requester:
    """Give who asks; a client of this API never has the id of somebody of the staff (CWE-290)."""
    return Requester(caller.client_id, caller.actor, caller.origin)
