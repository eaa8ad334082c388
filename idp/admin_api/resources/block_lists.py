"""Lifting all blocks of one cause: those that run now, and no later ones."""

from __future__ import annotations

from dataclasses import dataclass

from idp.admin_api.model import Answer, Call, Shape, Wanted
from idp.admin_api.programs import SecondPersons
from idp.admin_api.routes import Kind, Route
from idp.admin_api.words import Reason
from idp.block_room.acts import LiftAll
from idp.policy.approvals import ApprovalKind
from idp.policy.model import LimitName
from idp.policy.staff import Permission


class LiftOfCause(Wanted, frozen=True):
    """Lift all blocks of a cause that run now, the newest 500 at most."""

    reason: Reason
    rule: LimitName


class LiftedOfCause(Shape, frozen=True):
    """How many blocks ran; `more` when there are others, to be lifted by another call."""

    rule: LimitName
    lifted: int
    more: bool


@dataclass(frozen=True)
class BlockLists:
    """Lifts by cause, for programs."""

    lift_all: LiftAll
    second: SecondPersons

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        return (
            Route(
                method="POST",
                path="/blocks/lift-all",
                need=Permission.BLOCK_LIFT,
                kind=Kind.CHANGE,
                do=self.lift,
                title="Lift all blocks of a cause; many of them wait for a second person",
                takes=LiftOfCause,
                gives=LiftedOfCause,
                waits=True,
            ),
        )

    def lift(self, call: Call) -> Answer:
        """Lift."""
        rule = call.body.rule
        prepared = self.lift_all.prepare(rule)
        told = self.lift_all.parameters(prepared)
        waits = self.second.ask(call, ApprovalKind.BLOCK_LIFT_ALL, told)
        done = LiftedOfCause(rule=rule, lifted=len(prepared.blocks), more=prepared.more)
        return waits or Answer(done)
