"""Ending tokens at the wish of the client they were issued to (RFC 7009).

A refresh token stands for its family: the grant ends, and every access token of it. An access token
ends alone. What is unknown, over, or another client's changes nothing, and nobody is told so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from audit.names import EventName
from idp.clients.model import Client
from idp.clock import Clock, to_micros
from idp.grants import store, token_store
from idp.grants.access import AccessTokens
from idp.grants.minting import key_of_opaque
from idp.journal.model import Origin
from idp.journal.service import Journal
from idp.storage.sql import Database, Tx

REVOKED = "revoked"


@dataclass(frozen=True)
class Revoking:
    """Revokes tokens of every kind; the kind is found out, whatever the caller believes."""

    database: Database
    clock: Clock
    journal: Journal
    tokens: AccessTokens

    def revoke(self, client: Client, token: str, origin: Origin) -> None:
        """End a token of this client, with its event; no trace of a token that is not one."""
        access_key, refresh_key = self.tokens.key_of(token), key_of_opaque(token)
        if access_key is None:
            return
        now = self.clock.now()
        with self.database.read() as tx:
            family = self._family(tx, client, refresh_key) if refresh_key else None
        with self.database.begin() as tx:
            if family is not None:
                self._end_family(tx, client, family, now, origin)
            else:
                self._end_access(tx, client, access_key, now, origin)

    def _family(self, tx: Tx, client: Client, key: str) -> str | None:
        found = store.find_refresh_token(tx, key)
        return found[0].grant_id if found is not None and found[1] == client.client_id else None

    def _end_family(
        self, tx: Tx, client: Client, grant_id: str, now: datetime, origin: Origin
    ) -> None:
        for ended in store.end(tx, grant_id, REVOKED, to_micros(now)):
            _, _, session_id, subject = ended
            self.journal.record(
                tx,
                EventName.GRANT_REVOKED,
                now,
                actor=Actor("client", client.client_id),
                subject=subject,
                client=client.client_id,
                session=session_id,
                origin=origin,
                data={"family": grant_id, "reason": REVOKED},
            )

    def _end_access(self, tx: Tx, client: Client, key: str, now: datetime, origin: Origin) -> None:
        ended = token_store.end(tx, key, client.client_id, to_micros(now))
        own = (
            None if ended else token_store.end_of_client(tx, key, client.client_id, to_micros(now))
        )
        if ended is None and own is None:
            return
        jti, family, subject, session_id = ended or (own, None, None, None)
        self.journal.record(
            tx,
            EventName.TOKEN_REVOKED,
            now,
            actor=Actor("client", client.client_id),
            subject=subject,
            client=client.client_id,
            session=session_id,
            origin=origin,
            data={"jti": jti, "family": family},
        )
