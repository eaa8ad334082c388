"""What the server part asks the provider: metadata, signing keys, and whose access token it is.

Metadata and keys are kept for minutes only: a key that was withdrawn after a compromise must
not be trusted much longer (OpenID Connect Core 10.1.1). The app itself talks to the provider on
its own (`static/app/provider.js`).
"""

import re
import threading
import time
from dataclasses import dataclass
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from relying_parties.card.outgoing import Answer, Outgoing, UnreachableError
from relying_parties.card.settings import SettingsError, checked_url

KEEP_METADATA: Final = 3600.0
KEEP_KEYS: Final = 300.0
ASK_AGAIN: Final = 5.0  # an unknown kid asks for the keys anew at most this often

REASONS: Final = frozenset({"membership_ended", "service_stopped", "signed_out", "blocked"})


@dataclass(frozen=True, slots=True)
class TokenRefused:
    """The provider does not accept the access token; `reason` is one of REASONS or None."""

    reason: str | None


class Provider:
    """One provider, known by its issuer. Safe to use from several threads."""

    def __init__(self, issuer: str, outgoing: Outgoing) -> None:
        self.issuer = issuer
        self._outgoing = outgoing
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._metadata_at = -KEEP_METADATA
        self._keys: dict[str, ECKey] = {}
        self._keys_at = -KEEP_KEYS

    def key(self, kid: str) -> ECKey | None:
        """Return the signing key named `kid`, or None; raises UnreachableError."""
        with self._lock:
            age = time.monotonic() - self._keys_at
            if age > KEEP_KEYS or (kid not in self._keys and age > ASK_AGAIN):
                self._keys = self._fetch_keys()
                self._keys_at = time.monotonic()
            return self._keys.get(kid)

    def subject_of(self, access_token: str, proof: str) -> str | TokenRefused:
        """Ask userinfo whose token this is (Core 5.3); raises UnreachableError.

        The proof is the app's: it holds the key, and lets us ask this one question once.
        """
        with self._lock:
            url = self._endpoint("userinfo_endpoint")
        answer = self._outgoing.get(url, bound=(access_token, proof))
        if answer.status in {400, 401, 403}:
            return TokenRefused(reason_in(answer.headers.get("www-authenticate", "")))
        subject = _successful(answer).get("sub")
        if not isinstance(subject, str) or not subject:
            raise UnreachableError("userinfo carries no sub")
        return subject

    def _fetch_keys(self) -> dict[str, ECKey]:
        document = _successful(self._outgoing.get(self._endpoint("jwks_uri")))
        usable = [
            key
            for key in document.get("keys") or []
            if isinstance(key, dict) and key.get("kty") == "EC" and key.get("crv") == "P-256"
            if key.get("use", "sig") == "sig" and isinstance(key.get("kid"), str)
        ]
        try:
            keys = KeySet.import_key_set({"keys": usable}).keys if usable else []
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise UnreachableError("the provider's keys cannot be read") from error
        return {key.kid: key for key in keys if key.kid and isinstance(key, ECKey)}

    def _endpoint(self, name: str) -> str:
        if time.monotonic() - self._metadata_at > KEEP_METADATA:
            url = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
            metadata = _successful(self._outgoing.get(url))
            if metadata.get("issuer") != self.issuer:
                raise UnreachableError("the metadata is of another issuer")  # Discovery 4.3
            self._metadata, self._metadata_at = metadata, time.monotonic()
        try:
            return checked_url(name, str(self._metadata.get(name, "")))
        except SettingsError as error:
            raise UnreachableError(str(error)) from error


def reason_in(challenge: str) -> str | None:
    """Return which of REASONS a WWW-Authenticate challenge gives, if any (RFC 6750 3)."""
    match = re.search(r'error_description="([a-z_]{1,40})"', challenge[:2000])
    return match[1] if match and match[1] in REASONS else None


def _successful(answer: Answer) -> dict[str, Any]:
    if answer.status != 200:
        raise UnreachableError(f"the provider answered {answer.status}")
    return answer.json_object()
