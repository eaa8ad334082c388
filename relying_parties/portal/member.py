"""The member as the provider's claims describe them (OpenID Connect Core 1.0 5.1, 5.1.1, 5.2).

Claims are the provider's word, yet read defensively: what is not text is left out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Member:
    """What the pages show; empty texts where the provider said nothing."""

    number: str
    name: str
    kana: str
    address: tuple[str, ...]
    phone: str
    email: str


def read_member(claims: Mapping[str, Any]) -> Member:
    """Read the standard claims and `member_number`."""
    name = _text(claims, "name") or _joined(claims, "family_name", "given_name")
    return Member(
        number=_text(claims, "member_number"),
        name=name,
        kana=_joined(claims, "family_name#ja-Kana-JP", "given_name#ja-Kana-JP"),
        address=_address(claims.get("address")),
        phone=national_phone(_text(claims, "phone_number")),
        email=_text(claims, "email"),
    )


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""


def _joined(claims: Mapping[str, Any], *names: str) -> str:
    return "　".join(part for name in names if (part := _text(claims, name)))


def _address(value: object) -> tuple[str, ...]:
    """Return the lines of an address, `formatted` first (Core 5.1.1)."""
    if not isinstance(value, dict):
        return ()
    formatted = _text(value, "formatted")
    if not formatted:
        code = _text(value, "postal_code")
        place = "".join(_text(value, part) for part in ("region", "locality"))
        formatted = "\n".join((f"〒{code}" if code else "", place, _text(value, "street_address")))
    return tuple(line.strip() for line in formatted.splitlines() if line.strip())


# How numbers are written in Japan, where the first digits alone tell. Elsewhere the area code's
# length depends on a long table; a hyphen in the wrong place would be worse than none.
_PATTERNS = (
    re.compile(r"(0800)(\d{3})(\d{4})"),
    re.compile(r"(0[5789]0)(\d{4})(\d{4})"),
    re.compile(r"(0120|0570|0990)(\d{3})(\d{3})"),
    re.compile(r"(0[36])(\d{4})(\d{4})"),
    re.compile(r"(011|044|045|052|075|078)(\d{3})(\d{4})"),
)


def national_phone(number: str) -> str:
    """Write an E.164 number the Japanese way; numbers of other countries stay as they are."""
    if not number.startswith("+81"):
        return number
    national = "0" + number[3:].strip()
    for pattern in _PATTERNS:
        if found := pattern.fullmatch(national):
            return "-".join(found.groups())
    return national
