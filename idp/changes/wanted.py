"""Reads what a member typed into what the register would hold: pure, one verdict for each field.

Names are kept as typed, old forms included (髙, 﨑); only blanks at the ends are dropped. Numbers
are read in any width, with any hyphen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from idp.changes.model import FIELDS, Fault, Kind, Wrong
from idp.members.errors import BadValue
from idp.members.japan.phones import parse_phone
from idp.members.japan.postal import parse_postal_code
from idp.members.japan.text import bad_character
from idp.members.model import Address, Member, Name, address_on, name_on, phone_on
from idp.members.register_cells import read_kana, read_name, read_region

LONGEST: Final = {"street_address": 200, "phone_number": 40}
LONGEST_OTHER: Final = 60
_NAMES: Final = {"family_name", "given_name", "name_in_use"}
_SIGNS: Final = {"So", "Sk", "Sm", "Sc"}
"""Pictures and signs (Unicode categories): no name holds one, a keyboard offers many."""
_OPTIONAL: Final = {"given_name", "given_kana", "name_in_use"}
_PARSERS: Final[Mapping[str, tuple[Callable[[str], str], Wrong]]] = {
    "family_name": (read_name, Wrong.LOST),
    "given_name": (read_name, Wrong.LOST),
    "name_in_use": (read_name, Wrong.LOST),
    "family_kana": (read_kana, Wrong.KANA),
    "given_kana": (read_kana, Wrong.KANA),
    "postal_code": (parse_postal_code, Wrong.POSTAL_CODE),
    "region": (read_region, Wrong.REGION),
    "phone_number": (parse_phone, Wrong.PHONE),
}


def read_wanted(
    kind: Kind, typed: Mapping[str, str], member: Member, today: date
) -> dict[str, str] | list[Fault]:
    """Read the fields of a kind, or tell everything that is wrong with them.

    A name in use that was not sent stays as it is; an empty one is given up.
    """
    now = current_fields(kind, member, today)
    texts = {name: _tidy(typed.get(name, _kept(name, now))) for name in FIELDS[kind]}
    wanted: dict[str, str] = {}
    faults: list[Fault] = []
    for name, text in texts.items():
        read = _read(name, text)
        if isinstance(read, Wrong):
            faults.append(Fault(name, read))
        else:
            wanted[name] = read
    if kind is Kind.NAME:
        faults += _given_name_faults(texts, now, {fault.field for fault in faults})
    if not faults and wanted == now:
        faults = [Fault(FIELDS[kind][0], Wrong.UNCHANGED)]
    return faults or wanted


def current_fields(kind: Kind, member: Member, today: date) -> dict[str, str]:
    """Give the fields of a kind as the register holds them on a day; empty where unknown."""
    texts: tuple[str, ...]
    if kind is Kind.NAME:
        name = name_on(member, today)
        texts = (name.family, name.given, name.family_kana, name.given_kana, name.name_in_use or "")
    elif kind is Kind.ADDRESS:
        found = address_on(member, today) or Address("", "", "", "")
        texts = (found.postal_code, found.region, found.locality, found.street_address)
    else:
        texts = (phone_on(member, today) or "",)
    return dict(zip(FIELDS[kind], texts, strict=True))


def name_of(wanted: Mapping[str, str]) -> Name:
    """Make the name a request asks for."""
    family, given, family_kana, given_kana, in_use = (wanted[name] for name in FIELDS[Kind.NAME])
    return Name(family, given, family_kana, given_kana, in_use or None)


def address_of(wanted: Mapping[str, str]) -> Address:
    """Make the address a request asks for."""
    return Address(*(wanted[name] for name in FIELDS[Kind.ADDRESS]))


def _kept(name: str, now: Mapping[str, str]) -> str:
    return now[name] if name == "name_in_use" else ""


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n\u3000")


def _read(name: str, text: str) -> str | Wrong:
    if not text:
        return "" if name in _OPTIONAL else Wrong.MISSING
    if len(text) > LONGEST.get(name, LONGEST_OTHER):
        return Wrong.TOO_LONG
    if bad_character(text, newline_allowed=name == "street_address") is not None:
        # A character of one's own making (gaiji) is somebody's true name: it gets its own advice.
        own = any(unicodedata.category(char) == "Co" for char in text)
        return Wrong.GAIJI if own else Wrong.CHARACTER
    parse, wrong = _PARSERS.get(name, (str, Wrong.CHARACTER))
    try:
        read = parse(text)
    except BadValue:
        return wrong
    if name in _NAMES and any(unicodedata.category(char) in _SIGNS for char in text):
        return Wrong.CHARACTER
    return read


def _given_name_faults(
    texts: Mapping[str, str], now: Mapping[str, str], known: set[str]
) -> list[Fault]:
    """A given name goes with its reading; only those whose name has one part may leave both out."""
    given, kana = bool(texts["given_name"]), bool(texts["given_kana"])
    needed = given or kana or bool(now["given_name"])
    missing = [
        name
        for name, there in (("given_name", given), ("given_kana", kana))
        if not there and needed
    ]
    return [Fault(name, Wrong.MISSING) for name in missing if name not in known]
