"""How members are looked for: what is typed, read; the folded forms a member is found under.

Tolerant of width, kana, old forms of characters and the ways a long vowel is written; a name is
found by its beginning, under every name the member has or had. Pure; rows: `search_store`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from idp.members.errors import BadSearch
from idp.members.japan.text import bad_character, plain, search_key
from idp.members.model import Member
from idp.members.number import LENGTH

LONGEST_KEY: Final = 120
LEAST_NAME: Final = 2
"""A single character would find thousands; a mononym of one character is found by number."""
LAST: Final = 4
_KANA: Final = re.compile(r"[\u30a1-\u30ff\u30fc]+")
_SAME_SOUND: Final = str.maketrans(
    "ヂヅヲヱヰァィゥェォッャュョヮヵヶ", "ジズオエイアイウエオツヤユヨワカケ"
)
_O_COLUMN: Final = frozenset("オコソトノホモヨロゴゾドボポ")
_SEPARATORS: Final = re.compile(r"[\s,、・]+")


class KeyKind(StrEnum):
    """What a row of the search index was made of."""

    NAME = "name"
    KANA = "kana"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; all of it has to fit."""

    name: str | None = None
    is_kana: bool = False
    phone_last: str | None = None
    number: str | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """Name what is looked by: it proves nothing about a caller any more."""
        kana = "kana" if self.is_kana else "name"
        found = ((kana, self.name), ("phone", self.phone_last), ("number", self.number))
        return tuple(kind for kind, value in found if value is not None)


def read_wanted(typed: str) -> Wanted:
    """Read what was typed into one box: a name, four digits, a member number, or several of them.

    Raises `BadSearch`; its detail says what is wrong, in a word the page knows.
    """
    if bad_character(typed) is not None:
        raise BadSearch("character")
    words, last, number = [], None, None
    for part in _SEPARATORS.split(plain(typed)):
        if part.isascii() and part.isdigit():
            if len(part) == LAST and last is None:
                last = part
            elif len(part) == LENGTH and number is None:
                number = part
            else:
                raise BadSearch("digits")
        elif part:
            words.append(part)
    name = search_key("".join(words))
    if words and len(name) < LEAST_NAME:
        raise BadSearch("short")
    if not words and last is None and number is None:
        raise BadSearch("empty")
    is_kana = bool(name) and _KANA.fullmatch(name) is not None
    folded = sound_key(name) if is_kana else name
    return Wanted(folded[:LONGEST_KEY] or None, is_kana, last, number)


def sound_key(text: str) -> str:
    """Fold kana by how it sounds: ヂ and ジ, small and large, the ways to write a long vowel."""
    folded = search_key(text).translate(_SAME_SOUND)
    kept = []
    for before, char in zip(" " + folded, folded, strict=False):
        if char == "ー" or (char in "ウオ" and before in _O_COLUMN):
            continue
        kept.append(char)
    return "".join(kept)


def keys_of(member: Member) -> frozenset[tuple[str, str]]:
    """Give the rows of the index a member is found under: kind, folded text."""
    return frozenset((kind.value, text[:LONGEST_KEY]) for kind, text in _keys(member) if text)


def _keys(member: Member) -> Iterator[tuple[KeyKind, str]]:
    for entry in member.names:
        name = entry.value
        yield KeyKind.NAME, search_key(name.full)
        yield KeyKind.KANA, sound_key(name.full_kana)
        if name.name_in_use:
            folded = search_key(name.name_in_use)
            yield KeyKind.NAME, folded
            if _KANA.fullmatch(folded):
                yield KeyKind.KANA, sound_key(folded)
        if _KANA.fullmatch(search_key(name.full)):
            yield KeyKind.KANA, sound_key(name.full)
    for number in _phones(member):
        yield KeyKind.PHONE, number[-LAST:]


def _phones(member: Member) -> Iterable[str]:
    return (entry.value for entry in member.phones if entry.value)
