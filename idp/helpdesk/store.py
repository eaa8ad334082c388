"""Rows of the help desk: searches, cases with their steps, removals of factors that wait."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from idp.clock import from_micros, to_micros
from idp.helpdesk.model import Asked, Case, End, Goal, Need, Removal, Searched
from idp.helpdesk.tables import helpdesk_case, helpdesk_removal, helpdesk_search, helpdesk_step
from idp.journal.tables import audit_event
from idp.policy.helpdesk import QuestionKind
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_c, _s, _f, _r = helpdesk_case.c, helpdesk_step.c, helpdesk_search.c, helpdesk_removal.c
_INSTANTS = (
    *("opened_at", "expires_at", "proven_at", "told_at", "reset_at", "disclosed_at"),
    *("call_back_until", "called_back_at", "asked_at", "planned_at", "ended_at"),
)
_NAMES = tuple(c.name for c in _c)
_ALL = sa.select(helpdesk_case)
_ID = _c.id == sa.bindparam("which")
_MEMBER = _c.member_number == sa.bindparam("number")
_OPEN = _c.ended_at.is_(None)
_ADD = Statement(sa.insert(helpdesk_case).values({name: sa.bindparam(name) for name in _NAMES}))
_SAVE = Statement(
    sa.update(helpdesk_case)
    .where(_ID)
    .values({name: sa.bindparam(name) for name in _NAMES if name != "id"})
)
_FIND = Statement(_ALL.where(_ID))
_OPEN_ON = Statement(_ALL.where(_MEMBER, _OPEN))
_ON_SINCE = Statement(
    _ALL.where(_MEMBER, _c.opened_at > sa.bindparam("since")).order_by(_c.opened_at.desc())
)
_OF_OPERATOR = Statement(
    _ALL.where(_c.operator == sa.bindparam("who")).order_by(_c.opened_at.desc()).limit(50)
)
_NEWEST = Statement(_ALL.order_by(_c.opened_at.desc()).limit(100))
_OVER = Statement(_ALL.where(_OPEN, _c.expires_at <= sa.bindparam("now")).limit(100))
_CLEAN = Statement(sa.delete(helpdesk_case).where(_c.ended_at < sa.bindparam("before")))
_FORGET = Statement(sa.delete(helpdesk_case).where(_MEMBER))
_ADD_STEP = Statement(
    sa.insert(helpdesk_step).values(
        case_id=sa.bindparam("case"), event_id=sa.bindparam("event"), at=sa.bindparam("at")
    )
)
_LINES = Statement(
    sa.select(audit_event.c.line)
    .join(helpdesk_step, _s.event_id == audit_event.c.id)
    .where(_s.case_id == sa.bindparam("case"))
    .order_by(audit_event.c.position)
)
_CLEAN_STEPS = Statement(sa.delete(helpdesk_step).where(_s.at < sa.bindparam("before")))
_ADD_SEARCH = Statement(
    sa.insert(helpdesk_search).values({c.name: sa.bindparam(c.name) for c in _f})
)
_SEARCHES = Statement(
    sa.select(sa.func.count())
    .select_from(helpdesk_search)
    .where(_f.operator == sa.bindparam("who"), _f.at > sa.bindparam("since"))
)
_SEARCHED = Statement(
    sa.select(helpdesk_search)
    .where(_f.operator == sa.bindparam("who"), _f.at > sa.bindparam("since"))
    .order_by(_f.at)
)
_CLEAN_SEARCHES = Statement(sa.delete(helpdesk_search).where(_f.at < sa.bindparam("before")))
_ADD_REMOVAL = Statement(
    sa.insert(helpdesk_removal).values({c.name: sa.bindparam(c.name) for c in _r})
)
_ALL_REMOVALS = sa.select(helpdesk_removal)
_WAITS = sa.and_(_r.done_at.is_(None), _r.ended_at.is_(None))
_REMOVAL = Statement(_ALL_REMOVALS.where(_r.id == sa.bindparam("which")))
_DUE = Statement(_ALL_REMOVALS.where(_WAITS, _r.due_at <= sa.bindparam("now")).limit(100))
_OF_SUBJECT = _r.subject == sa.bindparam("who")
_DONE = Statement(
    sa.update(helpdesk_removal)
    .where(_r.id == sa.bindparam("which"), _WAITS)
    .values(done_at=sa.bindparam("at"))
)
_END = Statement(
    sa.update(helpdesk_removal)
    .where(_r.id == sa.bindparam("which"), _WAITS)
    .values(ended_at=sa.bindparam("at"))
)
_FORGET_REMOVALS = Statement(sa.delete(helpdesk_removal).where(_OF_SUBJECT))
_CLEAN_REMOVALS = Statement(
    sa.delete(helpdesk_removal).where(_r.due_at < sa.bindparam("before"), ~_WAITS)
)


def hold(tx: Tx, number: str) -> None:
    """Keep every other call about this member waiting until the transaction ends."""
    tx.lock(f"helpdesk:{number}")


def hold_operator(tx: Tx, operator: str) -> None:
    """Keep every other search of this operator waiting."""
    tx.lock(f"helpdesk-operator:{operator}")


def add(tx: Tx, case: Case) -> None:
    """Insert a case."""
    tx.write(_ADD, **_row(case))


def save(tx: Tx, case: Case) -> None:
    """Write a case that was read in this transaction, after `hold`."""
    row = _row(case)
    tx.write(_SAVE, which=row.pop("id"), **row)


def find(tx: Tx, case_id: str) -> Case | None:
    """Find a case."""
    row = tx.one(_FIND, which=case_id)
    return _read(row) if row else None


def open_on(tx: Tx, number: str) -> Case | None:
    """Find the case on a member that has not ended; its time may be over."""
    row = tx.one(_OPEN_ON, number=number)
    return _read(row) if row else None


def on_since(tx: Tx, number: str, since: datetime) -> list[Case]:
    """List the cases on a member since an instant, the newest first."""
    return [_read(row) for row in tx.all(_ON_SINCE, number=number, since=to_micros(since))]


def of_operator(tx: Tx, operator: str) -> list[Case]:
    """List the last cases of an operator."""
    return [_read(row) for row in tx.all(_OF_OPERATOR, who=operator)]


def newest(tx: Tx) -> list[Case]:
    """List the last cases of everybody."""
    return [_read(row) for row in tx.all(_NEWEST)]


def over(tx: Tx, now: datetime) -> list[Case]:
    """List cases whose time is over and that nobody ended."""
    return [_read(row) for row in tx.all(_OVER, now=to_micros(now))]


def add_step(tx: Tx, case_id: str, event: str, at: datetime) -> None:
    """Note that an event belongs to a case."""
    tx.write(_ADD_STEP, case=case_id, event=event, at=to_micros(at))


def lines_of(tx: Tx, case_id: str) -> list[str]:
    """Give the lines of the log that belong to a case, in their order."""
    return [row[0] for row in tx.all(_LINES, case=case_id)]


def add_search(tx: Tx, new: Searched) -> None:
    """Insert a search."""
    kinds, found = ",".join(new.kinds), ",".join(new.found)
    tx.write(
        _ADD_SEARCH,
        id=new.id,
        operator=new.operator,
        at=to_micros(new.at),
        kinds=kinds,
        found=found,
    )


def count_searches(tx: Tx, operator: str, since: datetime) -> int:
    """Count an operator's searches since an instant."""
    row = tx.one(_SEARCHES, who=operator, since=to_micros(since))
    return int(row[0]) if row else 0


def searches(tx: Tx, operator: str, since: datetime) -> list[Searched]:
    """List an operator's searches since an instant."""
    rows = tx.all(_SEARCHED, who=operator, since=to_micros(since))
    return [
        Searched(
            id=row[0],
            operator=row[1],
            at=from_micros(row[2]),
            kinds=tuple(filter(None, row[3].split(","))),
            found=tuple(filter(None, row[4].split(","))),
        )
        for row in rows
    ]


def add_removal(tx: Tx, new: Removal) -> None:
    """Insert a removal of a factor that is to come."""
    tx.write(
        _ADD_REMOVAL,
        id=new.id,
        case_id=new.case_id,
        subject=new.subject,
        factor=new.factor,
        approval=new.approval,
        planned_at=to_micros(new.planned_at),
        due_at=to_micros(new.due_at),
        done_at=None,
        ended_at=None,
    )


def find_removal(tx: Tx, removal_id: str) -> Removal | None:
    """Find a removal."""
    row = tx.one(_REMOVAL, which=removal_id)
    return _read_removal(row) if row else None


def due_removals(tx: Tx, now: datetime) -> list[Removal]:
    """List removals whose cooling-off is over."""
    return [_read_removal(row) for row in tx.all(_DUE, now=to_micros(now))]


def removal_done(tx: Tx, removal_id: str, at: datetime) -> bool:
    """Note that a factor was removed, once."""
    return tx.run(_DONE, which=removal_id, at=to_micros(at)) == 1


def removal_ended(tx: Tx, removal_id: str, at: datetime) -> bool:
    """Note that a removal was stopped; False when it was done or stopped before."""
    return tx.run(_END, which=removal_id, at=to_micros(at)) == 1


def forget(tx: Tx, subject: str, number: str) -> None:
    """Delete what an erased person leaves here."""
    tx.run(_FORGET, number=number)
    tx.run(_FORGET_REMOVALS, who=subject)


def clean(tx: Tx, before: int, searches_before: int) -> int:
    """Delete what ended before an instant, and searches that count no more."""
    done = tx.run(_CLEAN, before=before) + tx.run(_CLEAN_STEPS, before=before)
    done += tx.run(_CLEAN_SEARCHES, before=searches_before)
    return done + tx.run(_CLEAN_REMOVALS, before=before)


def _row(case: Case) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(case, name) for name in _NAMES if hasattr(case, name)}
    row |= {name: _micros(getattr(case, name)) for name in _INSTANTS}
    asked = [[one.kind.value, one.points, one.fits] for one in case.questions]
    return row | {
        "need": case.need.value,
        "goal": case.goal.value,
        "questions": msgspec.json.encode(asked).decode(),
        "searched_by": ",".join(sorted(kind.value for kind in case.searched_by)),
        "answered": sum(one.fits is not None for one in case.questions),
        "end_why": case.end.value if case.end else None,
    }


def _read(row: tuple[Any, ...]) -> Case:
    values = dict(zip(_NAMES, row, strict=True))
    values |= {name: _instant(values[name]) for name in _INSTANTS}
    for derived in ("wrong", "answered"):
        values.pop(derived)
    end = values.pop("end_why")
    asked = msgspec.json.decode(values.pop("questions"))
    by = values.pop("searched_by")
    return Case(
        **values
        | {
            "need": Need(values["need"]),
            "goal": Goal(values["goal"]),
            "questions": tuple(Asked(QuestionKind(k), points, fits) for k, points, fits in asked),
            "searched_by": frozenset(QuestionKind(kind) for kind in by.split(",") if kind),
            "end": End(end) if end else None,
        }
    )


def _read_removal(row: tuple[Any, ...]) -> Removal:
    values = dict(zip((c.name for c in _r), row, strict=True))
    for name in ("planned_at", "due_at", "done_at", "ended_at"):
        values[name] = _instant(values[name])
    return Removal(**values)


def _micros(at: datetime | None) -> int | None:
    return to_micros(at) if at is not None else None


def _instant(at: int | None) -> datetime | None:
    return from_micros(at) if at is not None else None
