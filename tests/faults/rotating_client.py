"""A relying party that honours cache headers to the letter, and keeps an account of each token."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tests.support.relying_party import claims_of


@dataclass
class CachingVerifier:
    """Fetches the key set again only when its max-age is over, never because a key is unknown."""

    issuer: str
    fetched_at: float = 0.0
    max_age: float = -1.0
    keys: Any = None
    published: set[str] = field(default_factory=set)
    verified: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def verify(self, id_token: str) -> None:
        """Verify one ID token as such a client does, and note which key signed it."""
        with self.lock:
            now = time.monotonic()
            if now - self.fetched_at >= self.max_age:
                answer = requests.get(self.issuer + "/jwks", timeout=30)
                self.max_age = float(
                    re.findall(r"max-age=(\d+)", answer.headers["Cache-Control"])[0]
                )
                self.fetched_at = now
                self.keys = KeySet.import_key_set(answer.json())
                self.published = {key["kid"] for key in answer.json()["keys"]}
            try:
                token = jwt.decode(id_token, self.keys, algorithms=["ES256", "RS256", "PS256"])
            except (JoseError, ValueError) as failure:
                claims = claims_of(id_token)
                self.failed.append(f"{failure}: {claims.get('iat')} by a set of {self.published}")
                return
            self.verified.append(token.header["kid"])
