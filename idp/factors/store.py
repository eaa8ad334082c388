"""Rows of factors, recovery codes and questions to passkeys. Secrets stand wrapped or hashed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from idp.clock import from_micros
from idp.factors.model import Authenticator, Challenge, FactorKind
from idp.factors.tables import authenticator, passkey_challenge, recovery_code
from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.wrapped import WrappedColumn

_a, _r, _q = authenticator.c, recovery_code.c, passkey_challenge.c
_COLUMNS = (
    _a.id,
    _a.subject,
    _a.kind,
    _a.name,
    _a.created_at,
    _a.confirmed_at,
    _a.last_used_at,
    _a.secret,
    _a.last_step,
    _a.credential_id,
    _a.public_key,
    _a.sign_count,
)
_WHO = _a.subject == sa.bindparam("who")
_KINDS = Statement(sa.select(_a.kind).where(_WHO, _a.confirmed_at.is_not(None)))
_ALL = Statement(sa.select(*_COLUMNS).where(_WHO).order_by(_a.created_at, _a.id))
_OF_KIND = Statement(sa.select(*_COLUMNS).where(_WHO, _a.kind == sa.bindparam("kind")))
_BY_CREDENTIAL = Statement(
    sa.select(*_COLUMNS).where(_a.credential_id == sa.bindparam("credential"))
)
_ADD = Statement(
    sa.insert(authenticator).values(
        {c.name: sa.bindparam(c.name) for c in _a if c.name != "last_used_at"}
    )
)
_CONFIRM = Statement(
    sa.update(authenticator)
    .where(_a.id == sa.bindparam("which"), _a.confirmed_at.is_(None))
    .values(
        confirmed_at=sa.bindparam("at"),
        last_used_at=sa.bindparam("at"),
        last_step=sa.bindparam("step"),
    )
)
_ADVANCE_STEP = Statement(
    sa.update(authenticator)
    .where(
        _a.id == sa.bindparam("which"),
        sa.or_(_a.last_step.is_(None), _a.last_step < sa.bindparam("step")),
    )
    .values(last_step=sa.bindparam("step"), last_used_at=sa.bindparam("at"))
)
_ADVANCE_COUNT = Statement(
    sa.update(authenticator)
    .where(_a.id == sa.bindparam("which"), _a.sign_count == sa.bindparam("before"))
    .values(sign_count=sa.bindparam("after"), last_used_at=sa.bindparam("at"))
)
_REMOVE = Statement(
    sa.delete(authenticator).where(
        _WHO, _a.kind == sa.bindparam("kind"), _a.id == sa.bindparam("which")
    )
)
_REMOVE_UNCONFIRMED = Statement(
    sa.delete(authenticator).where(_WHO, _a.kind == sa.bindparam("kind"), _a.confirmed_at.is_(None))
)
_NOBODYS_KEY = (
    "pQECAyYgASFYIJSO0-swvPJQBHXde6zEuVrx8tMNhenbfRF8Vzs6ljtI"
    "IlggNiuH1C_nl4ud0Q9rkX2E5i4AdzHWzRbMGpGKegZwUY8"
)
"""A point of P-256 as a passkey's key is kept; its private half was thrown away."""
_LONG_AGO = 1_000_000_000_000_000
_STAND_IN = (
    *("", "", "passkey", "", _LONG_AGO, _LONG_AGO, None, None, None, ""),
    *(_NOBODYS_KEY, 0),
)
"""What is read where there is no row."""
WRAPPED = WrappedColumn(_a.id, _a.secret)
"""Secrets of authenticator apps."""
_DROP_CODES = Statement(sa.delete(recovery_code).where(_r.subject == sa.bindparam("who")))
_ADD_CODE = Statement(
    sa.insert(recovery_code).values(
        subject=sa.bindparam("who"), code_hash=sa.bindparam("code"), drawn_at=sa.bindparam("at")
    )
)
_USE_CODE = Statement(
    sa.update(recovery_code)
    .where(
        _r.subject == sa.bindparam("who"),
        _r.code_hash == sa.bindparam("code"),
        _r.used_at.is_(None),
    )
    .values(used_at=sa.bindparam("at"))
)
_CODES_LEFT = Statement(
    sa.select(sa.func.count()).where(_r.subject == sa.bindparam("who"), _r.used_at.is_(None))
)
_ASK = Statement(
    sa.insert(passkey_challenge).values(
        {c.name: sa.bindparam(c.name) for c in _q if c.name != "consumed_at"}
    )
)
_ANSWER = Statement(
    sa.update(passkey_challenge)
    .where(
        _q.handle_hash == sa.bindparam("handle"),
        _q.browser_hash == sa.bindparam("browser"),
        _q.purpose == sa.bindparam("purpose"),
        _q.consumed_at.is_(None),
        _q.expires_at > sa.bindparam("at"),
    )
    .values(consumed_at=sa.bindparam("at"))
    .returning(_q.challenge, _q.subject)
)
_CLEAN = Statement(sa.delete(passkey_challenge).where(_q.expires_at < sa.bindparam("before")))


def kinds_of(tx: Tx, subject: str) -> frozenset[FactorKind]:
    """Tell which kinds of factors a member has set up and confirmed."""
    return frozenset(FactorKind(row[0]) for row in tx.all(_KINDS, who=subject))


def list_of(tx: Tx, subject: str) -> list[Authenticator]:
    """List a member's factors, the oldest first, those not confirmed included."""
    return [_read(row) for row in tx.all(_ALL, who=subject)]


def find_confirmed(tx: Tx, subject: str, kind: FactorKind) -> Authenticator | None:
    """Find the factor of a kind of which a member has one at most."""
    found = [_read(row) for row in tx.all(_OF_KIND, who=subject, kind=kind.value)]
    return next((one for one in found if one.confirmed_at is not None), None)


def find_unconfirmed(tx: Tx, subject: str, kind: FactorKind) -> Authenticator | None:
    """Find the factor that a member is just setting up."""
    found = [_read(row) for row in tx.all(_OF_KIND, who=subject, kind=kind.value)]
    return next((one for one in found if one.confirmed_at is None), None)


def passkey_or_stand_in(tx: Tx, credential_id: str) -> tuple[Authenticator, bool]:
    """Find a passkey; for an unknown one a stand-in that costs as much to check, and False."""
    row = tx.one(_BY_CREDENTIAL, credential=credential_id)
    return _read(row or _STAND_IN), row is not None


def find_passkey(tx: Tx, credential_id: str) -> Authenticator | None:
    """Find a passkey by the id its authenticator gave it."""
    row = tx.one(_BY_CREDENTIAL, credential=credential_id)
    return _read(row) if row else None


def add(tx: Tx, **columns: Any) -> None:
    """Insert a factor; columns that are not named stay empty."""
    empty = dict.fromkeys(c.name for c in _a if c.nullable and c.name != "last_used_at")
    tx.run(_ADD, **(empty | columns))


def confirm(tx: Tx, authenticator_id: str, step: int | None, at: int) -> bool:
    """Put a factor into service, once."""
    return tx.run(_CONFIRM, which=authenticator_id, step=step, at=at) == 1


def advance_step(tx: Tx, authenticator_id: str, step: int, at: int) -> bool:
    """Note the time step a code was of; False when that one or a later one was used before."""
    return tx.run(_ADVANCE_STEP, which=authenticator_id, step=step, at=at) == 1


def advance_count(tx: Tx, authenticator_id: str, before: int, after: int, at: int) -> bool:
    """Note a passkey's counter, if nobody noted another one meanwhile."""
    return tx.run(_ADVANCE_COUNT, which=authenticator_id, before=before, after=after, at=at) == 1


def remove(tx: Tx, subject: str, kind: FactorKind, authenticator_id: str) -> bool:
    """Take a factor away; False when the member has none such."""
    return tx.run(_REMOVE, who=subject, kind=kind.value, which=authenticator_id) == 1


def remove_unconfirmed(tx: Tx, subject: str, kind: FactorKind) -> None:
    """Forget what a member began to set up and did not finish."""
    tx.write(_REMOVE_UNCONFIRMED, who=subject, kind=kind.value)


def replace_codes(tx: Tx, subject: str, hashes: list[str], at: int) -> None:
    """Store a new set of recovery codes; the old set is worth nothing from now on."""
    tx.write(_DROP_CODES, who=subject)
    for code in hashes:
        tx.write(_ADD_CODE, who=subject, code=code, at=at)


def use_code(tx: Tx, subject: str, code_hash: str, at: int) -> bool:
    """Use one recovery code up, once."""
    return tx.run(_USE_CODE, who=subject, code=code_hash, at=at) == 1


def codes_left(tx: Tx, subject: str) -> int:
    """Count the recovery codes nobody used yet."""
    row = tx.one(_CODES_LEFT, who=subject)
    return int(row[0]) if row else 0


def ask(tx: Tx, **columns: Any) -> None:
    """Keep a question to a passkey."""
    tx.write(_ASK, **columns)


def answer(tx: Tx, handle: str, browser: str, purpose: str, at: int) -> Challenge | None:
    """Use a question up, whatever the answer will be worth; None when it is not this browser's."""
    row = tx.one(_ANSWER, handle=handle, browser=browser, purpose=purpose, at=at)
    return Challenge(row[0], row[1]) if row else None


def clean_challenges(tx: Tx, before: int) -> int:
    """Delete questions that were over before an instant."""
    return tx.run(_CLEAN, before=before)


def _read(row: tuple[Any, ...]) -> Authenticator:
    return Authenticator(
        id=row[0],
        subject=row[1],
        kind=FactorKind(row[2]),
        name=row[3],
        created_at=from_micros(row[4]),
        confirmed_at=from_micros(row[5]) if row[5] is not None else None,
        last_used_at=from_micros(row[6]) if row[6] is not None else None,
        secret=row[7],
        last_step=row[8],
        credential_id=row[9],
        public_key=row[10],
        sign_count=row[11],
    )
