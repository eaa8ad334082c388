"""Rows of staff accounts, their apps and one-time links. Secrets stand hashed or wrapped."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from idp.clock import from_micros
from idp.staff.model import StaffAccount
from idp.staff.tables import staff_account, staff_enrolment, staff_totp
from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.wrapped import WrappedColumn

_a, _e, _t = staff_account.c, staff_enrolment.c, staff_totp.c
ACCOUNT = (
    _a.id,
    _a.name,
    _a.address,
    _a.password_hash,
    _a.credentials_changed_at,
    _a.created_at,
    _a.enrolled_at,
    _a.ended_at,
)
"""The columns `read_account` takes."""
_BY_ID = Statement(sa.select(*ACCOUNT).where(_a.id == sa.bindparam("who")))
_BY_ADDRESS = Statement(sa.select(*ACCOUNT).where(_a.address_normal == sa.bindparam("address")))
_ALL = Statement(sa.select(*ACCOUNT).order_by(_a.created_at, _a.id))
_ADD = Statement(
    sa.insert(staff_account).values(
        {c.name: sa.bindparam(c.name) for c in _a if not c.nullable or c.name == "address_normal"}
    )
)
_END = Statement(
    sa.update(staff_account)
    .where(_a.id == sa.bindparam("who"), _a.ended_at.is_(None))
    .values(
        address_normal=sa.null(),
        password_hash=sa.null(),
        ended_at=sa.bindparam("at"),
        ended_by=sa.bindparam("by"),
        end_reason=sa.bindparam("why"),
        credentials_changed_at=sa.bindparam("at"),
    )
)
_SET_CREDENTIALS = Statement(
    sa.update(staff_account)
    .where(_a.id == sa.bindparam("who"), _a.ended_at.is_(None))
    .values(
        password_hash=sa.bindparam("hash"),
        credentials_changed_at=sa.bindparam("at"),
        enrolled_at=sa.bindparam("at"),
    )
)
_REHASH = Statement(
    sa.update(staff_account)
    .where(_a.id == sa.bindparam("who"), _a.password_hash == sa.bindparam("old"))
    .values(password_hash=sa.bindparam("new"))
)
_ENROLMENT = (
    _e.id,
    _e.selector,
    _e.secret_hash,
    _e.staff_id,
    _e.totp_secret,
    _e.password_hash,
    _e.expires_at,
    _e.consumed_at,
)
_ADD_ENROLMENT = Statement(
    sa.insert(staff_enrolment).values({c.name: sa.bindparam(c.name) for c in _e if not c.nullable})
)
_FIND_ENROLMENT = Statement(sa.select(*_ENROLMENT).where(_e.selector == sa.bindparam("selector")))
_TYPED = Statement(
    sa.update(staff_enrolment)
    .where(_e.id == sa.bindparam("which"), _e.consumed_at.is_(None))
    .values(password_hash=sa.bindparam("hash"))
)
_CONSUME = Statement(
    sa.update(staff_enrolment)
    .where(_e.id == sa.bindparam("which"), _e.consumed_at.is_(None))
    .values(consumed_at=sa.bindparam("at"))
)
_END_ENROLMENTS = Statement(
    sa.update(staff_enrolment)
    .where(_e.staff_id == sa.bindparam("who"), _e.consumed_at.is_(None))
    .values(consumed_at=sa.bindparam("at"))
)
_CLEAN_ENROLMENTS = Statement(
    sa.delete(staff_enrolment).where(_e.expires_at < sa.bindparam("before"))
)
_FIND_APP = Statement(
    sa.select(_t.id, _t.secret, _t.last_step).where(_t.staff_id == sa.bindparam("who"))
)
_ADD_APP = Statement(sa.insert(staff_totp).values({c.name: sa.bindparam(c.name) for c in _t}))
_DROP_APP = Statement(sa.delete(staff_totp).where(_t.staff_id == sa.bindparam("who")))
_ADVANCE = Statement(
    sa.update(staff_totp)
    .where(_t.id == sa.bindparam("which"), _t.last_step < sa.bindparam("step"))
    .values(last_step=sa.bindparam("step"), last_used_at=sa.bindparam("at"))
)
APP_SECRETS = WrappedColumn(_t.id, _t.secret)
ENROLMENT_SECRETS = WrappedColumn(_e.id, _e.totp_secret)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A one-time link, and what was typed into its pages."""

    id: str
    selector: str
    secret_hash: str
    staff_id: str
    totp_secret: str = field(repr=False)
    password_hash: str | None = field(repr=False)
    expires_at: datetime
    consumed_at: datetime | None


@dataclass(frozen=True, slots=True)
class App:
    """The authenticator app of somebody, its secret wrapped."""

    id: str
    secret: str = field(repr=False)
    last_step: int


def find(tx: Tx, staff_id: str) -> StaffAccount | None:
    """Find an account by its id, one that has ended too."""
    row = tx.one(_BY_ID, who=staff_id)
    return read_account(row) if row else None


def find_by_address(tx: Tx, address_normal: str) -> StaffAccount | None:
    """Find the account in service that signs in with an address."""
    row = tx.one(_BY_ADDRESS, address=address_normal)
    return read_account(row) if row else None


def name_and_address(tx: Tx, staff_id: str) -> tuple[str, str] | None:
    """Give name and mailbox of somebody in service, for a mail."""
    found = find(tx, staff_id)
    return (found.name, found.address) if found and found.ended_at is None else None


def list_all(tx: Tx) -> list[StaffAccount]:
    """List all accounts, those that have ended too, the oldest first."""
    return [read_account(row) for row in tx.all(_ALL)]


def add(tx: Tx, **columns: Any) -> None:
    """Insert an account without credentials."""
    tx.run(_ADD, **columns)


def end(tx: Tx, staff_id: str, at: int, by: str, why: str) -> bool:
    """End an account once; its password is forgotten, and its app."""
    tx.write(_DROP_APP, who=staff_id)
    return tx.run(_END, who=staff_id, at=at, by=by[:64], why=why) == 1


def set_credentials(tx: Tx, staff_id: str, password_hash: str, at: int) -> bool:
    """Put a password into force; False when the account has ended."""
    return tx.run(_SET_CREDENTIALS, who=staff_id, hash=password_hash, at=at) == 1


def rehash(tx: Tx, staff_id: str, old: str, new: str) -> bool:
    """Replace a hash with one of the same password, if it still is what was checked."""
    return tx.run(_REHASH, who=staff_id, old=old, new=new) == 1


def add_enrolment(tx: Tx, **columns: Any) -> None:
    """Keep a new link."""
    tx.write(_ADD_ENROLMENT, **columns)


def find_enrolment(tx: Tx, selector: str) -> Enrolment | None:
    """Find a link by the part of it that is no secret."""
    row = tx.one(_FIND_ENROLMENT, selector=selector)
    if row is None:
        return None
    consumed = from_micros(row[7]) if row[7] is not None else None
    return Enrolment(
        id=row[0],
        selector=row[1],
        secret_hash=row[2],
        staff_id=row[3],
        totp_secret=row[4],
        password_hash=row[5],
        expires_at=from_micros(row[6]),
        consumed_at=consumed,
    )


def note_password(tx: Tx, enrolment_id: str, password_hash: str) -> bool:
    """Keep a password that was typed, until a code of the app is right."""
    return tx.run(_TYPED, which=enrolment_id, hash=password_hash) == 1


def consume_enrolment(tx: Tx, enrolment_id: str, at: int) -> bool:
    """Use a link up, once."""
    return tx.run(_CONSUME, which=enrolment_id, at=at) == 1


def end_enrolments(tx: Tx, staff_id: str, at: int) -> int:
    """End the links of somebody that nobody used; answers how many."""
    return tx.run(_END_ENROLMENTS, who=staff_id, at=at)


def clean_enrolments(tx: Tx, before: int) -> int:
    """Delete links that were over before an instant."""
    return tx.run(_CLEAN_ENROLMENTS, before=before)


def find_app(tx: Tx, staff_id: str) -> App | None:
    """Find the app of somebody."""
    row = tx.one(_FIND_APP, who=staff_id)
    return App(*row) if row else None


def replace_app(tx: Tx, **columns: Any) -> None:
    """Put an app into service; an older one is worth nothing from now on."""
    tx.write(_DROP_APP, who=columns["staff_id"])
    tx.write(_ADD_APP, **columns)


def advance_step(tx: Tx, app_id: str, step: int, at: int) -> bool:
    """Note the time step a code was of; False when that one or a later one was used before."""
    return tx.run(_ADVANCE, which=app_id, step=step, at=at) == 1


def read_account(row: tuple[Any, ...]) -> StaffAccount:
    """Read the columns `ACCOUNT`."""
    return StaffAccount(
        id=row[0],
        name=row[1],
        address=row[2],
        password_hash=row[3],
        credentials_changed_at=from_micros(row[4]),
        created_at=from_micros(row[5]),
        enrolled_at=from_micros(row[6]) if row[6] is not None else None,
        ended_at=from_micros(row[7]) if row[7] is not None else None,
    )
