"""Signed tokens of the provider: what must hold before one is believed.

ID tokens: OpenID Connect Core 1.0 3.1.3.7. Logout tokens: Back-Channel Logout 1.0 2.6.
Pure: keys come through a function, the time is an argument.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jwt import JWTClaimsRegistry

from .errors import TokenRejected

LEEWAY: Final = 30
LONGEST_LOGOUT_TOKEN: Final = 24 * 3600
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LARGEST_TOKEN: Final = 16384

KeyOf = Callable[[str], ECKey | None]
Claims = dict[str, Any]


@dataclass(frozen=True)
class IdToken:
    """Who signed in, in which session of the provider."""

    sub: str
    sid: str | None
    issued_at: int


@dataclass(frozen=True)
class LogoutToken:
    """Whose session ended; at least one of `sub` and `sid` is set."""

    jti: str
    sub: str | None
    sid: str | None
    issued_at: int
    expires_at: int


def read_id_token(
    token: str,
    key_of: KeyOf,
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str,
    now: int,
) -> IdToken:
    """Check an ID token of the code flow. Raises TokenRejected."""
    header, claims = _verified(token, key_of)
    # A logout token must never pass as an ID token.
    if str(header.get("typ", "JWT")).lower() != "jwt" or "events" in claims:
        raise TokenRejected("not an ID token")
    try:
        CodeIDToken(
            claims,
            header,
            {
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": client_id},
                "sub": {"essential": True},
            },
            {"nonce": nonce, "client_id": client_id, "access_token": access_token},
        ).validate(now, LEEWAY)
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRejected(f"ID token: {error}") from error
    return IdToken(claims["sub"], _text_or_none(claims, "sid"), int(claims["iat"]))


def read_logout_token(
    token: str, key_of: KeyOf, *, issuer: str, client_id: str, now: int
) -> LogoutToken:
    """Check a logout token. Whether its `jti` was seen is the caller's question."""
    header, claims = _verified(token, key_of)
    # An ID token must never pass as a logout token (cross-JWT confusion, RFC 8725 3.11).
    if str(header.get("typ", "")).lower() not in ("logout+jwt", "application/logout+jwt"):
        raise TokenRejected("typ is not logout+jwt")
    _check_registered(claims, issuer, client_id, now)
    if "nonce" in claims:
        raise TokenRejected("a logout token has no nonce")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise TokenRejected("events does not name a back-channel logout")
    sub, sid = _text_or_none(claims, "sub"), _text_or_none(claims, "sid")
    if sub is None and sid is None:
        raise TokenRejected("neither sub nor sid")
    return LogoutToken(claims["jti"], sub, sid, int(claims["iat"]), int(claims["exp"]))


def _check_registered(claims: Claims, issuer: str, client_id: str, now: int) -> None:
    registry = JWTClaimsRegistry(
        now=now,
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        iat={"essential": True},
        exp={"essential": True},
        jti={"essential": True},
    )
    try:
        registry.validate(claims)
    except JoseError as error:
        raise TokenRejected(f"logout token: {error}") from error
    if claims["exp"] > now + LONGEST_LOGOUT_TOKEN:
        raise TokenRejected("lives too long: its jti would have to be kept as long")


def _verified(token: str, key_of: KeyOf) -> tuple[Claims, Claims]:
    """Return header and claims of a token signed ES256 by a published key."""
    if len(token) > LARGEST_TOKEN or not token.isascii():
        raise TokenRejected("too large, or not ASCII")
    try:
        header = jws.extract_compact(token.encode()).headers()
        kid = header.get("kid")
        key = key_of(kid) if isinstance(kid, str) else None
        if key is None:
            raise TokenRejected("signed with a key the provider does not publish")
        # The algorithm is ours to say: never `none`, never HMAC with a public key.
        claims = jwt.decode(token, key, algorithms=["ES256"]).claims
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise TokenRejected(f"signature: {error}") from error
    return dict(header), _only_utf8(claims)


def _only_utf8(claims: Claims) -> Claims:
    """Refuse lone surrogates: no database and no header can carry them."""
    try:
        json.dumps(claims, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise TokenRejected("claims are not Unicode text") from error
    return claims


def _text_or_none(claims: Claims, name: str) -> str | None:
    value = claims.get(name)
    if value is not None and (not isinstance(value, str) or not value):
        raise TokenRejected(f"{name} is not a text")
    return value
