"""Per-person keys: made when first needed, cached for a minute, destroyed to erase the person.

A *person* is an opaque text: a subject, a staff id, `member:00000017` for what is told of a member
by number, or `unknown:2026-11` for what was typed by people we do not know, whose key is renewed
monthly and destroyed with retention.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from audit.event import Personal, new_id
from idp.clock import TOKYO, to_micros
from idp.storage.sql import Database, Tx
from idp.subjects import store
from keys.master import MasterKeys

CACHE_FOR = timedelta(seconds=60)
CACHE_SIZE = 20_000


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A key in clear, in memory only."""

    key_id: str
    key: bytes = field(repr=False)


class ErasedPerson(LookupError):
    """The person's key was destroyed; nothing more can be written about them."""


@dataclass
class PersonKeys:
    """Keys by person, wrapped by the master key at rest."""

    database: Database
    master: MasterKeys
    _cache: OrderedDict[str, tuple[datetime, PersonKey]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def key_of(self, tx: Tx, person: str, now: datetime) -> PersonKey:
        """Give a person's key, making it in this transaction when there is none.

        Raises `ErasedPerson` when it was destroyed.
        """
        with self._lock:
            cached = self._cache.get(person)
        if cached and abs(now - cached[0]) < CACHE_FOR:
            return cached[1]
        made: PersonKey | None = tx.made.get(_made(person))
        if made is not None:
            return made
        found = store.find(tx, person)
        if found is None:
            # Not cached: this transaction may still be rolled back.
            made = tx.made[_made(person)] = self._make(tx, person, now)
            return made
        key = self._open(found)
        with self._lock:
            self._cache[person] = (now, key)
            while len(self._cache) > CACHE_SIZE:
                self._cache.popitem(last=False)
        return key

    def prepare(self, tx: Tx, persons: Sequence[str], now: datetime) -> None:
        """Have the keys of many persons at hand in this transaction, making those that lack one.

        Two questions and one batch, where `key_of` asks twice for each. Who was erased is left out.
        """
        wanted = [one for one in persons if _made(one) not in tx.made]
        known = store.find_many(tx, wanted)
        drawn = {one: self.draw(now) for one in wanted if one not in known}
        at = to_micros(now)
        store.add_many(
            tx,
            [
                (one, key.key_id, self.master.wrap(key.key, context(key.key_id)), at)
                for one, key in drawn.items()
            ],
        )
        stored = store.find_many(tx, list(drawn))
        for person, key in drawn.items():
            if stored[person][0] == key.key_id:
                tx.made[_made(person)] = key
            else:
                known[person] = stored[person]  # another act was quicker
        for person, (key_id, wrapped) in known.items():
            if wrapped is not None and _made(person) not in tx.made:
                tx.made[_made(person)] = self._open((key_id, wrapped))

    def key_by_id(self, tx: Tx, key_id: str) -> bytes | None:
        """Give a key by its id, for reading the log; None when destroyed."""
        wrapped = store.find_by_id(tx, key_id)
        return self.master.unwrap(wrapped, context(key_id)) if wrapped else None

    def key_id(self, tx: Tx, person: str) -> str | None:
        """Tell under which id a person's key is named in the log, destroyed or not."""
        found = store.find(tx, person)
        return found[0] if found else None

    def keys_by_ids(self, tx: Tx, key_ids: Iterable[str]) -> dict[str, bytes | None]:
        """Do as `key_by_id` for many, in one question."""
        keys: dict[str, bytes | None] = dict.fromkeys(key_ids)
        for key_id, wrapped in store.find_many_by_id(tx, keys):
            keys[key_id] = self.master.unwrap(wrapped, context(key_id)) if wrapped else None
        return keys

    def pseudonym(self, text: str, now: datetime) -> str:
        """Give the keyed hash under which something typed by an unknown person is kept."""
        return _pseudonym(self._stranger_key(now), text)

    def pseudonym_within(self, tx: Tx, text: str, now: datetime) -> str:
        """Do as `pseudonym` inside an act that is open already."""
        return _pseudonym(self.key_of(tx, stranger(now), now), text)

    def _stranger_key(self, now: datetime) -> PersonKey:
        person = stranger(now)
        with self._lock:
            cached = self._cache.get(person)
        if cached and abs(now - cached[0]) < CACHE_FOR:
            return cached[1]
        with self.database.read() as tx:
            if store.find(tx, person) is not None:
                return self.key_of(tx, person, now)
        with self.database.begin() as tx:  # the first stranger of a month
            return self.key_of(tx, person, now)

    def destroy(self, tx: Tx, person: str, now: datetime) -> bool:
        """Destroy a person's key; caches forget it within `CACHE_FOR`."""
        with self._lock:
            self._cache.pop(person, None)
        tx.made.pop(_made(person), None)
        return store.destroy(tx, person, to_micros(now)) > 0

    def erase(self, tx: Tx, person: str, now: datetime) -> bool:
        """Destroy a person's key and let none be made again; False when that was so before."""
        if self.destroy(tx, person, now):
            return True
        return store.forbid(tx, person, new_id(now), to_micros(now))

    def draw(self, now: datetime) -> PersonKey:
        """Draw a key that is nobody's yet."""
        return PersonKey(new_id(now), secrets.token_bytes(32))

    def _make(self, tx: Tx, person: str, now: datetime) -> PersonKey:
        made = self.draw(now)
        wrapped = self.master.wrap(made.key, context(made.key_id))
        if store.add_unless_there(tx, person, made.key_id, wrapped, to_micros(now)):
            return made
        found = store.find(tx, person)  # another act was quicker
        if found is None:
            raise ErasedPerson(person)
        return self._open(found)

    def _open(self, found: tuple[str, str | None]) -> PersonKey:
        key_id, wrapped = found
        if wrapped is None:
            raise ErasedPerson(key_id)
        return PersonKey(key_id, self.master.unwrap(wrapped, context(key_id)))


def _pseudonym(key: PersonKey, text: str) -> str:
    digest = hmac.new(key.key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def _made(person: str) -> str:
    return f"person-key {person}"


def context(key_id: str) -> str:
    """Give what a wrapped key is bound to."""
    return f"person-key:{key_id}"


def by_number(number: str) -> str:
    """Name the key for what is told of a member by number, whether or not there is an account."""
    return f"member:{number}"


def told_of(number: str) -> Personal:
    """Seal a member number for the member it belongs to: it is gone when they are erased."""
    return Personal(number, by_number(number))


def stranger(now: datetime) -> str:
    """Name the monthly key for people we do not know."""
    return f"unknown:{now.astimezone(TOKYO):%Y-%m}"
