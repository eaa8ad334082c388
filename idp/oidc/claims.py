"""Claims by scope (OpenID Connect Core 5.1, 5.2, 5.4): pure, as they hold on the day.

`name` has one full-width space; the scripts of a Japanese name are told apart by language tags.
What is unknown is left out, never null or empty (5.3.2).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

from idp.clock import to_seconds
from idp.grants.access import Access
from idp.members.japan.addresses import formatted
from idp.members.model import Address, Dated, Name
from idp.members.store import read_facts

T = TypeVar("T")

SCOPE_CLAIMS: dict[str, tuple[str, ...]] = {
    "openid": ("sub",),
    "profile": (
        "name",
        "family_name",
        "given_name",
        "name#ja-Hani-JP",
        "family_name#ja-Hani-JP",
        "given_name#ja-Hani-JP",
        "name#ja-Kana-JP",
        "family_name#ja-Kana-JP",
        "given_name#ja-Kana-JP",
        "member_number",
        "membership_ends_on",
        "locale",
        "zoneinfo",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}


def claims_for(access: Access, on: date) -> dict[str, Any]:
    """Give the claims an access token opens, as they hold on a date."""
    names, addresses, phones = read_facts(access.facts)
    claims: dict[str, Any] = {"sub": access.subject}
    if "profile" in access.scopes:
        claims |= _profile(_holding(names, on) or names[0].value, access)
    if "email" in access.scopes:
        claims |= {"email": access.address, "email_verified": True}
    if "address" in access.scopes:
        address = _holding(addresses, on)
        if address is not None:
            claims["address"] = _address(address)
    if "phone" in access.scopes:
        phone = _holding(phones, on)
        if phone is not None:
            claims |= {"phone_number": phone, "phone_number_verified": False}
    return claims


def _holding(entries: Iterable[Dated[T]], on: date) -> T | None:
    held = None
    for entry in entries:
        if entry.from_on <= on:
            held = entry.value
    return held


def _profile(name: Name, access: Access) -> dict[str, Any]:
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
        "member_number": access.member_number,
        "membership_ends_on": access.access_ends_on,
        "locale": "ja-JP",
        "zoneinfo": "Asia/Tokyo",
        "updated_at": to_seconds(access.updated_at),
    }
    return {key: value for key, value in claims.items() if value not in (None, "")}


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
