"""Rows of blocks."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from idp.blocks.model import Block, Evidence, Kind, Scope
from idp.blocks.tables import block
from idp.clock import from_micros, to_micros
from idp.policy.model import LimitName
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_c = block.c
_ADD = Statement(sa.insert(block).values({c.name: sa.bindparam(c.name) for c in _c}))
_ALL = sa.select(*_c)
_BY_ID = Statement(_ALL.where(_c.id == sa.bindparam("which")))
_BY_REFERENCE = Statement(
    _ALL.where(_c.reference == sa.bindparam("reference")).order_by(_c.started_at.desc()).limit(1)
)
_runs = sa.and_(_c.lifted_at.is_(None), sa.or_(_c.until.is_(None), _c.until > sa.bindparam("now")))
_PAGE = Statement(
    _ALL.where(
        sa.or_(
            _c.started_at < sa.bindparam("before_at"),
            sa.and_(_c.started_at == sa.bindparam("before_at"), _c.id < sa.bindparam("before_id")),
        ),
        sa.or_(sa.bindparam("ended_too", type_=sa.Integer) == 1, _runs),
        sa.or_(sa.bindparam("any_rule", type_=sa.Integer) == 1, _c.rule == sa.bindparam("rule")),
    )
    .order_by(_c.started_at.desc(), _c.id.desc())
    .limit(sa.bindparam("most"))
)
_OF_SUBJECT = Statement(
    _ALL.where(
        _c.subject == sa.bindparam("who"),
        sa.or_(
            _c.started_at > sa.bindparam("since"),
            _c.until > sa.bindparam("since"),
            _c.lifted_at > sa.bindparam("since"),
        ),
    )
    .order_by(_c.started_at.desc())
    .limit(100)
)
_RUNNING_OF_SUBJECT = Statement(
    _ALL.where(_c.subject == sa.bindparam("who"), _runs).order_by(_c.started_at)
)
_SINCE = Statement(
    sa.select(sa.func.count()).where(
        _c.bucket == sa.bindparam("bucket"),
        _c.started_at > sa.bindparam("since"),
        _c.lifted_at.is_(None),
    )
)
_RUNNING_ON = Statement(_ALL.where(_c.bucket == sa.bindparam("bucket"), _runs))
_LIFT = Statement(
    sa.update(block)
    .where(_c.id == sa.bindparam("which"), _c.lifted_at.is_(None))
    .values(
        lifted_at=sa.bindparam("at"),
        lifted_by=sa.bindparam("by"),
        lift_reason=sa.bindparam("why"),
    )
)
_EXTEND = Statement(
    sa.update(block).where(_c.id == sa.bindparam("which")).values(until=sa.bindparam("to"))
)
_CLEAN = Statement(
    sa.delete(block).where(
        _c.subject.is_(None), _c.until.is_not(None), _c.until < sa.bindparam("before")
    )
)
_counted = sa.select(_c.rule, sa.func.count()).where(_c.lifted_at.is_(None)).group_by(_c.rule)
# Two statements in one: each finds its few by the index of ends, however many are over.
_COUNT = Statement(
    sa.union_all(_counted.where(_c.until.is_(None)), _counted.where(_c.until > sa.bindparam("now")))
)


def add(tx: Tx, new: Block) -> None:
    """Insert a block."""
    found = new.evidence
    tx.write(
        _ADD,
        id=new.id,
        kind=new.kind.value,
        scope=new.scope.value,
        subject=new.subject,
        bucket=new.bucket,
        rule=new.rule.value if new.rule else None,
        made_by=new.made_by,
        policy_digest=new.policy_digest,
        failed=found.failed if found else None,
        first_at=to_micros(found.first_at) if found else None,
        last_at=to_micros(found.last_at) if found else None,
        window_seconds=found.window_seconds if found else None,
        reason=new.reason,
        reference=new.reference,
        started_at=to_micros(new.started_at),
        until=to_micros(new.until) if new.until else None,
        lifted_at=None,
        lifted_by=None,
        lift_reason=None,
    )


def find(tx: Tx, block_id: str) -> Block | None:
    """Find a block by its id."""
    row = tx.one(_BY_ID, which=block_id)
    return _read(row) if row else None


def find_by_reference(tx: Tx, reference: str) -> Block | None:
    """Find the block that was announced under a reference code."""
    row = tx.one(_BY_REFERENCE, reference=reference)
    return _read(row) if row else None


def page(
    tx: Tx,
    now: int,
    before: tuple[int, str],
    most: int,
    *,
    ended_too: bool = False,
    rule: LimitName | None = None,
) -> list[Block]:
    """List blocks that started before (instant, id), newest first: those that run, or all."""
    rows = tx.all(
        _PAGE,
        before_at=before[0],
        before_id=before[1],
        ended_too=int(ended_too),
        now=now,
        any_rule=int(rule is None),
        rule=rule.value if rule else "",
        most=most,
    )
    return [_read(row) for row in rows]


def of_subject(tx: Tx, subject: str, since: int) -> list[Block]:
    """List the blocks of an account that started or ended after an instant, newest first."""
    return [_read(row) for row in tx.all(_OF_SUBJECT, who=subject, since=since)]


def running_of(tx: Tx, subject: str, now: int) -> list[Block]:
    """List the blocks that stop somebody at an account now, oldest first."""
    return [_read(row) for row in tx.all(_RUNNING_OF_SUBJECT, who=subject, now=now)]


def running_on(tx: Tx, bucket: str, now: int) -> list[Block]:
    """List the blocks that run on a budget, or on a row of failures."""
    return [_read(row) for row in tx.all(_RUNNING_ON, bucket=bucket, now=now)]


def count_since(tx: Tx, bucket: str, since: int) -> int:
    """Count the blocks on a budget after an instant; what was lifted counts no more."""
    row = tx.one(_SINCE, bucket=bucket, since=since)
    return row[0] if row else 0


def lift(tx: Tx, block_id: str, at: int, by: str, why: str) -> bool:
    """Lift a block once; False when it was lifted already."""
    return tx.run(_LIFT, which=block_id, at=at, by=by[:64], why=why[:500]) == 1


def extend(tx: Tx, block_id: str, until: int) -> None:
    """Let a block last longer: what it was set for goes on."""
    tx.write(_EXTEND, which=block_id, to=until)


def count_running(tx: Tx, now: int) -> dict[str, int]:
    """Count what runs now, by rule; those made by persons under `person`."""
    counted: dict[str, int] = {}
    for rule, count in tx.all(_COUNT, now=now):
        counted[rule or "person"] = counted.get(rule or "person", 0) + count
    return counted


def clean(tx: Tx, before: int) -> int:
    """Delete ended blocks on what belongs to no account: strangers can make as many as they like.

    Their events stay in the log.
    """
    return tx.run(_CLEAN, before=before)


def _read(row: tuple[Any, ...]) -> Block:
    evidence = None
    if row[8] is not None:
        evidence = Evidence(row[8], from_micros(row[9]), from_micros(row[10]), row[11])
    return Block(
        id=row[0],
        kind=Kind(row[1]),
        scope=Scope(row[2]),
        subject=row[3],
        bucket=row[4],
        rule=LimitName(row[5]) if row[5] is not None else None,
        made_by=row[6],
        policy_digest=row[7],
        evidence=evidence,
        reason=row[12],
        reference=row[13],
        started_at=from_micros(row[14]),
        until=from_micros(row[15]) if row[15] is not None else None,
        lifted_at=from_micros(row[16]) if row[16] is not None else None,
        lifted_by=row[17],
        lift_reason=row[18],
    )
