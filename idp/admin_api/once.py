"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): an act is done once per key.

The answer is kept in the transaction of the act: a process that is killed leaves both or neither.
Only what was done is kept; a refused call changed nothing and may be sent again. An answer tells
references and states, no person's data; it is kept wrapped under the master key all the same, for
the answer about a new client holds its secret.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from idp.admin_api import store
from idp.admin_api.model import Answer, CallRefused
from idp.admin_api.problems import Problem
from idp.admin_api.store import Kept
from idp.clock import Clock, to_micros
from idp.inforce.service import PolicyInForce
from idp.oidc.protocol import ProtocolRequest
from idp.storage.sql import Database, Tx
from keys.errors import KeysError
from keys.master import MasterKeys

CONTEXT = "admin-answer"


class Said(msgspec.Struct, frozen=True):
    """An answer as it is kept and sent."""

    status: int
    content: str | None = None
    """JSON, the same to the byte each time."""
    location: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class Once:
    """Does acts at most once per client and key."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    master: MasterKeys
    _doing: set[tuple[str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def act(
        self, client_id: str, key: str, digest: str, act: Callable[[Tx], Answer]
    ) -> tuple[Said, bool]:
        """Do an act, or give the answer it got; True for the latter.

        Raises `CallRefused` for another request with the key, and while it is being done.
        """
        with self._alone(client_id, key), self.database.together() as tx:
            if not store.claim(tx, client_id, key):
                raise CallRefused(Problem.IN_FLIGHT)
            kept = self._kept(tx, client_id, key)
            if kept is not None:
                return self._again(kept, digest), True
            said = said_of(act(tx))
            sealed = self.master.wrap(msgspec.json.encode(said), CONTEXT)
            now = to_micros(self.clock.now())
            store.keep(tx, client_id, key, Kept(digest, said.status, sealed, now))
        return said, False

    def _kept(self, tx: Tx, client_id: str, key: str) -> Kept | None:
        kept = store.find(tx, client_id, key)
        lifetime = self.policy.policy.admin_api.idempotency_lifetime.micros
        over = to_micros(self.clock.now()) - lifetime
        return kept if kept is not None and kept.answered_at > over else None

    def _again(self, kept: Kept, digest: str) -> Said:
        if kept.request_digest != digest:
            raise CallRefused(Problem.KEY_REUSED)
        try:
            return msgspec.json.decode(self.master.unwrap(kept.sealed, CONTEXT), type=Said)
        except KeysError:  # its master key is gone
            raise CallRefused(Problem.ANSWER_LOST) from None

    @contextmanager
    def _alone(self, client_id: str, key: str) -> Iterator[None]:
        """Refuse the second of two at once in this process, without making it wait."""
        one = (client_id, key)
        with self._lock:
            if one in self._doing:
                raise CallRefused(Problem.IN_FLIGHT)
            self._doing.add(one)
        try:
            yield
        finally:
            with self._lock:
                self._doing.discard(one)


def said_of(answer: Answer) -> Said:
    """Render an answer."""
    content = answer.content
    text = msgspec.json.encode(content).decode() if content is not None else None
    return Said(answer.status, text, answer.location, answer.version)


def digest_of(request: ProtocolRequest) -> str:
    """Identify what is asked: method, path, query, body and the headers that are part of it."""
    headers = [request.headers.get(name, "") for name in ("if-match", "admin-reason")]
    parts = [request.method, request.path, *map("=".join, sorted(request.query.items())), *headers]
    text = b"\0".join(part.encode("utf-8", "surrogatepass") for part in parts)
    return hashlib.sha256(text + b"\0" + request.body).hexdigest()
