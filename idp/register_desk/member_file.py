"""One member as the desk sees them: dated facts, masked; what happened and will; what waits.

Opening it is an event and is counted. The whole of it is shown only to who may see the register,
upon a reason, and that is an event of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from audit.event import Actor, Personal
from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.blocks import store as blocks
from idp.changes import store as changes
from idp.changes.model import ChangeRequest
from idp.clock import Clock, date_in_tokyo, to_micros
from idp.invitations.model import Invitation
from idp.journal.model import Behind
from idp.journal.service import Journal
from idp.members import store as members
from idp.members.errors import BadMemberNumber
from idp.members.model import Member
from idp.members.number import parse_member_number
from idp.members.standing import Standing, access_ends_on, standing
from idp.members.store import UnknownMember
from idp.register_desk import store, withdrawal_store
from idp.register_desk.looks import Look, Looks
from idp.register_desk.withdrawal_model import Withdrawal
from idp.register_desk.withdrawals import account_state
from idp.storage.sql import Database, Tx
from idp.subjects.service import told_of

LISTED: Final = 30
BLOCKS_OF: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of the timeline: the day in Japan, what (a key of `words.MOMENTS`), and more."""

    on: date
    what: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class MemberFile:
    """Everything the page of a member needs."""

    member: Member
    now: datetime
    today: date
    standing: Standing
    ends_on: date | None
    account: str
    subject: str | None
    sign_in_address: str | None
    changes: tuple[ChangeRequest, ...]
    invitations: tuple[Invitation, ...]
    withdrawals: tuple[Withdrawal, ...]
    blocks_running: int
    blocks_lately: int
    moments: tuple[Moment, ...]
    erased: bool


def read_number(text: str) -> str:
    """Read a number that stands in a path; raises `UnknownMember`."""
    try:
        number = parse_member_number(text)
    except BadMemberNumber:
        raise UnknownMember("no member number") from None
    if number != text:
        raise UnknownMember("one page per member, at one address")
    return number


@dataclass(frozen=True)
class MemberFiles:
    """Opens them."""

    database: Database
    clock: Clock
    journal: Journal
    looks: Looks

    def open(
        self, typed: str, staff_id: str, actor: Actor, behind: Behind, *, whole: bool = False
    ) -> MemberFile:
        """Open a member's file; raises `UnknownMember`, `TooManyLooks`.

        Who looks is recorded before anything is shown; `whole` says that nothing is masked.
        """
        number = read_number(typed)
        with self.database.read() as tx:
            members.get(tx, number)
        self.looks.spend(Look.MEMBER, staff_id, actor, behind)
        now = self.clock.now()
        with self.database.begin() as tx:
            found = self.read(tx, number)
            told = Personal(number, found.subject) if found.subject else told_of(number)
            data: dict[str, Any] = {"member": told} | dict(behind.data)
            self.journal.record(
                tx,
                EventName.MEMBER_VIEWED,
                now,
                actor=actor,
                subject=found.subject,
                session=behind.session,
                origin=behind.origin,
                data=data | ({"whole": "yes"} if whole else {}),
            )
        return found

    def read(self, tx: Tx, number: str) -> MemberFile:
        """Gather what is known of a member."""
        member, now = members.get(tx, number), self.clock.now()
        today = date_in_tokyo(now)
        account = accounts.find_by_number(tx, number)
        asked = _changes_of(tx, account)
        invited = store.invitations_of(tx, number, LISTED)
        acts = _withdrawals_of(tx, number)
        running, lately = _blocks_of(tx, account, now)
        moments = sorted(
            (
                *_of_account(account),
                *_of_register(member),
                *_of_changes(asked),
                *_of_invitations(invited),
            ),
            key=lambda one: one.on,
            reverse=True,
        )
        return MemberFile(
            member,
            now,
            today,
            standing(member, today),
            access_ends_on(member),
            account_state(account),
            account.subject if account else None,
            account.address if account else None,
            tuple(asked),
            tuple(invited),
            tuple(acts),
            running,
            lately,
            tuple(moments),
            members.is_erased(tx, number),
        )


def _changes_of(tx: Tx, account: Account | None) -> list[ChangeRequest]:
    return changes.list_of(tx, account.subject, LISTED) if account else []


def _blocks_of(tx: Tx, account: Account | None, now: datetime) -> tuple[int, int]:
    if account is None:
        return 0, 0
    running = blocks.running_of(tx, account.subject, to_micros(now))
    lately = blocks.of_subject(tx, account.subject, to_micros(now - BLOCKS_OF))
    return len(running), len(lately)


def _withdrawals_of(tx: Tx, number: str) -> list[Withdrawal]:
    found = (withdrawal_store.find(tx, which) for which in withdrawal_store.acts_of(tx, number))
    return sorted((one for one in found if one), key=lambda one: one.made_at, reverse=True)


def _of_register(member: Member) -> Iterator[Moment]:
    for name in ("names", "addresses", "phones"):
        for entry in getattr(member, name)[1:]:
            yield Moment(entry.from_on, name)
    for name in (
        "capital_paid_on",
        "withdrawal_accepted_on",
        "refund_planned_on",
        "capital_refunded_on",
    ):
        day = getattr(member, name)
        if day is not None:
            yield Moment(day, name)


def _of_changes(asked: list[ChangeRequest]) -> Iterator[Moment]:
    for one in asked:
        yield Moment(date_in_tokyo(one.filed_at), "change_filed", one.kind.value)
        if one.decided_at is not None:
            yield Moment(date_in_tokyo(one.decided_at), f"change_{one.state}", one.kind.value)


def _of_invitations(invited: list[Invitation]) -> Iterator[Moment]:
    for one in invited:
        yield Moment(date_in_tokyo(one.created_at), "invited", one.sent_by.value)
        if one.printed_at is not None:
            yield Moment(date_in_tokyo(one.printed_at), "printed")
        if one.used_at is not None:
            yield Moment(date_in_tokyo(one.used_at), "registered")
        if one.ended_at is not None:
            yield Moment(date_in_tokyo(one.ended_at), "invitation_ended", one.end_reason or "")


def _of_account(account: Account | None) -> Iterator[Moment]:
    if account is not None and account.disabled_at is not None:
        yield Moment(date_in_tokyo(account.disabled_at), "account_blocked")
    if account is not None and account.stopped_at is not None:
        yield Moment(date_in_tokyo(account.stopped_at), "account_stopped")
