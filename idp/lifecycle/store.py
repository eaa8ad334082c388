"""Rows of use cases: what a member allowed one client, changes of the sign-in address, notices."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast

import sqlalchemy as sa

from idp.clock import from_micros, to_micros
from idp.factors.tables import authenticator, recovery_code
from idp.grants.active import OFFLINE, session_is_over
from idp.grants.tables import authorization_code, grant
from idp.lifecycle.model import AddressChange
from idp.lifecycle.tables import address_change, notice
from idp.sessions.store import session
from idp.sessions.tables import sign_in_progress
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_g, _k = grant.c, authorization_code.c
_GRANTS_OF_SUBJECT = Statement(
    sa.select(
        _g.client_id,
        _g.scopes,
        _g.created_at,
        session.c.ended_at,
        session.c.end_reason,
        session.c.expires_at,
    )
    .outerjoin(session, session.c.id == _g.session_id)
    .where(
        _g.subject == sa.bindparam("who"),
        _g.ended_at.is_(None),
        _g.expires_at > sa.bindparam("now"),
    )
)
_END_SIGN_INS = Statement(
    sa.update(sign_in_progress)
    .where(
        sign_in_progress.c.subject == sa.bindparam("who"), sign_in_progress.c.consumed_at.is_(None)
    )
    .values(consumed_at=sa.bindparam("at"))
)
_EXPIRE_CODES = Statement(
    sa.update(authorization_code)
    .where(
        _k.expires_at > sa.bindparam("now"),
        _k.subject == sa.bindparam("who"),
        _k.client_id == sa.bindparam("client"),
        _k.spent_at.is_(None),
    )
    .values(expires_at=sa.bindparam("now"))
)
_END_GRANTS = Statement(
    sa.update(grant)
    .where(
        _g.subject == sa.bindparam("who"),
        _g.client_id == sa.bindparam("client"),
        _g.ended_at.is_(None),
    )
    .values(ended_at=sa.bindparam("now"), end_reason=sa.bindparam("reason"))
    .returning(_g.session_id)
)


def end_sign_ins(tx: Tx, subject: str, at: int) -> None:
    """End every sign-in of an account that waits for its second factor."""
    tx.write(_END_SIGN_INS, who=subject, at=at)


def grants_of(tx: Tx, subject: str, now: datetime) -> list[tuple[str, str, int]]:
    """List a member's live grants: client, scopes, when they were made."""
    rows = tx.all(_GRANTS_OF_SUBJECT, who=subject, now=to_micros(now))
    return [
        (client_id, scopes, made_at)
        for client_id, scopes, made_at, *end in rows
        if not session_is_over(tuple(end), now, offline=OFFLINE in scopes.split())
    ]


def expire_codes(tx: Tx, subject: str, client_id: str, now: int) -> int:
    """Let codes of a client that nobody redeemed yet expire; answers how many."""
    return tx.run(_EXPIRE_CODES, who=subject, client=client_id, now=now)


def end_grants(tx: Tx, subject: str, client_id: str, reason: str, now: int) -> list[str]:
    """End a member's grants to a client; answers their sessions."""
    rows = tx.all(_END_GRANTS, who=subject, client=client_id, reason=reason, now=now)
    return [row[0] for row in rows]


_STEPS = ("new_confirmed_at", "old_confirmed_at", "changed_at", "undone_at", "ended_at")
_c = address_change.c
_CHANGE = (
    _c.id,
    _c.subject,
    _c.session_id,
    _c.old_address,
    _c.new_address,
    _c.requested_at,
    _c.expires_at,
    _c.new_confirmed_at,
    _c.old_confirmed_at,
    _c.changed_at,
    _c.undone_at,
    _c.ended_at,
    _c.due_at,
    _c.case_id,
)
_ADD_CHANGE = Statement(
    sa.insert(address_change).values(
        {c.name: sa.bindparam(c.name) for c in _c if c.name not in _STEPS}
    )
)
_CHANGE_OF_ID = Statement(sa.select(*_CHANGE).where(_c.id == sa.bindparam("which")))
_PENDING = Statement(
    sa.select(*_CHANGE)
    .where(_c.subject == sa.bindparam("who"), _c.changed_at.is_(None), _c.ended_at.is_(None))
    .order_by(_c.requested_at.desc())
    .limit(1)
)
_END_PENDING = Statement(
    sa.update(address_change)
    .where(_c.subject == sa.bindparam("who"), _c.changed_at.is_(None), _c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"))
    .returning(_c.id)
)
_DUE = Statement(
    sa.select(*_CHANGE)
    .where(
        _c.due_at <= sa.bindparam("now"),
        _c.expires_at > sa.bindparam("now"),
        _c.new_confirmed_at.is_not(None),
        _c.changed_at.is_(None),
        _c.ended_at.is_(None),
    )
    .order_by(_c.due_at)
    .limit(100)
)
_MARK = {
    step: Statement(
        sa.update(address_change)
        .where(_c.id == sa.bindparam("which"), _c[step].is_(None))
        .values({step: sa.bindparam("at")})
    )
    for step in _STEPS
}
_GIVEN_UP = Statement(
    sa.select(_c.subject)
    .where(
        _c.old_normal == sa.bindparam("address"),
        _c.changed_at > sa.bindparam("since"),
        _c.undone_at.is_(None),
        _c.ended_at.is_(None),
    )
    .limit(1)
)
_END_LATER = Statement(
    sa.update(address_change)
    .where(
        _c.subject == sa.bindparam("who"),
        _c.requested_at > sa.bindparam("since"),
        _c.ended_at.is_(None),
    )
    .values(ended_at=sa.bindparam("at"))
)
_f, _rc = authenticator.c, recovery_code.c
_DROP_FACTORS = Statement(
    sa.delete(authenticator)
    .where(_f.subject == sa.bindparam("who"), _f.created_at >= sa.bindparam("since"))
    .returning(_f.kind, _f.confirmed_at)
)
_DROP_CODES = Statement(
    sa.delete(recovery_code).where(
        _rc.subject == sa.bindparam("who"), _rc.drawn_at >= sa.bindparam("since")
    )
)


def add_address_change(tx: Tx, new: AddressChange, old_normal: str) -> None:
    """Insert a change of address that was asked for."""
    tx.write(
        _ADD_CHANGE,
        id=new.id,
        subject=new.subject,
        session_id=new.session_id,
        old_address=new.old_address,
        old_normal=old_normal,
        new_address=new.new_address,
        requested_at=to_micros(new.requested_at),
        expires_at=to_micros(new.expires_at),
        due_at=to_micros(new.due_at) if new.due_at else None,
        case_id=new.case_id,
    )


def find_address_change(tx: Tx, change_id: str) -> AddressChange | None:
    """Find a change of address."""
    row = tx.one(_CHANGE_OF_ID, which=change_id)
    return _read_change(row) if row else None


def pending_address_change(tx: Tx, subject: str) -> AddressChange | None:
    """Find the change of address that a subject has asked for last, unless it is done or over."""
    row = tx.one(_PENDING, who=subject)
    return _read_change(row) if row else None


def due_address_changes(tx: Tx, now: int) -> list[AddressChange]:
    """List changes the office is to make now: the cooling-off is over, the new mailbox proven."""
    return [_read_change(row) for row in tx.all(_DUE, now=now)]


def end_address_changes(tx: Tx, subject: str, at: int) -> list[str]:
    """Give up what a subject asked for and did not finish; answers the ids."""
    return [row[0] for row in tx.all(_END_PENDING, who=subject, at=at)]


def mark_address_change(tx: Tx, change_id: str, step: str, at: int) -> bool:
    """Note a step of a change, once; False when it was noted before."""
    return tx.run(_MARK[step], which=change_id, at=at) == 1


def end_later_changes(tx: Tx, subject: str, since: int, at: int) -> None:
    """Give up what was asked for after an instant, done or not: it cannot be taken back either."""
    tx.write(_END_LATER, who=subject, since=since, at=at)


def given_up_by(tx: Tx, address_normal: str, since: int) -> str | None:
    """Tell who gave up this address since an instant and may still take it back."""
    row = tx.one(_GIVEN_UP, address=address_normal, since=since)
    return row[0] if row else None


def drop_factors_since(tx: Tx, subject: str, since: int) -> tuple[int, list[str]]:
    """Take away factors that were set up and codes drawn since an instant.

    Answers how many there were, and the kinds of those that had been in service.
    """
    dropped = tx.all(_DROP_FACTORS, who=subject, since=since)
    codes = tx.run(_DROP_CODES, who=subject, since=since)
    in_service = [kind for kind, confirmed_at in dropped if confirmed_at is not None]
    return len(dropped) + codes, in_service


def _read_change(row: tuple[Any, ...]) -> AddressChange:
    instants = [from_micros(at) if at is not None else None for at in row[5:13]]
    return AddressChange(*cast("Any", (*row[:5], *instants, row[13])))


_n = notice.c
_NOTICES = Statement(
    sa.select(_n.subject, _n.kind, _n.about_on).where(
        _n.about_on.between(sa.bindparam("first"), sa.bindparam("last"))
    )
)
_TAKE_NOTICE = Statement(
    sa.text(
        "INSERT INTO notice (subject, kind, about_on, sent_at) VALUES (:who, :kind, :about, :at)"
        " ON CONFLICT (subject, kind, about_on) DO NOTHING"
    )
)


def notices_about(tx: Tx, first: date, last: date) -> set[tuple[str, str, str]]:
    """Give which notices were given about the days of a range: subject, kind, day."""
    rows = tx.all(_NOTICES, first=first.isoformat(), last=last.isoformat())
    return {(row[0], row[1], row[2]) for row in rows}


def take_notice(tx: Tx, subject: str, kind: str, about_on: date, at: int) -> bool:
    """Note that a notice is given; False when it was given before."""
    day = about_on.isoformat()
    return tx.run(_TAKE_NOTICE, who=subject, kind=kind, about=day, at=at) == 1
