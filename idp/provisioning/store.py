"""Rows for the SCIM endpoint: tokens of core systems, and pages of the register.

Pages come in order of the member number, which is permanent, so a page does not shift when its
members change. What a member is lies in `idp.members.store`.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from idp.clock import from_micros, to_micros
from idp.members.model import Member
from idp.members.store import MEMBER_COLUMNS, member, read_member
from idp.provisioning.model import ChangedSince, Condition, Equals, ScimToken, Scope
from idp.provisioning.tables import scim_token
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_t = scim_token.c
_m = member.c
_TOKEN = (
    _t.id,
    _t.name,
    _t.scopes,
    _t.created_at,
    _t.expires_at,
    _t.last_used_at,
    _t.ended_at,
)
_ADD = Statement(sa.insert(scim_token))
_BY_HASH = Statement(sa.select(*_TOKEN).where(_t.token_hash == sa.bindparam("hash")))
_LIST = Statement(sa.select(*_TOKEN).order_by(_t.created_at, _t.id))
_USED = Statement(
    sa.update(scim_token)
    .where(_t.id == sa.bindparam("token"))
    .values(last_used_at=sa.bindparam("at"))
)
_END = Statement(
    sa.update(scim_token)
    .where(_t.id == sa.bindparam("token"), _t.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"))
)
_GET = Statement(
    sa.select(*MEMBER_COLUMNS, _m.updated_at).where(_m.member_number == sa.bindparam("number"))
)


def add_token(tx: Tx, token: ScimToken, token_hash: str) -> None:
    """Insert a token."""
    tx.run(
        _ADD,
        id=token.id,
        token_hash=token_hash,
        name=token.name,
        scopes=token.scope.value,
        created_at=to_micros(token.created_at),
        expires_at=to_micros(token.expires_at),
        last_used_at=None,
        ended_at=None,
    )


def find_token(tx: Tx, token_hash: str) -> ScimToken | None:
    """Find a token by the hash of its secret."""
    row = tx.one(_BY_HASH, hash=token_hash)
    return _token(row) if row else None


def list_tokens(tx: Tx) -> list[ScimToken]:
    """List all tokens, oldest first, those that are over included."""
    return [_token(row) for row in tx.all(_LIST)]


def note_use(tx: Tx, token_id: str, at: int) -> None:
    """Note that a token was used."""
    tx.write(_USED, token=token_id, at=at)


def end_token(tx: Tx, token_id: str, at: int) -> bool:
    """End a token; False when it had ended already."""
    return tx.run(_END, token=token_id, at=at) == 1


def find_member(tx: Tx, number: str) -> tuple[Member, int] | None:
    """Find a member with the instant of the last change."""
    row = tx.one(_GET, number=number)
    return (read_member(row), row[-1]) if row else None


def count_members(tx: Tx, condition: Condition | None, today: str) -> int:
    """Count the members a filter selects."""
    query = sa.select(sa.func.count()).select_from(member)
    row = tx.one(Statement(_selected(query, condition, today)))
    return int(row[0]) if row else 0


def page_of_members(
    tx: Tx, condition: Condition | None, today: str, skip: int, most: int
) -> list[tuple[Member, int]]:
    """List a page of the members a filter selects, each with the instant of the last change.

    The numbers are found first, in their index alone: skipping 99,000 members reads no rows.
    """
    numbers = _selected(sa.select(_m.member_number), condition, today)
    numbers = numbers.order_by(_m.member_number).limit(most).offset(skip)
    rows = (
        sa.select(*MEMBER_COLUMNS, _m.updated_at)
        .where(_m.member_number.in_(numbers))
        .order_by(_m.member_number)
    )
    return [(read_member(row), row[-1]) for row in tx.all(Statement(rows))]


def _selected(query: sa.Select[Any], condition: Condition | None, today: str) -> sa.Select[Any]:
    return query if condition is None else query.where(_clause(condition, today))


def _clause(condition: Condition, today: str) -> sa.ColumnElement[bool]:
    if isinstance(condition, ChangedSince):
        at = to_micros(condition.at)
        return _m.updated_at >= at if condition.inclusive else _m.updated_at > at
    if not isinstance(condition, Equals):
        parts = [_clause(term, today) for term in condition.terms]
        return sa.or_(*parts) if condition.any_of else sa.and_(*parts)
    if condition.attribute == "active":
        return _active(today) if condition.value else sa.not_(_active(today))
    value = str(condition.value)
    if condition.attribute == "email":
        return sa.func.lower(sa.func.coalesce(_m.email, "")) == value.lower()
    column = _m.external_id if condition.attribute == "external_id" else _m.member_number
    return column == value


def _active(today: str) -> sa.ColumnElement[bool]:
    """Say `idp.members.standing.has_membership` in SQL; never NULL, so that it can be negated."""
    never = "9999-99-99"
    return sa.and_(
        sa.func.coalesce(_m.capital_paid_on, never) <= today,
        sa.func.coalesce(_m.refund_planned_on, never) > today,
        sa.func.coalesce(_m.capital_refunded_on, never) > today,
    )


def _token(row: tuple[Any, ...]) -> ScimToken:
    return ScimToken(
        id=row[0],
        name=row[1],
        scope=Scope(row[2]),
        created_at=from_micros(row[3]),
        expires_at=from_micros(row[4]),
        last_used_at=from_micros(row[5]) if row[5] is not None else None,
        ended_at=from_micros(row[6]) if row[6] is not None else None,
    )
