"""Which claims there are: by scope (OpenID Connect Core 5.4), and in what words they are asked for.

Names only, pure; the values are given in `idp.oidc.claims`.
"""

from __future__ import annotations

from collections.abc import Iterable

_NAMES = (
    "name",
    "family_name",
    "given_name",
    "name#ja-Hani-JP",
    "family_name#ja-Hani-JP",
    "given_name#ja-Hani-JP",
    "name#ja-Kana-JP",
    "family_name#ja-Kana-JP",
    "given_name#ja-Kana-JP",
)
_RECORD = ("locale", "zoneinfo", "updated_at")
SCOPE_CLAIMS: dict[str, tuple[str, ...]] = {
    "openid": ("sub",),
    "profile": (*_NAMES, "member_number", "membership_ends_on", *_RECORD),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}
SCOPE_OF: dict[str, str] = {
    claim: scope for scope, claims in SCOPE_CLAIMS.items() for claim in claims
}
"""The scope a claim belongs to: a client not registered for it cannot ask for the claim either."""

ITEM_OF: dict[str, str] = {
    **{claim: scope for claim, scope in SCOPE_OF.items() if scope not in ("openid", "profile")},
    **dict.fromkeys(_NAMES, "profile.name"),
    "member_number": "profile.member_number",
    "membership_ends_on": "profile.membership",
    **dict.fromkeys(_RECORD, "profile.record"),
}
"""What a member is asked about when a single claim is requested: a scope, or a part of one."""


def is_covered(item: str, agreed: Iterable[str]) -> bool:
    """Tell whether a yes to `agreed` includes an item: itself, or the scope it is a part of."""
    return item in agreed or item.partition(".")[0] in agreed
