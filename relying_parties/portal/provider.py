"""What the provider publishes: its metadata and its public keys, fetched over HTTP and kept.

OpenID Connect Discovery 1.0 4.3; JWKS as RFC 7517 5. Keys are parsed once per fetch.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from requests import RequestException

from .clock import Clock, seconds
from .errors import ProviderUnavailable
from .outgoing import TIMEOUT, ResolvingAdapter, plain_session
from .settings import Settings

METADATA_LIFETIME = 3600
KEYS_LIFETIME = 600
REFETCH_PAUSE = 5
"""Seconds between two fetches for unknown key ids: made-up ones must not hammer the provider."""


@dataclass(frozen=True)
class Metadata:
    """The endpoints the portal uses; the optional ones may be missing."""

    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    revocation_endpoint: str | None
    pushed_authorization_request_endpoint: str | None


class Provider:
    """The provider as its discovery document and JWKS describe it."""

    def __init__(self, settings: Settings, adapter: ResolvingAdapter) -> None:
        self._issuer = settings.issuer
        self._ca = settings.ca
        self._clock: Clock = settings.clock
        self._adapter = adapter
        self._lock = threading.Lock()
        self._metadata: tuple[int, Metadata] | None = None
        self._keys: tuple[int, Mapping[str, ECKey]] | None = None

    def metadata(self) -> Metadata:
        """Return the endpoints. Raises ProviderUnavailable when none are known."""
        with self._lock:
            return self._current_metadata()

    def key(self, kid: str) -> ECKey | None:
        """Return the ES256 key of that id; fetch anew when unknown or kept for long."""
        with self._lock:
            age = self._age(self._keys)
            known = self._keys[1] if self._keys else {}
            if age is None or age > KEYS_LIFETIME or (kid not in known and age >= REFETCH_PAUSE):
                known = parse_keys(self._get(self._current_metadata().jwks_uri))
                self._keys = (seconds(self._clock), known)
            return known.get(kid)

    def _current_metadata(self) -> Metadata:
        age = self._age(self._metadata)
        if self._metadata is not None and age is not None and age <= METADATA_LIFETIME:
            return self._metadata[1]
        try:
            document = self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            found = parse_metadata(document, self._issuer)
        except ProviderUnavailable:
            # Endpoints rarely move: an old answer is better than none. Keys are not kept so.
            if self._metadata is None:
                raise
            return self._metadata[1]
        self._metadata = (seconds(self._clock), found)
        return found

    def _age(self, kept: tuple[int, object] | None) -> int | None:
        """Return the age in seconds; None when there is nothing or the clock went back."""
        age = seconds(self._clock) - kept[0] if kept else -1
        return age if age >= 0 else None

    def _get(self, url: str) -> Mapping[str, object]:
        session = plain_session(self._adapter, self._ca)
        try:
            response = session.get(url, timeout=TIMEOUT, headers={"Accept": "application/json"})
            if response.status_code != 200:
                raise ProviderUnavailable(f"{url} answered {response.status_code}")
            document = response.json()
        except (RequestException, ValueError) as error:
            raise ProviderUnavailable(f"{url}: {error}") from error
        if not isinstance(document, dict):
            raise ProviderUnavailable(f"{url} is not a JSON object")
        return document


def parse_metadata(document: Mapping[str, object], issuer: str) -> Metadata:
    """Check a discovery document. Raises ProviderUnavailable."""
    # Another issuer's document would let that issuer speak for ours (Discovery 4.3).
    if document.get("issuer") != issuer:
        raise ProviderUnavailable("the discovery document names another issuer")
    return Metadata(
        authorization_endpoint=_endpoint(document, "authorization_endpoint", issuer),
        token_endpoint=_endpoint(document, "token_endpoint", issuer),
        userinfo_endpoint=_endpoint(document, "userinfo_endpoint", issuer),
        jwks_uri=_endpoint(document, "jwks_uri", issuer),
        end_session_endpoint=_optional(document, "end_session_endpoint", issuer),
        revocation_endpoint=_optional(document, "revocation_endpoint", issuer),
        pushed_authorization_request_endpoint=_optional(
            document, "pushed_authorization_request_endpoint", issuer
        ),
    )


def parse_keys(document: Mapping[str, object]) -> dict[str, ECKey]:
    """Return the P-256 signing keys of a JWKS by id; others are not for us."""
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise ProviderUnavailable("the JWKS has no list of keys")
    keys: dict[str, ECKey] = {}
    for item in listed:
        if not isinstance(item, dict) or item.get("kty") != "EC" or item.get("crv") != "P-256":
            continue
        kid = item.get("kid")
        if isinstance(kid, str) and item.get("use", "sig") == "sig":
            try:
                keys[kid] = ECKey.import_key(item)
            except (JoseError, ValueError, TypeError) as error:
                raise ProviderUnavailable("the JWKS has a broken key") from error
    return keys


def _endpoint(document: Mapping[str, object], name: str, issuer: str) -> str:
    value = document.get(name)
    # Downgrade: an https issuer must not send codes or tokens over plain http.
    if not isinstance(value, str) or urlsplit(value).scheme != urlsplit(issuer).scheme:
        raise ProviderUnavailable(f"the discovery document has no usable {name}")
    return value


def _optional(document: Mapping[str, object], name: str, issuer: str) -> str | None:
    return _endpoint(document, name, issuer) if name in document else None
