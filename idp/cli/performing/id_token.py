"""An ID token, checked claim by claim (Core 3.1.3.7, 12.2), and a logout token (BCLogout 2.6)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any, TypeGuard

from joserfc import jws
from joserfc.errors import JoseError

from idp.cli.performing import clock
from idp.cli.performing.provider import ProviderMetadata
from idp.cli.performing.report import Refused, Report

ALGORITHMS = [
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
]
SKEW = 30
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"

Check = tuple[str, bool, str]
"""The claim, whether it holds, and what holds or not."""


def read(provider: ProviderMetadata, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Verify a signature of the provider; answers header and claims, raises `Refused`."""
    try:
        found = jws.deserialize_compact(token, provider.keys, algorithms=ALGORITHMS)
        claims = json.loads(found.payload)
    except (JoseError, ValueError, KeyError):
        raise Refused("the token is not signed with a key that the provider publishes") from None
    if not isinstance(claims, dict):
        raise Refused("the token holds no claims")
    return found.headers(), claims


def verify(
    provider: ProviderMetadata,
    client_id: str,
    token: str,
    report: Report,
    *,
    nonce: str | None = None,
    access_token: str | None = None,
    max_age: int | None = None,
) -> dict[str, Any]:
    """Check an ID token claim by claim; answers its claims, raises `Refused` for the first fault.

    `nonce` None means that none was sent (a refresh), so that none may be there.
    """
    header, claims = read(provider, token)
    report.add(
        "id_token signature",
        f"The ID token is signed with a published key ({header['alg']}, {header.get('kid')}).",
    )
    checks = [
        *_who_and_when(provider, client_id, claims),
        _nonce(claims, nonce),
        *_optional(header, claims, access_token, max_age),
    ]
    for claim, ok, said in checks:
        report.check(f"id_token {claim}", f"{claim}: {said}", ok=ok, why=f"{claim}: {said}: wrong")
    return claims


def _who_and_when(
    provider: ProviderMetadata, client_id: str, claims: dict[str, Any]
) -> Iterator[Check]:
    now, audience = clock.seconds(), claims.get("aud")
    yield "iss", claims.get("iss") == provider.issuer, f"issued by {claims.get('iss')}"
    named = [audience] if isinstance(audience, str) else audience or []
    yield "aud", client_id in named, f"made for {', '.join(map(str, named))}"
    if len(named) > 1 or "azp" in claims:
        yield "azp", claims.get("azp") == client_id, "names this client, for several audiences"
    ends = claims.get("exp")
    yield "exp", _is_number(ends) and ends > now - SKEW, f"good for {_seconds(ends, now)}"
    made = claims.get("iat")
    yield "iat", _is_number(made) and made < now + SKEW, f"made {_seconds(now, made)} ago"
    subject = claims.get("sub")
    short = isinstance(subject, str) and 0 < len(subject) <= 255
    yield "sub", short, f"about {subject}; keep this as the key of your record"


def _nonce(claims: dict[str, Any], nonce: str | None) -> Check:
    if nonce is None:
        return "nonce", "nonce" not in claims, "none was sent, and none came back"
    same = claims.get("nonce") == nonce
    return "nonce", same, "the one that was sent, so this answers our request"


def _optional(
    header: dict[str, Any], claims: dict[str, Any], access_token: str | None, max_age: int | None
) -> Iterator[Check]:
    if "at_hash" in claims and access_token is not None:
        right = claims["at_hash"] == half_hash(header["alg"], access_token)
        yield "at_hash", right, "belongs to the access token beside it"
    if max_age is not None:
        since = claims.get("auth_time")
        young = _is_number(since) and since > clock.seconds() - max_age - SKEW
        yield "auth_time", young, f"signed in within the {max_age} s asked for"
    for name, meaning in (
        ("auth_time", "when the person signed in"),
        ("acr", "how strong that was"),
        ("amr", "by which means"),
        ("sid", "the session; a logout token will name it"),
    ):
        if name in claims:
            told = claims[name]
            text = ", ".join(map(str, told)) if isinstance(told, list) else told
            yield name, True, f"{meaning}: {text}"


def half_hash(alg: str, text: str) -> str:
    """Hash for `at_hash` (Core 3.1.3.6): the left half, by the token's own algorithm."""
    size = "512" if alg in ("EdDSA", "Ed25519") else alg[-3:]
    digest = hashlib.new(f"sha{size}", text.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def verify_logout(
    provider: ProviderMetadata, client_id: str, token: str, sid: Any, report: Report
) -> None:
    """Check a logout token (Back-Channel Logout 2.6); raises `Refused`."""
    header, claims = read(provider, token)
    audience, event = claims.get("aud"), claims.get("events")
    named = [audience] if isinstance(audience, str) else audience or []
    checks: list[Check] = [
        ("typ", str(header.get("typ")).lower() == "logout+jwt", f"a {header.get('typ')}"),
        ("iss", claims.get("iss") == provider.issuer, f"issued by {claims.get('iss')}"),
        ("aud", client_id in named, f"made for {', '.join(map(str, named))}"),
        ("events", isinstance(event, dict) and event.get(LOGOUT) == {}, "says that it is a logout"),
        ("sid", claims.get("sid") == sid, "names the session of the ID token"),
        ("nonce", "nonce" not in claims, "none, so that it can pass for no ID token"),
        ("jti", isinstance(claims.get("jti"), str), "its name; take each once"),
    ]
    for claim, ok, said in checks:
        step = f"logout_token {claim}"
        report.check(step, f"{claim}: {said}", ok=ok, why=f"{claim}: {said}: wrong")


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _seconds(until: Any, since: Any) -> str:
    both = _is_number(until) and _is_number(since)
    return f"{int(until - since)} s" if both else "an unknown time"
