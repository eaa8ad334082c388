"""What a member allowed which relying party, and taking it back.

Ends the consent, codes that were not redeemed yet, grants with every token, in one act with its
event; the relying party is told by a logout token for each session it knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from audit.names import EventName
from idp.clients.model import Client
from idp.clients.service import Clients
from idp.clock import Clock, from_micros, to_micros
from idp.consent import store as consents
from idp.journal.model import Origin
from idp.journal.service import Journal
from idp.lifecycle import store
from idp.lifecycle.logout_messages import promise_logouts
from idp.sessions.model import Session
from idp.storage.sql import Database

REVOKED = "consent_revoked"
"""The end reason of a grant; to its relying party it looks like a sign-out."""


@dataclass(frozen=True, slots=True)
class Application:
    """A relying party that may get something, since when, and what: items of consent."""

    client: Client
    items: frozenset[str]
    since: datetime


@dataclass(frozen=True)
class Applications:
    """Lists and ends what relying parties were allowed."""

    database: Database
    clock: Clock
    clients: Clients
    journal: Journal

    def allowed_by(self, subject: str) -> list[Application]:
        """List the relying parties with a consent or a live grant, the latest first."""
        now = self.clock.now()
        with self.database.read() as tx:
            rows = consents.given_by(tx, subject) + store.grants_of(tx, subject, now)
        found: dict[str, Application] = {}
        for client_id, scopes, at in rows:
            client = self.clients.find(client_id)
            if client is None:
                continue
            before = found.get(client_id)
            since = from_micros(at) if before is None else min(before.since, from_micros(at))
            items = frozenset(scopes.split()) | (before.items if before else frozenset())
            found[client_id] = Application(client, items, since)
        return sorted(found.values(), key=lambda one: (one.since, one.client.name), reverse=True)

    def revoke(self, session: Session, client_id: str, origin: Origin) -> bool:
        """Take back everything a relying party was allowed; False when there was nothing."""
        now = self.clock.now()
        at = to_micros(now)
        with self.database.begin() as tx:
            items = consents.remove(tx, session.subject, client_id)
            # Codes first: a redemption under way holds its row, and its grant is seen afterwards.
            codes = store.expire_codes(tx, session.subject, client_id, at)
            ended = store.end_grants(tx, session.subject, client_id, REVOKED, at)
            if not (items or codes or ended):
                return False
            self.journal.record(
                tx,
                EventName.CONSENT_REVOKED,
                now,
                actor=Actor("member", session.subject),
                subject=session.subject,
                client=client_id,
                session=session.id,
                origin=origin,
                data={"scopes": sorted(items), "grants": len(ended)},
            )
            told = [(client_id, sid, session.subject) for sid in ended]
            promise_logouts(tx, self.clients, told, now)
        return True
