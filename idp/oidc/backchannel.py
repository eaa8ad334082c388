"""Back-channel logout (OpenID Connect Back-Channel Logout 2.4, 2.5): the outbox's handler.

Logout tokens are signed at delivery, so a retry is never stale; a relying party that does not
answer delays nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor, new_id
from audit.names import EventName
from idp.clients.service import Clients
from idp.clock import to_seconds
from idp.inforce.service import PolicyInForce
from idp.journal.service import DONE, FAILED, Journal
from idp.outbox.service import DeliveryFailed, Due, Outcome
from idp.outgoing.addresses import OutgoingRefused
from idp.outgoing.door import Outgoing
from idp.policy.values import Duration
from idp.storage.sql import Tx
from keys.signer import Signer

EVENT = "http://schemas.openid.net/event/backchannel-logout"
ACCEPTED = (200, 204)


@dataclass(frozen=True)
class BackchannelLogout:
    """Delivers logout tokens and reports what came of it."""

    issuer: str
    clients: Clients
    policy: PolicyInForce
    signer: Signer
    outgoing: Outgoing
    journal: Journal

    def lane(self, due: Due) -> str:
        """Name the receiver: one that hangs delays only itself."""
        return str(due.content.get("client_id", ""))

    def retries(self) -> Sequence[Duration]:
        """Give the waits between the tries."""
        return self.policy.policy.outbox.retries

    def deliver(self, due: Due, now: datetime) -> None:
        """Sign and send one logout token; raises `DeliveryFailed`."""
        message = due.content
        client = self.clients.find(message["client_id"])
        if client is None or client.backchannel_logout_uri is None:
            return  # removed meanwhile: nobody is left to be told
        issued_at = to_seconds(now)
        claims = {
            "iss": self.issuer,
            "aud": client.client_id,
            "sub": message["sub"],
            "sid": message["sid"],
            "iat": issued_at,
            "exp": issued_at + self.policy.policy.tokens.logout_token_lifetime.seconds,
            "jti": new_id(now),
            "events": {EVENT: {}},
        }
        token = self.signer.sign_jwt(claims, client.id_token_alg.value, "logout+jwt")
        try:
            status = self.outgoing.post_form(client.backchannel_logout_uri, {"logout_token": token})
        except OutgoingRefused as error:
            raise DeliveryFailed(str(error)) from error
        if status not in ACCEPTED:
            raise DeliveryFailed(f"status {status}")

    def report(self, tx: Tx, due: Due, outcome: Outcome, now: datetime) -> None:
        """Record a delivery, its first failure, and giving up."""
        error, message = outcome.error, due.content
        self.journal.record(
            tx,
            EventName.LOGOUT_FAILED if error else EventName.LOGOUT_DELIVERED,
            now,
            outcome=FAILED if error else DONE,
            actor=Actor("system"),
            subject=message["sub"],
            client=message["client_id"],
            session=message["sid"],
            data={"error": error, "given_up": outcome.given_up} if error else {},
        )
