"""What a page shows of a member by default: enough to know whom one has before one, no more.

A mask hides how long the hidden part is. Whoever only handles calls sees less than a clerk: birth
date, address and telephone number are what callers are asked about, and an operator who could read
them could also whisper them (insiders: F16).
"""

from __future__ import annotations

from datetime import date
from typing import Final

from idp.members.model import Address, Name

HIDDEN: Final = "＊＊＊"


def masked_name(name: Name) -> str:
    """Show the family name, and of the given name its first character."""
    given = f"\u3000{name.given[:1]}{HIDDEN}" if name.given else ""
    return f"{name.family}{given}"


def masked_kana(name: Name) -> str:
    """Do the same with how it is read."""
    given = f"\u3000{name.given_kana[:1]}{HIDDEN}" if name.given_kana else ""
    return f"{name.family_kana}{given}"


def masked_address(address: Address) -> str:
    """Show the prefecture and the town."""
    return f"{address.region}{address.locality}{HIDDEN}"


def masked_phone(number: str) -> str:
    """Show the last two digits."""
    return f"{HIDDEN}{number[-2:]}"


def masked_mail(address: str) -> str:
    """Show the first character and the domain."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}{HIDDEN}{at}{domain}" if at else HIDDEN


def masked_birth(day: date) -> str:
    """Show the year."""
    return f"{day.year}-＊＊-＊＊"
