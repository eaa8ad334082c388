"""Relying parties: found in a cache that follows every change; added and removed with an event."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.event import Actor
from audit.names import EventName
from idp.clients import store
from idp.clients.authority import check_authority
from idp.clients.metadata import (
    Kept,
    changed_entry,
    digest_of,
    entry_from,
    is_client_id,
    read_entry,
    text_of,
    with_secret,
)
from idp.clients.model import Client
from idp.clients.registration import BadClient, client_from
from idp.clock import Clock, to_micros
from idp.errors import IdpError
from idp.inforce.service import PolicyInForce
from idp.journal.model import NOBODY, Behind
from idp.journal.service import Journal
from idp.policy.consistency import signed_for
from idp.policy.model import ClientEntry, Policy
from idp.storage.sql import Database, Tx
from idp.storage.stamps import Watch, raise_stamp

STAMP = "clients"


class UnknownClient(IdpError):
    """No client has this id."""

    code = "unknown_client"
    status = 400


class NotChangeable(IdpError):
    """The client comes from the policy, or it is no longer what its reader saw."""

    code = "client_not_changeable"
    status = 409


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

    def add(self, metadata: Mapping[str, Any], actor: Actor, behind: Behind = NOBODY) -> Added:
        """Add a client from RFC 7591 metadata; raises `BadClient`.

        Unknown metadata members are ignored, as RFC 7591 2 asks.
        """
        client_id, entry, secret, drawn = entry_from(metadata)
        made = client_from(client_id, entry, "added")
        check_authority(made, actor, self.policy.policy.roles)
        self._check_signable(client_id, entry, self.policy.policy)
        if self.find(client_id) is not None:
            raise BadClient(f"{client_id}: this client_id is taken")
        text = text_of(client_id, entry)
        with self.database.begin() as tx:
            tx.lock(STAMP)  # two who add one id at once: the second one is told
            if store.find(tx, client_id) is not None:
                raise BadClient(f"{client_id}: this client_id is taken")
            store.add(tx, client_id, text, to_micros(self.clock.now()))
            self._record(tx, EventName.CLIENT_ADDED, client_id, text, actor, behind)
        self._forget()
        return Added(made, secret if drawn else None)

    def remove(self, client_id: str, actor: Actor, behind: Behind = NOBODY) -> None:
        """Remove a client that was added; raises `UnknownClient`."""
        with self.database.begin() as tx:
            if not store.remove(tx, client_id):
                raise UnknownClient(client_id)
            self._record(tx, EventName.CLIENT_REMOVED, client_id, None, actor, behind)
        self._forget()

    def entry(self, client_id: str) -> Kept:
        """Give what is stored of a client that was added; raises `UnknownClient`."""
        with self.database.read() as tx:
            return self._kept(tx, client_id)

    def change(
        self,
        client_id: str,
        metadata: Mapping[str, Any],
        version: str,
        actor: Actor,
        behind: Behind = NOBODY,
    ) -> Client:
        """Replace members of a client's metadata; its credential stays.

        `version` is the digest of what the reader saw. Raises `UnknownClient`, `BadClient`, and
        `NotChangeable` when somebody changed it since.
        """
        with self.database.begin() as tx:
            tx.lock(STAMP)
            kept = self._kept(tx, client_id)
            if kept.version != version:
                raise NotChangeable(f"{client_id}: somebody changed it since you opened the page")
            entry = changed_entry(client_id, kept.entry, metadata)
            made = client_from(client_id, entry, "added")
            before = client_from(client_id, kept.entry, "added").resource_scopes
            check_authority(made, actor, self.policy.policy.roles, before)
            self._check_signable(client_id, entry, self.policy.policy)
            text = text_of(client_id, entry)
            if text != kept.text and store.change(tx, client_id, kept.text, text):
                self._record(tx, EventName.CLIENT_CHANGED, client_id, text, actor, behind)
        self._forget()
        return made

    def reset_secret(self, client_id: str, actor: Actor, behind: Behind = NOBODY) -> str:
        """Draw another secret and give it, this once; the old one is worth nothing from here on.

        Raises `UnknownClient`, `NotChangeable` for one of the policy or without a secret.
        """
        secret = secrets.token_urlsafe(32)
        with self.database.begin() as tx:
            tx.lock(STAMP)
            kept = self.may_reset(tx, client_id)
            digest = hashlib.sha256(secret.encode()).hexdigest()
            entry = with_secret(kept.entry, digest)
            text = text_of(client_id, entry)
            store.change(tx, client_id, kept.text, text)
            store.renewed(tx, client_id, to_micros(self.clock.now()))
            self._record(tx, EventName.CLIENT_SECRET_RESET, client_id, text, actor, behind)
        self._forget()
        return secret

    def may_reset(self, tx: Tx, client_id: str) -> Kept:
        """Give a client whose secret can be reset here; raises as `reset_secret` does."""
        kept = self._kept(tx, client_id)
        if kept.entry.client_secret_sha256 is None:
            raise NotChangeable(f"{client_id}: it authenticates without a secret")
        return kept

    def _kept(self, tx: Tx, client_id: str) -> Kept:
        if client_id in self.policy.policy.clients:
            raise NotChangeable(f"{client_id}: it comes from clients.toml; change the policy")
        text = store.find(tx, client_id) if is_client_id(client_id) else None
        if text is None:
            raise UnknownClient(client_id)
        return Kept(read_entry(text), text)

    def _record(
        self,
        tx: Tx,
        name: EventName,
        client_id: str,
        text: str | None,
        actor: Actor,
        behind: Behind,
    ) -> None:
        raise_stamp(tx, STAMP)
        tx.afterwards.append(self._forget)  # within an act of two persons the commit comes later
        data = {"metadata_sha256": digest_of(text)} if text is not None else {}
        self.journal.record(
            tx,
            name,
            self.clock.now(),
            actor=actor,
            client=client_id,
            session=behind.session,
            origin=behind.origin,
            data={**behind.data, **data},
        )

    def check_policy(self, proposed: Policy) -> None:
        """Refuse a policy under which a client would wait for a key; raises `BadClient`."""
        with self.database.read() as tx:
            added = store.all_entries(tx)
        known = {client_id: read_entry(text) for client_id, text in added} | proposed.clients
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
    return client_from(client_id, read_entry(text), "added")
