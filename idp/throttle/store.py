"""Rows of leases: sliding logs of failures, and attempts in flight. Exact on every node.

A lease that was never settled (its process was killed) counts as a failure after `ABANDONED`; it
is turned into one by the next attempt on the same authenticator, or by the cleaning.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from idp.blocks.tables import block
from idp.clock import from_micros
from idp.policy.model import LimitName
from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.throttle.model import Budget, Spent
from idp.throttle.tables import failures_in_a_row, lease

ABANDONED_MICROS = 30_000_000

_c, _r, _b = lease.c, failures_in_a_row.c, block.c
_COLUMNS = (_c.id, _c.bucket, _c.stranger, _c.leased_at, _c.failed_at)
_OF_BUCKET = Statement(sa.select(*_COLUMNS).where(_c.bucket == sa.bindparam("bucket")))
_OF_AUTHENTICATOR = Statement(
    sa.select(*_COLUMNS).where(_c.authenticator == sa.bindparam("authenticator"))
)
_one = sa.select(sa.literal(1).label("one")).subquery()
_STATE = Statement(
    sa.select(_r.strangers, _r.known, _r.succeeded_at, _b.rule, _b.until)
    .select_from(
        _one.outerjoin(
            failures_in_a_row, _r.authenticator == sa.bindparam("authenticator")
        ).outerjoin(
            block,
            sa.and_(
                _b.bucket == sa.bindparam("bucket"),
                _b.lifted_at.is_(None),
                _b.until > sa.bindparam("now"),
            ),
        )
    )
    .order_by(_b.until.desc())
    .limit(1)
)
_ADD = Statement(
    sa.insert(lease).values(
        {c.name: sa.bindparam(c.name) for c in _c if c.name != "failed_at"}
        | {"failed_at": sa.bindparam("failed_at")}
    )
)
_FAIL = Statement(
    sa.update(lease)
    .where(_c.id == sa.bindparam("which"), _c.failed_at.is_(None))
    .values(failed_at=sa.bindparam("at"))
)
_EMPTY = Statement(
    sa.delete(lease).where(
        _c.bucket == sa.bindparam("bucket"),
        sa.or_(_c.failed_at.is_not(None), _c.id == sa.bindparam("own")),
    )
)
_FORGET = Statement(
    sa.delete(lease).where(_c.bucket == sa.bindparam("bucket"), _c.failed_at.is_not(None))
)
_FORGET_ALL = Statement(
    sa.delete(lease).where(
        _c.authenticator == sa.bindparam("authenticator"), _c.failed_at.is_not(None)
    )
)
_LENGTHEN = Statement(
    sa.text(
        "INSERT INTO failures_in_a_row (authenticator, strangers, known, succeeded_at, changed_at)"
        " VALUES (:authenticator, :strangers, :known, 0, :at)"
        " ON CONFLICT (authenticator) DO UPDATE SET"
        " strangers = failures_in_a_row.strangers + :strangers,"
        " known = failures_in_a_row.known + :known, changed_at = :at"
    )
)
_END_ROW = Statement(
    sa.update(failures_in_a_row)
    .where(_r.authenticator == sa.bindparam("which"))
    .values(strangers=0, known=0, succeeded_at=sa.bindparam("at"), changed_at=sa.bindparam("at"))
)
_ABANDONED = Statement(
    sa.select(_c.bucket, _c.authenticator, _c.stranger, _c.subject)
    .where(_c.failed_at.is_(None), _c.leased_at < sa.bindparam("before"))
    .order_by(_c.leased_at)
    .limit(1000)
)
_CLEAN = Statement(
    sa.delete(lease).where(_c.failed_at.is_not(None), _c.failed_at < sa.bindparam("before"))
)
_CLEAN_ROWS = Statement(
    sa.delete(failures_in_a_row).where(
        _r.changed_at < sa.bindparam("before"), _r.authenticator.like("%:?%")
    )
)


@dataclass(frozen=True, slots=True)
class Row:
    """One lease as it stands; instants in microseconds."""

    id: str
    bucket: str
    stranger: bool
    leased_at: int
    failed_at: int | None


@dataclass(frozen=True, slots=True)
class State:
    """What stands on a budget and its authenticator, read at once."""

    leases: tuple[Row, ...]
    strangers: int
    known: int
    succeeded_at: int
    blocked_by: LimitName | None
    blocked_until: int | None

    def abandoned(self, now: int) -> list[Row]:
        """List the attempts nobody will settle any more."""
        return [
            one
            for one in self.leases
            if one.failed_at is None and one.leased_at <= now - ABANDONED_MICROS
        ]

    def failures(self, bucket: str, now: int, window: int) -> list[int]:
        """List when the failures of one budget were that lie inside its window."""
        return sorted(
            one.failed_at
            for one in self.leases
            if one.bucket == bucket and one.failed_at is not None and one.failed_at > now - window
        )

    def spent(self, budget: Budget, now: int, window: int) -> Spent:
        """Count what an attempt on this budget meets."""
        failures = self.failures(budget.bucket, now, window)
        flying = [one for one in self.leases if one.failed_at is None]
        return Spent(
            failed=len(failures),
            in_flight=sum(one.bucket == budget.bucket for one in flying),
            oldest_failure_at=from_micros(failures[0]) if failures else None,
            row=self.strangers + self.known,
            row_in_flight=len(flying),
            row_of_strangers=self.strangers,
            row_of_strangers_in_flight=sum(one.stranger for one in flying),
            blocked_by=self.blocked_by,
            blocked_until=from_micros(self.blocked_until) if self.blocked_until else None,
        )


def lock(tx: Tx, budget: Budget) -> None:
    """Hold everyone else off this budget, and off its authenticator, until the act ends."""
    tx.lock(budget.lock_name)


def state(tx: Tx, budget: Budget, now: int) -> State:
    """Read what stands on a budget: one round trip."""
    asked = tx.ahead(
        _STATE, authenticator=budget.authenticator or "", bucket=budget.bucket, now=now
    )
    if budget.authenticator is not None:
        rows = tx.all(_OF_AUTHENTICATOR, authenticator=budget.authenticator)
    else:
        rows = tx.all(_OF_BUCKET, bucket=budget.bucket)
    found = asked.one() or (None,) * 5
    return State(
        tuple(Row(r[0], r[1], bool(r[2]), r[3], r[4]) for r in rows),
        strangers=found[0] or 0,
        known=found[1] or 0,
        succeeded_at=found[2] or 0,
        blocked_by=LimitName(found[3]) if found[3] else None,
        blocked_until=found[4],
    )


def add(tx: Tx, lease_id: str, budget: Budget, at: int, failed_at: int | None = None) -> None:
    """Insert an attempt: in flight, or a failure at once."""
    tx.write(
        _ADD,
        id=lease_id,
        bucket=budget.bucket,
        leased_at=at,
        failed_at=failed_at,
        authenticator=budget.authenticator,
        stranger=int(budget.stranger),
        subject=budget.subject,
    )


def fail(tx: Tx, lease_id: str, at: int) -> bool:
    """Turn an attempt in flight into a failure; False when it is one already."""
    return tx.run(_FAIL, which=lease_id, at=at) == 1


def lengthen_row(tx: Tx, authenticator: str, at: int, *, stranger: bool, by: int = 1) -> None:
    """Add to the failures in a row of an authenticator."""
    strangers, known = (by, 0) if stranger else (0, by)
    tx.write(_LENGTHEN, authenticator=authenticator, strangers=strangers, known=known, at=at)


def end_row(tx: Tx, authenticator: str, at: int) -> None:
    """Start counting anew: a right answer, or the proven mailbox."""
    tx.write(_END_ROW, which=authenticator, at=at)


def empty(tx: Tx, bucket: str, own: str) -> None:
    """Forget a budget's failures and one attempt in flight; others in flight stay."""
    tx.write(_EMPTY, bucket=bucket, own=own)


def forget(tx: Tx, bucket: str) -> None:
    """Forget a budget's failures; attempts in flight stay."""
    tx.write(_FORGET, bucket=bucket)


def forget_authenticator(tx: Tx, authenticator: str) -> None:
    """Forget the failures of all budgets of an authenticator; attempts in flight stay."""
    tx.write(_FORGET_ALL, authenticator=authenticator)


def abandoned(tx: Tx, now: int) -> list[Budget]:
    """List the budgets of attempts that nobody settled, once per attempt."""
    budgets = []
    for bucket, authenticator, stranger, subject in tx.all(
        _ABANDONED, before=now - ABANDONED_MICROS
    ):
        rule, _, key = bucket.partition(":")
        budgets.append(Budget(LimitName(rule), key, authenticator, bool(stranger), subject))
    return budgets


def clean(tx: Tx, before: int) -> int:
    """Delete failures that no window reaches any more."""
    return tx.run(_CLEAN, before=before)


def clean_rows(tx: Tx, before: int) -> int:
    """Delete old rows of failures on addresses that nobody has an account for."""
    return tx.run(_CLEAN_ROWS, before=before)
