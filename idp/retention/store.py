"""Rows of legal holds; old events, and how they leave the log with the event that says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from idp.accounts.tables import account
from idp.clock import from_micros
from idp.journal.tables import audit_event, audit_leaf, audit_purge, audit_purge_permit
from idp.retention.model import Candidate, Hold, HoldKind
from idp.retention.tables import legal_hold
from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.subjects.store import person_key

_h, _e, _p = legal_hold.c, audit_event.c, audit_purge.c
_ADD_HOLD = Statement(
    sa.insert(legal_hold).values(
        {c.name: sa.bindparam(c.name) for c in _h if not c.name.startswith("lift")}
    )
)
_HOLDS = Statement(sa.select(*_h).order_by(_h.placed_at, _h.id))
_STANDING, _LIFTED = (
    Statement(
        sa.select(*_h)
        .where(ended, _h.id < sa.bindparam("before"))
        .order_by(_h.id.desc())
        .limit(sa.bindparam("most"))
    )
    for ended in (_h.lifted_at.is_(None), _h.lifted_at.is_not(None))
)
_LIFT = Statement(
    sa.update(legal_hold)
    .where(_h.id == sa.bindparam("which"), _h.lifted_at.is_(None))
    .values(
        lifted_at=sa.bindparam("at"), lifted_by=sa.bindparam("by"), lift_reason=sa.bindparam("why")
    )
)


def _old(*columns: Any) -> Statement:
    return Statement(
        sa.select(_e.position, _e.id, _e.occurred_at, _e.name, audit_leaf.c.seq, *columns)
        .join(audit_leaf, audit_leaf.c.event_id == _e.id)
        .where(_e.position > sa.bindparam("after"), _e.position <= sa.bindparam("last"))
        .order_by(_e.position)
        .limit(sa.bindparam("most"))
    )


_OLD, _OLD_WITH_LINES = _old(), _old(_e.line)
_PERMIT = Statement(sa.insert(audit_purge_permit))
_DELETE = Statement(
    sa.delete(audit_event).where(_e.position.in_(sa.select(audit_purge_permit.c.position)))
)
_END_PERMITS = Statement(sa.delete(audit_purge_permit))
_ADD_PURGE = Statement(sa.insert(audit_purge))
_TAKE_MAILING = Statement(
    sa.text(
        "INSERT INTO stamp (name, version) VALUES ('checkpoint_mailed', :at)"
        " ON CONFLICT (name) DO UPDATE SET version = :at WHERE stamp.version <= :before"
    )
)
_NAMED, _NAMED_PG = (
    Statement(sa.text(f"SELECT 1 FROM audit_event WHERE {find}(line, :text) > 0 LIMIT 1"))  # noqa: S608
    for find in ("instr", "strpos")
)
_NAMES_OF = Statement(
    sa.select(account.c.subject, account.c.member_number).where(
        sa.or_(
            account.c.subject == sa.bindparam("who"), account.c.member_number == sa.bindparam("who")
        )
    )
)
_MONTHS = Statement(
    sa.select(person_key.c.person).where(
        person_key.c.person.like("unknown:%"), person_key.c.destroyed_at.is_(None)
    )
)


def hold_off(tx: Tx) -> None:
    """Hold off purges, erasures and changes of holds until the transaction ends."""
    tx.lock("retention")


def add_hold(tx: Tx, **columns: Any) -> None:
    """Insert a hold."""
    tx.run(_ADD_HOLD, **columns)


def holds(tx: Tx) -> list[Hold]:
    """List every hold there ever was, the oldest first."""
    return [_read_hold(row) for row in tx.all(_HOLDS)]


def holds_before(tx: Tx, before: str, most: int, *, lifted: bool) -> list[Hold]:
    """List holds that stand, or that were lifted, by id, the newest first (keyset page)."""
    rows = tx.all(_LIFTED if lifted else _STANDING, before=before, most=most)
    return [_read_hold(row) for row in rows]


def standing_holds(tx: Tx) -> list[Hold]:
    """List the holds that stand, the oldest first."""
    return [hold for hold in holds(tx) if hold.lifted_at is None]


def lift_hold(tx: Tx, hold: str, at: int, by: str, why: str) -> bool:
    """Lift a hold; False when it was lifted before."""
    return tx.run(_LIFT, which=hold, at=at, by=by, why=why) == 1


def old_events(tx: Tx, after: int, last: int, most: int, *, lines: bool) -> list[Candidate]:
    """List sealed events whose bodies are there, by position, with their lines if asked for."""
    rows = tx.all(_OLD_WITH_LINES if lines else _OLD, after=after, last=last, most=most)
    return [Candidate(r[0], r[1], r[2], r[3], r[4], r[5] if lines else None) for r in rows]


def delete_bodies(tx: Tx, positions: Sequence[int]) -> int:
    """Delete the bodies of events at these positions; answers how many there were.

    The triggers let exactly those pass that are permitted in this transaction.
    """
    tx.run_many(_PERMIT, [{"position": one} for one in positions])
    deleted = tx.run(_DELETE)
    tx.run(_END_PERMITS)
    return deleted


def add_purge(tx: Tx, **columns: Any) -> None:
    """Note which leaves a purge event covers."""
    tx.run_many(_ADD_PURGE, [columns])


def take_mailing(tx: Tx, at: int, before: int) -> bool:
    """Take it on to mail a checkpoint now, if none was mailed since an instant."""
    return tx.run(_TAKE_MAILING, at=at, before=before) == 1


def is_named(tx: Tx, text: str) -> bool:
    """Tell whether a text stands in any event's line; where none does, it reads the whole log."""
    return tx.one(_NAMED_PG if tx.is_postgresql else _NAMED, text=text) is not None


def names_of(tx: Tx, who: str) -> tuple[str, ...]:
    """Give subject and member number of the account of either name; nothing without an account.

    Reads no more than that: the purging role may not.
    """
    row = tx.one(_NAMES_OF, who=who)
    return tuple(row) if row else ()


def months_with_key(tx: Tx) -> list[str]:
    """List the months (`2026-11`) whose key for strangers still exists."""
    return sorted(row[0].removeprefix("unknown:") for row in tx.all(_MONTHS))


def _read_hold(row: tuple[Any, ...]) -> Hold:
    return Hold(
        id=row[0],
        kind=HoldKind(row[1]),
        value=row[2],
        also=row[3],
        reason=row[4],
        placed_at=from_micros(row[5]),
        placed_by=row[6],
        lifted_at=from_micros(row[7]) if row[7] is not None else None,
        lifted_by=row[8],
        lift_reason=row[9],
    )
