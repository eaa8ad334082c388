"""Rows of the register. Dated facts are one JSON text; the four dates of membership are columns.

Hot paths read only the four dates (`MembershipDates`), joined into their own statement.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from idp.errors import IdpError
from idp.members import search_store
from idp.members.model import Address, Dated, Employment, Member, MembershipDates, Name
from idp.members.tables import member_key
from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.tables import Day, Instant, metadata

member = sa.Table(
    "member",
    metadata,
    sa.Column("member_number", sa.String(16), primary_key=True),
    sa.Column("birth_on", Day, nullable=False),
    sa.Column("employment", sa.String(16), nullable=False),
    sa.Column("workplace", sa.Text, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("email", sa.String(320)),
    # The calendar and the notices ask by these three days, never by looking at everybody.
    sa.Column("capital_paid_on", Day, index=True),
    sa.Column("withdrawal_accepted_on", Day),
    sa.Column("refund_planned_on", Day, index=True),
    sa.Column("capital_refunded_on", Day, index=True),
    sa.Column("external_id", sa.String(200), index=True),
    sa.Column("updated_at", Instant, nullable=False, index=True),
    # Whose personal data were erased: no feed brings them back.
    sa.Column("erased_at", Instant),
)

_c = member.c
DATE_COLUMNS = (
    _c.capital_paid_on,
    _c.withdrawal_accepted_on,
    _c.refund_planned_on,
    _c.capital_refunded_on,
)
MEMBER_COLUMNS = (
    _c.member_number,
    _c.birth_on,
    _c.employment,
    _c.workplace,
    _c.facts,
    _c.email,
    *DATE_COLUMNS,
    _c.external_id,
)
"""What `read_member` reads, in this order."""
_ALL = sa.select(*MEMBER_COLUMNS)
_GET = Statement(_ALL.where(_c.member_number == sa.bindparam("number")))
_LIST = Statement(
    _ALL.where(_c.member_number > sa.bindparam("after"))
    .order_by(_c.member_number)
    .limit(sa.bindparam("most"))
)
_ADD = Statement(
    sa.insert(member).values({c.name: sa.bindparam(c.name) for c in _c if c.name != "erased_at"})
)
_SAVE = Statement(
    sa.update(member)
    .where(_c.member_number == sa.bindparam("number"))
    .values(
        {c.name: sa.bindparam(c.name) for c in _c if c.name not in ("member_number", "erased_at")}
    )
)
_MARK_ERASED = Statement(
    sa.update(member)
    .where(_c.member_number == sa.bindparam("number"), _c.erased_at.is_(None))
    .values(erased_at=sa.bindparam("at"))
)
_ERASED = Statement(sa.select(_c.member_number).where(_c.erased_at.is_not(None)))
_IS_ERASED = Statement(
    sa.select(_c.erased_at).where(
        _c.member_number == sa.bindparam("number"), _c.erased_at.is_not(None)
    )
)
_COUNT = Statement(sa.select(sa.func.count()).select_from(member))
_NOT_FOUND_YET = Statement(
    _ALL.where(
        ~sa.exists().where(member_key.c.member_number == _c.member_number),
        _c.erased_at.is_(None),
        _c.member_number > sa.bindparam("after"),
    )
    .order_by(_c.member_number)
    .limit(sa.bindparam("most"))
)


class UnknownMember(IdpError):
    """There is no member with this number."""

    code = "unknown_member"
    status = 404


class _Facts(msgspec.Struct, frozen=True):
    names: list[tuple[Name, date]]
    addresses: list[tuple[Address | None, date]]
    phones: list[tuple[str | None, date]]


_DECODER = msgspec.json.Decoder(_Facts)


def hold(tx: Tx) -> None:
    """Hold off everybody else who reads members to change them, until the transaction ends.

    What the core system tells and what a clerk approves at the same moment must both stand.
    """
    tx.lock("register")


def find(tx: Tx, number: str) -> Member | None:
    """Find a member by number."""
    row = tx.one(_GET, number=number)
    return read_member(row) if row else None


def get(tx: Tx, number: str) -> Member:
    """Get a member by number; raises `UnknownMember`."""
    found = find(tx, number)
    if found is None:
        raise UnknownMember(number)
    return found


def list_after(tx: Tx, after: str, most: int) -> list[Member]:
    """List members in order of number, beginning behind `after` (keyset page)."""
    return [read_member(row) for row in tx.all(_LIST, after=after, most=most)]


def add_many(tx: Tx, members: Iterable[Member], at: int) -> None:
    """Insert members, and what they are found under."""
    added = list(members)
    tx.run_many(_ADD, [_row(m, at) for m in added])
    search_store.write(tx, added, new=True)


def save_many(tx: Tx, members: Iterable[Member], at: int) -> None:
    """Replace members that are there."""
    saved = list(members)
    rows = [{**_row(m, at), "number": m.member_number} for m in saved]
    for row in rows:
        row.pop("member_number")
    tx.run_many(_SAVE, rows)
    search_store.write(tx, saved)


def write_missing_keys(tx: Tx, after: str, most: int) -> str | None:
    """Make findable who came before the search index; answers the last number, None at the end."""
    found = [read_member(row) for row in tx.all(_NOT_FOUND_YET, after=after, most=most)]
    search_store.write(tx, found)
    return found[-1].member_number if len(found) == most else None


def mark_erased(tx: Tx, number: str, at: int) -> bool:
    """Note that a member's personal data were erased; False when they were before."""
    return tx.run(_MARK_ERASED, number=number, at=at) == 1


def is_erased(tx: Tx, number: str) -> bool:
    """Tell whether a member's personal data were erased."""
    return tx.one(_IS_ERASED, number=number) is not None


def erased(tx: Tx) -> frozenset[str]:
    """List the numbers of all members whose personal data were erased."""
    return frozenset(row[0] for row in tx.all(_ERASED))


def count(tx: Tx) -> int:
    """Count the members of the register."""
    row = tx.one(_COUNT)
    return row[0] if row else 0


def read_dates(values: tuple[Any, ...]) -> MembershipDates:
    """Read the four date columns (`DATE_COLUMNS`) of a joined row."""
    return MembershipDates(*(date.fromisoformat(v) if v else None for v in values))


def read_facts(
    facts: str,
) -> tuple[
    tuple[Dated[Name], ...], tuple[Dated[Address | None], ...], tuple[Dated[str | None], ...]
]:
    """Read the dated facts of a member from their stored text."""
    read = _DECODER.decode(facts)
    return (
        tuple(Dated(v, on) for v, on in read.names),
        tuple(Dated(v, on) for v, on in read.addresses),
        tuple(Dated(v, on) for v, on in read.phones),
    )


def read_member(row: tuple[Any, ...]) -> Member:
    """Make a member of a row of the columns `MEMBER_COLUMNS`."""
    names, addresses, phones = read_facts(row[4])
    dates = read_dates(row[6:10])
    return Member(
        member_number=row[0],
        birth_on=date.fromisoformat(row[1]),
        employment=Employment(row[2]),
        workplace=row[3],
        names=names,
        addresses=addresses,
        phones=phones,
        email=row[5],
        capital_paid_on=dates.capital_paid_on,
        withdrawal_accepted_on=dates.withdrawal_accepted_on,
        refund_planned_on=dates.refund_planned_on,
        capital_refunded_on=dates.capital_refunded_on,
        external_id=row[10],
    )


def _row(m: Member, at: int) -> dict[str, Any]:
    facts = _Facts(
        names=[(d.value, d.from_on) for d in m.names],
        addresses=[(d.value, d.from_on) for d in m.addresses],
        phones=[(d.value, d.from_on) for d in m.phones],
    )
    return {
        "member_number": m.member_number,
        "birth_on": m.birth_on.isoformat(),
        "employment": m.employment.value,
        "workplace": m.workplace,
        "facts": msgspec.json.encode(facts).decode(),
        "email": m.email,
        "capital_paid_on": _iso(m.capital_paid_on),
        "withdrawal_accepted_on": _iso(m.withdrawal_accepted_on),
        "refund_planned_on": _iso(m.refund_planned_on),
        "capital_refunded_on": _iso(m.capital_refunded_on),
        "external_id": m.external_id,
        "updated_at": at,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
