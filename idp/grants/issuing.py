"""What codes and families share: writing tokens, and refusing with a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from audit.names import EventName
from idp.accounts.model import EndReason
from idp.clients.model import Client
from idp.clock import to_micros, to_seconds
from idp.grants import store, token_store
from idp.grants.active import capped
from idp.grants.minting import mint
from idp.grants.model import Approval, Issued, Refused
from idp.inforce.service import PolicyInForce
from idp.journal.model import Origin
from idp.journal.service import REFUSED, Journal
from idp.sessions.model import SubjectFacts
from idp.storage.secret_text import hash_token
from idp.storage.sql import Tx

REPLAYED = "replayed"


@dataclass(frozen=True)
class Asked:
    """A token request as the grants see it: who asks, with which key (RFC 9449), when, from where.

    The client is authenticated, and the key proven, before any of this begins.
    """

    client: Client
    jkt: str | None
    at: datetime
    origin: Origin


@dataclass(frozen=True)
class Standing:
    """A grant as it stands now, read in one statement."""

    approval: Approval
    expires_at: datetime
    facts: SubjectFacts
    ended: EndReason | None


@dataclass(frozen=True)
class Issuing:
    """Writes access tokens and refresh leaves, and the events that go with them."""

    policy: PolicyInForce
    journal: Journal
    issuer: str

    def tokens(
        self,
        tx: Tx,
        grant_id: str,
        standing: Standing,
        scopes: tuple[str, ...],
        refresh: str | None,
        asked: Asked,
        event: EventName,
    ) -> Issued:
        """Write an access token of a grant with its event; `refresh` is already stored."""
        approval, now = standing.approval, asked.at
        lifetime = self.policy.policy.tokens.access_token_lifetime
        until = capped(now + lifetime.delta, standing.facts)
        minted = mint(asked.client, self.issuer, scopes, asked.jkt, (now, until))
        token_store.add(tx, minted, grant_id)
        self.journal.record(
            tx,
            event,
            now,
            actor=Actor("client", approval.client_id),
            subject=approval.subject,
            client=approval.client_id,
            session=approval.session_id,
            origin=asked.origin,
            data={
                "jti": minted.jti,
                "family": grant_id,
                "scopes": list(scopes),
                "refresh": refresh is not None,
            },
        )
        return Issued(
            minted=minted,
            access_token=minted.text or "",
            refresh_token=refresh,
            expires_in=max(1, to_seconds(until) - to_seconds(now)),
            scopes=scopes,
            client_id=approval.client_id,
            subject=approval.subject,
            session_id=approval.session_id,
            auth_time=approval.auth_time,
            amr=approval.amr,
            nonce=approval.nonce,
            issued_at=now,
            claims=approval.claims,
        )

    def leaf(
        self, tx: Tx, token: str, grant_id: str, generation: int, standing: Standing, now: datetime
    ) -> None:
        """Write the live refresh token of a family."""
        idle_end = now + self.policy.policy.tokens.refresh_idle.delta
        until = capped(min(idle_end, standing.expires_at), standing.facts)
        store.add_refresh_token(
            tx,
            token_hash=hash_token(token),
            grant_id=grant_id,
            client_id=standing.approval.client_id,
            generation=generation,
            expires_at=to_micros(until),
        )

    def replayed(
        self,
        tx: Tx,
        event: EventName,
        grant_id: str,
        owner: tuple[str, str, str],
        asked: Asked,
    ) -> None:
        """End a family: one of its secrets came twice. `owner` is client, subject, session."""
        client_id, subject, session_id = owner
        store.end(tx, grant_id, REPLAYED, to_micros(asked.at))
        self.journal.record(
            tx,
            event,
            asked.at,
            outcome=REFUSED,
            actor=Actor("client", client_id),
            subject=subject,
            client=client_id,
            session=session_id,
            origin=asked.origin,
            data={"family": grant_id},
        )

    def refuse(
        self,
        tx: Tx,
        refused: Refused,
        asked: Asked,
        approval: Approval | None = None,
        grant_id: str | None = None,
    ) -> Refused:
        """Record a refusal; answers it again."""
        data = {"why": refused.why.value, "family": grant_id}
        if refused.ended:
            data["ended"] = refused.ended.value
        self.journal.record(
            tx,
            EventName.TOKEN_REFUSED,
            asked.at,
            outcome=REFUSED,
            actor=Actor("client", asked.client.client_id),
            subject=approval.subject if approval else None,
            client=asked.client.client_id,
            session=approval.session_id if approval else None,
            origin=asked.origin,
            data=data,
        )
        return refused
