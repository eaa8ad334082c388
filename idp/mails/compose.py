"""Fill in the text of a mail: pure, from the mail, the instant it was promised, and who we are.

The only link is one of the configured issuer. A value that should not be there is not shown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from idp.mails.blocks import Again, Block, Code, Facts, Link, Paragraph, one_line
from idp.mails.letter import Letter, Part, Say, ShowCase, ShowCode, ShowFact, ShowLink
from idp.mails.letters import LETTERS
from idp.mails.model import COLLEAGUES, Mail
from idp.mails.sentences import FOOT, FOR_YOU, LINK_ABOVE, WORDS
from idp.web.i18n import japan_moment, long_date, translate
from idp.web.organisation import Language, Organisation

SUBJECT_HALF_WIDTHS = 59
"""Subjects stay under 30 full-width characters."""
_DATES = ("expires", "due", "effective", "ends")
_UNITS = ("minutes", "hours", "days")


class BadMail(ValueError):
    """A mail that cannot be written: a value is missing, or a link leads elsewhere."""


@dataclass(frozen=True, slots=True)
class Written:
    """The text of a mail."""

    subject: str
    blocks: tuple[Block, ...] = field(repr=False)


def check_values(mail: Mail) -> None:
    """Raise `BadMail` for a mail that lacks a value its text needs."""
    missing = LETTERS[mail.kind].needed() - mail.values.keys()
    if LETTERS[mail.kind].holds_for_a_while() and not mail.values.keys() & {"until", *_UNITS}:
        missing.add("until")
    if missing:
        raise BadMail(f"{mail.kind.value} lacks {', '.join(sorted(missing))}")


def compose(mail: Mail, at: datetime, issuer: str, house: Organisation) -> Written:
    """Write a mail that was promised at an instant; raises `BadMail`."""
    check_values(mail)
    blocks = _told(mail, at, issuer, house)
    if mail.kind in COLLEAGUES and mail.language == "ja":
        blocks += (_again(_told(replace(mail, language="en"), at, issuer, house)),)
    return Written(subject_of(LETTERS[mail.kind], mail.language, house), blocks)


def _told(mail: Mail, at: datetime, issuer: str, house: Organisation) -> tuple[Block, ...]:
    letter, language = LETTERS[mail.kind], mail.language
    shown = _values(mail, at, house)
    parts: list[Part] = [Say(letter.first)]
    if letter.named and shown.get("name"):
        parts.append(Say(FOR_YOU))
    parts += [*letter.parts, *FOOT]
    blocks = [_block(part, shown, mail.values, issuer, language) for part in parts]
    return _joined([block for block in blocks if block is not None])


def _again(blocks: tuple[Block, ...]) -> Again:
    """Say it in English under the Japanese; the link stands above, for a mail has one at most."""
    above = translate(LINK_ABOVE, "en")
    told = (
        Paragraph(above % {"label": one.label}) if isinstance(one, Link) else one for one in blocks
    )
    return Again("en", tuple(told))


def subject_of(letter: Letter, language: Language, house: Organisation) -> str:
    """Give the subject: the topic, and whose mail it is."""
    topic = translate(letter.topic, language)
    name = one_line(house.name(language))
    return f"[{name}] {topic}" if language == "en" else f"【{name}】{topic}"


def half_widths(text: str) -> int:
    """Measure a text in half-width characters; a full-width one counts two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def _block(
    part: Part,
    shown: Mapping[str, str],
    given: Mapping[str, str],
    issuer: str,
    language: Language,
) -> Block | None:
    match part:
        case Say(text, only_with):
            told = not only_with or only_with in given
            return Paragraph(translate(text, language) % shown) if told else None
        case ShowCase(value, cases):
            chosen = cases.get(given[value])
            return Paragraph(translate(chosen, language) % shown) if chosen else None
        case ShowCode():
            return Code(one_line(given["code"]))
        case ShowLink(label):
            link = given.get("link")
            return Link(translate(label, language), _own(link, issuer)) if link else None
        case ShowFact(label, value):
            fact = shown.get(value)
            return Facts(((translate(label, language), fact),)) if fact else None


def _own(link: str, issuer: str) -> str:
    url = issuer + link if link.startswith("/") else link
    plain = all("!" <= c <= "~" and c not in "\"'<>\\" for c in url)
    if not url.startswith(f"{issuer}/") or not plain:
        raise BadMail("the link of a mail leads to the provider itself")
    return url


def _values(mail: Mail, at: datetime, house: Organisation) -> dict[str, str]:
    language = mail.language
    shown = {name: one_line(value) for name, value in mail.values.items()}
    for name in _DATES:
        if name in shown:
            shown[name] = long_date(date.fromisoformat(shown[name]), language)
    for name, words in WORDS.items():
        if shown.get(name) in words:
            shown[name] = translate(words[shown[name]], language)
    until = _until(mail.values, at)
    if until is not None:
        shown["until"] = japan_moment(until, language)
    shown["when"] = japan_moment(at, language)
    shown["house"] = one_line(house.name(language))
    shown["telephone"] = one_line(house.telephone)
    shown["hours_of_house"] = one_line(house.hours(language))
    return shown


def _until(values: Mapping[str, str], at: datetime) -> datetime | None:
    """Tell until when a code or link holds; sooner by the seconds that no clock time shows."""
    if "until" in values:
        return datetime.fromisoformat(values["until"])
    for unit in _UNITS:
        if unit in values:
            return at + timedelta(**{unit: int(values[unit])})
    return None


def _joined(blocks: list[Block]) -> tuple[Block, ...]:
    """Put facts that stand one after the other into one block."""
    joined: list[Block] = []
    for block in blocks:
        if isinstance(block, Facts) and joined and isinstance(joined[-1], Facts):
            joined[-1] = Facts(joined[-1].rows + block.rows)
        else:
            joined.append(block)
    return tuple(joined)
