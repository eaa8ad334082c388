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
from idp.grants.issuing import Asked, Issuing, Standing
from idp.grants.minting import key_of_opaque
from idp.grants.model import (
    Approval,
    Issued,
    Leaf,
    RefreshAccess,
    Refusal,
    Refused,
    successor,
)
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
        self,
        client: Client,
        token: str,
        scope: tuple[str, ...] | None,
        origin: Origin,
        jkt: str | None = None,
    ) -> Issued | Refused:
        """Rotate a refresh token, in one commit; the caller signs afterwards.

        `scope` narrows this one access token, never the family. `jkt` is the thumbprint of the key
        that the request proved, if any.
        """
        asked = Asked(client, jkt, self.clock.now(), origin)
        now = asked.at
        hashed = hash_token(token)
        with self.database.begin() as tx:
            leaf = store.take_refresh_token(tx, hashed, client.client_id, to_micros(now))
            if leaf is None:
                return self._again(tx, token, scope, asked)
            standing = self._standing(tx, leaf.grant_id, now)
            refused = _check(leaf, standing, scope, asked)
            if standing is None or refused is not None:
                store.give_back(tx, hashed)  # nothing was issued for it
                return self._refuse(tx, refused, standing, leaf, asked)
            following = successor(self.keys[0], token, leaf.generation + 1)
            self.issuing.leaf(tx, following, leaf.grant_id, leaf.generation + 1, standing, now)
            return self._tokens(tx, leaf, standing, scope, following, asked)

    def read(self, token: str) -> RefreshAccess | Refused:
        """Read a live refresh token, or tell why it is none; nothing changes."""
        key, now = key_of_opaque(token), self.clock.now()
        if key is None:
            return Refused(Refusal.UNKNOWN)
        with self.database.read() as tx:
            found = store.find_refresh_token(tx, key)
            standing = self._standing(tx, found[0].grant_id, now) if found else None
        if found is None or standing is None:
            return Refused(Refusal.UNKNOWN)
        leaf, approval = found[0], standing.approval
        expires_at = min(leaf.expires_at, standing.expires_at)
        if standing.ended is not None:
            return Refused(Refusal.INACTIVE, standing.ended)
        if leaf.spent_at is not None or now >= expires_at:
            return Refused(Refusal.EXPIRED)
        return RefreshAccess(
            client_id=approval.client_id,
            subject=approval.subject,
            scopes=approval.scopes,
            expires_at=expires_at,
            dpop_jkt=approval.dpop_jkt,
            auth_time=approval.auth_time,
            amr=approval.amr,
        )

    def _again(
        self, tx: Tx, token: str, scope: tuple[str, ...] | None, asked: Asked
    ) -> Issued | Refused:
        """Answer a token that is spent already, or is not this client's, or never was."""
        found = store.find_refresh_token(tx, hash_token(token))
        if found is None:
            return self.issuing.refuse(tx, Refused(Refusal.UNKNOWN), asked)
        leaf, owner = found
        if owner != asked.client.client_id:
            return self.issuing.refuse(tx, Refused(Refusal.WRONG_CLIENT), asked)
        standing = self._standing(tx, leaf.grant_id, asked.at)
        refused = _check(leaf, standing, scope, asked)
        if standing is None or refused is not None:
            return self._refuse(tx, refused, standing, leaf, asked)
        following = self._live_successor(tx, token, leaf, asked.at)
        if following is None:
            approval = standing.approval
            owned_by = (approval.client_id, approval.subject, approval.session_id)
            self.issuing.replayed(tx, EventName.REFRESH_REPLAYED, leaf.grant_id, owned_by, asked)
            return Refused(Refusal.REPLAYED)
        return self._tokens(tx, leaf, standing, scope, following, asked)

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
        asked: Asked,
    ) -> Issued:
        scopes = scope or standing.approval.scopes
        return self.issuing.tokens(
            tx, leaf.grant_id, standing, scopes, following, asked, EventName.REFRESH_ROTATED
        )

    def _refuse(
        self,
        tx: Tx,
        refused: Refused | None,
        standing: Standing | None,
        leaf: Leaf,
        asked: Asked,
    ) -> Refused:
        refused = refused or Refused(Refusal.FAMILY_ENDED)
        approval = standing.approval if standing else None
        return self.issuing.refuse(tx, refused, asked, approval, leaf.grant_id)

    def _standing(self, tx: Tx, grant_id: str, now: datetime) -> Standing | None:
        row = store.standing_of_grant(tx, grant_id)
        if row is None:
            return None
        scopes, auth_time = tuple(row[3].split()), from_micros(row[4])
        facts = read_subject_facts(row[14:])
        over = session_is_over(row[11:14], now, offline=OFFLINE in scopes)
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
            dpop_jkt=row[9],
            claims=row[10],
        )
        ended = why_ended(facts, over, (row[7], row[8]), auth_time, now)
        return Standing(approval, from_micros(row[6]), facts, ended)


def _check(
    leaf: Leaf, standing: Standing | None, scope: tuple[str, ...] | None, asked: Asked
) -> Refused | None:
    if standing is None:
        return Refused(Refusal.FAMILY_ENDED)
    if standing.ended is not None:
        return Refused(Refusal.INACTIVE, standing.ended)
    if asked.at >= min(leaf.expires_at, standing.expires_at):
        return Refused(Refusal.EXPIRED)
    # The family does not end: whoever lacks the key must not be able to end what needs the key.
    if standing.approval.dpop_jkt not in (None, asked.jkt):
        return Refused(Refusal.WRONG_KEY)
    if scope is not None and not set(scope) <= set(standing.approval.scopes):
        return Refused(Refusal.SCOPE_GREW)
    return None
