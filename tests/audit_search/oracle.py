"""Makes a log with all that can be searched for, and answers searches by looking at every event."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from audit import instant
from audit.event import Actor, Personal
from audit.names import EventName
from idp.assembly.audit_search import build_index, build_search
from idp.assembly.foundation import Foundation
from idp.assembly.sealing import build_sealer
from idp.audit_search.index import TermIndex
from idp.audit_search.model import Criteria
from idp.audit_search.service import AuditSearch
from idp.journal.model import Origin
from idp.journal.reading import EventReader
from idp.storage.sql import Tx
from idp.subjects.service import stranger

BEGIN = datetime(2026, 4, 1, tzinfo=UTC)
SUBJECTS = [f"subject-{number}" for number in range(40)]
STAFF = ["staff-1", "staff-2", "staff-3"]
CLIENTS = ["portal", "card"]
ADDRESSES = [
    *(f"203.0.113.{number}" for number in range(1, 12)),
    *(f"198.51.100.{number}" for number in range(1, 4)),
    "2001:db8:1:2::7",
    "2001:db8:1:2::8",
    "2001:db8:1:3::7",
    "::ffff:203.0.113.1",
]
NAMES = [
    EventName.SESSION_STARTED,
    EventName.SESSION_ENDED,
    EventName.SIGN_IN_REFUSED,
    EventName.CLAIMS_READ,
    EventName.MEMBER_VIEWED,
    EventName.MAIL_FAILED,
]


@dataclass
class Log:
    """The log of one deployment, as tests fill it and look at it."""

    foundation: Foundation
    chance: random.Random = field(default_factory=lambda: random.Random(19))
    now: datetime = BEGIN

    @property
    def index(self) -> TermIndex:
        return build_index(self.foundation)

    @property
    def search(self) -> AuditSearch:
        return build_search(self.foundation)

    def seal(self) -> None:
        build_sealer(self.foundation).seal()

    def fill(self, count: int) -> None:
        """Record events in transactions of about 200."""
        while count > 0:
            with self.foundation.database.begin() as tx:
                for _ in range(min(200, count)):
                    self.record(tx)
            count -= 200

    def add(self, **values: Any) -> str:
        """Record one event in a transaction of its own."""
        with self.foundation.database.begin() as tx:
            return self.record(tx, **values)

    def record(self, tx: Tx, **given: Any) -> str:
        """Record one event of the mix; what is given takes the place of what would be drawn."""
        draw = self.chance
        self.now += timedelta(seconds=draw.choice([0, 1, 7, 60, 3600]))
        name = given.pop("name", draw.choice(NAMES))
        subject = draw.choice([*SUBJECTS, None])
        staff = Actor("staff", draw.choice(STAFF), "clerk")
        actor = Actor("member", subject) if subject and draw.random() < 0.6 else staff
        if draw.random() < 0.1:
            actor = Actor("system")
        values: dict[str, Any] = {
            "outcome": draw.choices(["done", "refused", "failed"], [90, 9, 1])[0],
            "actor": actor,
            "subject": subject,
            "client": draw.choice([*CLIENTS, None]),
            "session": f"session-{draw.randrange(300)}" if draw.random() < 0.5 else None,
            "origin": Origin(draw.choice([*ADDRESSES, None]), "Mozilla/5.0", f"r-{draw.random()}"),
            "data": self._data(subject),
            "reference": f"REF{draw.randrange(50):05}" if draw.random() < 0.05 else None,
        }
        return self.foundation.journal.record(tx, name, self.now, **(values | given))

    def _data(self, subject: str | None) -> dict[str, Any]:
        number = self.chance.randrange(10)
        if self.chance.random() < 0.8:
            return {"number": number}
        return {"member": Personal(f"0000000{number}", subject or stranger(self.now))}

    def everything(self) -> list[tuple[str | None, dict[str, Any]]]:
        """Read all events, newest first, opened one by one: (reference column, event)."""
        with self.foundation.database.read() as tx:
            rows = tx.text(
                "SELECT reference, line FROM audit_event ORDER BY position DESC"
            ).fetchall()
            reader = EventReader(self.foundation.persons)
            return [(row[0], reader.open(tx, row[1])) for row in rows]

    def pages(self, criteria: Criteria, most: int) -> list[str]:
        """Give the ids a search finds, page after page."""
        found: list[str] = []
        after: str | None = None
        while True:
            page = self.search.page(criteria, most, after)
            assert len(page.found) <= most
            found += [one.event["id"] for one in page.found]
            if page.after is None:
                return found
            after = page.after


def expected(every: list[tuple[str | None, dict[str, Any]]], criteria: Criteria) -> list[str]:
    """Answer a search by looking at every event, newest first."""
    return [event["id"] for reference, event in every if _fits(reference, event, criteria)]


def _fits(reference: str | None, event: dict[str, Any], asked: Criteria) -> bool:
    at = instant.from_text(event["occurred_at"])
    address = (event.get("source") or {}).get("address")
    pairs = [
        (asked.actor, event["actor"].get("id")),
        (asked.client, event.get("client")),
        (asked.name, event["name"]),
        (asked.outcome, event["outcome"]),
        (asked.reference, reference),
        (asked.session, event.get("session")),
        (asked.case, event.get("case")),
    ]
    if any(wanted is not None and wanted != found for wanted, found in pairs):
        return False
    number = (event.get("data") or {}).get("member")
    asks = asked.subject is not None or asked.member is not None
    named = asked.subject is not None and asked.subject == event.get("subject")
    if asks and not named and (asked.member is None or asked.member != number):
        return False
    if asked.begin and at < asked.begin:
        return False
    if asked.end and at >= asked.end:
        return False
    return asked.address is None or _lies_in(address, asked.address.text)


def _lies_in(address: str | None, wanted: str) -> bool:
    from ipaddress import ip_address, ip_network

    if address is None:
        return False
    found = ip_address(address)
    found = getattr(found, "ipv4_mapped", None) or found
    return found in ip_network(wanted)
