"""What people type into a search, read into criteria: persons, addresses, days, codes.

A person is a subject or a member number. One who is in the log and no longer in the tables is still
found by the subject; a number that no account has is looked for among events of the register.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from audit.names import EventName
from idp.accounts import store as accounts
from idp.audit_search.model import BadCriteria, Criteria, read_name, read_outcome, read_reference
from idp.audit_search.places import BadPlace, parse_place
from idp.clock import TOKYO, start_of
from idp.members.errors import BadDate, BadMemberNumber
from idp.members.japan.dates import parse_date
from idp.members.number import parse_member_number
from idp.storage.sql import Tx

FIELDS: Final = (
    "person",
    "actor",
    "client",
    "address",
    "name",
    "outcome",
    "reference",
    "session",
    "case",
    "from",
    "to",
)


_IDENTIFIER: Final = re.compile(r"[0-9A-Za-z\uFF10-\uFF19._:-]{1,64}")
"""Subjects, numbers (full-width digits too), ids and operators; never a name or a mail address."""


class WrongField(BadCriteria):
    """What was typed into one field cannot be read."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field


def read_criteria(tx: Tx, typed: Mapping[str, str | None]) -> Criteria:
    """Read what was typed, by the names of `FIELDS`; raises `WrongField`, `BadCriteria`.

    Empty texts ask for nothing.
    """
    given = {one: text.strip() for one in FIELDS if (text := typed.get(one)) and text.strip()}
    read = {one: _read(one, text) for one, text in given.items()}
    person = read.pop("person", None)
    criteria = Criteria(begin=read.pop("from", None), end=read.pop("to", None), **read)
    return with_person(tx, criteria, person) if person else criteria


def _read(field: str, text: str) -> Any:
    try:
        _must_be_text(text)
        return _READERS.get(field, str)(text)
    except (BadCriteria, BadPlace) as error:
        raise WrongField(field, error.detail) from None


def with_person(tx: Tx, criteria: Criteria, person: str) -> Criteria:
    """Ask for a person as well: by subject, or by member number."""
    if not _IDENTIFIER.fullmatch(person):
        raise WrongField("person", "neither a member number nor an identifier")
    account = accounts.find(tx, person)
    if account is not None:
        return replace(criteria, subject=account.subject, member=account.member_number)
    try:
        number = parse_member_number(person)
    except BadMemberNumber:
        return replace(criteria, subject=person)
    account = accounts.find_by_number(tx, number)
    return replace(criteria, member=number, subject=account.subject if account else None)


def _identifier(text: str) -> str:
    """Read an identifier of ours: it will stand in clear in the event of the look."""
    if not _IDENTIFIER.fullmatch(text):
        raise BadCriteria("no identifier")
    return text


def read_moment(text: str, *, last: bool = False) -> datetime:
    """Read a day written in any Japanese way, or an instant (Japan time unless it says another).

    `last` gives the end of the day. Raises `BadCriteria`.
    """
    _must_be_text(text)
    try:
        return _edge(parse_date(text), last=last)
    except BadDate as error:
        why = error.detail
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadCriteria(f"{text[:60]!a}: {why}, nor a time as in 2026-11-01T09:30") from None
    if not 1970 < found.year < 9999:
        raise BadCriteria(f"the year {found.year} lies outside of every log")
    return found if found.tzinfo else found.replace(tzinfo=TOKYO)


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "address": parse_place,
    "name": read_name,
    "outcome": read_outcome,
    "reference": read_reference,
    "actor": _identifier,
    "session": _identifier,
    "case": _identifier,
    "from": read_moment,
    "to": partial(read_moment, last=True),
}


def names_in_order() -> list[str]:
    """List what an event may be called."""
    return sorted(name.value for name in EventName)


def _edge(day: date, *, last: bool) -> datetime:
    if not 1970 < day.year < 9999:
        raise BadCriteria(f"the year {day.year} lies outside of every log")
    return start_of(day + timedelta(days=1) if last else day)


def _must_be_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadCriteria("a value holds characters that no event can hold") from None
    if "\0" in text or len(text) > 200:
        raise BadCriteria("a value is longer than 200 characters, or holds a NUL")
