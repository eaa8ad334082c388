"""Change requests of members: the queue, one beside the register, accept, decline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final

import msgspec

from idp.admin_api.looks import Looks
from idp.admin_api.model import Answer, Call, Shape, Wanted
from idp.admin_api.routes import Kind, Route
from idp.admin_api.words import Reason, Size
from idp.changes import store
from idp.changes.deciding import MOST, Deciding
from idp.changes.model import ChangeRequest
from idp.clock import Clock, to_micros
from idp.policy.staff import Permission

Digest = Annotated[
    str,
    msgspec.Meta(
        pattern="^[0-9a-f]{64}$",
        description="`digest` of the request as you read it: what it would change, before and"
        " after. If the register changed since, nothing is decided (409).",
    ),
]
_AFTER: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[.][0-9]{17}[.][0-9a-f-]{36}$"


class ListChanges(Wanted, frozen=True):
    """Which page."""

    limit: Size = 50
    after: Annotated[str, msgspec.Meta(pattern=_AFTER)] | None = None


class ChangeShape(Shape, frozen=True):
    """A request without what it is about."""

    id: str
    member_number: str
    kind: str
    state: str
    via: str
    filed_at: datetime
    due_on: date
    overdue: bool
    effective_on: date | None
    decided_at: datetime | None
    decided_by: str | None


class ChangeQueue(Shape, frozen=True):
    """Open requests, the earliest due first."""

    changes: list[ChangeShape]
    next: str | None


class ChangeBeside(Shape, frozen=True):
    """A request beside what the register holds today."""

    change: ChangeShape
    wanted: dict[str, str]
    now: dict[str, str]
    digest: str


class Accept(Wanted, frozen=True):
    """Accept a request as it was read; without a day it holds from today."""

    reason: Reason
    digest: Digest
    effective_on: date | None = None


class Decline(Wanted, frozen=True):
    """Decline a request; the member reads the reason."""

    reason: Reason


class Decided(Shape, frozen=True):
    """What became of a request."""

    id: str
    state: str
    effective_on: date | None


@dataclass(frozen=True)
class ChangeDesk:
    """The clerk's queue, for programs."""

    clock: Clock
    deciding: Deciding
    looks: Looks

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        view, change = Permission.REGISTER_VIEW, Permission.REGISTER_CHANGE
        return (
            Route(
                method="GET",
                path="/change-requests",
                need=view,
                kind=Kind.PERSON,
                do=self.list,
                title="List open change requests, the earliest due first",
                query=ListChanges,
                gives=ChangeQueue,
            ),
            Route(
                method="GET",
                path="/change-requests/{change}",
                need=view,
                kind=Kind.PERSON,
                do=self.show,
                title="Show a request beside the register",
                gives=ChangeBeside,
            ),
            Route(
                method="POST",
                path="/change-requests/{change}/accept",
                need=change,
                kind=Kind.CHANGE,
                do=self.accept,
                title="Accept a request: the register changes from a day on",
                takes=Accept,
                gives=Decided,
            ),
            Route(
                method="POST",
                path="/change-requests/{change}/decline",
                need=change,
                kind=Kind.CHANGE,
                do=self.decline,
                title="Decline a request",
                takes=Decline,
                gives=Decided,
            ),
        )

    def list(self, call: Call) -> Answer:
        """List the queue; it tells numbers, and shows no record."""
        asked: ListChanges = call.query
        self.looks.listed(call, "change requests")
        with self.deciding.database.read() as tx:
            queue = store.list_open(tx, MOST)
        listed = [one for one in queue if asked.after is None or _place(one) > asked.after]
        page, today = listed[: asked.limit], self.clock.today()
        after = _place(page[-1]) if len(listed) > len(page) else None
        return Answer(ChangeQueue(changes=[_shape(one, today) for one in page], next=after))

    def show(self, call: Call) -> Answer:
        """Show one; the service records the look, and this the reason."""
        seen = self.deciding.look(call.place["change"], call.actor)
        self.looks.take(call, [seen.change.member_number])
        return Answer(
            ChangeBeside(
                change=_shape(seen.change, self.clock.today()),
                wanted=dict(seen.change.wanted),
                now=seen.current,
                digest=seen.digest,
            )
        )

    def accept(self, call: Call) -> Answer:
        """Accept."""
        change_id, day = call.place["change"], call.body.effective_on or self.clock.today()
        self.deciding.approve(change_id, day, call.actor, call.reason, call.body.digest)
        return Answer(Decided(id=change_id, state="approved", effective_on=day))

    def decline(self, call: Call) -> Answer:
        """Decline."""
        change_id = call.place["change"]
        self.deciding.refuse(change_id, call.actor, call.reason)
        return Answer(Decided(id=change_id, state="refused", effective_on=None))


def _place(one: ChangeRequest) -> str:
    """Tell where a request stands in the queue, so that texts sort as the queue does."""
    return f"{one.due_on.isoformat()}.{to_micros(one.filed_at):017d}.{one.id}"


def _shape(one: ChangeRequest, today: date) -> ChangeShape:
    return ChangeShape(
        id=one.id,
        member_number=one.member_number,
        kind=one.kind.value,
        state=one.state.value,
        via=one.via,
        filed_at=one.filed_at,
        due_on=one.due_on,
        overdue=one.state.value == "open" and one.due_on < today,
        effective_on=one.effective_on,
        decided_at=one.decided_at,
        decided_by=one.decided_by,
    )
