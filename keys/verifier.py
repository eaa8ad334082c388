"""Verifying JWTs that come from outside: id_token_hint, client assertions, DPoP proofs.

Form first and cheaply (size, alphabet, header), then one key by id and algorithm, then the
signature through `joserfc`, then the claims as strict JSON. The caller names the algorithms
(RFC 8725 3.1); keys that a token brings along (`jwk`, `jku`, `x5u`, `x5c`) are never used; `crit`
and `b64` are refused, since no extension is understood here (RFC 7515 4.1.11). Who may say what in
which claim, for how long and how often, is left to the caller.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from joserfc.jws import JWSRegistry

from keys.encoding import decode, parse_object
from keys.errors import BadToken
from keys.public import KINDS, PublicKeys

MAX_TOKEN: Final = 16_384
_COMPACT: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_LONGEST_KID: Final = 512


# What `joserfc` verifies each algorithm with; the form of a token is checked here, once.
_ALGORITHMS: Final = {alg: JWSRegistry(algorithms=[alg]).get_alg(alg) for alg in KINDS}


@dataclass(frozen=True)
class Verified:
    """A token that was read: its header, its claims, and the id of the key that was asked for."""

    header: dict[str, Any]
    claims: dict[str, Any]
    kid: str | None


@dataclass(frozen=True)
class Unverified:
    """A token that was only read; nothing in it may be believed before `verify`."""

    header: dict[str, Any]
    payload: bytes
    signed: bytes
    signature: bytes
    kid: str | None

    @cached_property
    def claims(self) -> dict[str, Any]:
        """The claims, to find whose the token claims to be; reading them raises BadToken."""
        try:
            return parse_object(self.payload)
        except ValueError:
            raise BadToken("claims", "not one plain JSON object") from None


def verify(
    token: str | Unverified,
    keys: PublicKeys,
    algorithms: Collection[str],
    typ: str | Collection[str | None] | None = None,
) -> Verified:
    """Verify form, type and signature of a JWT; raise BadToken whatever is wrong with it.

    `typ` None takes any type, a text exactly that one, a collection any of them, None in it
    standing for a token without one. ValueError if `algorithms` names one that is not asymmetric:
    a mistake in the program, not in the token.
    """
    # A bare text would make `in` a search for a part of it.
    allowed = {algorithms} if isinstance(algorithms, str) else set(algorithms)
    if not allowed or not allowed <= KINDS.keys():
        raise ValueError("algorithms must name asymmetric signature algorithms")
    read = token if isinstance(token, Unverified) else read_unverified(token)
    alg = read.header.get("alg")
    if not isinstance(alg, str) or alg not in allowed:
        raise BadToken("algorithm", "not one of those allowed here")
    _check_typ(read.header, typ)
    key = keys.find(read.kid, alg)
    if key is None:
        raise BadToken("unknown_key", "no key, or more than one, fits its kid and alg")
    try:
        genuine = _ALGORITHMS[alg].verify(read.signed, read.signature, key.jose)
    except Exception:  # whatever goes wrong, the token is not verified (CVE-2024-51744)
        raise BadToken("signature") from None
    if genuine is not True:
        raise BadToken("signature")
    return Verified(read.header, read.claims, read.kid)


def read_unverified(token: str) -> Unverified:
    """Read the form of a token without any proof; raise BadToken."""
    if not isinstance(token, str):
        raise BadToken("malformed", "not text")
    if len(token) > MAX_TOKEN:
        raise BadToken("too_large")
    parts = _COMPACT.fullmatch(token)
    if parts is None:
        raise BadToken("malformed", "not three parts of base64url")
    try:
        header = parse_object(decode(parts[1]))
        payload, signature = decode(parts[2]), decode(parts[3])
    except ValueError:
        raise BadToken("malformed", "a part is not canonical, or the header is not JSON") from None
    if "crit" in header or "b64" in header:
        raise BadToken("crit", "no extension is understood")
    kid = header.get("kid")
    if kid is not None and not (isinstance(kid, str) and len(kid) <= _LONGEST_KID):
        raise BadToken("malformed", "kid is not a short text")
    signed = token[: parts.end(2)].encode("ascii")
    return Unverified(header, payload, signed, signature, kid)


def _check_typ(header: dict[str, Any], wanted: str | Collection[str | None] | None) -> None:
    if wanted is None:
        return
    accepted = {wanted} if isinstance(wanted, str) else set(wanted)
    found = header.get("typ")
    if "typ" in header and not isinstance(found, str):
        raise BadToken("type", "typ is not text")
    if _media_type(found) not in {_media_type(name) for name in accepted}:
        raise BadToken("type", "another kind of token")


def _media_type(typ: str | None) -> str | None:
    # RFC 7515 4.1.9: case-insensitive, `application/` may be left out.
    return None if typ is None else typ.lower().removeprefix("application/")
