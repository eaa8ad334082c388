"""Withdrawals by list: record one, take one back, as far as that goes without a second person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import msgspec

from idp.admin_api.looks import Looks
from idp.admin_api.model import Answer, Call, Shape, Wanted
from idp.admin_api.programs import SecondPersons
from idp.admin_api.routes import Kind, Route
from idp.admin_api.words import Number, Reason
from idp.policy.approvals import ApprovalKind
from idp.policy.staff import Permission
from idp.register_desk.withdrawal_model import Withdrawal
from idp.register_desk.withdrawals import Withdrawals


class WithdrawalShape(Shape, frozen=True):
    """A list that was recorded; whom it names is told by the register."""

    id: str
    made_at: datetime
    made_by: str
    accepted_on: date
    refund_on: date | None
    members: int
    approval: str | None
    undone_at: datetime | None


class WithdrawalList(Shape, frozen=True):
    """The latest lists."""

    withdrawals: list[WithdrawalShape]


class RecordWithdrawals(Wanted, frozen=True, kw_only=True):
    """Members who leave: when that was accepted, and when their capital goes back."""

    reason: Reason
    member_numbers: Annotated[list[Number], msgspec.Meta(min_length=1, max_length=2000)]
    accepted_on: date
    refund_on: date | None = None


class UndoWithdrawals(Wanted, frozen=True):
    """Take a list back."""

    reason: Reason


class WithdrawalsDone(Shape, frozen=True):
    """It was done by the caller alone."""

    state: str


@dataclass(frozen=True)
class WithdrawalDesk:
    """Withdrawals, for programs."""

    withdrawals: Withdrawals
    second: SecondPersons
    looks: Looks

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        view, change = Permission.REGISTER_VIEW, Permission.REGISTER_CHANGE
        return (
            Route(
                method="GET",
                path="/withdrawals",
                need=view,
                kind=Kind.PERSON,
                do=self.list,
                title="List the latest withdrawals by list",
                gives=WithdrawalList,
            ),
            Route(
                method="POST",
                path="/withdrawals",
                need=change,
                kind=Kind.CHANGE,
                do=self.record,
                title="Record that members leave; a long list waits for a second person",
                takes=RecordWithdrawals,
                gives=WithdrawalsDone,
                waits=True,
            ),
            Route(
                method="POST",
                path="/withdrawals/{withdrawal}/undo",
                need=change,
                kind=Kind.CHANGE,
                do=self.undo,
                title="Take a list back; a long one waits for a second person",
                takes=UndoWithdrawals,
                gives=WithdrawalsDone,
                waits=True,
            ),
        )

    def list(self, call: Call) -> Answer:
        """List."""
        self.looks.listed(call, "withdrawals")
        return Answer(
            WithdrawalList(withdrawals=[_shape(one) for one in self.withdrawals.latest()])
        )

    def record(self, call: Call) -> Answer:
        """Record."""
        wanted: RecordWithdrawals = call.body
        told = {
            "numbers": sorted(set(wanted.member_numbers)),
            "accepted_on": wanted.accepted_on.isoformat(),
            "refund_on": wanted.refund_on.isoformat() if wanted.refund_on else None,
            "by": call.caller.client_id,
        }
        waits = self.second.ask(call, ApprovalKind.REGISTER_WITHDRAWAL, told)
        return waits or Answer(WithdrawalsDone(state="recorded"))

    def undo(self, call: Call) -> Answer:
        """Take back."""
        told = {"undo": call.place["withdrawal"], "by": call.caller.client_id}
        waits = self.second.ask(call, ApprovalKind.REGISTER_WITHDRAWAL, told)
        return waits or Answer(WithdrawalsDone(state="undone"))


def _shape(one: Withdrawal) -> WithdrawalShape:
    return WithdrawalShape(
        id=one.id,
        made_at=one.made_at,
        made_by=one.made_by,
        accepted_on=one.accepted_on,
        refund_on=one.refund_on,
        members=one.members,
        approval=one.approval,
        undone_at=one.undone_at,
    )
