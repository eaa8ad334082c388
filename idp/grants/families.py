"""Families of refresh tokens: each is spent once and followed by one derived successor.

RFC 6749 6, RFC 9700 4.14.2. A repeat within `tokens.refresh_grace` yields the same successor, so a
client on a bad line loses nothing; a repeat after it, or when the successor is already spent, is a
replay and ends the family. At most one live leaf per family is a constraint of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.names import EventName
from idp.clients.model import Client
from idp.clock import Clock, from_micros, to_micros
from idp.grants import store
from idp.grants.active import OFFLINE, session_is_over, why_ended
from idp.grants.issuing import Issuing, Standing
from idp.grants.model import Approval, Issued, Leaf, Refusal, Refused, successor
from idp.journal.model import Origin
from idp.sessions.store import read_subject_facts
from idp.storage.secret_text import hash_token
from idp.storage.sql import Database, Tx


@dataclass(frozen=True)
class Families:
    """Rotates refresh tokens. `keys`: the current derivation key first, then older ones."""

    database: Database
    clock: Clock
    issuing: Issuing
    keys: Sequence[bytes]

    def refresh(
        self, client: Client, token: str, scope: tuple[str, ...] | None, origin: Origin
    ) -> Issued | Refused:
        """Rotate a refresh token, in one commit; the caller signs afterwards.

        `scope` narrows this one access token, never the family.
        """
        now = self.clock.now()
        hashed = hash_token(token)
        with self.database.begin() as tx:
            leaf = store.take_refresh_token(tx, hashed, client.client_id, to_micros(now))
            if leaf is None:
                return self._again(tx, client, token, scope, now, origin)
            standing = self._standing(tx, leaf.grant_id, now)
            refused = _check(leaf, standing, scope, now)
            if standing is None or refused is not None:
                store.give_back(tx, hashed)  # nothing was issued for it
                return self._refuse(tx, client, refused, standing, leaf, now, origin)
            following = successor(self.keys[0], token, leaf.generation + 1)
            self.issuing.leaf(tx, following, leaf.grant_id, leaf.generation + 1, standing, now)
            return self._tokens(tx, leaf, standing, scope, following, now, origin)

    def _again(
        self,
        tx: Tx,
        client: Client,
        token: str,
        scope: tuple[str, ...] | None,
        now: datetime,
        origin: Origin,
    ) -> Issued | Refused:
        """Answer a token that is spent already, or is not this client's, or never was."""
        found = store.find_refresh_token(tx, hash_token(token))
        if found is None:
            return self.issuing.refuse(tx, client, Refused(Refusal.UNKNOWN), now, origin)
        leaf, owner = found
        if owner != client.client_id:
            return self.issuing.refuse(tx, client, Refused(Refusal.WRONG_CLIENT), now, origin)
        standing = self._standing(tx, leaf.grant_id, now)
        refused = _check(leaf, standing, scope, now)
        if standing is None or refused is not None:
            return self._refuse(tx, client, refused, standing, leaf, now, origin)
        following = self._live_successor(tx, token, leaf, now)
        if following is None:
            approval = standing.approval
            owned_by = (approval.client_id, approval.subject, approval.session_id)
            self.issuing.replayed(
                tx, EventName.REFRESH_REPLAYED, leaf.grant_id, owned_by, now, origin
            )
            return Refused(Refusal.REPLAYED)
        return self._tokens(tx, leaf, standing, scope, following, now, origin)

    def _live_successor(self, tx: Tx, token: str, leaf: Leaf, now: datetime) -> str | None:
        """Give the successor if this repeat is within the grace and the successor is unspent."""
        grace = self.issuing.policy.policy.tokens.refresh_grace.delta
        if leaf.spent_at is None or now - leaf.spent_at > grace:
            return None
        for key in self.keys:  # an older key when the master key changed within the grace
            candidate = successor(key, token, leaf.generation + 1)
            found = store.find_refresh_token(tx, hash_token(candidate))
            if found is not None:
                return candidate if found[0].spent_at is None else None
        return None

    def _tokens(
        self,
        tx: Tx,
        leaf: Leaf,
        standing: Standing,
        scope: tuple[str, ...] | None,
        following: str,
        now: datetime,
        origin: Origin,
    ) -> Issued:
        scopes = scope or standing.approval.scopes
        return self.issuing.tokens(
            tx, leaf.grant_id, standing, scopes, following, now, origin, EventName.REFRESH_ROTATED
        )

    def _refuse(
        self,
        tx: Tx,
        client: Client,
        refused: Refused | None,
        standing: Standing | None,
        leaf: Leaf,
        now: datetime,
        origin: Origin,
    ) -> Refused:
        refused = refused or Refused(Refusal.FAMILY_ENDED)
        approval = standing.approval if standing else None
        return self.issuing.refuse(tx, client, refused, now, origin, approval, leaf.grant_id)

    def _standing(self, tx: Tx, grant_id: str, now: datetime) -> Standing | None:
        row = store.standing_of_grant(tx, grant_id)
        if row is None:
            return None
        scopes, auth_time = tuple(row[3].split()), from_micros(row[4])
        facts = read_subject_facts(row[12:])
        over = session_is_over(row[9:12], now, offline=OFFLINE in scopes)
        approval = Approval(
            client_id=row[0],
            subject=row[1],
            session_id=row[2],
            scopes=scopes,
            redirect_uri="",
            code_challenge=None,
            nonce=None,  # an ID token of a refresh carries no nonce (OpenID Connect Core 12.2)
            auth_time=auth_time,
            amr=tuple(row[5].split()),
        )
        ended = why_ended(facts, over, (row[7], row[8]), auth_time, now)
        return Standing(approval, from_micros(row[6]), facts, ended)


def _check(
    leaf: Leaf, standing: Standing | None, scope: tuple[str, ...] | None, now: datetime
) -> Refused | None:
    if standing is None:
        return Refused(Refusal.FAMILY_ENDED)
    if standing.ended is not None:
        return Refused(Refusal.INACTIVE, standing.ended)
    if now >= min(leaf.expires_at, standing.expires_at):
        return Refused(Refusal.EXPIRED)
    if scope is not None and not set(scope) <= set(standing.approval.scopes):
        return Refused(Refusal.SCOPE_GREW)
    return None
