"""What the desk reads of other rooms' tables for its lists, and the rows of its own that are small.

Each list is read page by page in a steady order; whoever lists a hundred thousand members reads no
more than a page of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from idp.accounts.tables import account
from idp.changes.model import ChangeRequest, State
from idp.changes.store import CHANGE, read_change
from idp.changes.tables import change_request
from idp.clock import from_micros
from idp.invitations.model import Invitation
from idp.invitations.store import INVITATION, read_invitation
from idp.invitations.tables import invitation
from idp.members.model import Member
from idp.members.store import MEMBER_COLUMNS, member, read_member
from idp.register_desk.export_model import Allowed, ListName
from idp.register_desk.tables import register_export, register_look
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_m, _c, _i, _x = member.c, change_request.c, invitation.c, register_export.c
_l = register_look.c
_first: Any = sa.bindparam("first")
_last: Any = sa.bindparam("last")
_page: dict[str, Any] = {"most": sa.bindparam("most"), "skip": sa.bindparam("skip")}

_LOOKS = Statement(
    sa.select(sa.func.count())
    .select_from(register_look)
    .where(
        _l.staff_id == sa.bindparam("who"),
        _l.kind == sa.bindparam("kind"),
        _l.at > sa.bindparam("since"),
    )
)
_ADD_LOOK = Statement(sa.insert(register_look).values({c.name: sa.bindparam(c.name) for c in _l}))
_CLEAN_LOOKS = Statement(sa.delete(register_look).where(_l.at < sa.bindparam("before")))

_is_open = _c.state == State.OPEN.value
_OPEN = Statement(
    sa.select(*CHANGE)
    .where(_is_open)
    .order_by(_c.due_on, _c.filed_at, _c.id)
    .limit(_page["most"])
    .offset(_page["skip"])
)
_COUNT_OPEN = Statement(
    sa.select(
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(sa.case((_c.due_on < sa.bindparam("today"), 1), else_=0)), 0),
        sa.func.coalesce(sa.func.sum(sa.case((_c.due_on == sa.bindparam("today"), 1), else_=0)), 0),
    ).where(_is_open)
)
_DECIDED = Statement(
    sa.select(*CHANGE)
    .where(_c.state != State.OPEN.value)
    .order_by(_c.due_on.desc(), _c.filed_at.desc(), _c.id)
    .limit(_page["most"])
    .offset(_page["skip"])
)
_DUE_BY_DAY = Statement(
    sa.select(_c.due_on, sa.func.count())
    .where(_is_open, _c.due_on >= _first, _c.due_on <= _last)
    .group_by(_c.due_on)
)
_DUE_ON = Statement(
    sa.select(*CHANGE).where(_is_open, _c.due_on == _first).order_by(_c.filed_at, _c.id)
)
# Nearly everybody was never refunded: an index on that would read the whole register.
_not_refunded = sa.func.coalesce(_m.capital_refunded_on, "") == ""
_late = _m.refund_planned_on <= sa.bindparam("today"), _not_refunded
_COUNT_LATE = Statement(sa.select(sa.func.count()).select_from(member).where(*_late))
_LATE = Statement(
    sa.select(*MEMBER_COLUMNS)
    .where(*_late)
    .order_by(_m.refund_planned_on, _m.member_number)
    .limit(_page["most"])
    .offset(_page["skip"])
)

_INVITED = Statement(
    sa.select(*INVITATION)
    .where(_i.member_number == sa.bindparam("number"))
    .order_by(_i.created_at.desc(), _i.selector)
    .limit(_page["most"])
)
_live = _i.used_at.is_(None), _i.ended_at.is_(None)
_no_access = sa.or_(account.c.subject.is_(None), account.c.stopped_at.is_not(None))
_COUNT_PENDING = Statement(
    sa.select(sa.func.count())
    .select_from(invitation.outerjoin(account, account.c.member_number == _i.member_number))
    .where(*_live, _no_access)
)
_COUNT_LETTERS = Statement(
    sa.select(sa.func.count())
    .select_from(invitation)
    .where(
        *_live,
        _i.sent_by == "letter",
        _i.code_wrapped.is_not(None),
        _i.expires_at > sa.bindparam("now"),
    )
)

_within = {
    ListName.MEMBERS: (sa.true(),),
    ListName.LEAVING: (
        _m.withdrawal_accepted_on.is_not(None),
        _not_refunded,
        _m.withdrawal_accepted_on >= _first,
        _m.withdrawal_accepted_on <= _last,
    ),
    ListName.REFUNDS: (
        _m.refund_planned_on >= _first,
        _m.refund_planned_on <= _last,
        _not_refunded,
    ),
    ListName.JOINED: (_m.capital_paid_on >= _first, _m.capital_paid_on <= _last),
}
_of_list = {name: (*found, _m.erased_at.is_(None)) for name, found in _within.items()}
_COUNT_LIST = {
    name: Statement(sa.select(sa.func.count()).select_from(member).where(*found))
    for name, found in _of_list.items()
}
_LIST = {
    name: Statement(
        sa.select(*MEMBER_COLUMNS)
        .where(*found, _m.member_number > sa.bindparam("after"))
        .order_by(_m.member_number)
        .limit(_page["most"])
    )
    for name, found in _of_list.items()
}
_ALLOW = Statement(
    sa.insert(register_export).values(
        {c.name: sa.bindparam(c.name) for c in _x if c.name != "taken_at"}
    )
)
_ALLOWED = Statement(
    sa.select(*_x)
    .where(_x.staff_id == sa.bindparam("who"))
    .order_by(_x.allowed_at.desc(), _x.id.desc())
    .limit(_page["most"])
)
_FIND_ALLOWED = Statement(sa.select(*_x).where(_x.id == sa.bindparam("which")))
_TAKE = Statement(
    sa.update(register_export)
    .where(
        _x.id == sa.bindparam("which"),
        _x.staff_id == sa.bindparam("who"),
        _x.taken_at.is_(None),
        _x.expires_at > sa.bindparam("at"),
    )
    .values(taken_at=sa.bindparam("at"))
)


def looks_since(tx: Tx, who: str, kind: str, since: int) -> int:
    """Count what somebody looked up since an instant."""
    return _number(tx.one(_LOOKS, who=who, kind=kind, since=since))


def add_look(tx: Tx, look: str, who: str, kind: str, at: int) -> None:
    """Note that somebody looked something up."""
    tx.run(_ADD_LOOK, id=look, staff_id=who, kind=kind, at=at)


def clean_looks(tx: Tx, before: int) -> int:
    """Delete looks that count no longer."""
    return tx.run(_CLEAN_LOOKS, before=before)


def open_changes(tx: Tx, most: int, skip: int) -> list[ChangeRequest]:
    """List what waits for a decision, the earliest due first."""
    return [read_change(row) for row in tx.all(_OPEN, most=most, skip=skip)]


def decided_changes(tx: Tx, most: int, skip: int) -> list[ChangeRequest]:
    """List what was decided or taken back, the latest due first."""
    return [read_change(row) for row in tx.all(_DECIDED, most=most, skip=skip)]


def count_open(tx: Tx, today: date) -> tuple[int, int, int]:
    """Count what waits: all of it, what is late, what is due today."""
    row = tx.one(_COUNT_OPEN, today=today.isoformat())
    return (int(row[0]), int(row[1]), int(row[2])) if row else (0, 0, 0)


def due_by_day(tx: Tx, first: date, last: date) -> dict[date, int]:
    """Count open change requests by the day on which they are due."""
    rows = tx.all(_DUE_BY_DAY, first=first.isoformat(), last=last.isoformat())
    return {date.fromisoformat(row[0]): int(row[1]) for row in rows}


def due_on(tx: Tx, day: date) -> list[ChangeRequest]:
    """List open change requests that are due on a day."""
    return [read_change(row) for row in tx.all(_DUE_ON, first=day.isoformat())]


def count_late_refunds(tx: Tx, today: date) -> int:
    """Count members whose planned refund is due or past and not on record."""
    return _number(tx.one(_COUNT_LATE, today=today.isoformat()))


def late_refunds(tx: Tx, today: date, most: int, skip: int) -> list[Member]:
    """List them, the longest past first."""
    rows = tx.all(_LATE, today=today.isoformat(), most=most, skip=skip)
    return [read_member(row) for row in rows]


def invitations_of(tx: Tx, number: str, most: int) -> list[Invitation]:
    """List the invitations of a member, the latest first."""
    return [read_invitation(row) for row in tx.all(_INVITED, number=number, most=most)]


def count_pending(tx: Tx) -> int:
    """Count invitations that nobody has used yet."""
    return _number(tx.one(_COUNT_PENDING))


def count_letters(tx: Tx, now: int) -> int:
    """Count letters that wait to be printed."""
    return _number(tx.one(_COUNT_LETTERS, now=now))


def count_list(tx: Tx, name: ListName, first: date, last: date) -> int:
    """Count the members of a list."""
    values = {"first": first.isoformat(), "last": last.isoformat()}
    return _number(tx.one(_COUNT_LIST[name], **values))


def page_of_list(
    tx: Tx, name: ListName, first: date, last: date, after: str, most: int
) -> Sequence[Member]:
    """List members of a list behind a number."""
    values = {"first": first.isoformat(), "last": last.isoformat(), "after": after}
    return [read_member(row) for row in tx.all(_LIST[name], most=most, **values)]


def allow(tx: Tx, **columns: Any) -> None:
    """Insert an export that somebody may take."""
    tx.run(_ALLOW, **columns)


def allowed_to(tx: Tx, who: str, most: int) -> list[Allowed]:
    """List what somebody may take or took, the latest first."""
    return [_read_allowed(row) for row in tx.all(_ALLOWED, who=who, most=most)]


def find_allowed(tx: Tx, which: str) -> Allowed | None:
    """Find an export by its id."""
    row = tx.one(_FIND_ALLOWED, which=which)
    return _read_allowed(row) if row else None


def take(tx: Tx, which: str, who: str, at: int) -> bool:
    """Take an export, once; False when it is another's, was taken, or its time is over."""
    return tx.run(_TAKE, which=which, who=who, at=at) == 1


def _number(row: tuple[Any, ...] | None) -> int:
    return int(row[0]) if row else 0


def _read_allowed(row: tuple[Any, ...]) -> Allowed:
    return Allowed(
        id=row[0],
        staff_id=row[1],
        list=ListName(row[2]),
        first_on=date.fromisoformat(row[3]) if row[3] else None,
        last_on=date.fromisoformat(row[4]) if row[4] else None,
        rows=int(row[5]),
        reason=row[6],
        approval=row[7],
        allowed_at=from_micros(row[8]),
        expires_at=from_micros(row[9]),
        taken_at=from_micros(row[10]) if row[10] is not None else None,
    )
