"""Rows of accounts. Mail goes only to the address stored here; lookup is by its normal form."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from idp.accounts.model import Account
from idp.accounts.tables import ACCOUNT_COLUMNS, account
from idp.clock import from_micros, to_micros
from idp.members.model import MembershipDates
from idp.members.store import DATE_COLUMNS, member, read_dates
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_c = account.c
_LATER = ("stopped_at", "disabled_at", "legacy_scheme", "signed_in_at")
_BY_ADDRESS = Statement(
    sa.select(*ACCOUNT_COLUMNS).where(_c.address_normal == sa.bindparam("address"))
)
_BY_SUBJECT = Statement(sa.select(*ACCOUNT_COLUMNS).where(_c.subject == sa.bindparam("who")))
_BY_NUMBER = Statement(
    sa.select(*ACCOUNT_COLUMNS).where(_c.member_number == sa.bindparam("number"))
)
_ADD = Statement(
    sa.insert(account).values({c.name: sa.bindparam(c.name) for c in _c if c.name not in _LATER})
)
_ADD_IF_FREE = Statement(
    sa.text(
        "INSERT INTO account (subject, member_number, address, address_normal, password_hash,"
        " credentials_changed_at, created_at) VALUES (:subject, :member_number, :address,"
        " :address_normal, :password_hash, :credentials_changed_at, :created_at)"
        " ON CONFLICT DO NOTHING"
    )
)
_COME_BACK = Statement(
    sa.update(account)
    .where(_c.subject == sa.bindparam("who"), _c.stopped_at.is_not(None))
    .values(
        address=sa.bindparam("new"),
        address_normal=sa.bindparam("normal"),
        password_hash=sa.bindparam("hash"),
        credentials_changed_at=sa.bindparam("at"),
        stopped_at=sa.null(),
        legacy_scheme=sa.null(),
    )
)
_REHASH = Statement(
    sa.update(account)
    .where(_c.subject == sa.bindparam("who"), _c.password_hash == sa.bindparam("old"))
    .values(password_hash=sa.bindparam("new"), legacy_scheme=sa.null())
)
_SET_PASSWORD = Statement(
    sa.update(account)
    .where(_c.subject == sa.bindparam("who"))
    .values(
        password_hash=sa.bindparam("new"),
        credentials_changed_at=sa.bindparam("at"),
        legacy_scheme=sa.null(),
    )
)
_SET_ADDRESS = Statement(
    sa.update(account)
    .where(_c.subject == sa.bindparam("who"), _c.address == sa.bindparam("old"))
    .values(
        address=sa.bindparam("new"),
        address_normal=sa.bindparam("normal"),
        credentials_changed_at=sa.bindparam("at"),
    )
)
_DROP_PASSWORD = Statement(
    sa.update(account)
    .where(_c.subject == sa.bindparam("who"))
    .values(password_hash=sa.null(), legacy_scheme=sa.null())
)
_NOTE_SIGN_IN = Statement(
    sa.update(account)
    .where(_c.subject == sa.bindparam("who"))
    .values(signed_in_at=sa.bindparam("at"))
)
_SET_STOPPED = Statement(
    sa.update(account)
    .where(_c.subject == sa.bindparam("who"))
    .values(stopped_at=sa.bindparam("at"))
)
_SET_DISABLED = Statement(
    sa.update(account)
    .where(_c.subject == sa.bindparam("who"))
    .values(disabled_at=sa.bindparam("at"))
)
_MARK_LEGACY = Statement(
    sa.update(account)
    .where(_c.subject == sa.bindparam("who"))
    .values(legacy_scheme=sa.bindparam("scheme"))
)
_COUNT_LEGACY = Statement(
    sa.select(_c.legacy_scheme, sa.func.count())
    .where(_c.legacy_scheme.is_not(None))
    .group_by(_c.legacy_scheme)
)
_LIST_LEGACY = Statement(
    sa.select(_c.member_number, _c.legacy_scheme, _c.created_at)
    .where(_c.legacy_scheme.is_not(None), _c.member_number > sa.bindparam("after"))
    .order_by(_c.member_number)
    .limit(sa.bindparam("most"))
)
# Accounts whose access may have ended by date; the pure rule decides each of them.
_ENDED_BY_DATE = Statement(
    sa.select(_c.subject, *DATE_COLUMNS)
    .join(member, member.c.member_number == _c.member_number)
    .where(
        sa.or_(
            member.c.capital_paid_on.is_(None),
            member.c.capital_paid_on > sa.bindparam("today"),
            member.c.refund_planned_on <= sa.bindparam("today"),
            member.c.capital_refunded_on <= sa.bindparam("today"),
        )
    )
)
_m = member.c
_REFUNDED_BETWEEN = sa.or_(
    *(
        day.between(sa.bindparam("first"), sa.bindparam("last"))
        for day in (_m.refund_planned_on, _m.capital_refunded_on)
    )
)
_ENDING = Statement(
    sa.select(_c.subject, _c.created_at, *DATE_COLUMNS)
    .join(member, _m.member_number == _c.member_number)
    .where(_REFUNDED_BETWEEN, _c.stopped_at.is_(None))
    .order_by(_m.member_number)
)
_TURNING = Statement(
    sa.select(_m.member_number, _c.subject, *DATE_COLUMNS)
    .select_from(member)
    .outerjoin(account, _c.member_number == _m.member_number)
    .where(
        sa.or_(
            _REFUNDED_BETWEEN,
            _m.capital_paid_on.between(sa.bindparam("first"), sa.bindparam("last")),
        )
    )
    .order_by(_m.member_number)
)


def find_by_address(tx: Tx, address_normal: str) -> Account | None:
    """Find the account that signs in with this normal form of an address."""
    return _found(tx.one(_BY_ADDRESS, address=address_normal))


def find(tx: Tx, subject: str) -> Account | None:
    """Find an account by its subject."""
    return _found(tx.one(_BY_SUBJECT, who=subject))


def find_by_number(tx: Tx, number: str) -> Account | None:
    """Find a member's account."""
    return _found(tx.one(_BY_NUMBER, number=number))


def add(tx: Tx, new: Account, address_normal: str, created_at: int) -> None:
    """Insert an account; the unique indexes refuse a second one for an address or a member."""
    tx.run(
        _ADD,
        subject=new.subject,
        member_number=new.member_number,
        address=new.address,
        address_normal=address_normal,
        password_hash=new.password_hash,
        credentials_changed_at=to_micros(new.credentials_changed_at),
        created_at=created_at,
    )


def add_if_free(tx: Tx, new: Account, address_normal: str, created_at: int) -> bool:
    """Insert an account unless its member or its address has one, however close the race."""
    return (
        tx.run(
            _ADD_IF_FREE,
            subject=new.subject,
            member_number=new.member_number,
            address=new.address,
            address_normal=address_normal,
            password_hash=new.password_hash,
            credentials_changed_at=to_micros(new.credentials_changed_at),
            created_at=created_at,
        )
        == 1
    )


def come_back(tx: Tx, back: Account, address_normal: str) -> bool:
    """Take a stopped account into service again with another address and password.

    The caller holds the name of the address and has looked whether it is free.
    """
    return (
        tx.run(
            _COME_BACK,
            who=back.subject,
            new=back.address,
            normal=address_normal,
            hash=back.password_hash,
            at=to_micros(back.credentials_changed_at),
        )
        == 1
    )


def rehash(tx: Tx, subject: str, old: str, new: str) -> bool:
    """Replace a password hash by one of the same password, if nobody changed it meanwhile."""
    return tx.run(_REHASH, who=subject, old=old, new=new) == 1


def set_password(tx: Tx, subject: str, password_hash: str, at: int) -> None:
    """Store a new password's hash; everything older than `at` stops counting as signed in."""
    tx.run(_SET_PASSWORD, who=subject, new=password_hash, at=at)


def set_address(tx: Tx, subject: str, old: str, new: str, new_normal: str, at: int) -> bool:
    """Store another sign-in address if it is still `old`; everything before `at` stops counting.

    The caller holds the name of the new one and has looked whether it is free.
    """
    return tx.run(_SET_ADDRESS, who=subject, old=old, new=new, normal=new_normal, at=at) == 1


def drop_password(tx: Tx, subject: str) -> None:
    """Forget the password; a new one is set through the mailbox only."""
    tx.write(_DROP_PASSWORD, who=subject)


def note_sign_in(tx: Tx, subject: str, at: int) -> None:
    """Note when an account was last signed in to."""
    tx.write(_NOTE_SIGN_IN, who=subject, at=at)


def set_stopped(tx: Tx, subject: str, at: int | None) -> None:
    """Stop an account, or take it back into service with None."""
    tx.run(_SET_STOPPED, who=subject, at=at)


def set_disabled(tx: Tx, subject: str, at: int | None) -> None:
    """Put an account under an administrative block, or lift it with None."""
    tx.run(_SET_DISABLED, who=subject, at=at)


def mark_legacy(tx: Tx, subject: str, scheme: str) -> None:
    """Note that a password hash wraps one of an older portal."""
    tx.write(_MARK_LEGACY, who=subject, scheme=scheme)


def count_legacy(tx: Tx) -> dict[str, int]:
    """Count the accounts whose owner has not come since the import, by scheme."""
    return {row[0]: row[1] for row in tx.all(_COUNT_LEGACY)}


def list_legacy(tx: Tx, after: str, most: int) -> list[tuple[str, str, int]]:
    """List them behind a member number: number, scheme, when imported (keyset page)."""
    return [(r[0], r[1], r[2]) for r in tx.all(_LIST_LEGACY, after=after, most=most)]


def list_possibly_ended(tx: Tx, today: str) -> list[tuple[Any, ...]]:
    """List subjects whose membership dates say they may have no access on a date."""
    return tx.all(_ENDED_BY_DATE, today=today)


def ending_between(tx: Tx, first: date, last: date) -> list[tuple[str, int, MembershipDates]]:
    """List accounts in service with a refund day in a range: subject, made when, dates."""
    rows = tx.all(_ENDING, first=first.isoformat(), last=last.isoformat())
    return [(row[0], row[1], read_dates(row[2:6])) for row in rows]


def turning_between(
    tx: Tx, first: date, last: date
) -> list[tuple[str, str | None, MembershipDates]]:
    """List members with a day of payment or refund in a range: number, subject if any, dates."""
    rows = tx.all(_TURNING, first=first.isoformat(), last=last.isoformat())
    return [(row[0], row[1], read_dates(row[2:6])) for row in rows]


def read_account(row: tuple[Any, ...]) -> Account:
    """Read the columns `ACCOUNT_COLUMNS` of a row."""
    return Account(
        subject=row[0],
        member_number=row[1],
        address=row[2],
        password_hash=row[3],
        credentials_changed_at=from_micros(row[4]),
        stopped_at=from_micros(row[5]) if row[5] is not None else None,
        disabled_at=from_micros(row[6]) if row[6] is not None else None,
    )


def _found(row: tuple[Any, ...] | None) -> Account | None:
    return read_account(row) if row else None
