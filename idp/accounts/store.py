"""Rows of accounts. Mail goes only to the address stored here; lookup is by its normal form."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from idp.accounts.model import Account
from idp.clock import from_micros, to_micros
from idp.members.store import DATE_COLUMNS, member
from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.tables import Instant, metadata

account = sa.Table(
    "account",
    metadata,
    sa.Column("subject", sa.String(64), primary_key=True),
    sa.Column(
        "member_number",
        sa.String(16),
        sa.ForeignKey("member.member_number"),
        nullable=False,
        unique=True,
    ),
    sa.Column("address", sa.String(320), nullable=False),
    sa.Column("address_normal", sa.String(320), nullable=False, unique=True),
    sa.Column("password_hash", sa.String(400)),
    sa.Column("credentials_changed_at", Instant, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("stopped_at", Instant),
    sa.Column("disabled_at", Instant),
    # The scheme of a hash that came from an older portal, until the first sign-in renews it.
    sa.Column("legacy_scheme", sa.String(32)),
    sa.Column("signed_in_at", Instant),
)

_c = account.c
_LATER = ("stopped_at", "disabled_at", "legacy_scheme", "signed_in_at")
ACCOUNT_COLUMNS = (
    _c.subject,
    _c.member_number,
    _c.address,
    _c.password_hash,
    _c.credentials_changed_at,
    _c.stopped_at,
    _c.disabled_at,
)
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
_REHASH = Statement(
    sa.update(account)
    .where(_c.subject == sa.bindparam("who"), _c.password_hash == sa.bindparam("old"))
    .values(password_hash=sa.bindparam("new"))
)
_SET_PASSWORD = Statement(
    sa.update(account)
    .where(_c.subject == sa.bindparam("who"))
    .values(password_hash=sa.bindparam("new"), credentials_changed_at=sa.bindparam("at"))
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


def rehash(tx: Tx, subject: str, old: str, new: str) -> bool:
    """Replace a password hash by one of the same password, if nobody changed it meanwhile."""
    return tx.run(_REHASH, who=subject, old=old, new=new) == 1


def set_password(tx: Tx, subject: str, password_hash: str, at: int) -> None:
    """Store a new password's hash; everything older than `at` stops counting as signed in."""
    tx.run(_SET_PASSWORD, who=subject, new=password_hash, at=at)


def set_stopped(tx: Tx, subject: str, at: int | None) -> None:
    """Stop an account, or take it back into service with None."""
    tx.run(_SET_STOPPED, who=subject, at=at)


def set_disabled(tx: Tx, subject: str, at: int | None) -> None:
    """Put an account under an administrative block, or lift it with None."""
    tx.run(_SET_DISABLED, who=subject, at=at)


def list_possibly_ended(tx: Tx, today: str) -> list[tuple[Any, ...]]:
    """List subjects whose membership dates say they may have no access on a date."""
    return tx.all(_ENDED_BY_DATE, today=today)


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
