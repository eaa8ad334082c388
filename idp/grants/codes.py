"""Authorization codes: issued once, taken once.

A code is worth exactly one token response (RFC 6749 4.1.2) for `tokens.code_lifetime`. A wrong
verifier burns it; a wrong client changes nothing; a second redemption by the right client ends
everything that was made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.event import Actor, new_id
from audit.names import EventName
from idp.clients.model import Client
from idp.clock import Clock, to_micros
from idp.grants import store
from idp.grants.active import OFFLINE, capped, session_is_over, why_ended
from idp.grants.issuing import Asked, Issuing, Standing
from idp.grants.model import Approval, Issued, Refusal, Refused, Spent, verifier_matches
from idp.journal.model import Origin
from idp.sessions.store import read_subject_facts
from idp.storage.secret_text import draw_token, hash_token
from idp.storage.sql import Database, Tx


@dataclass(frozen=True)
class Codes:
    """Issues codes and exchanges them for tokens."""

    database: Database
    clock: Clock
    issuing: Issuing

    def issue(self, tx: Tx, approval: Approval, now: datetime, origin: Origin) -> str:
        """Write a code in the act that issues it; answers the code in clear."""
        code, grant_id = draw_token(), new_id(now)
        lifetime = self.issuing.policy.policy.tokens.code_lifetime
        store.add_code(tx, hash_token(code), grant_id, approval, to_micros(now) + lifetime.micros)
        self.issuing.journal.record(
            tx,
            EventName.CODE_ISSUED,
            now,
            actor=Actor("member", approval.subject),
            subject=approval.subject,
            client=approval.client_id,
            session=approval.session_id,
            origin=origin,
            data={"family": grant_id, "scopes": list(approval.scopes)},
        )
        return code

    def redeem(
        self,
        client: Client,
        code: str,
        redirect_uri: str | None,
        verifier: str | None,
        origin: Origin,
        jkt: str | None = None,
    ) -> Issued | Refused:
        """Exchange a code for tokens, in one commit; the caller signs afterwards.

        `jkt` is the thumbprint of the key that the request proved, if any.
        """
        asked = Asked(client, jkt, self.clock.now(), origin)
        now = asked.at
        with self.database.begin() as tx:
            spent = store.take_code(tx, hash_token(code), client.client_id, to_micros(now))
            if spent is None:
                return self._not_taken(tx, hash_token(code), asked)
            refused = _check(spent, redirect_uri, verifier, asked)
            standing = None if refused else self._standing(tx, spent, now)
            if standing is not None and standing.ended is not None:
                refused = Refused(Refusal.INACTIVE, standing.ended)
            if standing is None or refused is not None:
                refused = refused or Refused(Refusal.INACTIVE)
                return self.issuing.refuse(tx, refused, asked, spent.approval, spent.grant_id)
            return self._first_tokens(tx, spent.grant_id, standing, asked)

    def _not_taken(self, tx: Tx, code_hash: str, asked: Asked) -> Refused:
        found = store.find_code(tx, code_hash)
        if found is None:
            return self.issuing.refuse(tx, Refused(Refusal.UNKNOWN), asked)
        owner, grant_id, subject, session_id = found
        if owner != asked.client.client_id:
            return self.issuing.refuse(tx, Refused(Refusal.WRONG_CLIENT), asked)
        owned_by = (owner, subject, session_id)
        self.issuing.replayed(tx, EventName.CODE_REPLAYED, grant_id, owned_by, asked)
        return Refused(Refusal.REPLAYED)

    def _standing(self, tx: Tx, spent: Spent, now: datetime) -> Standing | None:
        approval = spent.approval
        row: Any = store.standing_of_session(tx, approval.subject, approval.session_id)
        if row is None:
            return None
        facts = read_subject_facts(row[3:])
        # A code is redeemed within a minute: the session must be live whatever was asked for.
        over = session_is_over(row[:3], now, offline=False)
        ended = why_ended(facts, over, (None, None), approval.auth_time, now)
        lifetime = self.issuing.policy.policy.tokens.refresh_token_lifetime
        return Standing(approval, capped(now + lifetime.delta, facts), facts, ended)

    def _first_tokens(self, tx: Tx, grant_id: str, standing: Standing, asked: Asked) -> Issued:
        approval, client, now = standing.approval, asked.client, asked.at
        store.add_grant(
            tx,
            id=grant_id,
            client_id=client.client_id,
            subject=approval.subject,
            session_id=approval.session_id,
            scopes=" ".join(approval.scopes),
            auth_time=to_micros(approval.auth_time),
            amr=" ".join(approval.amr),
            created_at=to_micros(now),
            expires_at=to_micros(standing.expires_at),
            # RFC 9449 5: a public client has nothing but this key to hold its refresh tokens by.
            dpop_jkt=asked.jkt if client.is_public else None,
            claims=approval.claims,
        )
        refresh = None
        if OFFLINE in approval.scopes and "refresh_token" in client.grant_types:
            refresh = draw_token()
            self.issuing.leaf(tx, refresh, grant_id, 0, standing, now)
        return self.issuing.tokens(
            tx, grant_id, standing, approval.scopes, refresh, asked, EventName.TOKEN_ISSUED
        )


def _check(
    spent: Spent, redirect_uri: str | None, verifier: str | None, asked: Asked
) -> Refused | None:
    if asked.at >= spent.expires_at:
        return Refused(Refusal.EXPIRED)
    if redirect_uri != spent.approval.redirect_uri:
        return Refused(Refusal.WRONG_REDIRECT_URI)
    if not verifier_matches(spent.approval.code_challenge, verifier):
        return Refused(Refusal.WRONG_VERIFIER)
    # Burnt like one with a wrong verifier (RFC 9449 10 leaves it open): a code that shows up with
    # another key has leaked, and no second try may be had with it. A proof that is itself refused
    # (no nonce, used before) never comes this far and burns nothing.
    if spent.approval.dpop_jkt not in (None, asked.jkt):
        return Refused(Refusal.WRONG_KEY)
    return None
