"""What measured operations start from: sessions, codes and tokens, made beforehand by real flows.

Everything here goes through HTTP and outside the measurement. Codes and refresh tokens are worth
one use, so each is handed out once.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field

from joserfc import jwt

from bench import load
from bench.deployment import Deployment
from bench.wire import Item

SESSIONS = 64


@dataclass
class Material:
    """Makes and keeps what the scenarios of one deployment use up."""

    deployment: Deployment
    _sessions: list[Item] = field(default_factory=list)
    _tokens: dict[str, list[Item]] = field(default_factory=dict)
    _next_member: int = 0

    def members(self, count: int) -> list[Item]:
        """Give members who have not signed in yet, as long as there are such."""
        first = self._next_member
        self._next_member += count
        return [{**self.deployment.member(first + i), "client_id": "public"} for i in range(count)]

    def pages(self, count: int) -> list[Item]:
        """Open sign-in pages of fresh browsers."""
        return self._walk("sign_in_page", self.members(count))

    def sessions(self, client: str, count: int) -> list[Item]:
        """Give browsers that are signed in, the same ones again and again."""
        if not self._sessions:
            self._sessions = self._walk("sign_in", self.members(SESSIONS))
        jars = [self._sessions[i % SESSIONS]["jar"] for i in range(count)]
        return [{"jar": jar, "client_id": client} for jar in jars]

    def codes(self, client: str, count: int) -> list[Item]:
        """Get codes for a client, with what it authenticates itself with."""
        codes = self._walk("authorize", self.sessions(client, count))
        return [{**item, **self._credentials(client)} for item in codes]

    def tokens(self, client: str, count: int) -> list[Item]:
        """Get tokens of families of which none has been refreshed."""
        kept = self._tokens.setdefault(client, [])
        if len(kept) < count:
            kept += self._walk("exchange", self.codes(client, count - len(kept)))
        given, self._tokens[client] = kept[:count], kept[count:]
        return [{**item, **self._credentials(client)} for item in given]

    def keep_tokens(self, client: str, outputs: list[Item]) -> None:
        """Keep the tokens a measured exchange brought, for the scenarios after it."""
        free = [item for item in outputs if not item.get("bound")]
        self._tokens.setdefault(client, []).extend(free)

    def services(self, client: str, count: int) -> list[Item]:
        """Give requests of a client for itself, each with fresh credentials."""
        return [{"client_id": client, **self._credentials(client)} for _ in range(count)]

    def proven(self, method: str, path: str, items: list[Item]) -> list[Item]:
        """Give each request a DPoP proof of its own, all by one key."""
        return [{**item, "proof": self._proof(method, path)} for item in items]

    def _credentials(self, client: str) -> Item:
        if client in ("basic", "service"):
            return {"secret": self.deployment.client_secret}
        return {"assertion": self._assertion(client)} if client.endswith("jwt") else {}

    def _assertion(self, client: str) -> str:
        key, now = self.deployment.client_key, int(time.time())
        claims = {
            "iss": client,
            "sub": client,
            "aud": self.deployment.issuer,
            "iat": now,
            "exp": now + 3000,
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)

    def _proof(self, method: str, path: str) -> str:
        key = self.deployment.client_key
        header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.as_dict(private=False)}
        claims = {
            "htm": method,
            "htu": self.deployment.issuer + path,
            "iat": int(time.time()),
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode(header, claims, key)

    def _walk(self, walk: str, items: list[Item]) -> list[Item]:
        return load.run(load.Job(self.deployment.port, walk, items)).outputs
