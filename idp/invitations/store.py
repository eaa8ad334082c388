"""Rows of invitations and of registrations in progress."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from idp.accounts.tables import account
from idp.clock import from_micros
from idp.invitations.model import Invitation, Letter, Registration, SentBy
from idp.invitations.tables import invitation, registration
from idp.members.model import Member
from idp.members.store import MEMBER_COLUMNS, member, read_member
from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.wrapped import WrappedColumn

_i = invitation.c
_LIVE = (_i.used_at.is_(None), _i.ended_at.is_(None))
INVITATION = (
    _i.selector,
    _i.member_number,
    _i.sent_by,
    _i.created_at,
    _i.expires_at,
    _i.printed_at,
    _i.used_at,
    _i.ended_at,
    _i.end_reason,
)
_NEW = ("selector", "member_number", "code_hash", "key_id", "code_wrapped", "sent_by")
_ADD = Statement(
    sa.insert(invitation).values(
        {name: sa.bindparam(name) for name in (*_NEW, "created_at", "expires_at")}
    )
)
_FIND = Statement(sa.select(*INVITATION).where(_i.selector == sa.bindparam("which")))
_SELECTORS = Statement(sa.select(_i.selector))
_LIVE_OF = Statement(
    sa.select(*INVITATION).where(_i.member_number == sa.bindparam("number"), *_LIVE)
)
_END_OF = Statement(
    sa.update(invitation)
    .where(_i.member_number == sa.bindparam("number"), *_LIVE)
    .values(ended_at=sa.bindparam("at"), end_reason=sa.bindparam("why"), code_wrapped=sa.null())
)
_SPEND = Statement(
    sa.update(invitation)
    .where(_i.selector == sa.bindparam("which"), _i.expires_at > sa.bindparam("at"), *_LIVE)
    .values(used_at=sa.bindparam("at"), code_wrapped=sa.null())
)
_TRIED = Statement(
    sa.select(
        *INVITATION,
        _i.code_hash,
        *MEMBER_COLUMNS,
        account.c.subject,
        account.c.stopped_at,
        account.c.disabled_at,
    )
    .join(member, member.c.member_number == _i.member_number)
    .outerjoin(account, account.c.member_number == _i.member_number)
    .where(_i.selector == sa.bindparam("which"))
)
_PENDING = Statement(
    sa.select(*INVITATION)
    .outerjoin(account, account.c.member_number == _i.member_number)
    .where(
        _i.selector > sa.bindparam("after"),
        *_LIVE,
        sa.or_(account.c.subject.is_(None), account.c.stopped_at.is_not(None)),
    )
    .order_by(_i.selector)
    .limit(sa.bindparam("most"))
)
_PENDING_BY_MEMBER = Statement(
    sa.select(*INVITATION)
    .outerjoin(account, account.c.member_number == _i.member_number)
    .where(
        _i.member_number > sa.bindparam("after"),
        *_LIVE,
        sa.or_(account.c.subject.is_(None), account.c.stopped_at.is_not(None)),
    )
    .order_by(_i.member_number)
    .limit(sa.bindparam("most"))
)
_LIST = Statement(
    sa.select(*INVITATION)
    .where(_i.selector > sa.bindparam("after"))
    .order_by(_i.selector)
    .limit(sa.bindparam("most"))
)
_TO_PRINT = Statement(
    sa.select(*INVITATION, _i.code_wrapped, *MEMBER_COLUMNS)
    .join(member, member.c.member_number == _i.member_number)
    .where(
        _i.selector > sa.bindparam("after"),
        _i.sent_by == "letter",
        _i.code_wrapped.is_not(None),
        _i.expires_at > sa.bindparam("now"),
        *_LIVE,
    )
    .order_by(_i.selector)
    .limit(sa.bindparam("most"))
)
_LIVE_BY_KEY = Statement(
    sa.select(_i.key_id, sa.func.count(), sa.func.max(_i.expires_at))
    .where(_i.expires_at > sa.bindparam("now"), *_LIVE)
    .group_by(_i.key_id)
)
WRAPPED = WrappedColumn(_i.selector, _i.code_wrapped, also=(_i.code_hash, _i.key_id))
_PRINTED = Statement(
    sa.update(invitation)
    .where(_i.selector == sa.bindparam("which"), *_LIVE)
    .values(printed_at=sa.bindparam("at"), code_wrapped=sa.null())
)
# Members whose payment counts by now and whom nobody has invited yet, whatever brought the payment.
_NEVER_INVITED = Statement(
    sa.select(*MEMBER_COLUMNS)
    .where(
        member.c.capital_paid_on >= sa.bindparam("since"),
        member.c.capital_paid_on <= sa.bindparam("today"),
        ~sa.exists().where(_i.member_number == member.c.member_number),
        ~sa.exists().where(account.c.member_number == member.c.member_number),
    )
    .order_by(member.c.member_number)
    .limit(sa.bindparam("most"))
)
_r = registration.c
_BEGIN = Statement(
    sa.insert(registration).values(
        {c.name: sa.bindparam(c.name) for c in list(_r)[:4]}
        | {name: sa.bindparam(name) for name in ("created_at", "expires_at")}
    )
)
_REGISTRATION = Statement(sa.select(*_r).where(_r.handle_hash == sa.bindparam("which")))
_SET_ADDRESS = Statement(
    sa.update(registration)
    .where(_r.handle_hash == sa.bindparam("which"), _r.consumed_at.is_(None))
    .values(address=sa.bindparam("typed"), address_proven_at=sa.null())
)
_PROVE = Statement(
    sa.update(registration)
    .where(_r.handle_hash == sa.bindparam("which"), _r.address == sa.bindparam("proven"))
    .values(address_proven_at=sa.bindparam("at"))
)
_CONSUME = Statement(
    sa.update(registration)
    .where(_r.handle_hash == sa.bindparam("which"), _r.consumed_at.is_(None))
    .values(consumed_at=sa.bindparam("at"))
)
_CLEAN = Statement(sa.delete(registration).where(_r.expires_at < sa.bindparam("before")))
_FORGET_WRAPPED = Statement(
    sa.update(invitation)
    .where(_i.code_wrapped.is_not(None), _i.expires_at < sa.bindparam("before"))
    .values(code_wrapped=sa.null())
)


def add_many(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Insert invitations; every column of a new one is named."""
    tx.run_many(_ADD, rows)


def find(tx: Tx, selector: str) -> Invitation | None:
    """Find an invitation by the public part of its code."""
    row = tx.one(_FIND, which=selector)
    return read_invitation(row) if row else None


def selectors(tx: Tx) -> set[str]:
    """Give every selector that was ever drawn."""
    return {row[0] for row in tx.all(_SELECTORS)}


def live_of(tx: Tx, number: str) -> Invitation | None:
    """Find a member's invitation that was neither used nor ended."""
    row = tx.one(_LIVE_OF, number=number)
    return read_invitation(row) if row else None


def end_of(tx: Tx, number: str, at: int, why: str) -> bool:
    """End a member's invitation; False when there is none."""
    return tx.run(_END_OF, number=number, at=at, why=why) > 0


def spend(tx: Tx, selector: str, at: int) -> bool:
    """Use an invitation up, once; False when it is over."""
    return tx.run(_SPEND, which=selector, at=at) == 1


def tried_row(tx: Tx, selector: str) -> tuple[Any, ...] | None:
    """Find an invitation with its member and account; `idp.invitations.tried` reads it."""
    return tx.one(_TRIED, which=selector)


def list_pending_by_member(tx: Tx, after: str, most: int) -> list[Invitation]:
    """List invitations that nobody has used yet by member number; a member has one at most."""
    return [read_invitation(row) for row in tx.all(_PENDING_BY_MEMBER, after=after, most=most)]


def list_pending(tx: Tx, after: str, most: int) -> list[Invitation]:
    """List invitations that nobody has used yet, by selector, beginning behind `after`."""
    return [read_invitation(row) for row in tx.all(_PENDING, after=after, most=most)]


def list_all(tx: Tx, after: str, most: int) -> list[Invitation]:
    """List invitations by selector, beginning behind `after`."""
    return [read_invitation(row) for row in tx.all(_LIST, after=after, most=most)]


def list_letters(tx: Tx, after: str, now: int, most: int) -> list[Letter]:
    """List invitations that wait for their letter, by selector, beginning behind `after`."""
    width = len(INVITATION)
    rows = tx.all(_TO_PRINT, after=after, now=now, most=most)
    return [
        Letter(read_invitation(row[:width]), row[width], read_member(row[width + 1 :]))
        for row in rows
    ]


def live_by_key(tx: Tx, now: int) -> dict[str, tuple[int, datetime]]:
    """Count codes that still open something by the master key behind them; and the last's end."""
    return {row[0]: (row[1], from_micros(row[2])) for row in tx.all(_LIVE_BY_KEY, now=now)}


def printed(tx: Tx, selector: str, at: int) -> bool:
    """Note that a letter is on disk and forget its code; False when it ended meanwhile."""
    return tx.run(_PRINTED, which=selector, at=at) == 1


def list_never_invited(tx: Tx, since: date, today: date, most: int) -> list[Member]:
    """List members who paid between two days and have neither an invitation nor an account."""
    rows = tx.all(_NEVER_INVITED, since=since.isoformat(), today=today.isoformat(), most=most)
    return [read_member(row) for row in rows]


def begin(tx: Tx, **columns: Any) -> None:
    """Insert a registration in progress."""
    tx.write(_BEGIN, **columns)


def find_registration(tx: Tx, handle_hash: str) -> Registration | None:
    """Find a registration in progress."""
    row = tx.one(_REGISTRATION, which=handle_hash)
    if row is None:
        return None
    return Registration(
        handle_hash=row[0],
        browser_hash=row[1],
        selector=row[2],
        member_number=row[3],
        address=row[4],
        address_is_proven=row[5] is not None,
        expires_at=from_micros(row[7]),
        consumed_at=_moment(row[8]),
    )


def set_address(tx: Tx, handle_hash: str, typed: str | None) -> None:
    """Keep the address somebody wants to register with; it is not proven."""
    tx.run(_SET_ADDRESS, which=handle_hash, typed=typed)


def prove_address(tx: Tx, handle_hash: str, address: str, at: int) -> bool:
    """Note that the address is read by who registers; False when it is another by now."""
    return tx.run(_PROVE, which=handle_hash, proven=address, at=at) == 1


def consume(tx: Tx, handle_hash: str, at: int) -> bool:
    """Finish a registration, once."""
    return tx.run(_CONSUME, which=handle_hash, at=at) == 1


def clean(tx: Tx, before: int) -> int:
    """Delete registrations that ended before an instant, and codes of letters that expired."""
    return tx.run(_CLEAN, before=before) + tx.run(_FORGET_WRAPPED, before=before)


def read_invitation(row: tuple[Any, ...]) -> Invitation:
    """Make an invitation of a row of the columns `INVITATION`."""
    return Invitation(
        selector=row[0],
        member_number=row[1],
        sent_by=SentBy(row[2]),
        created_at=from_micros(row[3]),
        expires_at=from_micros(row[4]),
        printed_at=_moment(row[5]),
        used_at=_moment(row[6]),
        ended_at=_moment(row[7]),
        end_reason=row[8],
    )


def _moment(value: int | None) -> datetime | None:
    return from_micros(value) if value is not None else None
