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
from typing import Any, Final

from joserfc.jws import JWSRegistry, deserialize_compact

from keys.encoding import decode, parse_object
from keys.errors import BadToken
from keys.public import KINDS, PublicKeys

MAX_TOKEN: Final = 16_384
_COMPACT: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_LONGEST_KID: Final = 512


class _Registry(JWSRegistry):
    # The size of the whole was checked; these only must not be smaller.
    max_header_length = MAX_TOKEN
    max_payload_length = MAX_TOKEN
    max_signature_length = MAX_TOKEN


# Unknown header members are ignored (RFC 7515 4); one registry per algorithm allows just that one.
_REGISTRIES: Final = {alg: _Registry(algorithms=[alg], strict_check_header=False) for alg in KINDS}


@dataclass(frozen=True)
class Verified:
    """A token that was read: its header, its claims, and the id of the key that was asked for."""

    header: dict[str, Any]
    claims: dict[str, Any]
    kid: str | None


def verify(
    token: str,
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
    header, payload = _split(token)
    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in allowed:
        raise BadToken("algorithm", "not one of those allowed here")
    _check_typ(header, typ)
    kid = header.get("kid")
    key = keys.find(kid, alg)
    if key is None:
        raise BadToken("unknown_key", "no key, or more than one, fits its kid and alg")
    try:
        deserialize_compact(token, key.jose, registry=_REGISTRIES[alg])
    except Exception:
        # Whatever goes wrong while verifying, the token is not verified (CVE-2024-51744).
        raise BadToken("signature") from None
    return Verified(header, _claims(payload), kid)


def read_unverified(token: str) -> Verified:
    """Read a token without any proof, to find whose it claims to be; raise BadToken.

    Nothing in the result may be believed before `verify`.
    """
    header, payload = _split(token)
    return Verified(header, _claims(payload), header.get("kid"))


def _split(token: str) -> tuple[dict[str, Any], str]:
    if not isinstance(token, str):
        raise BadToken("malformed", "not text")
    if len(token) > MAX_TOKEN:
        raise BadToken("too_large")
    parts = _COMPACT.fullmatch(token)
    if parts is None:
        raise BadToken("malformed", "not three parts of base64url")
    try:
        header = parse_object(decode(parts[1]))
        decode(parts[2])
        decode(parts[3])
    except ValueError:
        raise BadToken("malformed", "a part is not canonical, or the header is not JSON") from None
    if "crit" in header or "b64" in header:
        raise BadToken("crit", "no extension is understood")
    kid = header.get("kid")
    if kid is not None and not (isinstance(kid, str) and len(kid) <= _LONGEST_KID):
        raise BadToken("malformed", "kid is not a short text")
    return header, parts[2]


def _claims(payload: str) -> dict[str, Any]:
    try:
        return parse_object(decode(payload))
    except ValueError:
        raise BadToken("claims", "not one plain JSON object") from None


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
