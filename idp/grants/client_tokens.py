"""Access tokens that a client gets for itself: the client credentials grant (RFC 6749 4.4).

No member is behind such a token: no session, no family, no refresh token (4.4.3). Its row and its
event are one statement of one transaction that asks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.event import Actor
from audit.names import EventName
from idp.clients.model import Client
from idp.clock import Clock
from idp.grants import token_store
from idp.grants.minting import mint
from idp.grants.model import Minted, Refusal, Refused
from idp.inforce.service import PolicyInForce
from idp.journal.model import Origin
from idp.journal.service import Journal
from idp.storage.sql import Database


@dataclass(frozen=True)
class ClientTokens:
    """Issues them."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    issuer: str

    def issue(
        self, client: Client, scope: tuple[str, ...] | None, origin: Origin, jkt: str | None = None
    ) -> Minted | Refused:
        """Issue a token for all of the client's own scopes, or for those asked of them.

        Scopes that speak of a member (`openid` and its kind) are never among them.
        """
        scopes = tuple(sorted(client.resource_scopes)) if scope is None else scope
        if not set(scopes) <= client.resource_scopes:
            return Refused(Refusal.SCOPE_GREW)
        now = self.clock.now()
        until = now + self.policy.policy.tokens.access_token_lifetime.delta
        minted = mint(client, self.issuer, scopes, jkt, (now, until))
        with self.database.begin() as tx:
            token_store.add_of_client(tx, minted, client.client_id)
            self.journal.record(
                tx,
                EventName.CLIENT_TOKEN_ISSUED,
                now,
                actor=Actor("client", client.client_id),
                client=client.client_id,
                origin=origin,
                data={"jti": minted.jti, "scopes": list(scopes)},
            )
        return minted
