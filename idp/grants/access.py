"""Access tokens as resources see them: is it live, and whose data may be shown.

One statement reads the token with its grant, session, account and member; the rule is the same as
everywhere. The first reading of personal data with a token is an event (RFC 6750, Core 5.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from audit.names import EventName
from idp.clock import Clock, from_micros, to_micros
from idp.grants import store
from idp.grants.active import OFFLINE, session_is_over, why_ended
from idp.grants.model import Refusal, Refused
from idp.journal.model import Origin
from idp.journal.service import Journal
from idp.members.standing import dates_access_ends_on
from idp.sessions.store import read_subject_facts
from idp.storage.secret_text import hash_token
from idp.storage.sql import Database


@dataclass(frozen=True, slots=True)
class Access:
    """A live access token and the record it opens."""

    jti: str
    scopes: tuple[str, ...]
    client_id: str
    subject: str
    session_id: str
    expires_at: datetime
    address: str
    member_number: str
    facts: str
    birth_on: str
    updated_at: datetime
    access_ends_on: str | None
    first_reading: bool


_MAX_TOKEN = 512


@dataclass(frozen=True)
class AccessTokens:
    """Reads access tokens; never changes one but for the mark of its first reading."""

    database: Database
    clock: Clock
    journal: Journal

    def read(self, token: str) -> Access | Refused:
        """Read a live access token, or tell why it is none."""
        if len(token) > _MAX_TOKEN:
            return Refused(Refusal.UNKNOWN)
        now = self.clock.now()
        with self.database.read() as tx:
            row = store.read_access_token(tx, hash_token(token))
        if row is None:
            return Refused(Refusal.UNKNOWN)
        facts = read_subject_facts(row[19:])
        over = session_is_over(row[11:14], now, offline=OFFLINE in row[8].split())
        ended = why_ended(facts, over, (row[9], row[10]), from_micros(row[7]), now)
        if ended is not None:
            return Refused(Refusal.INACTIVE, ended)
        if row[2] <= to_micros(now):
            return Refused(Refusal.EXPIRED)
        ends_on = dates_access_ends_on(facts.dates)
        return Access(
            jti=row[0],
            scopes=tuple(row[1].split()),
            client_id=row[4],
            subject=row[5],
            session_id=row[6],
            expires_at=from_micros(row[2]),
            address=row[14],
            member_number=row[15],
            facts=row[16],
            birth_on=row[17],
            updated_at=from_micros(row[18]),
            access_ends_on=ends_on.isoformat() if ends_on else None,
            first_reading=row[3] is None,
        )

    def record_reading(self, token: str, access: Access, origin: Origin) -> None:
        """Record that a relying party read personal data: once per access token."""
        now = self.clock.now()
        with self.database.begin() as tx:
            if not store.mark_read(tx, hash_token(token), to_micros(now)):
                return
            self.journal.record(
                tx,
                EventName.CLAIMS_READ,
                now,
                actor=Actor("client", access.client_id),
                subject=access.subject,
                client=access.client_id,
                session=access.session_id,
                origin=origin,
                data={"jti": access.jti, "scopes": list(access.scopes)},
            )
