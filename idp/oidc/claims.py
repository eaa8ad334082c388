"""Claims by scope (OpenID Connect Core 5.1, 5.2, 5.4): pure, as they hold on the day.

`name` has one full-width space; the scripts of a Japanese name are told apart by language tags.
What is unknown is left out, never null or empty (5.3.2).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from idp.clock import start_of, to_seconds
from idp.grants.access import Access
from idp.members.japan.addresses import formatted
from idp.members.model import Address, Dated, Name
from idp.members.store import read_facts
from idp.oidc.claim_names import ITEM_OF, SCOPE_CLAIMS
from idp.oidc.requested_claims import read_claims

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Person:
    """What is on record about a subject; `facts` as the register stores them."""

    subject: str
    address: str
    member_number: str
    facts: str
    updated_at: datetime
    access_ends_on: str | None


def claims_for(access: Access, on: date) -> dict[str, Any]:
    """Give the claims an access token opens, as they hold on a date.

    Those of its scopes, and those its grant's `claims` parameter asked for at UserInfo (Core 5.5).
    """
    person = Person(
        access.subject,
        access.address,
        access.member_number,
        access.facts,
        access.updated_at,
        access.access_ends_on,
    )
    asked = read_claims(access.claims).names("userinfo")
    opened = {claim for scope in access.scopes for claim in SCOPE_CLAIMS.get(scope, ())}
    return {"sub": access.subject, **claims_of(person, opened | asked, on)}


def claims_of(person: Person, names: Collection[str], on: date) -> dict[str, Any]:
    """Give the named claims that are known about a person on a date."""
    scopes = {ITEM_OF[name].partition(".")[0] for name in names if name in ITEM_OF}
    read_names, addresses, phones = read_facts(person.facts)
    claims: dict[str, Any] = {}
    if "profile" in scopes:
        claims |= _profile(_holding(read_names, on) or read_names[0].value, person)
        dated: tuple[tuple[Dated[Any], ...], ...] = (read_names, addresses, phones)
        begun = [entry.from_on for entries in dated for entry in entries]
        claims["updated_at"] = _updated_at(person.updated_at, begun, on)
    if "email" in scopes:
        claims |= {"email": person.address, "email_verified": True}
    if "address" in scopes:
        address = _holding(addresses, on)
        if address is not None:
            claims["address"] = _address(address)
    if "phone" in scopes:
        phone = _holding(phones, on)
        if phone is not None:
            claims |= {"phone_number": phone, "phone_number_verified": False}
    return {name: value for name, value in claims.items() if name in names}


def _holding(entries: Iterable[Dated[T]], on: date) -> T | None:
    held = None
    for entry in entries:
        if entry.from_on <= on:
            held = entry.value
    return held


def _profile(name: Name, person: Person) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "name": name.shown,
        "family_name": name.family,
        "given_name": name.given,
        "name#ja-Hani-JP": name.full,
        "family_name#ja-Hani-JP": name.family,
        "given_name#ja-Hani-JP": name.given,
        "name#ja-Kana-JP": name.full_kana,
        "family_name#ja-Kana-JP": name.family_kana,
        "given_name#ja-Kana-JP": name.given_kana,
        "member_number": person.member_number,
        "membership_ends_on": person.access_ends_on,
        "locale": "ja-JP",
        "zoneinfo": "Asia/Tokyo",
    }
    return {key: value for key, value in claims.items() if value not in (None, "")}


def _updated_at(recorded: datetime, begun: Iterable[date], on: date) -> int:
    """Tell when what is shown became so: a dated entry shows from its day on, recorded before."""
    latest = max((day for day in begun if day <= on), default=None)
    shown = start_of(latest) if latest else recorded
    return to_seconds(max(recorded, shown))


def _address(address: Address) -> dict[str, str]:
    claims = {
        "formatted": formatted(address),
        "postal_code": address.postal_code,
        "region": address.region,
        "locality": address.locality,
        "street_address": address.street_address,
        "country": "JP",
    }
    return {key: value for key, value in claims.items() if value}
