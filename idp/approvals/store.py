"""Rows of requests for a second person. What is over never comes back: each end is a take."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from audit.event import Actor
from idp.approvals.model import Approval, State
from idp.approvals.tables import approval
from idp.clock import from_micros
from idp.policy.approvals import ApprovalKind
from idp.staff.tables import staff_account
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_c = approval.c
_LATER = ("answer", "ended_at", "ended_by", "review_by", "reviewed_at", "reviewed_by", "in_order")
_ROW = sa.select(
    _c.id,
    _c.kind,
    _c.state,
    _c.requester,
    _c.actor_kind,
    _c.actor_role,
    _c.session,
    _c.browser,
    _c.digest,
    _c.person,
    _c.subject,
    _c.count,
    _c.created_at,
    _c.expires_at,
    _c.ended_at,
    _c.ended_by,
    _c.review_by,
    _c.reviewed_at,
    _c.reviewed_by,
    _c.in_order,
    _c.content,
    _c.answer,
)
_FIND = Statement(_ROW.where(_c.id == sa.bindparam("which")))
_IS_WAITING = _c.state == State.WAITING.value
_ALIKE = Statement(_ROW.where(_c.likeness == sa.bindparam("likeness"), _IS_WAITING))
_WAITING = Statement(
    _ROW.where(_IS_WAITING, _c.expires_at > sa.bindparam("now"))
    .order_by(_c.expires_at, _c.id)
    .limit(sa.bindparam("most"))
)
_OF_ENDED = Statement(
    _ROW.join(staff_account, staff_account.c.id == _c.requester)
    .where(_IS_WAITING, staff_account.c.ended_at.is_not(None))
    .limit(sa.bindparam("most"))
)
_OVER = Statement(
    _ROW.where(_IS_WAITING, _c.expires_at <= sa.bindparam("now"))
    .order_by(_c.expires_at)
    .limit(sa.bindparam("most"))
)
_OF = Statement(
    _ROW.where(_c.requester == sa.bindparam("who"))
    .order_by(_c.created_at.desc(), _c.id.desc())
    .limit(sa.bindparam("most"))
)
_ENDED = Statement(
    _ROW.where(_c.ended_at.is_not(None)).order_by(_c.ended_at.desc()).limit(sa.bindparam("most"))
)
_UNREVIEWED = Statement(
    _ROW.where(_c.review_by.is_not(None), _c.reviewed_at.is_(None)).order_by(_c.review_by)
)
_ADD = Statement(
    sa.insert(approval).values({c.name: sa.bindparam(c.name) for c in _c if c.name not in _LATER})
)
_END = Statement(
    sa.update(approval)
    .where(_c.id == sa.bindparam("which"), _IS_WAITING)
    .values(
        state=sa.bindparam("new"),
        ended_at=sa.bindparam("at"),
        ended_by=sa.bindparam("by"),
        answer=sa.bindparam("said"),
    )
)
_PERFORMED = Statement(
    sa.update(approval)
    .where(_c.id == sa.bindparam("which"), _IS_WAITING)
    .values(
        state=State.PERFORMED.value, ended_at=sa.bindparam("at"), review_by=sa.bindparam("until")
    )
)
_CLEAN = Statement(
    sa.delete(approval).where(
        _c.ended_at < sa.bindparam("before"),
        sa.or_(_c.review_by.is_(None), _c.reviewed_at.is_not(None)),
    )
)
_REVIEWED = Statement(
    sa.update(approval)
    .where(_c.id == sa.bindparam("which"), _c.review_by.is_not(None), _c.reviewed_at.is_(None))
    .values(
        reviewed_at=sa.bindparam("at"),
        reviewed_by=sa.bindparam("by"),
        in_order=sa.bindparam("right"),
        answer=sa.bindparam("said"),
    )
)


def find(tx: Tx, approval_id: str) -> Approval | None:
    """Find a request."""
    row = tx.one(_FIND, which=approval_id)
    return _read(row) if row else None


def find_alike(tx: Tx, likeness: str) -> Approval | None:
    """Find the waiting request for the very same thing."""
    row = tx.one(_ALIKE, likeness=likeness)
    return _read(row) if row else None


def waiting(tx: Tx, now: int, most: int) -> list[Approval]:
    """List what waits, the first to expire first."""
    return [_read(row) for row in tx.all(_WAITING, now=now, most=most)]


def of_ended(tx: Tx, most: int) -> list[Approval]:
    """List what waits although whoever asked for it has left."""
    return [_read(row) for row in tx.all(_OF_ENDED, most=most)]


def over(tx: Tx, now: int, most: int) -> list[Approval]:
    """List what waits although its time is over."""
    return [_read(row) for row in tx.all(_OVER, now=now, most=most)]


def asked_by(tx: Tx, requester: str, most: int) -> list[Approval]:
    """List what somebody asked for, the newest first."""
    return [_read(row) for row in tx.all(_OF, who=requester, most=most)]


def ended(tx: Tx, most: int) -> list[Approval]:
    """List what is over, the last first."""
    return [_read(row) for row in tx.all(_ENDED, most=most)]


def unreviewed(tx: Tx) -> list[Approval]:
    """List what was done in an emergency and nobody looked at, the first due first."""
    return [_read(row) for row in tx.all(_UNREVIEWED)]


def add(tx: Tx, **columns: Any) -> None:
    """Keep a new request."""
    tx.run(_ADD, state=State.WAITING.value, **columns)


def end(
    tx: Tx, approval_id: str, state: State, at: int, by: str | None, answer: str | None = None
) -> bool:
    """End a request once; False when it was over before."""
    return tx.run(_END, which=approval_id, new=state.value, at=at, by=by, said=answer) == 1


def performed(tx: Tx, approval_id: str, at: int, review_by: int) -> bool:
    """Note that it was done at once, and until when somebody must have looked at it."""
    return tx.run(_PERFORMED, which=approval_id, at=at, until=review_by) == 1


def reviewed(
    tx: Tx, approval_id: str, at: int, by: str, answer: str | None, *, in_order: bool
) -> bool:
    """Note a review once."""
    done = tx.run(_REVIEWED, which=approval_id, at=at, by=by, said=answer, right=int(in_order))
    return done == 1


def clean(tx: Tx, before: int) -> int:
    """Delete what was over before an instant, but nothing that waits for its review."""
    return tx.run(_CLEAN, before=before)


def _read(row: tuple[Any, ...]) -> Approval:
    return Approval(
        id=row[0],
        kind=ApprovalKind(row[1]),
        state=State(row[2]),
        requester=row[3],
        actor=Actor(row[4], row[3], row[5]),
        session=row[6],
        browser=row[7],
        digest=row[8],
        person=row[9],
        subject=row[10],
        count=row[11],
        created_at=from_micros(row[12]),
        expires_at=from_micros(row[13]),
        ended_at=_at(row[14]),
        ended_by=row[15],
        review_by=_at(row[16]),
        reviewed_at=_at(row[17]),
        reviewed_by=row[18],
        in_order=None if row[19] is None else bool(row[19]),
        content=row[20],
        answer=row[21],
    )


def _at(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
