"""Access tokens as resources see them: is it live, and whose data may be shown.

One statement reads the token with its grant, session, account and member; the rule is the same as
everywhere, for opaque tokens and for JWT (RFC 9068), whose signature only opens the way to the row.
The first reading of personal data with a token is an event (RFC 6750, Core 5.3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from audit.event import Actor
from audit.names import EventName
from idp.clock import Clock, from_micros, to_micros, to_seconds
from idp.grants import token_store
from idp.grants.active import OFFLINE, session_is_over, why_ended
from idp.grants.minting import key_of_jti, key_of_opaque
from idp.grants.model import Refusal, Refused
from idp.journal.model import Origin
from idp.journal.service import Journal
from idp.members.standing import dates_access_ends_on
from idp.policy.model import SigningAlgorithm
from idp.sessions.store import read_subject_facts
from idp.storage.sql import Database, Tx
from keys.errors import BadToken
from keys.keyset import KeySet
from keys.signer import verify

ACCESS_TOKEN_TYP = "at+jwt"  # noqa: S105  a media type
_ALGORITHMS = tuple(alg.value for alg in SigningAlgorithm)
_MAX_TOKEN = 4096


@dataclass(frozen=True, slots=True)
class Access:
    """A live access token and the record it opens."""

    key: str = field(repr=False)
    jti: str
    scopes: tuple[str, ...]
    client_id: str
    subject: str
    session_id: str
    issued_at: datetime
    expires_at: datetime
    dpop_jkt: str | None
    """Thumbprint of the key that must be proven with the token (RFC 9449 6)."""
    audience: tuple[str, ...]
    claims: str | None
    """The checked `claims` parameter of the authorization request (Core 5.5)."""
    auth_time: datetime
    amr: tuple[str, ...]
    address: str
    member_number: str
    facts: str
    birth_on: str
    updated_at: datetime
    access_ends_on: str | None
    first_reading: bool


@dataclass(frozen=True, slots=True)
class ClientAccess:
    """A live access token that a client got for itself; nobody's record is behind it."""

    jti: str
    scopes: tuple[str, ...]
    client_id: str
    issued_at: datetime
    expires_at: datetime
    dpop_jkt: str | None
    audience: tuple[str, ...]


@dataclass(frozen=True)
class AccessTokens:
    """Reads access tokens; never changes one but for the mark of its first reading."""

    database: Database
    clock: Clock
    journal: Journal
    issuer: str
    keys: Callable[[], KeySet]

    def read(self, token: str) -> Access | Refused:
        """Read a live access token of a member, or tell why it is none."""
        key = self.key_of(token)
        if key is None:
            return Refused(Refusal.UNKNOWN)
        with self.database.read() as tx:
            row = token_store.read(tx, key)
        return self._found(key, row)

    def read_ahead(self, tx: Tx, token: str) -> Callable[[], Access | Refused] | None:
        """Do as `read` for an opaque token, with the next question of `tx`; None for a JWT.

        What comes out is for the caller only after it has proven who it is.
        """
        key = key_of_opaque(token)
        if key is None:
            return None
        row = token_store.read_ahead(tx, key)
        return lambda: self._found(key, row.one())

    def _found(self, key: str, row: tuple[Any, ...] | None) -> Access | Refused:
        return Refused(Refusal.UNKNOWN) if row is None else self._access(key, row)

    def read_of_client(self, token: str) -> ClientAccess | Refused:
        """Read a live access token that a client got for itself, or tell why it is none."""
        key = self.key_of(token)
        if key is None:
            return Refused(Refusal.UNKNOWN)
        with self.database.read() as tx:
            row = token_store.read_of_client(tx, key)
        if row is None:
            return Refused(Refusal.UNKNOWN)
        if row[4] is not None or row[3] <= to_micros(self.clock.now()):
            return Refused(Refusal.EXPIRED)
        return ClientAccess(
            jti=row[0],
            scopes=tuple(row[1].split()),
            client_id=row[7],
            issued_at=from_micros(row[2]),
            expires_at=from_micros(row[3]),
            dpop_jkt=row[5],
            audience=self._audience(row[6]),
        )

    def key_of(self, token: str) -> str | None:
        """Give what a token's row is found by; None for what cannot be a token of ours.

        A JWT must be signed by a key of our ring, be an access token by its type (RFC 9068 4; an
        ID token is none), be issued by us and not have expired.
        """
        if "." not in token:
            return key_of_opaque(token)
        if len(token) > _MAX_TOKEN:
            return None
        try:
            claims = verify(token, self.keys().public, _ALGORITHMS, ACCESS_TOKEN_TYP).claims
        except BadToken:
            return None
        expires, jti = claims.get("exp"), claims.get("jti")
        if claims.get("iss") != self.issuer or not isinstance(jti, str):
            return None
        if not isinstance(expires, int) or expires <= to_seconds(self.clock.now()):
            return None
        return key_of_jti(jti)

    def record_reading(self, access: Access, origin: Origin) -> None:
        """Record that a relying party read personal data: once per access token."""
        now = self.clock.now()
        with self.database.begin() as tx:
            if not token_store.mark_read(tx, access.key, to_micros(now)):
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

    def _audience(self, stored: str | None) -> tuple[str, ...]:
        return tuple(stored.split()) if stored else (self.issuer,)

    def _access(self, key: str, row: tuple[Any, ...]) -> Access | Refused:
        now = self.clock.now()
        facts, auth_time = read_subject_facts(row[25:]), from_micros(row[12])
        over = session_is_over(row[17:20], now, offline=OFFLINE in row[11].split())
        ended = why_ended(facts, over, (row[15], row[16]), auth_time, now)
        if ended is not None:
            return Refused(Refusal.INACTIVE, ended)
        if row[5] is not None or row[3] <= to_micros(now):
            return Refused(Refusal.EXPIRED)
        ends_on = dates_access_ends_on(facts.dates)
        return Access(
            key=key,
            jti=row[0],
            scopes=tuple(row[1].split()),
            client_id=row[8],
            subject=row[9],
            session_id=row[10],
            issued_at=from_micros(row[2]),
            expires_at=from_micros(row[3]),
            dpop_jkt=row[6],
            audience=self._audience(row[7]),
            claims=row[14],
            auth_time=auth_time,
            amr=tuple(row[13].split()),
            address=row[20],
            member_number=row[21],
            facts=row[22],
            birth_on=row[23],
            updated_at=from_micros(row[24]),
            access_ends_on=ends_on.isoformat() if ends_on else None,
            first_reading=row[4] is None,
        )
