"""`private_key_jwt`: a client proves itself with a signed assertion (RFC 7523 3, Core 9).

Verified before any transaction; its `jti` is claimed once per client, so a copied assertion is
worth nothing (CVE-2020-15222). The audience is the issuer and nothing else (CVE-2025-27370).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from idp.clients.keys import ClientKeys
from idp.clients.model import Client
from idp.clock import Clock, to_seconds
from idp.inforce.service import PolicyInForce
from idp.oidc.model import OAuthError
from idp.oidc.refusals import Refusal
from idp.policy.model import AuthMethod
from idp.storage.marks import ReplayMarks
from keys.errors import BadToken
from keys.signer import read_unverified, verify

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("ES256", "RS256", "PS256", "Ed25519")
TYPES = (None, "JWT", "client-authentication+jwt")
"""A proof or a logout token signed by the same key is no assertion (RFC 8725 3.11)."""
MAX_JTI = 200


@dataclass(frozen=True)
class ClientAssertions:
    """Verifies assertions for the issuer."""

    issuer: str
    find: Callable[[str], Client | None]
    policy: PolicyInForce
    marks: ReplayMarks
    clock: Clock
    keys: ClientKeys

    def authenticate(self, assertion: str) -> Client | None:
        """Give the client an assertion proves, or None; raises `Refusal` for a replay.

        Raises `idp.errors.Unavailable` when marks were lost so recently that a replay could pass.
        """
        try:
            unproven = read_unverified(assertion)
            named = unproven.claims.get("sub")
            client = self.find(named) if isinstance(named, str) else None
            if client is None:
                return None
            if client.auth_method is not AuthMethod.PRIVATE_KEY_JWT:
                return None
            public = self.keys.of(client, unproven.kid, unproven.header.get("alg"))
            claims = verify(unproven, public, ALGORITHMS, TYPES).claims
        except BadToken:
            return None
        if not self._claims_hold(claims, client.client_id):
            return None
        self._claim_once(client, claims)
        return client

    def _claims_hold(self, claims: dict[str, object], client_id: str) -> bool:
        rules = self.policy.policy.tokens
        now, skew = to_seconds(self.clock.now()), rules.clock_skew.seconds
        expires, issued, begins = claims.get("exp"), claims.get("iat"), claims.get("nbf")
        if claims.get("iss") != client_id or claims.get("sub") != client_id:
            return False
        if claims.get("aud") not in (self.issuer, [self.issuer]):
            return False
        if not _is_number(expires) or expires <= now - skew:  # type: ignore[operator]
            return False
        if expires > now + rules.assertion_lifetime.seconds + skew:  # type: ignore[operator]
            return False
        return all(
            moment is None or (_is_number(moment) and moment <= now + skew)  # type: ignore[operator]
            for moment in (issued, begins)
        )

    def _claim_once(self, client: Client, claims: dict[str, object]) -> None:
        jti = claims.get("jti")
        if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
            raise Refusal(OAuthError.INVALID_CLIENT, "the assertion has no usable jti", 401)
        rules = self.policy.policy.tokens
        now: datetime = self.clock.now()
        expires = int(claims["exp"])  # type: ignore[call-overload]  # checked by _claims_hold
        issued = claims.get("iat")
        made_at = int(issued) if _is_number(issued) else expires - rules.assertion_lifetime.seconds  # type: ignore[call-overload]
        # A clock that is ahead by the skew allowed may have made it that much earlier.
        made_at -= rules.clock_skew.seconds
        # Kept past exp by the skew that verification allows.
        keep = max(1, expires - to_seconds(now) + 2 * rules.clock_skew.seconds)
        if not self.marks.claim(f"assertion:{client.client_id}:{jti}", keep, made_at):
            raise Refusal(OAuthError.INVALID_CLIENT, "the assertion was used before", 401)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
