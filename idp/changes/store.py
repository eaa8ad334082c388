"""Rows of change requests. Only an open one can change its state: each decision is made once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from idp.changes.model import ChangeRequest, Kind, State
from idp.changes.tables import change_request
from idp.clock import from_micros, to_micros
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_c = change_request.c
CHANGE = (
    _c.id,
    _c.member_number,
    _c.subject,
    _c.kind,
    _c.wanted,
    _c.via,
    _c.filed_at,
    _c.due_on,
    _c.state,
    _c.effective_on,
    _c.decided_at,
    _c.decided_by,
    _c.reason,
)
"""What `read_change` reads, in this order."""
_ALL = sa.select(*CHANGE)
_ADD = Statement(
    sa.insert(change_request).values(
        {
            name: sa.bindparam(name)
            for name in (
                "id",
                "member_number",
                "subject",
                "kind",
                "wanted",
                "via",
                "idempotency_key",
                "filed_at",
                "due_on",
                "state",
            )
        }
    )
)
_GET = Statement(_ALL.where(_c.id == sa.bindparam("change")))
_BY_KEY = Statement(
    _ALL.where(
        _c.subject == sa.bindparam("who"),
        _c.via == sa.bindparam("via"),
        _c.idempotency_key == sa.bindparam("key"),
    )
)
_OF_SUBJECT = Statement(
    _ALL.where(_c.subject == sa.bindparam("who"))
    .order_by(_c.filed_at.desc(), _c.id.desc())
    .limit(sa.bindparam("most"))
)
_OPEN = Statement(
    _ALL.where(_c.state == State.OPEN.value)
    .order_by(_c.due_on, _c.filed_at, _c.id)
    .limit(sa.bindparam("most"))
)
_LATEST = Statement(
    _ALL.order_by(_c.due_on.desc(), _c.filed_at.desc(), _c.id).limit(sa.bindparam("most"))
)
_OPEN_OF_KIND = Statement(
    sa.select(_c.id).where(
        _c.subject == sa.bindparam("who"),
        _c.kind == sa.bindparam("kind"),
        _c.state == State.OPEN.value,
    )
)
_FILED_SINCE = Statement(
    sa.select(sa.func.count())
    .select_from(change_request)
    .where(_c.subject == sa.bindparam("who"), _c.filed_at > sa.bindparam("since"))
)
_DECIDE = Statement(
    sa.update(change_request)
    .where(_c.id == sa.bindparam("change"), _c.state == State.OPEN.value)
    .values(
        state=sa.bindparam("new_state"),
        effective_on=sa.bindparam("effective"),
        decided_at=sa.bindparam("at"),
        decided_by=sa.bindparam("by"),
        reason=sa.bindparam("why"),
    )
)


def add(tx: Tx, new: ChangeRequest, idempotency_key: str | None) -> None:
    """Insert a request that is open."""
    tx.run(
        _ADD,
        id=new.id,
        member_number=new.member_number,
        subject=new.subject,
        kind=new.kind.value,
        wanted=msgspec.json.encode(dict(new.wanted)).decode(),
        via=new.via,
        idempotency_key=idempotency_key,
        filed_at=to_micros(new.filed_at),
        due_on=new.due_on.isoformat(),
        state=new.state.value,
    )


def find(tx: Tx, change: str) -> ChangeRequest | None:
    """Find a request by its id."""
    return _found(tx.one(_GET, change=change))


def find_by_key(tx: Tx, subject: str, via: str, key: str) -> ChangeRequest | None:
    """Find what was filed with an idempotency key."""
    return _found(tx.one(_BY_KEY, who=subject, via=via, key=key))


def list_of(tx: Tx, subject: str, most: int) -> list[ChangeRequest]:
    """List a member's own requests, the latest first."""
    return [read_change(row) for row in tx.all(_OF_SUBJECT, who=subject, most=most)]


def list_open(tx: Tx, most: int) -> list[ChangeRequest]:
    """List what waits for a decision, the earliest due first."""
    return [read_change(row) for row in tx.all(_OPEN, most=most)]


def list_latest(tx: Tx, most: int) -> list[ChangeRequest]:
    """List requests of any state, the latest due first."""
    return [read_change(row) for row in tx.all(_LATEST, most=most)]


def open_of_kind(tx: Tx, subject: str, kind: Kind) -> list[str]:
    """List the ids of a member's open requests of a kind."""
    return [row[0] for row in tx.all(_OPEN_OF_KIND, who=subject, kind=kind.value)]


def filed_since(tx: Tx, subject: str, since: int) -> int:
    """Count what a member filed since an instant."""
    row = tx.one(_FILED_SINCE, who=subject, since=since)
    return int(row[0]) if row else 0


def decide(
    tx: Tx, change: str, state: State, at: int, by: str, reason: str, effective_on: date | None
) -> bool:
    """Close an open request; False when it is open no longer."""
    effective = effective_on.isoformat() if effective_on else None
    values = {"change": change, "new_state": state.value, "effective": effective}
    return tx.run(_DECIDE, **values, at=at, by=by, why=reason) == 1


def _found(row: tuple[Any, ...] | None) -> ChangeRequest | None:
    return read_change(row) if row else None


def read_change(row: tuple[Any, ...]) -> ChangeRequest:
    """Make a request of a row of the columns `CHANGE`."""
    wanted: Mapping[str, str] = msgspec.json.decode(row[4], type=dict[str, str])
    return ChangeRequest(
        id=row[0],
        member_number=row[1],
        subject=row[2],
        kind=Kind(row[3]),
        wanted=wanted,
        via=row[5],
        filed_at=from_micros(row[6]),
        due_on=date.fromisoformat(row[7]),
        state=State(row[8]),
        effective_on=date.fromisoformat(row[9]) if row[9] else None,
        decided_at=from_micros(row[10]) if row[10] is not None else None,
        decided_by=row[11],
        reason=row[12],
    )
