"""The staff: who is in service and holds which roles. To read only; staff acts need persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.names import EventName
from idp.admin_api.model import Answer, Call, Shape
from idp.admin_api.routes import Kind, Route
from idp.journal.service import Journal
from idp.policy.staff import Permission
from idp.staff.directory import Listed, StaffDirectory
from idp.staff.model import UnknownStaff


class RoleShape(Shape, frozen=True):
    """A role somebody holds."""

    role: str
    granted_at: datetime
    granted_by: str
    until: datetime | None


class StaffShape(Shape, frozen=True):
    """Somebody of the staff, without the address they sign in with."""

    id: str
    name: str
    roles: list[RoleShape]
    created_at: datetime
    enrolled_at: datetime | None
    ended_at: datetime | None


class StaffList(Shape, frozen=True):
    """All accounts, those that have ended too."""

    staff: list[StaffShape]


@dataclass(frozen=True)
class StaffBook:
    """The directory, for programs."""

    directory: StaffDirectory
    journal: Journal

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        view = Permission.STAFF_VIEW
        return (
            Route(
                method="GET",
                path="/staff",
                need=view,
                kind=Kind.READ,
                do=self.list,
                title="List the staff and the roles they hold",
                gives=StaffList,
            ),
            Route(
                method="GET",
                path="/staff/{staff}",
                need=view,
                kind=Kind.READ,
                do=self.show,
                title="Show somebody of the staff",
                gives=StaffShape,
            ),
        )

    def list(self, call: Call) -> Answer:
        """List."""
        found = self._recorded(call)
        return Answer(StaffList(staff=[_shape(one) for one in found]))

    def show(self, call: Call) -> Answer:
        """Show one."""
        found = [one for one in self._recorded(call) if one.account.id == call.place["staff"]]
        if not found:
            raise UnknownStaff(call.place["staff"])
        return Answer(_shape(found[0]))

    def _recorded(self, call: Call) -> Sequence[Listed]:
        """List all; like the page of the console it is an event."""
        listed = self.directory.list_all()
        with self.directory.database.begin() as tx:
            self.journal.record(
                tx,
                EventName.STAFF_LISTED,
                call.now,
                actor=call.actor,
                client=call.caller.client_id,
                origin=call.caller.origin,
                data={"count": len(listed)},
            )
        return listed


def _shape(one: Listed) -> StaffShape:
    account = one.account
    held = [role for role in one.roles if role.ended_at is None]
    return StaffShape(
        id=account.id,
        name=account.name,
        roles=[
            RoleShape(
                role=role.role,
                granted_at=role.granted_at,
                granted_by=role.granted_by,
                until=role.until,
            )
            for role in held
        ],
        created_at=account.created_at,
        enrolled_at=account.enrolled_at,
        ended_at=account.ended_at,
    )
