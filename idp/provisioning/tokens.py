"""Tokens of core systems: made by an operator, shown once, checked through the gate (RFC 6750).

A token stands in the `Authorization` header and nowhere else. Every refused one is recorded; when
an address has used up its limit nothing is looked at any more, and one event a minute says so
(`idp.floods`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from audit.event import Actor, new_id
from audit.names import EventName
from idp.clock import Clock, to_micros
from idp.errors import IdpError
from idp.floods.service import Floods
from idp.inforce.service import PolicyInForce
from idp.journal.model import Origin
from idp.journal.service import REFUSED, Journal
from idp.policy.model import LimitName
from idp.provisioning import store
from idp.provisioning.model import ScimError, ScimRequest, ScimToken, Scope
from idp.storage.secret_text import draw_token, hash_token
from idp.storage.sql import Database, Tx
from idp.subjects.service import PersonKeys
from idp.throttle.gate import Gate, count_verification
from idp.throttle.model import Budget, Decision, Lease

PREFIX = "kumiai-scim-"
"""So that a token that lies about is recognised by people and by scanners for secrets."""
MAX_TOKEN = 200
NOTE_USE_EVERY = timedelta(minutes=1)
_REALM = 'Bearer realm="kumiai-id"'


class BadToken(IdpError):
    """A token that cannot be made or found as asked."""

    code = "bad_token"
    status = 400


@dataclass(frozen=True)
class Added:
    """A new token with its secret, which is shown this once."""

    token: ScimToken
    secret: str = field(repr=False)


@dataclass(frozen=True)
class ScimTokens:
    """Makes, lists, ends and checks tokens."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    gate: Gate
    persons: PersonKeys
    floods: Floods

    def add(self, name: str, scope: Scope, expires_at: datetime | None, actor: Actor) -> Added:
        """Make a token; raises `BadToken` for a name in use or a date the policy does not allow."""
        now = self.clock.now()
        latest = now + self.policy.policy.provisioning.token_lifetime.delta
        ends = expires_at or latest
        if not now < ends <= latest:
            raise BadToken("the token must end in the future, within token_lifetime of the policy")
        if not (0 < len(name) <= 100 and name.isprintable()):
            raise BadToken("a token's name has 1 to 100 printable characters")
        secret = PREFIX + draw_token()
        token = ScimToken(new_id(now), name, scope, now, ends)
        with self.database.begin() as tx:
            tx.lock("scim_token")
            if any(t.name == name and t.is_live(now) for t in store.list_tokens(tx)):
                raise BadToken(f"a live token has the name {name}; end it first, or take another")
            store.add_token(tx, token, hash_token(secret))
            data = {"token": token.id, "name": name, "scope": scope.value}
            self.journal.record(tx, EventName.SCIM_TOKEN_ADDED, now, actor=actor, data=data)
        return Added(token, secret)

    def list(self) -> list[ScimToken]:
        """List all tokens, oldest first."""
        with self.database.read() as tx:
            return store.list_tokens(tx)

    def end(self, name_or_id: str, actor: Actor) -> ScimToken:
        """End a live token; raises `BadToken` when there is none of this name or id."""
        now = self.clock.now()
        with self.database.begin() as tx:
            named = [t for t in store.list_tokens(tx) if name_or_id in (t.name, t.id)]
            for token in reversed(named):
                if token.is_live(now) and store.end_token(tx, token.id, to_micros(now)):
                    data = {"token": token.id, "name": token.name}
                    self.journal.record(tx, EventName.SCIM_TOKEN_ENDED, now, actor=actor, data=data)
                    return token
        raise BadToken(f"{name_or_id}: no live token has this name or id")

    def authenticate(self, request: ScimRequest, needed: Scope) -> ScimToken:
        """Give the token a request proves; raises `ScimError` 401, 403 or 429."""
        secret = _bearer(request.headers.get("authorization", ""))
        if secret is None:
            raise ScimError(
                401, "a bearer token is needed", headers=(("WWW-Authenticate", _REALM),)
            )
        now = self.clock.now()
        found: list[ScimToken] = []
        with self.database.begin() as tx:

            def check(lease: Lease) -> bool:
                token = store.find_token(tx, hash_token(secret))
                if token is not None and token.is_live(now):
                    found.append(token)
                return count_verification(lease, "scim_token", right=bool(found))

            place = self.persons.pseudonym_within(tx, request.bucket, now)
            budget = Budget(LimitName.SCIM_TOKEN, place)
            tried = self.gate.try_cheap(tx, budget, now, check)
            if tried.right:
                self._note_use(tx, found[0], now)
                if needed is Scope.WRITE and found[0].scope is not Scope.WRITE:
                    self._record(tx, request.origin, now, "scope", tried.decision, found[0])
            elif tried.checked:
                self._record(tx, request.origin, now, "unknown_token", tried.decision)
            else:
                self.floods.count(tx, tried.decision.rule, budget.bucket, request.origin, now)
        if not tried.checked:
            raise _too_many(tried.decision, now)
        if not found:
            told = f'{_REALM}, error="invalid_token"'
            raise ScimError(401, "the token is not valid", headers=(("WWW-Authenticate", told),))
        if needed is Scope.WRITE and found[0].scope is not Scope.WRITE:
            told = f'{_REALM}, error="insufficient_scope", scope="write"'
            raise ScimError(403, "the token may only read", headers=(("WWW-Authenticate", told),))
        return found[0]

    def _note_use(self, tx: Tx, token: ScimToken, now: datetime) -> None:
        if token.last_used_at is None or now - token.last_used_at > NOTE_USE_EVERY:
            store.note_use(tx, token.id, to_micros(now))

    def _record(
        self,
        tx: Tx,
        origin: Origin,
        now: datetime,
        why: str,
        decision: Decision,
        token: ScimToken | None = None,
    ) -> None:
        self.journal.record(
            tx,
            EventName.SCIM_REFUSED,
            now,
            outcome=REFUSED,
            actor=actor_of(token) if token else Actor("anonymous"),
            origin=origin,
            decision=decision.as_facts(),
            data={"why": why},
        )


def actor_of(token: ScimToken) -> Actor:
    """Name a core system as the log does: by the id of its token."""
    return Actor("client", f"scim:{token.id}")


def _bearer(header: str) -> str | None:
    """Read the token of an `Authorization` header (RFC 6750 2.1)."""
    scheme, _, rest = header.partition(" ")
    token = rest.strip()
    if scheme.lower() != "bearer" or not token or len(token) > MAX_TOKEN:
        return None
    return token


def _too_many(decision: Decision, now: datetime) -> ScimError:
    wait = int((decision.retry_at - now).total_seconds()) + 1 if decision.retry_at else 1
    return ScimError(
        429,
        "too many wrong tokens from this address",
        headers=(("Retry-After", str(max(1, wait))),),
    )
