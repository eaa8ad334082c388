"""The two tokens that the provider signs for the card: ID tokens and logout tokens.

OpenID Connect Core 3.1.3.7 and Back-Channel Logout 1.0 2.6. Whether a `jti` was seen before is
for the store; who may still show a card is for `codes`. Only ES256, the algorithm the client is
registered with, so neither `none` nor a public key used as an HMAC secret can pass.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jws import extract_compact

from relying_parties.card.provider import REASONS

ALGORITHM: Final = "ES256"
EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LEEWAY: Final = 60.0
MAX_TOKEN: Final = 8192
MAX_NAME: Final = 255

FindKey = Callable[[str], ECKey | None]


class BadTokenError(ValueError):
    """The token is not one the provider made for this card; the text is a constant."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session at the provider as an ID token names it; `began_at` is its `auth_time`."""

    sid: str
    sub: str
    began_at: float


@dataclass(frozen=True, slots=True)
class Notice:
    """A validated logout token: which session, or (without `sid`) which subject, has ended."""

    jti: str
    sid: str | None
    sub: str | None
    issued_at: float
    expires_at: float
    reason: str | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Validates tokens of one issuer for one client."""

    issuer: str
    client_id: str
    find_key: FindKey

    def session(self, token: str) -> Session:
        """Return the session an ID token belongs to; raises BadTokenError, UnreachableError.

        Expiry is left out on purpose: the token is shown as a proof of which session the app
        signed in with (like `id_token_hint`), beside an access token that must be alive.
        """
        claims = self._claims(token, types=("jwt", ""))
        sid, sub = _name(claims, "sid"), _name(claims, "sub")
        if sid is None or sub is None or "events" in claims:
            raise BadTokenError("the ID token must carry sub and sid")
        began = claims.get("auth_time", claims.get("iat"))
        return Session(sid, sub, _time(began, "auth_time"))

    def notice(self, token: str, now: float) -> Notice:
        """Return what a logout token says; raises BadTokenError, UnreachableError."""
        claims = self._claims(token, types=("logout+jwt",))
        issued, expires = _time(claims.get("iat"), "iat"), _time(claims.get("exp"), "exp")
        if issued > now + LEEWAY or expires <= now - LEEWAY:
            raise BadTokenError("the token is not valid at this time")
        if "nonce" in claims:
            raise BadTokenError("a logout token must not carry a nonce")
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
            raise BadTokenError("the logout event is missing")
        jti, sid, sub = _name(claims, "jti"), _name(claims, "sid"), _name(claims, "sub")
        if jti is None or (sid is None and sub is None):
            raise BadTokenError("a logout token needs jti, and sid or sub")
        return Notice(jti, sid, sub, issued, expires, _reason(claims, events[EVENT]))

    def _claims(self, token: str, types: tuple[str, ...]) -> dict[str, Any]:
        if len(token) > MAX_TOKEN or not token.isascii():
            raise BadTokenError("the token is malformed")
        try:
            header = extract_compact(token.encode("ascii")).headers()
            kind = str(header.get("typ", "")).lower().removeprefix("application/")
            if header.get("alg") != ALGORITHM or kind not in types:
                raise BadTokenError("the token is of the wrong kind")
            key = self.find_key(str(header.get("kid", "")))
            if key is None:
                raise BadTokenError("the token is signed by an unknown key")
            claims = dict(jwt.decode(token, key, algorithms=[ALGORITHM]).claims)
        except (JoseError, ValueError, RecursionError) as error:
            if isinstance(error, BadTokenError):
                raise
            raise BadTokenError("the signature does not fit") from error
        audience = claims.get("aud")
        if claims.get("iss") != self.issuer:
            raise BadTokenError("the token is of another issuer")
        if audience != self.client_id and not (
            isinstance(audience, list) and self.client_id in audience
        ):
            raise BadTokenError("the token is for another client")
        return claims


def _name(claims: dict[str, Any], key: str) -> str | None:
    value = claims.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME or not value.isprintable():
        raise BadTokenError(f"{key} is malformed")
    return value


def _time(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e11:
        raise BadTokenError(f"{key} is missing or malformed")
    return float(value)


def _reason(claims: dict[str, Any], event: dict[str, Any]) -> str | None:
    """A provider may say why in the event (or beside it); only the known constants count."""
    for value in (event.get("reason"), claims.get("reason")):
        if isinstance(value, str) and value in REASONS:
            return value
    return None
