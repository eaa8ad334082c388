"""Who fetched the key set: learnt from addresses, kept in memory, stored once a minute.

`/jwks` is asked for anonymously, so the most that can be known is the address a request came from.
Of a client with a credential we know where it authenticated from; a fetch from the same address is
probably its own. Addresses of anybody else (members' browsers and telephones) are never stored.
Losing the last minute with a process loses nothing but a line of a report.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Final

import structlog

from idp.clients import store
from idp.clock import Clock, to_micros
from idp.errors import IdpError
from idp.storage.sql import Database
from idp.web.caller import caller_address
from keys.keyset import KeySet

log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 60.0
MOST_REMEMBERED: Final = 2_000
UNMATCHED_FOR: Final = timedelta(minutes=10)
"""How long a fetch waits for a client to authenticate from the same address."""

Peer = tuple[str | None, str | None]
"""The address of the other end, and what trusted proxies said of the caller."""
Seen = tuple[datetime, KeySet]


@dataclass
class KeySetFetches:
    """What one process has seen; callers behind `trusted` proxies are told apart."""

    database: Database
    clock: Clock
    trusted: tuple[IPv4Network | IPv6Network, ...]
    keys: Callable[[], KeySet]
    """Gives the set that is served now."""
    _seen: dict[Peer, Seen] = field(default_factory=dict)
    _clients: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _something: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def fetched(self, peer: Peer) -> None:
        """Remember that somebody was given the key set; a dictionary entry, nothing more.

        Of many fetches of one set between two stores the first one's time is kept: a minute says
        enough, and reading the clock each time would cost more than the rest of this.
        """
        keys, known = self.keys(), self._seen.get(peer)
        if known is not None and known[1] is keys:
            return
        if known is not None or len(self._seen) < MOST_REMEMBERED:
            self._seen[peer] = (self.clock.now(), keys)
            self._wake()

    def authenticated(self, client_id: str, address: str) -> None:
        """Remember where a client with a credential came from."""
        key = (client_id, address)
        if key in self._clients or len(self._clients) < MOST_REMEMBERED:
            self._clients[key] = self.clock.now()
            self._wake()

    def store(self) -> None:
        """Store what was seen, in one transaction; none when it concerns no client."""
        # Copied, since a request may still be writing into what was just taken.
        seen, self._seen = dict(self._seen), {}
        clients, self._clients = dict(self._clients), {}
        by_address = self._newest(seen)
        rows: list[dict[str, str | int]] = [
            {"client_id": client, "address": address, "at": to_micros(at)}
            for (client, address), at in sorted(clients.items())
        ]
        with self.database.read() as tx:
            known = {row[1] for row in store.fetches(tx)} | {address for _, address in clients}
        if rows or known & by_address.keys():
            with self.database.begin() as tx:
                store.authenticated(tx, rows)
                for address in sorted(known & by_address.keys()):
                    at, keys, _ = by_address[address]
                    store.fetched(tx, address, to_micros(at), " ".join(keys.kids))
        self._keep(by_address[address] for address in by_address.keys() - known)

    def _keep(self, strangers: Iterable[tuple[datetime, KeySet, Peer]]) -> None:
        """Keep for a while what another process may yet learn the owner of."""
        oldest = self.clock.now() - UNMATCHED_FOR
        for at, keys, peer in strangers:
            if at > oldest and len(self._seen) < MOST_REMEMBERED // 2:
                self._seen.setdefault(peer, (at, keys))

    def _newest(self, seen: dict[Peer, Seen]) -> dict[str, tuple[datetime, KeySet, Peer]]:
        newest: dict[str, tuple[datetime, KeySet, Peer]] = {}
        for peer, (at, keys) in seen.items():
            forwarded = [peer[1]] if peer[1] else []
            address = str(caller_address(peer[0], forwarded, self.trusted))
            if address not in newest or newest[address][0] < at:
                newest[address] = (at, keys, peer)
        return newest

    def _wake(self) -> None:
        if not self._something.is_set():
            self._something.set()
            if self._thread is None or not self._thread.is_alive():
                with self._lock:
                    if self._thread is None or not self._thread.is_alive():
                        self._thread = threading.Thread(
                            target=self._keep_storing, daemon=True, name="key-set-fetches"
                        )
                        self._thread.start()

    def _keep_storing(self) -> None:
        pause = threading.Event()
        while True:
            self._something.wait()
            self._something.clear()
            try:
                self.store()
            except IdpError as outage:
                log.warning("key_set_fetches.not_stored", error=type(outage).__name__)
            except Exception:  # a bug here must never end the thread unseen
                log.exception("key_set_fetches.broken")
            pause.wait(EVERY_SECONDS)
