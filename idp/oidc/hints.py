"""ID tokens of ours that come back as hints (Core 3.1.2.1, RP-Initiated Logout 2).

Genuine means signed by a key of our ring and issued by us; an expired one still says who was meant.
A logout token or an access token is none (the type must be an ID token's).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from idp.clients.model import Client
from idp.clients.service import Clients
from idp.policy.model import SigningAlgorithm
from keys.errors import BadToken
from keys.keyset import KeySet
from keys.signer import verify

ALGORITHMS = tuple(alg.value for alg in SigningAlgorithm)


@dataclass(frozen=True)
class Hint:
    """For whom, which session, to which client an ID token was issued."""

    client: Client
    session_id: str
    subject: str


@dataclass(frozen=True)
class Hints:
    """Reads hints."""

    issuer: str
    clients: Clients
    keys: Callable[[], KeySet]

    def read(self, token: str | None, client_id: str | None = None) -> Hint | None:
        """Read a genuine hint, issued to `client_id` when that is given; None for anything else."""
        if token is None:
            return None
        try:
            claims = verify(token, self.keys().public, ALGORITHMS, ("JWT", None)).claims
        except BadToken:
            return None
        audience, sid, subject = claims.get("aud"), claims.get("sid"), claims.get("sub")
        if claims.get("iss") != self.issuer or client_id not in (None, audience):
            return None
        if not (isinstance(sid, str) and isinstance(subject, str) and isinstance(audience, str)):
            return None
        client = self.clients.find(audience)
        return Hint(client, sid, subject) if client is not None else None
