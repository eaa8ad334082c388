"""Which client has fetched the set with the next key: as much as can honestly be said.

The set is fetched anonymously and may be kept by caches in between, so all that is known is which
addresses fetched it from us, and from which addresses a client with a credential authenticated
(`idp.clients.fetches`). "yes" needs every such address to have fetched the key, and none of them to
be shared with another client; "no" means that one of them last fetched a set without it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from idp.clients import store
from idp.clients.model import Client
from idp.clients.service import Clients
from idp.clock import from_micros
from idp.policy.model import AccessTokenFormat
from idp.storage.sql import Database
from keys.record import KeyRecord, KeyState

YES, NO, UNKNOWN = "yes", "no", "unknown"
RECENT: Final = timedelta(days=1)
"""Addresses that a client left longer ago than this, seen from its newest one, do not count."""


class Cause(StrEnum):
    """How it is known, or why it is not; `how` says it in English."""

    PUBLIC = "public"
    NOT_SEEN = "not_seen"
    LACKS = "lacks"
    NO_FETCH = "no_fetch"
    SHARED = "shared"
    FETCHED = "fetched"


@dataclass(frozen=True)
class Sighting:
    """One address of a client: when it authenticated there, and what was last fetched there."""

    address: str
    authenticated_at: datetime
    fetched_at: datetime | None
    kids: frozenset[str]
    shared_with: tuple[str, ...]


@dataclass(frozen=True)
class Readiness:
    """Whether one client knows the next key of an algorithm it relies on."""

    client_id: str
    alg: str
    kid: str
    state: str
    last_fetch: datetime | None
    has_key: str
    how: str
    cause: str
    """A value of `Cause`."""
    places: str
    """The addresses it is about; "" where there are none."""


def readiness(
    database: Database, clients: Clients, records: tuple[KeyRecord, ...]
) -> list[Readiness]:
    """Say for each client that takes signed tokens whether it has the key that will sign next."""
    with database.read() as tx:
        rows = store.fetches(tx)
    sightings = _sightings(rows)
    return [
        _of(client, record, sightings.get(client.client_id, []))
        for client in clients.list()
        for alg in sorted(_algorithms(client))
        if (record := _next_key(records, alg)) is not None
    ]


def _algorithms(client: Client) -> set[str]:
    algorithms = set()
    if "authorization_code" in client.grant_types and "openid" in client.scopes:
        algorithms.add(client.id_token_alg.value)
    if client.access_token_format is AccessTokenFormat.JWT:
        algorithms.add(client.access_token_alg.value)
    return algorithms


def _next_key(records: tuple[KeyRecord, ...], alg: str) -> KeyRecord | None:
    """Give the announced key of an algorithm, or the active one when none is announced."""
    for state in (KeyState.ANNOUNCED, KeyState.ACTIVE):
        for record in records:
            if record.alg == alg and record.state is state:
                return record
    return None


def _sightings(
    rows: list[tuple[str, str, int, int | None, str | None]],
) -> dict[str, list[Sighting]]:
    tenants: dict[str, set[str]] = defaultdict(set)
    for client_id, address, *_ in rows:
        tenants[address].add(client_id)
    found: dict[str, list[Sighting]] = defaultdict(list)
    for client_id, address, authenticated_at, fetched_at, kids in rows:
        found[client_id].append(
            Sighting(
                address,
                from_micros(authenticated_at),
                None if fetched_at is None else from_micros(fetched_at),
                frozenset((kids or "").split()),
                tuple(sorted(tenants[address] - {client_id})),
            )
        )
    for client_id, seen in found.items():
        newest = max(sighting.authenticated_at for sighting in seen)
        found[client_id] = [s for s in seen if newest - s.authenticated_at <= RECENT]
    return found


def _of(client: Client, record: KeyRecord, seen: list[Sighting]) -> Readiness:
    last = max((s.fetched_at for s in seen if s.fetched_at is not None), default=None)
    has_key, cause, places, how = _judge(client, record.kid, seen)
    return Readiness(
        client.client_id,
        record.alg,
        record.kid,
        record.state.value,
        last,
        has_key,
        how,
        cause.value,
        places,
    )


def _judge(client: Client, kid: str, seen: list[Sighting]) -> tuple[str, Cause, str, str]:
    if client.is_public:
        how = "a public client proves no identity, so none of the fetches is known as its"
        return UNKNOWN, Cause.PUBLIC, "", how
    if not seen:
        how = "it has not authenticated lately, so its addresses are not known"
        return UNKNOWN, Cause.NOT_SEEN, "", how
    for sighting in seen:
        if sighting.fetched_at is not None and kid not in sighting.kids:
            how = f"the last set fetched from {sighting.address}, where it calls from, lacks it"
            return NO, Cause.LACKS, sighting.address, how
    for sighting in seen:
        if sighting.fetched_at is None:
            how = f"no fetch was seen from {sighting.address}, where it calls from"
            return UNKNOWN, Cause.NO_FETCH, sighting.address, how
    for sighting in seen:
        if sighting.shared_with:
            others = ", ".join(sighting.shared_with[:3])
            how = f"fetched from {sighting.address}, which it shares with {others}"
            return UNKNOWN, Cause.SHARED, sighting.address, how
    places = ", ".join(sighting.address for sighting in seen[:3])
    return YES, Cause.FETCHED, places, f"fetched from {places}, where it calls from"
