"""Between SCIM and the register: what is shown of a member, and a User as a row of the feed.

A User becomes the same cells as a line of the CSV export and is read by the same rules
(`idp.members.register_file.read_row`), so that both doors accept and refuse the same values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
from scim2_models import Meta

from idp.clock import from_micros
from idp.members.errors import BadValue
from idp.members.japan.addresses import formatted
from idp.members.japan.text import bad_character
from idp.members.model import Member, address_on, name_on, phone_on
from idp.members.register_cells import remembered_date
from idp.members.register_columns import Header
from idp.members.register_file import RegisterRow, read_row
from idp.members.register_records import Record
from idp.members.standing import has_membership
from idp.provisioning.model import bad_value
from idp.provisioning.schema import (
    MEMBERSHIP_URN,
    Address,
    Email,
    Membership,
    MemberUser,
    Name,
    PhoneNumber,
)

DATES = (
    "capital_paid_on",
    "withdrawal_accepted_on",
    "refund_planned_on",
    "capital_refunded_on",
)
_EXTENSION = {
    "family_kana": "familyNameKana",
    "given_kana": "givenNameKana",
    "name_in_use": "nameInUse",
    "birth_date": "birthDate",
    "employment": "employment",
    "workplace": "workplace",
    "capital_paid_on": "capitalPaidOn",
    "withdrawal_accepted_on": "withdrawalAcceptedOn",
    "refund_planned_on": "refundPlannedOn",
    "capital_refunded_on": "capitalRefundedOn",
}
_CORE = {
    "member_number": "userName",
    "family_name": "name.familyName",
    "given_name": "name.givenName",
    "postal_code": "addresses.postalCode",
    "region": "addresses.region",
    "locality": "addresses.locality",
    "street_address": "addresses.streetAddress",
    "phone_number": "phoneNumbers.value",
    "email": "emails.value",
}
_TITLES = _CORE | {name: f"{MEMBERSHIP_URN}:{title}" for name, title in _EXTENSION.items()}
HEADER = Header(tuple(_TITLES), tuple(_TITLES.values()))
"""The columns of the feed under the names SCIM has for them."""
MAX_EXTERNAL_ID = 200


def user_of(member: Member, changed_at: int, on: date, base: str) -> Any:
    """Show a member as the register has them on a day; `base` is the address of the endpoint."""
    name, address, phone = name_on(member, on), address_on(member, on), phone_on(member, on)
    user = MemberUser(
        id=member.member_number,
        external_id=member.external_id,
        user_name=member.member_number,
        name=Name(formatted=name.full, family_name=name.family, given_name=name.given or None),
        active=has_membership(member, on),
        emails=[Email(value=member.email, type="home", primary=True)] if member.email else None,
        phone_numbers=[PhoneNumber(value=phone, type="home", primary=True)] if phone else None,
        addresses=[
            Address(
                formatted=formatted(address),
                postal_code=address.postal_code or None,
                region=address.region or None,
                locality=address.locality or None,
                street_address=address.street_address or None,
                country="JP",
                type="home",
                primary=True,
            )
        ]
        if address
        else None,
    )
    user[Membership] = Membership(
        family_name_kana=name.family_kana,
        given_name_kana=name.given_kana or None,
        name_in_use=name.name_in_use,
        birth_date=member.birth_on.isoformat(),
        employment=member.employment.value,
        workplace=member.workplace or None,
        capital_paid_on=_iso(member.capital_paid_on),
        withdrawal_accepted_on=_iso(member.withdrawal_accepted_on),
        refund_planned_on=_iso(member.refund_planned_on),
        capital_refunded_on=_iso(member.capital_refunded_on),
    )
    user.meta = Meta(
        resource_type="User",
        last_modified=from_micros(changed_at),
        location=f"{base}/Users/{member.member_number}",
        version=version_of(member, changed_at, on),
    )
    return user


def version_of(member: Member, changed_at: int, on: date) -> str:
    """Give the entity tag of what is shown (RFC 9110 8.8.3).

    It follows the shown facts and not the last write, because a dated change becomes visible on
    its day without any write.
    """
    shown = msgspec.json.encode(
        [
            changed_at,
            name_on(member, on),
            address_on(member, on),
            phone_on(member, on),
            has_membership(member, on),
        ]
    )
    return f'W/"{hashlib.sha256(shown).hexdigest()[:24]}"'


def effective_on(user: Any, today: date) -> date:
    """Tell from which day a User's changes hold; raises `ScimError`."""
    text = user[Membership].effective_on if user[Membership] else None
    if text is None:
        return today
    try:
        return remembered_date(text)
    except BadValue as error:
        raise bad_value(f"{MEMBERSHIP_URN}:effectiveOn: {error.detail}") from None


def row_of(user: Any, carrier_domains: Collection[str]) -> RegisterRow:
    """Read a User by the rules of the feed; raises `ScimError` that names the attributes."""
    membership = user[Membership]
    if membership is None:
        raise bad_value(f"{MEMBERSHIP_URN} is missing")
    address = _only(user.addresses, "addresses") or Address()
    if address.country not in (None, "", "JP"):
        raise bad_value("addresses.country: the register keeps addresses in Japan (JP)")
    phone = _only(user.phone_numbers, "phoneNumbers") or PhoneNumber()
    email = _only(user.emails, "emails") or Email()
    name = user.name or Name()
    told: dict[str, str | None] = {
        "member_number": user.user_name,
        "family_name": name.family_name,
        "given_name": name.given_name,
        "family_kana": membership.family_name_kana,
        "given_kana": membership.given_name_kana,
        "birth_date": membership.birth_date,
        "phone_number": (phone.value or "").removeprefix("tel:"),
        "email": email.value,
    }
    told |= {n: getattr(address, n) for n in HEADER.names if n in Address.model_fields}
    told |= {n: getattr(membership, n) for n in ("name_in_use", "employment", "workplace", *DATES)}
    record = Record(1, [told[n] or "" for n in HEADER.names], suspect=True)
    read = read_row(record, HEADER, carrier_domains)
    if not isinstance(read, RegisterRow):
        raise bad_value("; ".join(f"{bad.column}: {bad.reason}" for bad in read[:10]))
    return replace(
        read,
        columns=read.columns | {"external_id"},
        external_id=_external_id(user.external_id),
    )


def _external_id(text: str | None) -> str | None:
    if text and (len(text) > MAX_EXTERNAL_ID or bad_character(text)):
        raise bad_value(f"externalId: {MAX_EXTERNAL_ID} printable characters at most")
    return text or None


def _only(values: list[Any] | None, name: str) -> Any:
    if values and len(values) > 1:
        raise bad_value(f"{name}: the register keeps one at most")
    return values[0] if values else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
