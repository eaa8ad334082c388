"""DPoP proofs (RFC 9449): who holds the key that tokens are bound to.

Owns the checks of 4.3 and the nonces of 8; what a thumbprint is then compared with is left to the
grants and to the protected resources. A proof's header is parsed once per key: a client signs all
of its proofs under the same one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from idp.clock import Clock, to_seconds
from idp.inforce.service import PolicyInForce
from idp.oidc.model import OAuthError
from idp.oidc.protocol import ProtocolRequest
from idp.oidc.refusals import Refusal
from idp.storage.marks import ReplayMarks
from keys.algorithms import thumbprint
from keys.encoding import decode, encode, parse_object
from keys.errors import BadKeySet, BadToken, UnsupportedAlgorithm
from keys.signer import PublicKeys, public_keyset, verify

PROOF_ALGORITHMS = ("ES256", "RS256", "PS256", "Ed25519")
NONCE_SECONDS = 300
"""How long a nonce is the newest; it is taken for as long again."""

MAX_PROOF = 4096
MAX_JTI = 200
_MAX_URL = 2048
_TYP = "dpop+jwt"
_KEYS_KEPT = 1024
_DEFAULT_PORTS = {"http": "80", "https": "443"}
# One pattern and no parser: those drop TAB, CR and LF, and read ports leniently.
_URL = re.compile(
    r"(?P<scheme>[A-Za-z]+)://(?P<host>[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{0,5}))?(?P<path>/[!$-;=@-~]*)?(?:\?[!$-~]*)?(?:#[!-~]*)?"
)


@dataclass(frozen=True)
class DpopProofs:
    """Verifies proofs. `nonce_keys`: the current key for nonces first, then older ones."""

    policy: PolicyInForce
    marks: ReplayMarks
    clock: Clock
    nonce_keys: Sequence[bytes]

    def verify(
        self, request: ProtocolRequest, url: str, access_token: str | None = None
    ) -> str | None:
        """Give the thumbprint (RFC 7638) of the key a request proves, or None without a proof.

        `url` is the endpoint's own address; `access_token` is given at protected resources, where
        the proof must name it (RFC 9449 4.3 11). Raises `Refusal`, and `idp.errors.Unavailable`
        when marks were lost so recently that a replay could pass.
        """
        proof = request.headers.get("dpop")
        if proof is None:
            return None
        # Two headers reach us joined by a comma, which no proof contains.
        if len(proof) > MAX_PROOF:
            raise _refused()
        try:
            keys, jkt = _key_of(proof.partition(".")[0])
            claims = verify(proof, keys, PROOF_ALGORITHMS, _TYP).claims
        except (BadToken, BadKeySet, UnsupportedAlgorithm, ValueError):
            raise _refused() from None
        if claims.get("htm") != request.method or not _same_url(claims.get("htu"), url):
            raise _refused()
        if access_token is not None and claims.get("ath") != _hash_of(access_token):
            raise _refused()
        made_at = self._made_at(claims)
        self._check_nonce(claims)
        self._claim_once(claims, jkt, url, made_at)
        return jkt

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Give the header that keeps clients supplied with nonces; none unless they are demanded.

        RFC 9449 8.2.
        """
        if not self.policy.policy.tokens.dpop_nonce:
            return ()
        return (("DPoP-Nonce", self._nonce(self.nonce_keys[0], 0)),)

    def _made_at(self, claims: dict[str, Any]) -> float:
        issued = claims.get("iat")
        if not isinstance(issued, int | float) or isinstance(issued, bool):
            raise _refused()
        rules = self.policy.policy.tokens
        now, skew = to_seconds(self.clock.now()), rules.clock_skew.seconds
        if not now - rules.dpop_proof_lifetime.seconds - skew <= issued <= now + skew:
            raise _refused()
        return issued

    def _check_nonce(self, claims: dict[str, Any]) -> None:
        if not self.policy.policy.tokens.dpop_nonce:
            return
        sent = claims.get("nonce")
        good = [self._nonce(key, ago) for key in self.nonce_keys for ago in (0, 1)]
        # surrogates cannot be here: the claims were read strictly
        if not isinstance(sent, str) or not any(
            hmac.compare_digest(sent.encode(), nonce.encode()) for nonce in good
        ):
            raise Refusal(OAuthError.USE_DPOP_NONCE, "the proof needs a nonce", 400, self.headers())

    def _nonce(self, key: bytes, ago: int) -> str:
        """Derive a nonce from the time: every node gives and takes the same ones."""
        window = to_seconds(self.clock.now()) // NONCE_SECONDS - ago
        return encode(hmac.digest(key, b"%d" % window, "sha256")[:18])

    def _claim_once(self, claims: dict[str, Any], jkt: str, url: str, made_at: float) -> None:
        jti = claims.get("jti")
        if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
            raise _refused()
        rules = self.policy.policy.tokens
        skew = rules.clock_skew.seconds
        acceptable_until = int(made_at) + rules.dpop_proof_lifetime.seconds + skew
        keep = max(1, acceptable_until - to_seconds(self.clock.now()) + 1 + skew)
        # A clock that is ahead by the skew allowed may have made it that much earlier.
        if not self.marks.claim(f"dpop:{jkt}:{url}:{jti}", keep, int(made_at) - skew):
            raise _refused()


def _refused() -> Refusal:
    # One text for every reason: a forger learns nothing, a developer looks at RFC 9449 4.3.
    return Refusal(OAuthError.INVALID_DPOP_PROOF, "the DPoP proof is not valid")


@lru_cache(maxsize=_KEYS_KEPT)
def _key_of(header_text: str) -> tuple[PublicKeys, str]:
    """Parse the key in a proof's header; raises ValueError, BadKeySet or UnsupportedAlgorithm.

    The header's other members are left to `verify`, which reads them of every proof.
    """
    header = parse_object(decode(header_text))
    jwk = header.get("jwk")
    if not isinstance(jwk, dict):
        raise BadKeySet("the proof brings no key")
    # The proof's own kid, if any, names the only key there is.
    named = {name: value for name, value in jwk.items() if name != "kid"}
    kid = header.get("kid")
    keys = public_keyset({"keys": [named | ({"kid": kid} if kid is not None else {})]})
    return keys, thumbprint(jwk)


def _same_url(sent: object, url: str) -> bool:
    """Compare `htu` with our address, without query and fragment (RFC 3986 6.2.2, 6.2.3)."""
    if sent == url:
        return True
    if not isinstance(sent, str) or len(sent) > _MAX_URL:
        return False
    normal = _normal(sent)
    return normal is not None and normal == _normal(url)


def _normal(url: str) -> tuple[str, str, str, str] | None:
    match = _URL.fullmatch(url)
    if match is None:
        return None
    scheme = match["scheme"].lower()
    port = match["port"] or _DEFAULT_PORTS.get(scheme, "")
    return scheme, match["host"].lower(), port, match["path"] or "/"


def _hash_of(access_token: str) -> str:
    return encode(hashlib.sha256(access_token.encode("utf-8", "surrogatepass")).digest())
