"""Relying parties: found in a cache that follows every change; added and removed with an event."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from audit.event import Actor
from audit.names import EventName
from idp.clients import store
from idp.clients.authority import check_authority
from idp.clients.model import READING_SCOPES, Client
from idp.clients.registration import BadClient, client_from
from idp.clock import Clock, to_micros
from idp.errors import IdpError
from idp.inforce.service import PolicyInForce
from idp.journal.service import Journal
from idp.policy.consistency import signed_for
from idp.policy.model import AuthMethod, ClientEntry, Policy, SigningAlgorithm
from idp.storage.sql import Database
from idp.storage.stamps import Watch, raise_stamp

STAMP = "clients"
_SECRET = re.compile(r"[A-Za-z0-9_-]{43,512}")
_BY_SECRET = (AuthMethod.CLIENT_SECRET_BASIC, AuthMethod.CLIENT_SECRET_POST)


class UnknownClient(IdpError):
    """No client has this id."""

    code = "unknown_client"
    status = 400


@dataclass(frozen=True)
class Added:
    """A client that was added; the secret is shown this once, when we drew it."""

    client: Client
    drawn_secret: str | None = field(repr=False)


@dataclass
class Clients:
    """All relying parties of the policy and of the database, by id."""

    database: Database
    policy: PolicyInForce
    journal: Journal
    clock: Clock
    signing: Callable[[], Collection[str]]
    """Tells the algorithms that a key signs with now; none before the first start."""
    _cache: dict[str, Client] = field(default_factory=dict)
    _made_from: str = ""
    _watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the watch; nothing is read before the first use."""
        self._watch = Watch(self.database, STAMP, self._forget)

    def find(self, client_id: str) -> Client | None:
        """Find a client; a change elsewhere is seen within a second, a new client at once."""
        self._watch.look()
        if self._made_from != self.policy.digest:
            self._fill()
        found = self._cache.get(client_id)
        if found is None and len(client_id) <= 128:
            found = self._added_since(client_id)
        return found

    def get(self, client_id: str) -> Client:
        """Get a client; raises `UnknownClient`."""
        found = self.find(client_id)
        if found is None:
            raise UnknownClient(client_id)
        return found

    def list(self) -> list[Client]:
        """List all clients, in order of id."""
        self._fill()
        return sorted(self._cache.values(), key=lambda c: c.client_id)

    def cached(self) -> Iterable[Client]:
        """Give the clients as last read; for questions about all of them."""
        self._watch.look()
        if self._made_from != self.policy.digest:
            self._fill()
        return self._cache.values()

    def add(self, metadata: Mapping[str, Any], actor: Actor) -> Added:
        """Add a client from RFC 7591 metadata; raises `BadClient`.

        Unknown metadata members are ignored, as RFC 7591 2 asks.
        """
        client_id, entry, secret, drawn = _entry_from(metadata)
        made = client_from(client_id, entry, "added")
        check_authority(made, actor, self.policy.policy.roles)
        self._check_signable(client_id, entry, self.policy.policy)
        if self.find(client_id) is not None:
            raise BadClient(f"{client_id}: this client_id is taken")
        now = self.clock.now()
        try:
            text = msgspec.json.encode(entry).decode()
        except UnicodeEncodeError:
            raise BadClient(f"{client_id}: the metadata is not Unicode text") from None
        with self.database.begin() as tx:
            store.add(tx, client_id, text, to_micros(now))
            raise_stamp(tx, STAMP)
            data = {"metadata_sha256": hashlib.sha256(text.encode()).hexdigest()}
            self.journal.record(
                tx, EventName.CLIENT_ADDED, now, actor=actor, client=client_id, data=data
            )
        self._forget()
        return Added(made, secret if drawn else None)

    def remove(self, client_id: str, actor: Actor) -> None:
        """Remove a client that was added; raises `UnknownClient`."""
        now = self.clock.now()
        with self.database.begin() as tx:
            if not store.remove(tx, client_id):
                raise UnknownClient(client_id)
            raise_stamp(tx, STAMP)
            self.journal.record(tx, EventName.CLIENT_REMOVED, now, actor=actor, client=client_id)
        self._forget()

    def check_policy(self, proposed: Policy) -> None:
        """Refuse a policy under which a client would wait for a key; raises `BadClient`."""
        with self.database.read() as tx:
            added = store.all_entries(tx)
        known = {client_id: _entry(text) for client_id, text in added} | proposed.clients
        for client_id, entry in known.items():
            self._check_signable(client_id, entry, proposed)

    def _check_signable(self, client_id: str, entry: ClientEntry, policy: Policy) -> None:
        signing = self.signing()
        for member, algorithm in signed_for(entry):
            if algorithm not in policy.keys.algorithms:
                raise BadClient(
                    f"{client_id}: {member}: {algorithm.value} is not in `algorithms` of keys.toml"
                )
            if signing and algorithm.value not in signing:
                raise BadClient(
                    f"{client_id}: {member}: no key signs with {algorithm.value} yet; put the"
                    " algorithm in force first, and the client once `idp keys list` shows its key"
                    " active"
                )

    def _forget(self) -> None:
        self._made_from = ""

    def _fill(self) -> None:
        current = self.policy.current
        with self.database.read() as tx:
            rows = store.all_entries(tx)
        cache = {}
        for client_id, text in rows:
            cache[client_id] = _read(client_id, text)
        for client_id, entry in current.policy.clients.items():
            cache[client_id] = client_from(client_id, entry, "policy")
        self._cache, self._made_from = cache, current.digest

    def _added_since(self, client_id: str) -> Client | None:
        try:
            client_id.encode("utf-8")
        except UnicodeEncodeError:
            return None
        if "\0" in client_id:
            return None  # PostgreSQL cannot even compare it
        with self.database.read() as tx:
            text = store.find(tx, client_id)
        if text is None:
            return None
        self._cache = {**self._cache, client_id: _read(client_id, text)}
        return self._cache[client_id]


def _read(client_id: str, text: str) -> Client:
    return client_from(client_id, _entry(text), "added")


def _entry(text: str) -> ClientEntry:
    return msgspec.json.decode(text, type=ClientEntry)


def _entry_from(metadata: Mapping[str, Any]) -> tuple[str, ClientEntry, str | None, bool]:
    client_id = metadata.get("client_id") or f"c-{secrets.token_hex(8)}"
    if not isinstance(client_id, str):
        raise BadClient("client_id must be text")
    method = metadata.get("token_endpoint_auth_method", "client_secret_basic")
    given = metadata.get("client_secret")
    if given is not None and not (isinstance(given, str) and _SECRET.fullmatch(given)):
        raise BadClient("client_secret must be at least 43 base64url characters")
    drawn = given is None and method in {m.value for m in _BY_SECRET}
    secret = secrets.token_urlsafe(32) if drawn else given
    known = {f: metadata[f] for f in ClientEntry.__struct_fields__ if f in metadata}
    entry: dict[str, Any] = {
        "client_name": client_id,
        "redirect_uris": (),
        "scope": " ".join(READING_SCOPES),
        "first_party": False,
        "token_endpoint_auth_method": method,
        **known,
        "client_secret_sha256": hashlib.sha256(secret.encode()).hexdigest() if secret else None,
    }
    entry["id_token_signed_response_alg"] = metadata.get(
        "id_token_signed_response_alg", SigningAlgorithm.RS256.value
    )
    try:
        return client_id, msgspec.convert(entry, ClientEntry), secret, drawn
    except msgspec.ValidationError as error:
        raise BadClient(f"{client_id}: {error}") from None
