"""Withdrawals by list, and their undoing, as acts that a second person may have to decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from idp.approvals.model import Author, Difference, Line, Parameters
from idp.members import store as members
from idp.policy.approvals import ApprovalKind
from idp.policy.staff import Permission
from idp.register_desk.withdrawal_model import BadList, Row, Wanted
from idp.register_desk.withdrawals import Withdrawals
from idp.storage.sql import Tx
from idp.web.i18n import mark as _

ACCEPTED = _("脱退届受理日")
PLANNED = _("出資金の返還予定日")
MEMBER = _("脱退届受理日／返還予定日：組合員番号")
UNDOES = _("取り消す脱退の記録")
LEFT = _("取り消さない組合員（あとで変わったか、返還が済んだため）")
NONE = "—"
IN_ONE_LINE = 20


@dataclass(frozen=True)
class WithdrawalAct:
    """`register.withdrawal`; parameters: `numbers`, `accepted_on`, `refund_on`, or `undo`."""

    withdrawals: Withdrawals
    kind: ApprovalKind = ApprovalKind.REGISTER_WITHDRAWAL
    needs: Permission = Permission.REGISTER_CHANGE

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Tell every date that would change.

        Raises `BadList`, `CannotUndo`, `UnknownWithdrawal`.
        """
        if "undo" in parameters:
            return self._undoing(tx, str(parameters["undo"]))
        wanted = read_parameters(parameters)
        rows = self._changing(tx, wanted)
        lines = (
            Line(ACCEPTED, None, wanted.accepted_on.isoformat()),
            Line(PLANNED, None, _day(wanted.refund_on)),
            *_together(
                (
                    row.number,
                    _dates(row.accepted_before, row.refund_before),
                    _dates(wanted.accepted_on, row.refund_after),
                )
                for row in rows
            ),
        )
        return Difference(lines, count=len(rows))

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:  # noqa: ARG002
        """Record, or undo."""
        members.hold(tx)
        if "undo" in parameters:
            which = str(parameters["undo"])
            _, able, _ = self.withdrawals.undoable(tx, which)
            self.withdrawals.undo(tx, which, able, author)
            return
        wanted = read_parameters(parameters)
        self.withdrawals.record(tx, wanted, self._changing(tx, wanted), author)

    def _changing(self, tx: Tx, wanted: Wanted) -> tuple[Row, ...]:
        most = self.withdrawals.policy.policy.register.withdrawals_at_most
        if len(wanted.numbers) > most:
            raise BadList(f"{len(wanted.numbers)} members; one list holds {most} at most")
        rows = self.withdrawals.rows(tx, wanted)
        for row in rows:
            if row.trouble is not None and row.trouble != "same":
                raise BadList(f"{row.number}: {row.trouble.value}")
        changing = tuple(row for row in rows if row.trouble is None)
        if not changing:
            raise BadList("the list changes nothing")
        return changing

    def _undoing(self, tx: Tx, which: str) -> Difference:
        act, able, unable = self.withdrawals.undoable(tx, which)
        left = [Line(LEFT, None, ", ".join(row.number for row in unable))] if unable else []
        lines = (
            Line(UNDOES, None, which),
            *_together(
                (
                    row.number,
                    _dates(act.accepted_on, row.refund_after),
                    _dates(row.accepted_before, row.refund_before),
                )
                for row in able
            ),
            *left,
        )
        return Difference(lines, count=len(able))


def read_parameters(parameters: Parameters) -> Wanted:
    """Read a list as it was asked for; raises `BadList`."""
    numbers, refund = parameters.get("numbers"), parameters.get("refund_on")
    try:
        return Wanted(
            tuple(sorted({str(number) for number in numbers or ()})),
            date.fromisoformat(str(parameters.get("accepted_on"))),
            date.fromisoformat(str(refund)) if refund else None,
        )
    except (TypeError, ValueError):
        raise BadList("numbers, accepted_on and refund_on are needed") from None


def _together(changes: Iterable[tuple[str, str, str]]) -> Iterator[Line]:
    """Write who changes from what to what, members of the same dates in one line.

    Eight hundred lines that say the same are not read; and a page has to stay below 100 kB.
    """
    alike: dict[tuple[str, str], list[str]] = {}
    for number, before, after in changes:
        alike.setdefault((before, after), []).append(number)
    for (before, after), numbers in alike.items():
        for first in range(0, len(numbers), IN_ONE_LINE):
            who = ", ".join(numbers[first : first + IN_ONE_LINE])
            yield Line(MEMBER, before, f"{after}: {who}")


def _dates(accepted_on: date | None, refund_on: date | None) -> str:
    return f"{_day(accepted_on)} / {_day(refund_on)}"


def _day(day: date | None) -> str:
    return day.isoformat() if day else NONE
