"""What a row of the register file would change: a pure difference, applied by the service.

A changed name, address or telephone number holds from the day given and keeps what held before it.
A member who is missing in the file is not removed, and the same file a second time changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from idp.members.model import (
    Address,
    Dated,
    Member,
    MembershipDates,
    Name,
    address_on,
    from_day,
    name_on,
    phone_on,
)
from idp.members.register_columns import ADDRESS
from idp.members.register_file import RegisterRow


@dataclass(frozen=True, slots=True)
class Create:
    """A member the register does not know yet."""

    member: Member


@dataclass(frozen=True, slots=True)
class Update:
    """A member who changes: per field the old and the new value as of the day of the change."""

    before: Member
    after: Member
    fields: Mapping[str, tuple[object, object]]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A member of whom the file tells nothing new."""

    member_number: str


Change = Create | Update | Unchanged


def plan(current: Member | None, row: RegisterRow, effective_on: date) -> Change:
    """Tell what a row changes in the member of the same number, from a day on."""
    if current is None:
        return Create(_new_member(row, effective_on))
    if current.member_number != row.member_number:
        raise ValueError("a row is compared with the member of its own number only")
    changed = _changed_facts(current, row)
    old_fields = {name: (getattr(current, name), value) for name, value in changed.items()}
    dated: dict[str, Any] = {}

    old_name, new_name = name_on(current, effective_on), _told_name(current, row, effective_on)
    if new_name != old_name:
        dated["names"] = from_day(current.names, new_name, effective_on)
        old_fields["name"] = (old_name, new_name)
    old_address = address_on(current, effective_on)
    if row.columns >= ADDRESS and row.address != old_address:
        dated["addresses"] = from_day(current.addresses, row.address, effective_on)
        old_fields["address"] = (old_address, row.address)
    old_phone = phone_on(current, effective_on)
    if "phone_number" in row.columns and row.phone != old_phone:
        dated["phones"] = from_day(current.phones, row.phone, effective_on)
        old_fields["phone"] = (old_phone, row.phone)

    if not old_fields:
        return Unchanged(row.member_number)
    return Update(current, replace(current, **changed, **dated), old_fields)


def _changed_facts(current: Member, row: RegisterRow) -> dict[str, Any]:
    """Collect the undated fields whose value differs."""
    told: dict[str, Any] = {"birth_on": row.birth_on, "employment": row.employment}
    for name in ("workplace", "email", "external_id"):
        if name in row.columns:
            told[name] = getattr(row, name)
    for fact in fields(MembershipDates):
        told[fact.name] = getattr(row.dates, fact.name)
    return {name: value for name, value in told.items() if getattr(current, name) != value}


def _told_name(current: Member, row: RegisterRow, day: date) -> Name:
    if "name_in_use" in row.columns:
        return row.name
    return replace(row.name, name_in_use=name_on(current, day).name_in_use)


def _new_member(row: RegisterRow, from_on: date) -> Member:
    addresses: tuple[Dated[Address | None], ...] = ()
    phones: tuple[Dated[str | None], ...] = ()
    if row.address is not None:
        addresses = (Dated(row.address, from_on),)
    if row.phone is not None:
        phones = (Dated(row.phone, from_on),)
    return Member(
        member_number=row.member_number,
        birth_on=row.birth_on,
        employment=row.employment,
        workplace=row.workplace,
        names=(Dated(row.name, from_on),),
        addresses=addresses,
        phones=phones,
        email=row.email,
        capital_paid_on=row.dates.capital_paid_on,
        withdrawal_accepted_on=row.dates.withdrawal_accepted_on,
        refund_planned_on=row.dates.refund_planned_on,
        capital_refunded_on=row.dates.capital_refunded_on,
        external_id=row.external_id,
    )
