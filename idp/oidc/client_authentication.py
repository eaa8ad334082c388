"""Who is the client: exactly the one method it is registered for (RFC 6749 2.3, Core 9).

Authlib's registry chooses; the methods are ours. Secrets pass the gate: a lease per client and
address, so that a stranger cannot lock a relying party out.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import ClientAuthentication, InvalidClientError

from audit.event import Actor
from audit.names import EventName
from idp.clients.model import Client
from idp.clients.service import Clients
from idp.clock import Clock
from idp.floods.service import Floods
from idp.journal.model import Origin
from idp.journal.service import REFUSED, Journal
from idp.oidc.authlib_request import TokenRequest
from idp.oidc.client_assertion import ASSERTION_TYPE, ClientAssertions
from idp.oidc.model import OAuthError
from idp.oidc.refusals import REALM, Refusal
from idp.policy.model import AuthMethod, LimitName
from idp.storage.sql import Database, Tx
from idp.subjects.service import PersonKeys
from idp.throttle.gate import Gate, count_verification
from idp.throttle.model import Budget, Lease, Tried

METHODS = ("private_key_jwt", "client_secret_basic", "client_secret_post", "none")
BASIC_CHALLENGE = (("WWW-Authenticate", f'Basic realm="{REALM}", charset="UTF-8"'),)


@dataclass(frozen=True)
class Authenticated:
    """Authlib's view of a client that authenticated: the adapter its registry asks."""

    client: Client

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002
        """Tell whether the client is registered for this method."""
        return self.client.auth_method.value == method


@dataclass(frozen=True)
class ClientAuthenticator:
    """Authenticates the client of a machine request."""

    clients: Clients
    assertions: ClientAssertions
    gate: Gate
    persons: PersonKeys
    journal: Journal
    floods: Floods
    database: Database
    clock: Clock
    seen: Callable[[str, str], None]
    """Told the id and the address of each client that proved itself by a credential."""

    def registry(self) -> ClientAuthentication:
        """Give Authlib's registry with our methods in it."""
        find: Any = self._find
        registry = ClientAuthentication(find)
        ours: dict[str, Any] = {
            "private_key_jwt": self._by_assertion,
            "client_secret_basic": self._by_basic,
            "client_secret_post": self._by_post,
            "none": self._public,
        }
        for name, method in ours.items():
            registry.register(name, method)
        return registry

    def authenticate(self, request: TokenRequest, registry: ClientAuthentication) -> Client:
        """Give the client that a request proves; raises `Refusal` (RFC 6749 5.2).

        `registry` is what `registry()` gave; an endpoint makes it once. Within an act of the
        request the refusal must not undo what the act counted: catch it inside.
        """
        refuse_two_methods(request)
        ask: Any = registry
        try:
            client: Client = ask(request, METHODS, "token").client
        except InvalidClientError:
            raise invalid_client(request) from None
        if not client.is_public:
            self.seen(client.client_id, request.protocol.caller.address)
        return client

    def _find(self, client_id: str) -> Authenticated | None:
        found = self.clients.find(client_id)
        return Authenticated(found) if found else None

    def _by_assertion(self, _query: Any, request: TokenRequest) -> Authenticated | None:
        form = request.form
        if form.get("client_assertion_type") != ASSERTION_TYPE or "client_assertion" not in form:
            return None
        client = self.assertions.authenticate(form["client_assertion"])
        if client is None or form.get("client_id", client.client_id) != client.client_id:
            return None
        return Authenticated(client)

    def _by_basic(self, _query: Any, request: TokenRequest) -> Authenticated | None:
        sent = _basic(request.protocol.headers.get("authorization", ""))
        if sent is None or request.form.get("client_id", sent[0]) != sent[0]:
            return None
        return self._by_secret(*sent, AuthMethod.CLIENT_SECRET_BASIC, request)

    def _by_post(self, _query: Any, request: TokenRequest) -> Authenticated | None:
        form = request.form
        if "client_id" not in form or "client_secret" not in form:
            return None
        method = AuthMethod.CLIENT_SECRET_POST
        return self._by_secret(form["client_id"], form["client_secret"], method, request)

    def _public(self, _query: Any, request: TokenRequest) -> Authenticated | None:
        client_id = request.form.get("client_id")
        # Whoever sent a credential wants it checked; a wrong one must not pass as "none".
        if client_id is None or _credentials_sent(request):
            return None
        found = self.clients.find(client_id)
        return Authenticated(found) if found is not None and found.is_public else None

    def _by_secret(
        self, client_id: str, secret: str, method: AuthMethod, request: TokenRequest
    ) -> Authenticated | None:
        client = self.clients.find(client_id)
        if client is None or client.auth_method is not method:
            return None
        place = request.protocol.caller.buckets[0]
        now = self.clock.now()

        def matches(lease: Lease) -> bool:
            return count_verification(lease, "client_secret", right=client.secret_matches(secret))

        with nullcontext(request.act) if request.act else self.database.begin() as tx:
            # A pseudonym: the decision may stand in the log, where no address is in clear.
            place = self.persons.pseudonym_within(tx, place, now)
            budget = Budget(LimitName.CLIENT_SECRET, f"{client.client_id}@{place}")
            tried = self.gate.try_cheap(tx, budget, now, matches)
            if tried.checked and not tried.right:
                self._record(tx, client, tried, request.protocol.origin, now)
            elif not tried.right:
                origin = request.protocol.origin
                self.floods.count(tx, tried.decision.rule, budget.bucket, origin, now)
        return Authenticated(client) if tried.right else None

    def _record(self, tx: Tx, client: Client, tried: Tried, origin: Origin, now: datetime) -> None:
        self.journal.record(
            tx,
            EventName.CLIENT_REFUSED,
            now,
            outcome=REFUSED,
            actor=Actor("client", client.client_id),
            client=client.client_id,
            origin=origin,
            decision=tried.decision.as_facts(),
            data={"why": "wrong_secret"},
        )


def refuse_two_methods(request: TokenRequest) -> None:
    """Refuse a request that authenticates in more than one way (RFC 6749 2.3)."""
    used = _credentials_sent(request)
    if used > 1:
        raise Refusal(OAuthError.INVALID_REQUEST, "more than one way of client authentication")


def _credentials_sent(request: TokenRequest) -> int:
    return sum(
        (
            bool(request.protocol.headers.get("authorization")),
            "client_secret" in request.form,
            "client_assertion" in request.form,
        )
    )


def invalid_client(request: TokenRequest) -> Refusal:
    """Give the refusal of RFC 6749 5.2; with a challenge when Basic was tried."""
    tried_basic = request.protocol.headers.get("authorization", "").lower().startswith("basic")
    return Refusal(
        OAuthError.INVALID_CLIENT,
        "client authentication failed",
        401,
        BASIC_CHALLENGE if tried_basic else (),
    )


def _basic(header: str) -> tuple[str, str] | None:
    """Read HTTP Basic with form-encoded values (RFC 6749 2.3.1)."""
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(text.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    name, colon, secret = decoded.partition(":")
    if not colon or "\0" in decoded:
        return None
    return unquote_plus(name), unquote_plus(secret)
