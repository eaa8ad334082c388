"""What people type into a search, read into criteria: persons, addresses, days, codes.

A person is a subject or a member number. One who is in the log and no longer in the tables is still
found by the subject; a number that no account has is looked for among events of the register.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from audit.names import EventName
from idp.accounts import store as accounts
from idp.audit_search.model import BadCriteria, Criteria, read_name, read_reference
from idp.audit_search.places import parse_place
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


def read_criteria(tx: Tx, typed: Mapping[str, str | None]) -> Criteria:
    """Read what was typed, by the names of `FIELDS`; raises `BadCriteria` or `BadPlace`.

    Empty texts ask for nothing.
    """
    given = {one: text.strip() for one in FIELDS if (text := typed.get(one)) and text.strip()}
    for text in given.values():
        _must_be_text(text)
    criteria = Criteria(
        actor=given.get("actor"),
        client=given.get("client"),
        address=parse_place(given["address"]) if "address" in given else None,
        name=read_name(given["name"]) if "name" in given else None,
        outcome=given.get("outcome"),
        reference=read_reference(given["reference"]) if "reference" in given else None,
        session=given.get("session"),
        case=given.get("case"),
        begin=read_moment(given["from"]) if "from" in given else None,
        end=read_moment(given["to"], last=True) if "to" in given else None,
    )
    return with_person(tx, criteria, given["person"]) if "person" in given else criteria


def with_person(tx: Tx, criteria: Criteria, person: str) -> Criteria:
    """Ask for a person as well: by subject, or by member number."""
    _must_be_text(person)
    account = accounts.find(tx, person)
    if account is not None:
        return replace(criteria, subject=account.subject, member=account.member_number)
    try:
        number = parse_member_number(person)
    except BadMemberNumber:
        return replace(criteria, subject=person)
    account = accounts.find_by_number(tx, number)
    return replace(criteria, member=number, subject=account.subject if account else None)


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
