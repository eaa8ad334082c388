"""Withdrawals by list: read the list, tell what it means, record it, take it back.

Only dates are written; access ends by itself at 00:00 in Japan of the day of the refund. Taking
back writes the dates that stood there before, as new facts, while no capital was paid out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from audit.event import Actor, new_id
from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.approvals.model import Author
from idp.clock import Clock, to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.model import NOWHERE, Behind, Origin
from idp.journal.service import Journal
from idp.members import store as members
from idp.members.errors import BadMemberNumber
from idp.members.leaving import BadLeaving, Leaving, check_leaving
from idp.members.model import Member
from idp.members.number import parse_member_number
from idp.members.standing import dates_access_ends_on, standing
from idp.register_desk import withdrawal_store as store
from idp.register_desk.ids import is_id
from idp.register_desk.withdrawal_model import (
    BadList,
    CannotUndo,
    Preview,
    Row,
    Trouble,
    UnknownWithdrawal,
    Wanted,
    Withdrawal,
    Withdrawn,
)
from idp.storage.sql import Database, Tx
from idp.subjects.service import by_number

LATEST: Final = 50
_BETWEEN: Final = re.compile(r"[\s,;、，\t]+")


def read_numbers(text: str, most: int) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Read a typed or pasted list: numbers in order without repetition, and what is none.

    Raises `BadList` for more than `most`.
    """
    words = [word for word in _BETWEEN.split(text) if word]
    if len(words) > most:
        raise BadList(f"{len(words)} numbers; one list holds {most} at most")
    found: dict[str, None] = {}
    wrong: list[Row] = []
    for word in words:
        try:
            found[parse_member_number(word)] = None
        except BadMemberNumber:
            wrong.append(Row(word[:40], trouble=Trouble.NOT_A_NUMBER))
    return tuple(sorted(found)), tuple(wrong)


@dataclass(frozen=True)
class Withdrawals:
    """Records and undoes."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    leaving: Leaving

    def preview(
        self, wanted: Wanted, actor: Actor, origin: Origin = NOWHERE, *, session: str | None = None
    ) -> Preview:
        """Tell what a list would mean; recorded, for it shows members. Raises `BadList`."""
        now = self.clock.now()
        with self.database.begin() as tx:
            self.journal.record(
                tx,
                EventName.REGISTER_LISTED,
                now,
                actor=actor,
                session=session,
                origin=origin,
                data={"what": "withdrawals to be", "count": len(wanted.numbers)},
            )
            return Preview(wanted, self.rows(tx, wanted))

    def rows(self, tx: Tx, wanted: Wanted) -> tuple[Row, ...]:
        """Tell what a list would mean; raises `BadList` for days that cannot be."""
        if wanted.accepted_on > self.clock.today():
            raise BadList(f"{wanted.accepted_on} has not come yet; record what has happened")
        if wanted.refund_on is not None and wanted.refund_on < wanted.accepted_on:
            raise BadList("the refund lies before the acceptance")
        return tuple(self._row(tx, number, wanted) for number in wanted.numbers)

    def record(self, tx: Tx, wanted: Wanted, rows: Sequence[Row], author: Author) -> str:
        """Record a list within an act; answers its id."""
        now = self.clock.now()
        which, who = new_id(now), str(author.actor.id)[:64]
        behind = _behind(author, {"withdrawal": which})
        self.journal.persons.prepare(tx, [by_number(row.number) for row in rows], now)
        for row in rows:
            self.leaving.accept(
                row.number, wanted.accepted_on, wanted.refund_on, author.actor, behind
            )
        store.add(
            tx,
            [
                Withdrawn(x.number, x.accepted_before, x.refund_before, x.refund_after, False)
                for x in rows
            ],
            id=which,
            made_at=to_micros(now),
            made_by=who,
            reason=author.reason[:500],
            approval=author.approval,
            accepted_on=wanted.accepted_on.isoformat(),
            refund_on=wanted.refund_on.isoformat() if wanted.refund_on else None,
        )
        self._record(tx, EventName.REGISTER_WITHDRAWN, which, len(rows), author, now)
        return which

    def undo(self, tx: Tx, which: str, rows: Sequence[Withdrawn], author: Author) -> None:
        """Write again what stood there before; raises `CannotUndo` when somebody was quicker."""
        now = self.clock.now()
        who = str(author.actor.id)[:64]
        if not store.undo(tx, which, to_micros(now), who, author.reason[:500], author.approval):
            raise CannotUndo(f"{which}: undone already")
        behind = _behind(author, {"withdrawal": which, "undone": "yes"})
        self.journal.persons.prepare(tx, [by_number(row.number) for row in rows], now)
        for row in rows:
            self.leaving.put_back(
                row.number, row.accepted_before, row.refund_before, author.actor, behind
            )
        store.mark_undone(tx, which, [row.number for row in rows])
        self._record(tx, EventName.REGISTER_WITHDRAWAL_UNDONE, which, len(rows), author, now)

    def undoable(self, tx: Tx, which: str) -> tuple[Withdrawal, list[Withdrawn], list[Withdrawn]]:
        """Give an act, whose dates can be put back, and whose cannot.

        Raises `UnknownWithdrawal`, and `CannotUndo` when it is too late for all of it.
        """
        act = get(tx, which)
        if act.undone_at is not None:
            raise CannotUndo(f"{which}: undone already")
        if self.clock.now() - act.made_at > self.policy.policy.register.undo_within.delta:
            raise CannotUndo(f"{which}: the time for it is over")
        able: list[Withdrawn] = []
        unable: list[Withdrawn] = []
        for row in store.members_of(tx, which):
            member = members.find(tx, row.number)
            (able if _is_as_written(member, act, row) else unable).append(row)
        if not able:
            raise CannotUndo(f"{which}: every member's dates were changed since, or paid out")
        return act, able, unable

    def open(
        self, which: str, actor: Actor, behind: Behind
    ) -> tuple[Withdrawal, list[Withdrawn], datetime]:
        """Give an act, its members, and until when it can be undone; recorded, for it lists them.

        Raises `UnknownWithdrawal`.
        """
        with self.database.begin() as tx:
            act = get(tx, which)
            rows = store.members_of(tx, which)
            self.journal.record(
                tx,
                EventName.REGISTER_LISTED,
                self.clock.now(),
                actor=actor,
                session=behind.session,
                origin=behind.origin,
                data={"what": "withdrawals", "withdrawal": which, "count": len(rows)},
            )
        return act, rows, act.made_at + self.policy.policy.register.undo_within.delta

    def latest(self) -> list[Withdrawal]:
        """List the latest acts."""
        with self.database.read() as tx:
            return store.list_latest(tx, LATEST)

    def year_end(self, accepted_on: date) -> date:
        """Tell when the capital of a year-end retirement is refunded."""
        return self.leaving.year_end(accepted_on)

    def _row(self, tx: Tx, number: str, wanted: Wanted) -> Row:
        member = members.find(tx, number)
        if member is None or members.is_erased(tx, number):
            return Row(number, trouble=Trouble.UNKNOWN)
        refund_after = wanted.refund_on or member.refund_planned_on
        dates = member.dates
        ends_after = min(
            (day for day in (refund_after, dates.capital_refunded_on) if day), default=None
        )
        account = accounts.find_by_number(tx, number)
        return Row(
            number,
            member.withdrawal_accepted_on,
            member.refund_planned_on,
            refund_after,
            dates_access_ends_on(dates),
            ends_after,
            standing(member, self.clock.today()).value,
            account_state(account),
            _trouble(member, wanted),
        )

    def _record(
        self, tx: Tx, name: EventName, which: str, count: int, author: Author, now: datetime
    ) -> None:
        data = {"withdrawal": which, "count": count, "reason": author.reason} | _approved(author)
        self.journal.record(
            tx,
            name,
            now,
            actor=author.actor,
            session=author.session,
            origin=author.origin,
            data=data,
        )


def get(tx: Tx, which: str) -> Withdrawal:
    """Find an act; raises `UnknownWithdrawal`."""
    found = store.find(tx, which) if is_id(which) else None
    if found is None:
        raise UnknownWithdrawal(f"{which[:40]!a}")
    return found


def account_state(account: Account | None) -> str:
    """Name how an account stands."""
    if account is None:
        return "none"
    if account.disabled_at is not None:
        return "blocked"
    return "active" if account.stopped_at is None else "stopped"


def _behind(author: Author, data: dict[str, str]) -> Behind:
    told = data | {"reason": author.reason} | _approved(author)
    return Behind(author.origin, author.session, told)


def _approved(author: Author) -> dict[str, str]:
    return {"approval": author.approval} if author.approval else {}


def _trouble(member: Member, wanted: Wanted) -> Trouble | None:
    if member.capital_paid_on is None:
        return Trouble.NOT_PAID
    if member.capital_refunded_on is not None:
        return Trouble.REFUNDED
    facts: dict[str, date | None] = {"withdrawal_accepted_on": wanted.accepted_on}
    if wanted.refund_on is not None:
        facts["refund_planned_on"] = wanted.refund_on
    try:
        check_leaving(member, facts)
    except BadLeaving:
        return Trouble.BEFORE_PAYMENT
    same = all(getattr(member, name) == day for name, day in facts.items())
    return Trouble.SAME if same else None


def _is_as_written(member: Member | None, act: Withdrawal, row: Withdrawn) -> bool:
    """Tell whether nobody changed these dates since, and no capital was paid out."""
    return (
        member is not None
        and member.capital_refunded_on is None
        and member.withdrawal_accepted_on == act.accepted_on
        and member.refund_planned_on == row.refund_after
    )
