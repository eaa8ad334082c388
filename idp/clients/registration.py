"""What may be registered as a client: RFC 7591 2, OpenID Registration 2, RFC 9700 4.1.

Pure: metadata in, `Client` out, or `BadClient` with the member that is wrong.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from idp.clients.model import SCOPES, Client
from idp.errors import SettingsError
from idp.policy.admin_api import PREFIX, is_own
from idp.policy.admin_api import SCOPES as ADMIN_SCOPES
from idp.policy.model import AuthMethod, ClientEntry
from idp.settings import is_loopback
from keys.errors import BadKeySet
from keys.signer import PublicKeys, public_keyset

_CLIENT_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")
_STAFF_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_MAX_PROGRAM = 64
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PRINTABLE_URI = re.compile(r"[!-~]{1,2000}")
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
_RESOURCE_SCOPE = re.compile(r"[a-z][a-z0-9_.-]{0,30}:[A-Za-z0-9_.:/-]{1,32}")
_MAX_SCOPE = 400
_MAX_AUDIENCE = 10
_GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials")


class BadClient(SettingsError):
    """Client metadata that cannot be accepted; the detail names the member."""

    code = "bad_client"


def client_from(client_id: str, entry: ClientEntry, source: str) -> Client:
    """Check one client's metadata and build it; raises `BadClient`."""
    _check_names(client_id, entry)
    public = entry.token_endpoint_auth_method is AuthMethod.NONE
    _check_redirects(client_id, entry, public)
    _check_credentials(client_id, entry)
    scopes, resource_scopes = _scopes(client_id, entry)
    if not set(entry.grant_types) <= set(_GRANT_TYPES):
        raise BadClient(f"{client_id}: grant_types: only {', '.join(_GRANT_TYPES)} are offered")
    if public and "client_credentials" in entry.grant_types:
        raise BadClient(f"{client_id}: grant_types: client_credentials needs a credential")
    if public and not entry.require_pkce:
        raise BadClient(f"{client_id}: require_pkce: a public client must use PKCE")
    return Client(
        client_id=client_id,
        name=entry.client_name,
        name_en=entry.client_name_en or entry.client_name,
        redirect_uris=entry.redirect_uris,
        auth_method=entry.token_endpoint_auth_method,
        scopes=scopes,
        grant_types=frozenset(entry.grant_types),
        first_party=entry.first_party,
        id_token_alg=entry.id_token_signed_response_alg,
        source=source,
        client_uri=entry.client_uri,
        secret_hash=entry.client_secret_sha256,
        keys=_keys(client_id, entry),
        post_logout_redirect_uris=entry.post_logout_redirect_uris,
        backchannel_logout_uri=entry.backchannel_logout_uri,
        require_pkce=entry.require_pkce,
        cors_origins=_cors_origins(entry, public),
        jwks_uri=entry.jwks_uri,
        require_par=entry.require_pushed_authorization_requests,
        dpop_bound=entry.dpop_bound_access_tokens,
        access_token_format=entry.access_token_format,
        audience=entry.access_token_audience,
        access_token_alg=entry.access_token_signed_response_alg,
        resource_scopes=resource_scopes,
    )


def _scopes(client_id: str, entry: ClientEntry) -> tuple[frozenset[str], frozenset[str]]:
    """Tell the scopes a member can be asked for from the client's own (RFC 6749 3.3)."""
    named = frozenset(entry.scope.split())
    own = named - set(SCOPES)
    if len(entry.scope) > _MAX_SCOPE:
        raise BadClient(f"{client_id}: scope: at most {_MAX_SCOPE} characters")
    foreign = sorted(scope for scope in own if not _is_offered(scope))
    if foreign:
        raise BadClient(f"{client_id}: scope: {foreign[0]!r} is not offered")
    if any(is_own(scope) for scope in own) and not _names_a_program(client_id):
        raise BadClient(
            f"{client_id}: client_id: one with {PREFIX}… has at most 64 characters and is no UUID"
        )
    if own and "client_credentials" not in entry.grant_types:
        raise BadClient(f"{client_id}: scope: {min(own)!r} can only be had with client_credentials")
    if len(entry.access_token_audience) > _MAX_AUDIENCE or not all(
        _PRINTABLE_URI.fullmatch(name) and len(name) <= _MAX_SCOPE
        for name in entry.access_token_audience
    ):
        raise BadClient(
            f"{client_id}: access_token_audience: at most {_MAX_AUDIENCE} names without spaces"
        )
    return named & set(SCOPES), own


def _names_a_program(client_id: str) -> bool:
    """Tell whether an id cannot be taken for that of somebody of the staff (CWE-290)."""
    return len(client_id) <= _MAX_PROGRAM and not _STAFF_ID.fullmatch(client_id)


def _is_offered(scope: str) -> bool:
    """Tell whether a client may have a scope; those of the admin API are a closed set."""
    if is_own(scope):
        return scope in ADMIN_SCOPES
    return bool(_RESOURCE_SCOPE.fullmatch(scope))


def _check_names(client_id: str, entry: ClientEntry) -> None:
    if not _CLIENT_ID.fullmatch(client_id):
        raise BadClient("client_id: 1 to 128 letters, digits, '.', '_', '~', '-'")
    if not entry.client_name.strip() or len(entry.client_name) > 100:
        raise BadClient(f"{client_id}: client_name: 1 to 100 characters")
    if entry.client_uri is not None and not is_web_uri(entry.client_uri):
        raise BadClient(f"{client_id}: client_uri must be an http(s) address")


def _check_redirects(client_id: str, entry: ClientEntry, public: bool) -> None:
    if not entry.redirect_uris and "authorization_code" in entry.grant_types:
        raise BadClient(f"{client_id}: redirect_uris: at least one is needed")
    for uri in entry.redirect_uris:
        reason = why_bad_redirect(uri, native=public)
        if reason:
            raise BadClient(f"{client_id}: redirect_uris: {uri!r}: {reason}")
    for uri in entry.post_logout_redirect_uris:
        reason = why_bad_redirect(uri, native=public)
        if reason:
            raise BadClient(f"{client_id}: post_logout_redirect_uris: {uri!r}: {reason}")
    if entry.backchannel_logout_uri and why_bad_redirect(
        entry.backchannel_logout_uri, native=False
    ):
        raise BadClient(f"{client_id}: backchannel_logout_uri must be https, or http on loopback")
    for origin in entry.cors_origins:
        parts = urlsplit(origin)
        if not is_web_uri(origin) or origin != f"{parts.scheme}://{parts.netloc}":
            raise BadClient(f"{client_id}: cors_origins: {origin!r} is not an origin")


def why_bad_redirect(uri: str, *, native: bool) -> str | None:
    """Tell why a redirect URI cannot be registered, or None when it can (RFC 8252 7, 8.4)."""
    if not _PRINTABLE_URI.fullmatch(uri) or "\\" in uri or "*" in uri:
        return "it has characters that do not belong in a URI"
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "it cannot be read"
    if "#" in uri:
        return "it has a fragment"
    if "@" in parts.netloc:
        return "it has user information"
    return _why_bad_scheme(parts.scheme, host, native)


def _why_bad_scheme(scheme: str, host: str | None, native: bool) -> str | None:
    if scheme == "https":
        return None if host else "it has no host"
    if scheme == "http":
        return None if host and is_loopback(host) else "http is for loopback addresses only"
    if native and _PRIVATE_SCHEME.fullmatch(scheme):
        return None
    return "its scheme is not allowed"


def is_web_uri(uri: str) -> bool:
    """Tell whether a text is a plain http(s) address."""
    return bool(_PRINTABLE_URI.fullmatch(uri)) and uri.startswith(("https://", "http://"))


def _check_credentials(client_id: str, entry: ClientEntry) -> None:
    method = entry.token_endpoint_auth_method
    secret = entry.client_secret_sha256
    by_secret = method in (AuthMethod.CLIENT_SECRET_BASIC, AuthMethod.CLIENT_SECRET_POST)
    if by_secret and not (secret and _SHA256.fullmatch(secret)):
        raise BadClient(f"{client_id}: {method.value} needs client_secret_sha256 (64 hex digits)")
    if not by_secret and secret:
        raise BadClient(f"{client_id}: {method.value} takes no secret")
    if entry.jwks and entry.jwks_uri:
        raise BadClient(f"{client_id}: jwks and jwks_uri: only one of them (RFC 7591 2)")
    if method is AuthMethod.PRIVATE_KEY_JWT and not (entry.jwks or entry.jwks_uri):
        raise BadClient(f"{client_id}: private_key_jwt needs jwks or jwks_uri")
    if entry.jwks_uri and why_bad_redirect(entry.jwks_uri, native=False):
        raise BadClient(f"{client_id}: jwks_uri must be https, or http on loopback")


def _cors_origins(entry: ClientEntry, public: bool) -> frozenset[str]:
    """A browser client calls from where its redirect URIs live, unless it says otherwise."""
    if entry.cors_origins or not public:
        return frozenset(entry.cors_origins)
    web = [urlsplit(uri) for uri in entry.redirect_uris if is_web_uri(uri)]
    return frozenset(f"{parts.scheme}://{parts.netloc}" for parts in web)


def _keys(client_id: str, entry: ClientEntry) -> PublicKeys | None:
    if entry.jwks is None:
        return None
    jwks: dict[str, Any] = dict(entry.jwks)
    try:
        return public_keyset(jwks)
    except BadKeySet as error:
        raise BadClient(f"{client_id}: jwks: {error}") from error
