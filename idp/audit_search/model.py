"""What may be asked of the log, and what an answer is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from audit import instant
from audit.event import OUTCOMES
from audit.names import EventName
from idp.audit_search.places import Place
from idp.clock import from_micros, to_micros
from idp.errors import IdpError

LONGEST = 200
_KEY = re.compile(r"[0-9]{1,18}", re.ASCII)
_REFERENCE = re.compile(r"[0-9A-Z]{1,16}", re.ASCII)


class BadCriteria(IdpError):
    """A search that cannot be made; the detail says what to write instead."""

    code = "bad_request"
    status = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What an event must be to be found; None asks for nothing. All of them must hold."""

    subject: str | None = None
    member: str | None = None
    """A member number; events of the register name no subject. With a subject: either."""
    actor: str | None = None
    client: str | None = None
    address: Place | None = None
    name: EventName | None = None
    outcome: str | None = None
    reference: str | None = None
    session: str | None = None
    case: str | None = None
    begin: datetime | None = None
    end: datetime | None = None
    """The first instant after the period."""

    def __post_init__(self) -> None:
        """Refuse what no event can be; raises `BadCriteria`."""
        for member in ("subject", "member", "actor", "client", "reference", "session", "case"):
            _check(member, getattr(self, member))
        if self.outcome is not None:
            read_outcome(self.outcome)
        if self.begin and self.end and self.end <= self.begin:
            raise BadCriteria("the period ends before it begins")

    @property
    def is_empty(self) -> bool:
        """Whether every event is asked for."""
        return all(getattr(self, one.name) is None for one in fields(self))

    @property
    def asks_personal(self) -> bool:
        """Whether events have to be opened to tell."""
        return self.address is not None or self.member is not None

    def as_data(self) -> dict[str, Any]:
        """Give the criteria as they may stand in an event, without person and address."""
        plain = ("actor", "client", "outcome", "reference", "session", "case")
        found: dict[str, Any] = {one: getattr(self, one) for one in plain}
        found["name"] = self.name.value if self.name else None
        found["from"] = instant.to_text(self.begin) if self.begin else None
        found["to"] = instant.to_text(self.end) if self.end else None
        return {key: value for key, value in found.items() if value is not None}

    def fits(self, occurred_at: int, event: Mapping[str, Any]) -> bool:
        """Tell whether a line as it stands in the log fulfils all that is not personal.

        `occurred_at` in microseconds.
        """
        actor, data = event["actor"], event.get("data") or {}
        return (
            self.holds_time(occurred_at)
            and (self.member is not None or self.subject in (None, event.get("subject")))
            and self.actor in (None, actor.get("id"))
            and self.client in (None, event.get("client"))
            and self.name in (None, event["name"])
            and self.outcome in (None, event["outcome"])
            and self.reference in (None, data.get("reference"))
            and self.session in (None, event.get("session"))
            and self.case in (None, event.get("case"))
        )

    def fits_opened(self, event: Mapping[str, Any]) -> bool:
        """Tell whether an opened event fulfils what is personal."""
        if self.address is not None and not self.address.holds(address_of(event)):
            return False
        if self.member is None or (self.subject and self.subject == event.get("subject")):
            return True
        return bool((event.get("data") or {}).get("member") == self.member)

    def holds_time(self, occurred_at: int) -> bool:
        """Tell whether an instant in microseconds lies in the period."""
        if self.begin is not None and occurred_at < to_micros(self.begin):
            return False
        return self.end is None or occurred_at < to_micros(self.end)


@dataclass(frozen=True, slots=True)
class Found:
    """One event: where it stands in the log's order of insertion, and what it says, opened."""

    position: int
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Some events, newest first, and where to go on.

    `after` is None at the end. `back_to` tells how far a search that found little has looked.
    """

    found: tuple[Found, ...]
    after: str | None = None
    back_to: datetime | None = None
    indexing: bool = False
    """Whether the index is far behind: what has to be looked for event by event takes longer."""


def read_key(text: str | None) -> int | None:
    """Read the place where a page ended; raises `BadCriteria` for one we did not write."""
    if not text:
        return None
    if _KEY.fullmatch(text) is None:
        raise BadCriteria("not a place to go on from; take the one the last page named")
    return int(text)


def read_reference(text: str) -> str:
    """Read a reference code as people write it; raises `BadCriteria`."""
    code = text.strip().upper().replace("-", "").replace(" ", "")
    if _REFERENCE.fullmatch(code) is None:
        raise BadCriteria("a reference code has eight letters and digits")
    return code


def read_name(text: str) -> EventName:
    """Read the name of an event; raises `BadCriteria`."""
    try:
        return EventName(text.strip())
    except ValueError:
        raise BadCriteria(f"{text[:60]!a} is no event; docs/events.md lists them") from None


def read_outcome(text: str) -> str:
    """Read how an act ended; raises `BadCriteria`."""
    if text not in OUTCOMES:
        raise BadCriteria(f"an outcome is one of {', '.join(sorted(OUTCOMES))}")
    return text


def back_to(micros: int | None) -> datetime | None:
    """Give an instant for a page."""
    return from_micros(micros) if micros is not None else None


def address_of(event: Mapping[str, Any]) -> str | None:
    """Give the network address an opened event names; None when there is none, or it is erased."""
    address = (event.get("source") or {}).get("address")
    return address if isinstance(address, str) else None


def _check(member: str, value: str | None) -> None:
    if value is None:
        return
    if not value or len(value) > LONGEST:
        raise BadCriteria(f"the {member} has between 1 and {LONGEST} characters")
    if "\0" in value or not _encodes(value):
        raise BadCriteria(f"the {member} holds characters that no event can hold")


def _encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
