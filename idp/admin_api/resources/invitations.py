"""Invitations: list, issue, withdraw. No code is ever told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import msgspec

from idp.admin_api.looks import Looks
from idp.admin_api.model import Answer, Call, Shape, Wanted
from idp.admin_api.routes import Kind, Route
from idp.admin_api.words import Number, Reason, Size
from idp.clock import Clock, date_in_tokyo
from idp.invitations.model import Invitation, SentBy, last_day
from idp.invitations.service import Invitations
from idp.policy.staff import Permission
from idp.subjects.service import told_of


class ListInvitations(Wanted, frozen=True):
    """Which page."""

    after: Annotated[str, msgspec.Meta(pattern="^[0-9]{8}$")] = "00000000"
    limit: Size = 50


class InvitationShape(Shape, frozen=True):
    """An invitation, without its code."""

    member_number: str
    state: str
    sent_by: str
    created_on: date
    valid_until: date
    printed_on: date | None


class InvitationList(Shape, frozen=True):
    """Invitations by member number."""

    invitations: list[InvitationShape]
    next: str | None


class Invite(Wanted, frozen=True):
    """Invite a member; by mail where an address is known, unless a letter is asked for."""

    member_number: Number
    reason: Reason
    letter: bool = False


class Withdraw(Wanted, frozen=True):
    """Withdraw a member's invitation."""

    reason: Reason


class Withdrawn(Shape, frozen=True):
    """The invitation opens nothing any more."""

    member_number: str


@dataclass(frozen=True)
class InvitationDesk:
    """Invitations, for programs."""

    clock: Clock
    invitations: Invitations
    looks: Looks

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        issue = Permission.INVITATION_ISSUE
        return (
            Route(
                method="GET",
                path="/invitations",
                need=issue,
                kind=Kind.PERSON,
                do=self.list,
                title="List invitations that wait to be used",
                query=ListInvitations,
                gives=InvitationList,
            ),
            Route(
                method="POST",
                path="/invitations",
                need=issue,
                kind=Kind.CHANGE,
                do=self.invite,
                title="Invite a member; an earlier invitation ends",
                takes=Invite,
                gives=InvitationShape,
                status=201,
            ),
            Route(
                method="POST",
                path="/invitations/{number}/withdraw",
                need=issue,
                kind=Kind.CHANGE,
                do=self.withdraw,
                title="Withdraw a member's invitation",
                takes=Withdraw,
                gives=Withdrawn,
            ),
        )

    def list(self, call: Call) -> Answer:
        """List; it tells numbers, and shows no record."""
        asked: ListInvitations = call.query
        self.looks.listed(call, "invitations")
        found = self.invitations.page(asked.after, asked.limit)
        after = found[-1].member_number if len(found) == asked.limit else None
        shown = [self._shape(one, call) for one in found]
        return Answer(InvitationList(invitations=shown, next=after))

    def invite(self, call: Call) -> Answer:
        """Invite."""
        wanted: Invite = call.body
        way = SentBy.LETTER if wanted.letter else None
        made = self.invitations.invite(wanted.member_number, call.actor, way)
        about = {"member": told_of(wanted.member_number)}
        return Answer(self._shape(made, call), status=201, about=about)

    def withdraw(self, call: Call) -> Answer:
        """Withdraw."""
        self.invitations.withdraw(call.place["number"], call.actor, call.reason)
        return Answer(Withdrawn(member_number=call.place["number"]))

    def _shape(self, one: Invitation, call: Call) -> InvitationShape:
        return InvitationShape(
            member_number=one.member_number,
            state=one.state(call.now).value,
            sent_by=one.sent_by.value,
            created_on=date_in_tokyo(one.created_at),
            valid_until=last_day(one.expires_at),
            printed_on=date_in_tokyo(one.printed_at) if one.printed_at else None,
        )
