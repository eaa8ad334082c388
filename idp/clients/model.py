"""A relying party as the provider knows it, and the rule for its redirect URIs.

Redirect URIs are compared as exact strings (RFC 9700 2.1); the one exception is the port of a
loopback address (RFC 8252 7.3). What may be registered at all is `idp.clients.registration`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field

from idp.policy.model import AccessTokenFormat, AuthMethod, SigningAlgorithm
from keys.signer import PublicKeys

READING_SCOPES = ("openid", "profile", "email", "address", "phone", "offline_access")
"""What a client that names no scopes is registered for: it may know, and change nothing."""
MEMBER_CHANGE = "member:change"
"""File, see and take back change requests for the member (`/member/changes`)."""
SCOPES = (*READING_SCOPES, MEMBER_CHANGE)
"""Every scope a member can be asked for."""
MAX_PORT = 65535
_LOOPBACK = re.compile(
    r"(?P<host>http://(?:127\.0\.0\.1|\[::1\]))(?::(?P<port>[1-9][0-9]{0,4}))?(?P<rest>/[!-~]*)",
    re.ASCII,
)


@dataclass(frozen=True)
class Client:
    """One relying party; immutable, shared between requests, keys parsed once."""

    client_id: str
    name: str
    name_en: str
    redirect_uris: tuple[str, ...]
    auth_method: AuthMethod
    scopes: frozenset[str]
    grant_types: frozenset[str]
    first_party: bool
    id_token_alg: SigningAlgorithm
    source: str
    client_uri: str | None = None
    secret_hash: str | None = field(default=None, repr=False)
    keys: PublicKeys | None = field(default=None, repr=False)
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    require_pkce: bool = True
    cors_origins: frozenset[str] = frozenset()
    jwks_uri: str | None = None
    require_par: bool = False
    """Whether only pushed requests are taken from this client (RFC 9126 6); any client may push."""
    dpop_bound: bool = False
    """Whether its tokens must be bound to a key (RFC 9449 5.2); any client may send a proof."""
    access_token_format: AccessTokenFormat = AccessTokenFormat.OPAQUE
    audience: tuple[str, ...] = ()
    """Resources its access tokens are for, beside this provider's own (RFC 9068 3)."""
    access_token_alg: SigningAlgorithm = SigningAlgorithm.ES256
    resource_scopes: frozenset[str] = frozenset()
    """Its own scopes at resources; only for tokens it gets for itself (RFC 6749 4.4)."""

    @property
    def is_public(self) -> bool:
        """Tell whether the client has no credential (RFC 6749 2.1)."""
        return self.auth_method is AuthMethod.NONE

    def name_in(self, language: str) -> str:
        """Give the client's name for people, Japanese unless English was asked for."""
        return self.name_en if language == "en" else self.name

    def allows_redirect(self, redirect_uri: str) -> bool:
        """Tell whether a redirect URI is registered."""
        if redirect_uri in self.redirect_uris:
            return True
        portless = _without_port(redirect_uri)
        return portless is not None and any(
            portless == _without_port(registered) for registered in self.redirect_uris
        )

    def secret_matches(self, secret: str) -> bool:
        """Compare a secret with the stored hash, in constant time."""
        if self.secret_hash is None:
            return False
        given = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
        return hmac.compare_digest(given, self.secret_hash)


def _without_port(uri: str) -> str | None:
    """Give a loopback-address http URI without its port; None for any other URI.

    By one pattern and no parser: those drop TAB, CR and LF, and read ports leniently
    (CVE-2026-75628, CVE-2026-18211).
    """
    match = _LOOPBACK.fullmatch(uri)
    if match is None or int(match["port"] or 80) > MAX_PORT:
        return None
    return match["host"] + match["rest"]
