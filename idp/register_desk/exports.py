"""Lists of members taken out of the house: allowed, taken once, marked with who took them.

Every row carries the number of the export: a page of it that turns up somewhere leads to its event,
and so to a person. No cell is one that a spreadsheet takes for a formula (CWE-1236).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from audit.event import Actor, new_id
from audit.names import EventName
from idp.approvals.model import Author, Difference, Line, Parameters
from idp.audit_room.forms import Mark, csv_row, first_row, last_row
from idp.clock import Clock, to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.model import Behind
from idp.journal.service import Journal
from idp.members.model import Member, name_on
from idp.members.standing import standing
from idp.policy.approvals import ApprovalKind
from idp.policy.staff import Permission
from idp.register_desk import store
from idp.register_desk.export_model import (
    Allowed,
    BadExport,
    CannotTake,
    ListName,
    UnknownExport,
)
from idp.register_desk.ids import is_id
from idp.storage.sql import Database, Tx
from idp.web.i18n import mark as _

BATCH: Final = 1_000
LISTED: Final = 20
LONGEST_PERIOD: Final = timedelta(days=3660)
LISTS: Final[dict[ListName, str]] = {
    ListName.MEMBERS: _("名簿のすべての組合員"),
    ListName.JOINED: _("期間中に出資金の入金があった組合員"),
    ListName.LEAVING: _("期間中に脱退届を受理し、返還が済んでいない組合員"),
    ListName.REFUNDS: _("期間中に出資金の返還を予定し、返還が済んでいない組合員"),
}
COLUMNS: Final = (
    "組合員番号",
    "氏名",
    "フリガナ",
    "状態",
    "出資金入金日",
    "脱退届受理日",
    "返還予定日",
    "書き出し番号",
)
WHICH: Final = _("書き出す一覧")
PERIOD: Final = _("期間")
AT_MOST: Final = _("最大の行数")


@dataclass(frozen=True, slots=True)
class Wish:
    """A list, and the days it is about."""

    list: ListName
    first: date
    last: date


def read_wish(parameters: Parameters) -> Wish:
    """Read what is asked for; raises `BadExport`."""
    try:
        name = ListName(str(parameters.get("list")))
        first = date.fromisoformat(str(parameters.get("from") or "1900-01-01"))
        last = date.fromisoformat(str(parameters.get("to") or "9999-12-31"))
    except ValueError:
        raise BadExport("a list and its days are needed") from None
    if name is ListName.MEMBERS:
        return Wish(name, date(1900, 1, 1), date(9999, 12, 31))
    if not first <= last <= min(date(9999, 12, 31), first + LONGEST_PERIOD):
        raise BadExport("the days: at most ten years, in order")
    return Wish(name, first, last)


def roomy(rows: int) -> int:
    """Round a number of rows up to two digits: a list that grows by one is not another list."""
    step: int = 10 ** max(0, len(str(rows)) - 2)
    return -(-rows // step) * step


@dataclass(frozen=True)
class ExportAct:
    """`register.export`; parameters: `list`, `from`, `to`. Taking it comes afterwards."""

    clock: Clock
    policy: PolicyInForce
    journal: Journal
    kind: ApprovalKind = ApprovalKind.REGISTER_EXPORT
    needs: Permission = Permission.REGISTER_EXPORT

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Tell the list and how much may leave; raises `BadExport`."""
        wish = read_wish(parameters)
        rows = roomy(store.count_list(tx, wish.list, wish.first, wish.last))
        if rows == 0:
            raise BadExport("the list is empty")
        lines = (
            Line(WHICH, None, LISTS[wish.list]),
            *([] if wish.list is ListName.MEMBERS else [Line(PERIOD, None, _days(wish))]),
            Line(AT_MOST, None, str(rows)),
        )
        return Difference(lines, count=rows)

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:
        """Allow it to whoever asked, for a while."""
        wish = read_wish(parameters)
        rows = roomy(store.count_list(tx, wish.list, wish.first, wish.last))
        until = now + self.policy.policy.register.export_waits.delta
        which = new_id(now)
        store.allow(
            tx,
            id=which,
            staff_id=str(author.actor.id),
            list=wish.list.value,
            first_on=wish.first.isoformat(),
            last_on=wish.last.isoformat(),
            rows=rows,
            reason=author.reason[:500],
            approval=author.approval,
            allowed_at=to_micros(now),
            expires_at=to_micros(until),
        )
        data = {"state": "allowed", "export": which, "list": wish.list.value, "most": rows}
        told = {"reason": author.reason} | (
            {"approval": author.approval} if author.approval else {}
        )
        self.journal.record(
            tx,
            EventName.EXPORT_MADE,
            now,
            actor=author.actor,
            session=author.session,
            origin=author.origin,
            data=data | told,
        )


@dataclass(frozen=True)
class RegisterExports:
    """Lists what somebody may take, and gives it."""

    database: Database
    clock: Clock
    journal: Journal

    def allowed_to(self, staff_id: str) -> list[Allowed]:
        """List what somebody may take or took."""
        with self.database.read() as tx:
            return store.allowed_to(tx, staff_id, LISTED)

    def take(self, which: str, staff_id: str, actor: Actor, behind: Behind) -> list[str]:
        """Give the lines of an export, once, with its event.

        Raises `CannotTake`, `UnknownExport`.
        """
        with self.database.read() as tx:
            one = store.find_allowed(tx, which) if is_id(which) else None
        if one is None or one.staff_id != staff_id:
            raise UnknownExport("another person's, or none")
        wish = Wish(one.list, one.first_on or date.min, one.last_on or date.max)
        now = self.clock.now()
        mark = Mark(staff_id, now, one.id, "")
        rows = list(self._rows(wish, one.id))
        if len(rows) > one.rows:
            raise CannotTake(f"{len(rows)} rows; {one.rows} were allowed")
        with self.database.begin() as tx:
            if not store.take(tx, which, staff_id, to_micros(now)):
                raise CannotTake("taken before, or its time is over")
            data = {"state": "taken", "export": one.id, "list": one.list.value, "count": len(rows)}
            told = {"reason": one.reason} | ({"approval": one.approval} if one.approval else {})
            self.journal.record(
                tx,
                EventName.EXPORT_MADE,
                now,
                actor=actor,
                session=behind.session,
                origin=behind.origin,
                data=data | told,
            )
        last = last_row(mark, f"{len(rows)} members", None)
        return [first_row(mark), csv_row(COLUMNS), *rows, last]

    def _rows(self, wish: Wish, export: str) -> Iterator[str]:
        after, today = "", self.clock.today()
        while True:
            with self.database.read() as tx:
                page = store.page_of_list(tx, wish.list, wish.first, wish.last, after, BATCH)
            for member in page:
                yield csv_row(_cells(member, today, export))
            if len(page) < BATCH:
                return
            after = page[-1].member_number


def _cells(member: Member, today: date, export: str) -> tuple[str, ...]:
    name = name_on(member, today)
    dates = (member.capital_paid_on, member.withdrawal_accepted_on, member.refund_planned_on)
    return (
        member.member_number,
        name.full,
        name.full_kana,
        standing(member, today).value,
        *(day.isoformat() if day else "" for day in dates),
        export,
    )


def _days(wish: Wish) -> str:
    return f"{wish.first.isoformat()} – {wish.last.isoformat()}"
