"""DPoP proofs (RFC 9449 4.2) as a client makes them, and as one that breaks a rule would."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

ALGORITHMS = ["ES256", "RS256", "PS256", "Ed25519", "ES384", "HS256"]
Key = ECKey | OKPKey | RSAKey


@dataclass
class Prover:
    """A key and the clock its holder goes by (a file with the offset in seconds, or none)."""

    clock: Path | None = None
    key: Key = field(default_factory=lambda: ECKey.generate_key("P-256"))
    alg: str = "ES256"
    nonce: str | None = None

    @property
    def public(self) -> dict[str, Any]:
        """Give the public JWK."""
        return self.key.as_dict(private=False)

    @property
    def thumbprint(self) -> str:
        return str(self.key.thumbprint())

    def now(self) -> int:
        offset = float(self.clock.read_text().strip() or 0) if self.clock else 0.0
        return int(time.time() + offset)

    def proof(
        self,
        method: str,
        url: str,
        access_token: str | None = None,
        header: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """Make a proof; a header member or claim given as None is left out."""
        content: dict[str, Any] = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url,
            "iat": self.now(),
        }
        if access_token is not None:
            digest = hashlib.sha256(access_token.encode()).digest()
            content["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if self.nonce is not None:
            content["nonce"] = self.nonce
        told = {"typ": "dpop+jwt", "alg": self.alg, "jwk": self.public} | (header or {})
        return jwt.encode(
            {k: v for k, v in told.items() if v is not None},
            {k: v for k, v in (content | claims).items() if v is not None},
            self.key,
            algorithms=ALGORITHMS,
        )
