"""Words that somebody who knows a member tries first: the member's own, and the service's.

Pure. What they are for: `password_rules`. Folded as passwords are for comparison.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from idp.accounts.common_words import SHORTEST, fold, latin_spellings
from idp.accounts.password_rules import Why
from idp.members.japan.phones import format_national
from idp.members.model import Member
from idp.policy.model import Organisation

_ERAS = ((1868, "m"), (1912, "t"), (1926, "s"), (1989, "h"), (2019, "r"))
_SERVICE = ("kumiai", "seikyo", "seikyou", "mypage", "マイページ", "学校生協", "coop")
_NOT_WORDS = re.compile(r"[^0-9a-z]+")
_LABELS_OF_EVERYBODY = frozenset({"com", "net", "org", "example", "mail", "www", "info"})


def words_about(
    member: Member | None, address: str | None, organisation: Organisation
) -> dict[str, Why]:
    """Collect the words about a member, an address and the service, each with what it is."""
    found: dict[str, Why] = {}
    for word in _of_service(organisation):
        _put(found, word, Why.SERVICE_NAME)
    for word in _of_address(address or ""):
        _put(found, word, Why.MAIL_ADDRESS)
    if member is not None:
        for word in _of_address(member.email or ""):
            _put(found, word, Why.MAIL_ADDRESS)
        for word in _of_phones(member):
            _put(found, word, Why.TELEPHONE)
        for word in _of_birth(member.birth_on):
            _put(found, word, Why.BIRTH_DATE)
        for word in (member.member_number, member.member_number.lstrip("0")):
            _put(found, word, Why.MEMBER_NUMBER)
        for word in _of_names(member):
            _put(found, word, Why.NAME)
    return found


def _put(found: dict[str, Why], word: str, why: Why) -> None:
    folded = fold(word)
    if len(folded) >= SHORTEST or (len(folded) == 2 and not folded.isascii()):
        found[folded] = why


def _of_names(member: Member) -> Iterator[str]:
    for dated in member.names:
        name = dated.value
        yield from (name.family, name.given, name.full, name.full_kana, name.name_in_use or "")
        for kana in (name.family_kana, name.given_kana):
            yield kana
            yield from latin_spellings(kana)


def _of_birth(day: date) -> Iterator[str]:
    yield from (f"{day:%Y%m%d}", f"{day:%y%m%d}", f"{day:%m%d}", f"{day:%Y}", f"{day:%d%m%Y}")
    yield f"{day.year}{day.month}{day.day}"
    first, sign = max((era for era in _ERAS if era[0] <= day.year), default=_ERAS[0])
    year = day.year - first + 1
    yield from (f"{sign}{year}{day:%m%d}", f"{sign}{year:02}{day:%m%d}", f"{sign}{year}")


def _of_address(address: str) -> Iterator[str]:
    local, _, domain = address.lower().partition("@")
    yield from (address, local, *_NOT_WORDS.split(local))
    yield from (label for label in domain.split(".") if label not in _LABELS_OF_EVERYBODY)


def _of_phones(member: Member) -> Iterator[str]:
    for dated in member.phones:
        if dated.value:
            national = format_national(dated.value)
            digits = "".join(c for c in national if c.isdigit())
            yield from (digits, digits[1:], digits[-8:], digits[-4:])


def _of_service(organisation: Organisation) -> Iterator[str]:
    yield from _SERVICE
    yield organisation.name_ja
    yield from (word for word in organisation.name_en.split() if len(word) > SHORTEST)
    yield "".join(c for c in organisation.telephone if c.isdigit())
