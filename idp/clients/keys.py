"""The public keys of a client: registered ones, or those it publishes at its `jwks_uri`.

A fetched set is kept as long as its owner says, within a minute and a day; a key id that is not in
it is asked for anew, once a minute at most (the client has rotated, or somebody is guessing), and
while the client's own server is away the last set serves for a day. One call per address at a time,
never inside a transaction. A set is public and not secret, so a cache per process is enough.
OpenID Connect Core 10.1.1, RFC 7517 5.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from idp.clients.model import Client
from idp.metrics import KEY_FETCHES
from idp.outgoing.addresses import OutgoingRefused
from idp.outgoing.door import Answer, Outgoing
from keys.errors import BadKeySet
from keys.public import KINDS, PublicKeys, public_keyset

log = structlog.get_logger(__name__)

SHORTEST: Final = 60.0
LONGEST: Final = 86_400.0
USUAL: Final = 600.0
STALE_FOR: Final = 86_400.0
ASK_AGAIN: Final = 60.0
"""Seconds between two looks for a key id that the set does not have."""
FAILED_FOR: Final = 30.0
MOST_KEYS: Final = 20
MOST_SETS: Final = 1_000
NO_KEYS: Final = PublicKeys(())
_MAX_AGE: Final = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?(\d{1,10})\"?\s*(?:,|$)", re.IGNORECASE)
_NOT_KEPT: Final = re.compile(r"(?:^|,)\s*no-(?:store|cache)\b", re.IGNORECASE)


@dataclass
class _Published:
    """What is known of one `jwks_uri`; `lock` lets one caller at a time fetch it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: PublicKeys = NO_KEYS
    tries: int = 0
    fresh_until: float = 0.0
    usable_until: float = 0.0
    ask_again_at: float = 0.0
    failed_until: float = 0.0


@dataclass
class ClientKeys:
    """Gives the keys that a client's signatures are verified with."""

    outgoing: Outgoing
    now: Callable[[], float] = time.monotonic
    _sets: OrderedDict[str, _Published] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, client: Client, kid: object = None, alg: object = None) -> PublicKeys:
        """Give a client's keys; empty when there are none that can be used.

        `kid` and `alg`, as the token names them, let a key be found that the client made since. May
        take as long as an outgoing call (5 s): never ask inside a transaction.
        """
        if client.jwks_uri is None:
            return client.keys or NO_KEYS
        published = self._published(client.jwks_uri)
        if self._will_do(published, kid, alg):
            return self._usable(published)
        return self._fetched(client.jwks_uri, published, kid, alg)

    def _fetched(self, uri: str, published: _Published, kid: object, alg: object) -> PublicKeys:
        seen = published.tries
        # Whoever finds the set merely old takes it as it is while somebody else renews it.
        wait = not self._has(self._usable(published), kid, alg)
        if published.lock.acquire(blocking=wait):
            try:
                if published.tries == seen and not self._will_do(published, kid, alg):
                    self._fetch(uri, published)
            finally:
                published.lock.release()
        return self._usable(published)

    def _will_do(self, published: _Published, kid: object, alg: object) -> bool:
        """Tell whether nothing is to be fetched: all is well, or it was tried just now."""
        now = self.now()
        if now < published.failed_until:
            return True
        if now >= published.fresh_until:
            return False
        return self._has(published.keys, kid, alg) or now < published.ask_again_at

    def _has(self, keys: PublicKeys, kid: object, alg: object) -> bool:
        if not isinstance(alg, str) or alg not in KINDS or not isinstance(kid, str | None):
            return bool(keys.keys)  # no key of anybody's would do: nothing to ask for
        return keys.find(kid, alg) is not None

    def _usable(self, published: _Published) -> PublicKeys:
        return published.keys if self.now() < published.usable_until else NO_KEYS

    def _fetch(self, uri: str, published: _Published) -> None:
        published.tries += 1
        try:
            answer = self.outgoing.get_json(uri)
            keys = _parsed(answer)
        except (OutgoingRefused, BadKeySet) as failure:
            published.failed_until = self.now() + FAILED_FOR
            KEY_FETCHES.labels("failed").inc()
            # The address was registered by the operator; the reason is a constant sentence.
            log.warning("client_keys.not_fetched", jwks_uri=uri, why=str(failure))
            return
        now = self.now()
        published.keys = keys
        published.fresh_until = now + _kept_for(answer.cache_control)
        published.usable_until = published.fresh_until + STALE_FOR
        published.ask_again_at = now + ASK_AGAIN
        published.failed_until = 0.0
        KEY_FETCHES.labels("fetched").inc()

    def _published(self, uri: str) -> _Published:
        with self._lock:
            published = self._sets.setdefault(uri, _Published())
            self._sets.move_to_end(uri)
            while len(self._sets) > MOST_SETS:
                self._sets.popitem(last=False)
            return published


def _parsed(answer: Answer) -> PublicKeys:
    """Parse a fetched set, once: an RSA key costs 40 ms. Raises `BadKeySet`."""
    listed = answer.content.get("keys")
    if isinstance(listed, list) and len(listed) > MOST_KEYS:
        raise BadKeySet(f"the JWK set has more than {MOST_KEYS} keys")
    return public_keyset(answer.content)


def _kept_for(cache_control: str) -> float:
    if _NOT_KEPT.search(cache_control):
        return SHORTEST
    named = _MAX_AGE.search(cache_control)
    return min(max(float(named[1]), SHORTEST), LONGEST) if named else USUAL
