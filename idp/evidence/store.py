"""Statements of an evidence pack: bounds and sums of a period, and streams of single names.

A period is found by the ids of its events (UUIDv7: they begin with the time), so that its cost
grows with the period and not with the log; what counts is `occurred_at`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from idp.accounts.tables import account
from idp.clock import from_micros
from idp.evidence.model import Extent
from idp.journal.tables import audit_checkpoint, audit_event, audit_leaf
from idp.members.model import MembershipDates
from idp.members.store import DATE_COLUMNS, member, read_dates
from idp.staff.tables import staff_account, staff_role
from idp.storage.sql import Database, Tx
from idp.storage.statement import Row, Statement

PAGE = 5_000
NEWEST = 2**62
SLACK = 5_000_000
"""How far (microseconds) an id may lie from its instant: ids of one process never go back."""
_e, _l, _k, _m, _a = audit_event.c, audit_leaf.c, audit_checkpoint.c, member.c, account.c
_in_time = sa.and_(_e.occurred_at >= sa.bindparam("begin"), _e.occurred_at < sa.bindparam("end"))
_by_id = sa.and_(_e.id >= sa.bindparam("low"), _e.id < sa.bindparam("high"))
_leaf_by_id = sa.and_(_l.event_id >= sa.bindparam("low"), _l.event_id < sa.bindparam("high"))
_placed = sa.and_(_e.position >= sa.bindparam("low"), _e.position <= sa.bindparam("high"))
_bounds = sa.select(sa.func.count(), sa.func.min(_e.position), sa.func.max(_e.position))
_BODIES = Statement(_bounds.where(_by_id, _in_time))
_LEAVES = Statement(
    sa.select(sa.func.count(), sa.func.min(_l.seq), sa.func.max(_l.seq)).where(_leaf_by_id)
)
_UNSEALED = Statement(
    sa.select(sa.func.count()).where(
        _by_id, _in_time, ~sa.exists().where(audit_leaf.c.event_id == _e.id)
    )
)
_PURGED = Statement(
    sa.select(sa.func.count()).where(
        _leaf_by_id, ~sa.exists().where(audit_event.c.id == _l.event_id)
    )
)
# A day in Japan, counted from the epoch; Japan has had no summer time since.
_SUMS = Statement(
    sa.text(
        "SELECT (occurred_at + 32400000000) / 86400000000 AS day, name, outcome, count(*)"
        " FROM audit_event WHERE position >= :low AND position <= :high"
        " AND occurred_at >= :begin AND occurred_at < :end"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
)
_named = sa.select(_e.position, _e.id, _e.occurred_at, _e.subject, _e.line).where(
    _e.name == sa.bindparam("name"),
    _e.position > sa.bindparam("after"),
    _e.position <= sa.bindparam("high"),
    _in_time,
)
_NAMED = Statement(_named.order_by(_e.position).limit(sa.bindparam("most")))
_CONTAINING = Statement(
    _named.where(_e.line.contains(sa.bindparam("text")))
    .order_by(_e.position)
    .limit(sa.bindparam("most"))
)
_CLOSING = Statement(
    sa.select(_k.note).where(_k.size > sa.bindparam("seq")).order_by(_k.size).limit(1)
)
_LAST_BEFORE = Statement(
    sa.select(_k.note).where(_k.signed_at < sa.bindparam("at")).order_by(_k.size.desc()).limit(1)
)
_UP_TO = Statement(
    sa.select(_k.note).where(_k.size <= sa.bindparam("most")).order_by(_k.size.desc()).limit(1)
)
_COUNT_CHECKPOINTS = Statement(
    sa.select(sa.func.count()).where(_k.size > sa.bindparam("low"), _k.size <= sa.bindparam("high"))
)
_HASHES = Statement(
    sa.select(_l.seq, _l.event_id, _l.hash)
    .where(_l.seq >= sa.bindparam("first"), _l.seq < sa.bindparam("behind"))
    .order_by(_l.seq)
)
_LINES = Statement(
    sa.select(_l.seq, _e.line, _e.occurred_at)
    .select_from(audit_leaf.join(audit_event, _e.id == _l.event_id))
    .where(_l.seq >= sa.bindparam("first"), _l.seq < sa.bindparam("behind"))
    .order_by(_l.seq)
)
_SEALED_NAMED = Statement(
    sa.select(_l.seq, _e.line)
    .select_from(audit_leaf.join(audit_event, _e.id == _l.event_id))
    .where(_e.name == sa.bindparam("name"), _l.seq < sa.bindparam("behind"))
    .order_by(_l.seq)
)
_DATES_OF = Statement(
    sa.select(*DATE_COLUMNS)
    .select_from(sa.join(account, member, _m.member_number == _a.member_number))
    .where(_a.subject == sa.bindparam("who"))
)
_ENDING = Statement(
    sa.select(_a.subject, *DATE_COLUMNS)
    .select_from(sa.join(member, account, _m.member_number == _a.member_number))
    .where(
        sa.or_(
            sa.and_(
                _m.refund_planned_on >= sa.bindparam("first"),
                _m.refund_planned_on <= sa.bindparam("last"),
            ),
            sa.and_(
                _m.capital_refunded_on >= sa.bindparam("first"),
                _m.capital_refunded_on <= sa.bindparam("last"),
            ),
        ),
        _a.created_at < sa.bindparam("end"),
    )
    .order_by(_a.subject)
)
_PAID = Statement(
    sa.select(sa.func.count()).where(
        _m.capital_paid_on >= sa.bindparam("first"), _m.capital_paid_on <= sa.bindparam("last")
    )
)
_s, _r = staff_account.c, staff_role.c
_STAFF = Statement(
    sa.select(_s.id, _s.name, _s.created_at, _s.created_by, _s.ended_at, _s.ended_by, _s.end_reason)
    .where(_s.created_at < sa.bindparam("end"))
    .order_by(_s.created_at, _s.id)
)
_ROLE = ("staff_id", "role", "granted_at", "granted_by", "reason", "ended_at", "ended_by")
_ROLES = Statement(
    sa.select(*(_r[name] for name in _ROLE), _r.end_reason)
    .where(_r.granted_at < sa.bindparam("end"))
    .order_by(_r.granted_at, _r.id)
)


def _hashes_by(key: sa.Column[str], password_hash: sa.Column[str]) -> Statement:
    page = sa.select(key, password_hash).where(key > sa.bindparam("after")).order_by(key)
    return Statement(page.limit(sa.bindparam("most")))


_MEMBER_HASHES = _hashes_by(_a.subject, _a.password_hash)
_STAFF_HASHES = _hashes_by(_s.id, _s.password_hash)


@dataclass(frozen=True, slots=True)
class Named:
    """One event as it stands in the log."""

    id: str
    at: datetime
    subject: str | None
    line: str


def extent_of(tx: Tx, begin: int, end: int) -> Extent:
    """Find a period (microseconds) in the log."""
    near = {"low": _id_at(begin - SLACK), "high": _id_at(end + SLACK), "begin": begin, "end": end}
    exact = {"low": _id_at(begin), "high": _id_at(end)}
    bodies, leaves = tx.one(_BODIES, **near), tx.one(_LEAVES, **exact)
    assert bodies is not None
    assert leaves is not None
    purged, unsealed = tx.one(_PURGED, **exact), tx.one(_UNSEALED, **near)
    return Extent(
        begin=begin,
        end=end,
        low=bodies[1] or 0,
        high=bodies[2] or 0,
        bodies=bodies[0],
        from_seq=leaves[1] or 0,
        to_seq=leaves[2] + 1 if leaves[2] is not None else 0,
        leaves=leaves[0],
        purged=purged[0] if purged else 0,
        unsealed=unsealed[0] if unsealed else 0,
    )


def sums(tx: Tx, extent: Extent) -> list[tuple[int, str, str, int]]:
    """Count the events of a period: day since the epoch in Japan, name, outcome, count."""
    rows = tx.all(_SUMS, low=extent.low, high=extent.high, begin=extent.begin, end=extent.end)
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def named(
    database: Database, name: str, extent: Extent, *, containing: str = "", since: int | None = None
) -> Iterator[Named]:
    """Stream the events of one name in a period, in the order of the log.

    `containing`: only lines with this text. `since`: from another instant on (0: the first).
    """
    after, high = (extent.low - 1, extent.high) if since is None else (0, NEWEST)
    begin = extent.begin if since is None else since
    values: dict[str, object] = {"name": name, "begin": begin, "end": extent.end, "most": PAGE}
    if containing:
        values["text"] = containing
    statement = _CONTAINING if containing else _NAMED
    while True:
        with database.read() as tx:
            page = tx.all(statement, after=after, high=high, **values)
        for row in page:
            yield Named(row[1], from_micros(row[2]), row[3], row[4])
        if len(page) < PAGE:
            return
        after = page[-1][0]


def closing_note(tx: Tx, extent: Extent) -> str | None:
    """Give the first checkpoint over the whole period; of an empty one, the last before its end."""
    if extent.to_seq:
        row = tx.one(_CLOSING, seq=extent.to_seq - 1)
    else:
        row = tx.one(_LAST_BEFORE, at=extent.end)
    return row[0] if row else None


def note_up_to(tx: Tx, size: int) -> str | None:
    """Give the newest checkpoint up to a size."""
    row = tx.one(_UP_TO, most=size)
    return row[0] if row else None


def count_checkpoints(tx: Tx, low: int, high: int) -> int:
    """Count the checkpoints above a size, up to another."""
    row = tx.one(_COUNT_CHECKPOINTS, low=low, high=high)
    return row[0] if row else 0


def notes_between(tx: Tx, low: int, high: int, most: int) -> list[str]:
    """List the last checkpoint up to a size, and about `most` of those from there to another."""
    steps = range(most + 1) if high > low else range(1)
    sizes = [low + (high - low) * step // most for step in steps]
    found = (note_up_to(tx, size) for size in sizes)
    return list(dict.fromkeys(note for note in found if note is not None))


def hashes(tx: Tx, first: int, behind: int) -> list[Row]:
    """List leaves: seq, event id, hash."""
    return tx.all(_HASHES, first=first, behind=behind)


def lines(tx: Tx, first: int, behind: int) -> list[Row]:
    """List the bodies of leaves that have one: seq, line, instant."""
    return tx.all(_LINES, first=first, behind=behind)


def sealed_named(tx: Tx, name: str, behind: int) -> list[tuple[int, str]]:
    """List the sealed events of a name there are few of: seq, line."""
    return [(row[0], row[1]) for row in tx.all(_SEALED_NAMED, name=name, behind=behind)]


def dates_of(tx: Tx, subject: str) -> MembershipDates | None:
    """Give the dates of a subject's membership."""
    row = tx.one(_DATES_OF, who=subject)
    return read_dates(row) if row else None


def ending_between(tx: Tx, first: str, last: str, end: int) -> list[tuple[str, MembershipDates]]:
    """List accounts whose membership has a date of refund between two days (ISO)."""
    rows = tx.all(_ENDING, first=first, last=last, end=end)
    return [(row[0], read_dates(row[1:])) for row in rows]


def count_paid(tx: Tx, first: str, last: str) -> int:
    """Count the memberships that began between two days (ISO)."""
    row = tx.one(_PAID, first=first, last=last)
    return row[0] if row else 0


def staff_before(tx: Tx, end: int) -> list[Row]:
    """List staff accounts made before an instant."""
    return tx.all(_STAFF, end=end)


def roles_before(tx: Tx, end: int) -> list[Row]:
    """List roles given before an instant."""
    return tx.all(_ROLES, end=end)


def password_hashes(database: Database, *, of_staff: bool) -> Iterator[str | None]:
    """Stream the stored hashes of all accounts; None where there is none."""
    after, statement = "", _STAFF_HASHES if of_staff else _MEMBER_HASHES
    while True:
        with database.read() as tx:
            page = tx.all(statement, after=after, most=PAGE)
        yield from (row[1] for row in page)
        if len(page) < PAGE:
            return
        after = page[-1][0]


def _id_at(micros: int) -> str:
    """Give what ids of an instant begin with."""
    text = f"{max(0, micros) // 1000:012x}"
    return f"{text[:8]}-{text[8:]}"
