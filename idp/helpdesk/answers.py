"""Whether what a caller says fits what the register knows; pure.

Compared as a person would on the telephone: width, kana, eras, hyphens and ways of writing a house
number do not matter. What cannot be read does not fit. Both sides are folded to the same form and
compared by digests, all of them, so that the time tells nothing about how nearly it fitted.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Final

from idp.members.errors import BadValue
from idp.members.japan.addresses import split_region
from idp.members.japan.dates import parse_date
from idp.members.japan.phones import parse_phone
from idp.members.japan.postal import parse_postal_code
from idp.members.japan.text import HYPHENS, bad_character, plain, search_key
from idp.members.model import Address, Member, address_on, name_on, phone_on
from idp.members.search import LAST, sound_key
from idp.policy.helpdesk import QuestionKind

LONGEST: Final = 200
_KANJI: Final = "〇一二三四五六七八九"
_NUMERAL: Final = re.compile("[〇一二三四五六七八九十]+(?=丁目|番|号|の|-|の|$)")
_NUMBER: Final = re.compile(r"[0-9]+")
_DASHES: Final = re.compile(f"[{re.escape(HYPHENS)}]")
_YEAR: Final = re.compile(r"((?:18|19|20)[0-9]{2})年?度?")
_ERA_YEAR: Final = re.compile(r"(明治|大正|昭和|平成|令和|[mtshr])\.?(元|[0-9]{1,2})年?度?")
_ERA_BEFORE: Final = {"明": 1867, "大": 1911, "昭": 1925, "平": 1988, "令": 2018}
_ERA_LETTER: Final = {"m": "明", "t": "大", "s": "昭", "h": "平", "r": "令"}
_SCHOOLS: Final = (
    ("高等学校", "高"),
    ("高校", "高"),
    ("小学校", "小"),
    ("中学校", "中"),
    ("特別支援学校", "支援"),
)
_APRIL: Final = 4

Facts = Mapping[QuestionKind, frozenset[str]]
"""What would fit, by question, in folded form; a question that cannot be asked is missing."""


def facts_of(member: Member, today: date) -> Facts:
    """Collect what the register can answer about a member."""
    found = {kind: frozenset(filter(None, of(member, today))) for kind, of in _FACTS.items()}
    return {kind: values for kind, values in found.items() if values}


def fits(kind: QuestionKind, typed: str, facts: Facts) -> bool:
    """Tell whether an answer fits."""
    said = _digest(_said(kind, typed))
    known = sorted(facts.get(kind, ()))
    return any([hmac.compare_digest(_digest(one), said) for one in known])


def _said(kind: QuestionKind, typed: str) -> str:
    if len(typed) > LONGEST or bad_character(typed) is not None:
        return ""
    try:
        return _READ[kind](typed)
    except BadValue:
        return ""


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _birth_date(member: Member, _today: date) -> Iterator[str]:
    yield member.birth_on.isoformat()


def _postal_code(member: Member, today: date) -> Iterator[str]:
    address = address_on(member, today)
    yield address.postal_code if address else ""


def _town(member: Member, today: date) -> Iterator[str]:
    address = address_on(member, today)
    yield _folded_town(address.locality) if address else ""


def _house_number(member: Member, today: date) -> Iterator[str]:
    address = address_on(member, today)
    if address is not None:
        yield _numbers(address.street_address)
        yield _without_building(address)


def _without_building(address: Address) -> str:
    """Give the house number alone: callers leave out the room as often as not."""
    return _numbers((address.street_address.split() or [""])[0])


def _phone_last(member: Member, today: date) -> Iterator[str]:
    yield (phone_on(member, today) or "")[-LAST:]


def _kana_name(member: Member, today: date) -> Iterator[str]:
    yield sound_key(name_on(member, today).full_kana)


def _join_year(member: Member, _today: date) -> Iterator[str]:
    """Give the year of the first payment, and the school year it fell into."""
    paid = member.capital_paid_on
    if paid is not None:
        yield str(paid.year)
        yield str(paid.year - (paid.month < _APRIL))


def _workplace(member: Member, _today: date) -> Iterator[str]:
    yield _school(member.workplace)


def _member_number(member: Member, _today: date) -> Iterator[str]:
    yield member.member_number.lstrip("0")


_FACTS: Final[Mapping[QuestionKind, Callable[[Member, date], Iterator[str]]]] = {
    QuestionKind.BIRTH_DATE: _birth_date,
    QuestionKind.POSTAL_CODE: _postal_code,
    QuestionKind.TOWN: _town,
    QuestionKind.HOUSE_NUMBER: _house_number,
    QuestionKind.PHONE_LAST: _phone_last,
    QuestionKind.KANA_NAME: _kana_name,
    QuestionKind.JOIN_YEAR: _join_year,
    QuestionKind.WORKPLACE: _workplace,
    QuestionKind.MEMBER_NUMBER: _member_number,
}


def _read_phone(typed: str) -> str:
    digits = "".join(_NUMBER.findall(plain(typed)))
    return digits if len(digits) == LAST else parse_phone(typed)[-LAST:]


def _read_year(typed: str) -> str:
    text = re.sub(r"\s", "", plain(typed)).lower()
    western, era = _YEAR.fullmatch(text), _ERA_YEAR.fullmatch(text)
    if western:
        return western[1]
    if era is None:
        return ""
    sign = _ERA_LETTER.get(era[1], era[1][0])
    return str(_ERA_BEFORE[sign] + (1 if era[2] == "元" else int(era[2])))


def _read_number(typed: str) -> str:
    return "".join(_NUMBER.findall(plain(typed))).lstrip("0")


def _folded_town(text: str) -> str:
    folded = search_key(split_region(plain(text))[1])
    return folded[:-1] if len(folded) > 1 and folded[-1] in "市区町村" else folded


def _numbers(text: str) -> str:
    """Give the numbers of a house as 1-2-3: 一丁目2番地の3, 1丁目2-3 and １−２−３ are alike."""
    bare = _DASHES.sub("-", plain(text))
    bare = _NUMERAL.sub(lambda found: str(_from_kanji(found[0])), bare)
    return "-".join(one.lstrip("0") or "0" for one in _NUMBER.findall(bare))


def _from_kanji(text: str) -> int:
    if "十" not in text:
        return int("".join(str(_KANJI.index(one)) for one in text))
    tens, _, ones = text.partition("十")
    if "十" in ones:
        return 0
    before = _KANJI.index(tens[-1]) if tens else 1
    return before * 10 + (_KANJI.index(ones[0]) if ones else 0)


def _school(text: str) -> str:
    folded = search_key(text)
    for long, short in _SCHOOLS:
        folded = folded.replace(search_key(long), short)
    return folded


_READ: Final[Mapping[QuestionKind, Callable[[str], str]]] = {
    QuestionKind.BIRTH_DATE: lambda typed: parse_date(typed).isoformat(),
    QuestionKind.POSTAL_CODE: parse_postal_code,
    QuestionKind.TOWN: _folded_town,
    QuestionKind.HOUSE_NUMBER: _numbers,
    QuestionKind.PHONE_LAST: _read_phone,
    QuestionKind.KANA_NAME: sound_key,
    QuestionKind.JOIN_YEAR: _read_year,
    QuestionKind.WORKPLACE: _school,
    QuestionKind.MEMBER_NUMBER: _read_number,
}
