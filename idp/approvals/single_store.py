"""Rows of what somebody did alone, below the number from which a second person is asked."""

from __future__ import annotations

import sqlalchemy as sa

from idp.approvals.tables import approval_single
from idp.policy.approvals import ApprovalKind
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_c = approval_single.c
_DONE = Statement(
    sa.select(sa.func.coalesce(sa.func.sum(_c.count), 0)).where(
        _c.requester == sa.bindparam("requester"),
        _c.kind == sa.bindparam("kind"),
        _c.at > sa.bindparam("since"),
    )
)
_ADD = Statement(
    approval_single.insert().values(
        requester=sa.bindparam("requester"),
        kind=sa.bindparam("kind"),
        count=sa.bindparam("count"),
        at=sa.bindparam("at"),
    )
)
_FORGET = Statement(approval_single.delete().where(_c.at <= sa.bindparam("before")))


def done(tx: Tx, requester: str, kind: ApprovalKind, since: int) -> int:
    """Count the records of all such acts since a moment (microseconds)."""
    row = tx.one(_DONE, requester=requester, kind=kind.value, since=since)
    return int(row[0]) if row else 0


def add(tx: Tx, requester: str, kind: ApprovalKind, count: int, at: int) -> None:
    """Note one act."""
    tx.write(_ADD, requester=requester, kind=kind.value, count=count, at=at)


def forget(tx: Tx, before: int) -> None:
    """Forget acts that count no more."""
    tx.write(_FORGET, before=before)
