"""Pushed authorization requests (RFC 9126): checked when pushed, named later, answered once.

A `request_uri` may be opened again before an answer (a reader reloads); the first answer takes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audit.event import Actor
from audit.names import EventName
from idp.clients.model import Client
from idp.clients.service import Clients
from idp.clock import Clock, to_micros
from idp.errors import IdpError
from idp.inforce.service import PolicyInForce
from idp.journal.model import Origin
from idp.journal.service import Journal
from idp.oidc import store
from idp.oidc.authorization import BadRedirectUri
from idp.oidc.model import Parameters, Pushed
from idp.storage.secret_text import draw_token, hash_token
from idp.storage.sql import Database

URN = "urn:ietf:params:oauth:request_uri:"
_REQUEST_URI = re.compile(re.escape(URN) + r"[A-Za-z0-9_-]{43}")


class InvalidRequestUri(IdpError):
    """The request URI is unknown, expired, used, or of another client (RFC 9101 7, RFC 9126 4)."""

    code = "invalid_request_uri"
    status = 400


@dataclass(frozen=True)
class PushedRequests:
    """Keeps pushed requests until their browser comes."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    clients: Clients
    journal: Journal

    def push(self, client: Client, parameters: Parameters, origin: Origin) -> tuple[str, int]:
        """Store a checked request; answers its `request_uri` and lifetime in seconds."""
        now, secret = self.clock.now(), draw_token()
        lifetime = self.policy.policy.tokens.pushed_request_lifetime
        with self.database.begin() as tx:
            store.push(
                tx,
                uri_hash=hash_token(secret),
                client_id=client.client_id,
                parameters=parameters,
                created_at=to_micros(now),
                expires_at=to_micros(now) + lifetime.micros,
            )
            self.journal.record(
                tx,
                EventName.REQUEST_PUSHED,
                now,
                actor=Actor("client", client.client_id),
                client=client.client_id,
                origin=origin,
                data={"scopes": list(parameters.scopes), "bound": parameters.dpop_jkt is not None},
            )
        return URN + secret, lifetime.seconds

    def open(self, request_uri: str, client_id: str) -> tuple[Client, Pushed]:
        """Find what was pushed by a client; nothing is used up by opening it.

        Raises `UnknownClient`, `InvalidRequestUri`, and `BadRedirectUri` when the client's redirect
        URI was taken away meanwhile.
        """
        client = self.clients.get(client_id)
        if not _REQUEST_URI.fullmatch(request_uri):
            raise InvalidRequestUri("not one of ours")
        with self.database.read() as tx:
            found = store.find_pushed(tx, hash_token(request_uri.removeprefix(URN)))
        if found is None or found.client_id != client.client_id:
            raise InvalidRequestUri("unknown, or another client's")
        if found.consumed or self.clock.now() >= found.expires_at:
            raise InvalidRequestUri("used or expired")
        if not client.allows_redirect(found.parameters.redirect_uri):
            raise BadRedirectUri(client.client_id)
        return client, found
