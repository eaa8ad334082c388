"""Questions about blocks that only the console asks, and the rows of proposals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from idp.block_room.model import Proposed, RehearsalState
from idp.block_room.tables import policy_proposal, staff_look_up
from idp.blocks.tables import block
from idp.clock import from_micros, to_micros
from idp.policy.model import LimitName
from idp.storage.sql import Tx
from idp.storage.statement import Statement

DAY_MICROS = 86_400 * 1_000_000
TOKYO_MICROS = 9 * 3_600 * 1_000_000
"""Japan has no summer time."""

_b, _p = block.c, policy_proposal.c
_BEGUN = Statement(
    sa.select(_b.rule, sa.func.count())
    .where(_b.started_at > sa.bindparam("since"))
    .group_by(_b.rule)
)
# In numbers and not as values: PostgreSQL takes each value for another expression to group by.
_day = sa.literal_column(f"((started_at + {TOKYO_MICROS}) / {DAY_MICROS})", sa.BigInteger)
_BY_DAY = Statement(
    sa.select(_day, _b.rule, sa.func.count())
    .where(_b.started_at > sa.bindparam("since"))
    .group_by(_day, _b.rule)
)
_RAN_AT = Statement(
    sa.select(_b.id)
    .where(
        _b.rule == sa.bindparam("which"),
        _b.started_at <= sa.bindparam("at"),
        sa.or_(_b.lifted_at.is_(None), _b.lifted_at > sa.bindparam("at")),
        sa.or_(_b.until.is_(None), _b.until > sa.bindparam("at")),
    )
    .order_by(_b.started_at.desc(), _b.id.desc())
    .limit(sa.bindparam("most"))
)
_LIFTED = Statement(
    sa.select(_b.id)
    .where(
        sa.or_(
            _b.lifted_at < sa.bindparam("before_at"),
            sa.and_(_b.lifted_at == sa.bindparam("before_at"), _b.id < sa.bindparam("before_id")),
        )
    )
    .order_by(_b.lifted_at.desc(), _b.id.desc())
    .limit(sa.bindparam("most"))
)
_l = staff_look_up.c
_LOOKED = Statement(
    sa.select(sa.func.count()).where(
        _l.staff_id == sa.bindparam("who"), _l.at > sa.bindparam("since")
    )
)
_LOOK = Statement(sa.insert(staff_look_up).values({c.name: sa.bindparam(c.name) for c in _l}))
_FORGET_LOOKS = Statement(sa.delete(staff_look_up).where(_l.at < sa.bindparam("before")))
_ADD = Statement(sa.insert(policy_proposal).values({c.name: sa.bindparam(c.name) for c in _p}))
_ALL = sa.select(*_p)
_FIND = Statement(_ALL.where(_p.id == sa.bindparam("which")))
_NEWEST = Statement(
    _ALL.where(_p.made_at < sa.bindparam("before"))
    .order_by(_p.made_at.desc())
    .limit(sa.bindparam("most"))
)
_open = sa.or_(_p.state == "waiting", _p.state == "running")
_NEXT = Statement(_ALL.where(_open).order_by(_p.made_at).limit(1))
_OPEN = Statement(
    sa.select(
        sa.func.count(), sa.func.sum(sa.case((_p.made_by == sa.bindparam("who"), 1), else_=0))
    )
    .select_from(policy_proposal)
    .where(_open)
)
_GO_ON = Statement(
    sa.update(policy_proposal)
    .where(_p.id == sa.bindparam("which"), _open)
    .values(state="running", read=sa.bindparam("done"), total=sa.bindparam("of"))
)
_FINISH = Statement(
    sa.update(policy_proposal)
    .where(_p.id == sa.bindparam("which"), _open)
    .values(
        state=sa.bindparam("became"),
        result=sa.bindparam("found"),
        failure=sa.bindparam("why"),
        finished_at=sa.bindparam("at"),
    )
)
_CLEAN = Statement(sa.delete(policy_proposal).where(_p.finished_at < sa.bindparam("before")))


def begun_since(tx: Tx, since: int) -> dict[str | None, int]:
    """Count the blocks that began after an instant, by rule; None for those persons made."""
    return {row[0]: row[1] for row in tx.all(_BEGUN, since=since)}


def begun_by_day(tx: Tx, since: int) -> list[tuple[int, LimitName | None, int]]:
    """Count the blocks by day in Japan (whole days since the epoch) and rule."""
    rows = tx.all(_BY_DAY, since=since)
    return [(int(r[0]), LimitName(r[1]) if r[1] is not None else None, r[2]) for r in rows]


def ran_at(tx: Tx, rule: LimitName, at: int, most: int) -> list[str]:
    """List the ids of a cause's blocks that ran at an instant, newest first."""
    return [row[0] for row in tx.all(_RAN_AT, which=rule.value, at=at, most=most)]


def lifted_before(tx: Tx, before: tuple[int, str], most: int) -> list[str]:
    """List the ids of blocks lifted before (instant, id), the last lifted first."""
    rows = tx.all(_LIFTED, before_at=before[0], before_id=before[1], most=most)
    return [row[0] for row in rows]


def looked_since(tx: Tx, staff_id: str, since: int) -> int:
    """Count what somebody looked up after an instant."""
    row = tx.one(_LOOKED, who=staff_id, since=since)
    return row[0] if row else 0


def look(tx: Tx, look_id: str, staff_id: str, at: int) -> None:
    """Count one look-up."""
    tx.write(_LOOK, id=look_id, staff_id=staff_id, at=at)


def clean_looks(tx: Tx, before: int) -> int:
    """Forget look-ups before an instant; their events stay."""
    return tx.run(_FORGET_LOOKS, before=before)


def add_proposal(tx: Tx, new: Proposed) -> None:
    """Insert a proposal that waits for its rehearsal."""
    tx.write(
        _ADD,
        id=new.id,
        digest=new.digest,
        texts=json.dumps(dict(new.texts), ensure_ascii=False, sort_keys=True),
        base=new.base,
        made_by=new.made_by,
        made_at=to_micros(new.made_at),
        begins=to_micros(new.begins),
        ends=to_micros(new.ends),
        state=new.state.value,
        read=new.read,
        total=new.total,
        result=None,
        failure=None,
        finished_at=to_micros(new.finished_at) if new.finished_at else None,
    )


def find_proposal(tx: Tx, proposal_id: str) -> Proposed | None:
    """Find a proposal."""
    row = tx.one(_FIND, which=proposal_id)
    return _read(row) if row else None


def newest_proposals(tx: Tx, before: int, most: int) -> list[Proposed]:
    """List proposals made before an instant, newest first."""
    return [_read(row) for row in tx.all(_NEWEST, before=before, most=most)]


def next_proposal(tx: Tx) -> Proposed | None:
    """Give the oldest proposal whose rehearsal is not over: one that was killed begins again."""
    row = tx.one(_NEXT)
    return _read(row) if row else None


def count_open(tx: Tx, made_by: str) -> tuple[int, int]:
    """Count the rehearsals that are not over: all, and those of one person."""
    row = tx.one(_OPEN, who=made_by)
    return (row[0], int(row[1] or 0)) if row else (0, 0)


def go_on(tx: Tx, proposal_id: str, read: int, total: int) -> bool:
    """Note how far a rehearsal is; False when it is over already."""
    return tx.run(_GO_ON, which=proposal_id, done=read, of=total) == 1


def finish(
    tx: Tx, proposal_id: str, at: int, result: Mapping[str, Any] | None, failure: str | None
) -> bool:
    """Note the end of a rehearsal, once."""
    became = RehearsalState.FAILED if result is None else RehearsalState.DONE
    text = None if result is None else json.dumps(result, ensure_ascii=False)
    values = {"found": text, "why": (failure or "")[:500] or None, "at": at}
    return tx.run(_FINISH, which=proposal_id, became=became.value, **values) == 1


def clean_proposals(tx: Tx, before: int) -> int:
    """Delete proposals whose rehearsal ended before an instant; their events stay in the log."""
    return tx.run(_CLEAN, before=before)


def _read(row: tuple[Any, ...]) -> Proposed:
    return Proposed(
        id=row[0],
        digest=row[1],
        texts=json.loads(row[2]),
        base=row[3],
        made_by=row[4],
        made_at=from_micros(row[5]),
        begins=from_micros(row[6]),
        ends=from_micros(row[7]),
        state=RehearsalState(row[8]),
        read=row[9],
        total=row[10],
        result=json.loads(row[11]) if row[11] is not None else None,
        failure=row[12],
        finished_at=from_micros(row[13]) if row[13] is not None else None,
    )
