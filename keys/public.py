"""Public keys for verifying signatures, parsed once: our own, and those that clients publish.

Foreign sets are untrusted: only members that define a public key are read, sizes are bounded before
any arithmetic, and whatever could turn a public key into a shared secret is refused (key confusion,
CVE-2024-37568 and its kin). Fetching a `jwks_uri` is left to the caller.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from keys.algorithms import PUBLIC_MEMBERS
from keys.encoding import decode
from keys.errors import BadKeySet
from keys.record import KeyRecord

JoseKey = ECKey | OKPKey | RSAKey

# What may be verified, and the only kind of key that fits: (kty, crv). Nothing symmetric.
KINDS: Final[Mapping[str, tuple[str, str | None]]] = {
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "Ed25519": ("OKP", "Ed25519"),
    **{f"{family}{size}": ("RSA", None) for family in ("RS", "PS") for size in (256, 384, 512)},
}
_CURVES: Final = {crv for _, crv in KINDS.values() if crv is not None}
_PRIVATE_MEMBERS: Final = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
_MOST_KEYS: Final = 64
_RSA_BITS: Final = range(2048, 8192 + 1)  # a huge modulus is a denial of service
_RSA_EXPONENTS: Final = range(65537, 2**32)  # FIPS 186-5 5.1; a huge exponent likewise
_LONGEST_MEMBER: Final = 1400  # base64url of 8192 bits is 1366 characters


@dataclass(frozen=True)
class PublicKey:
    """One key that signatures are verified with; `alg` None lets it serve every fitting one."""

    kid: str | None
    alg: str | None
    kind: tuple[str, str | None]
    jose: JoseKey = field(repr=False, compare=False)

    def fits(self, alg: str) -> bool:
        """Tell whether this key may verify that algorithm."""
        return KINDS.get(alg) == self.kind and self.alg in (None, alg)


@dataclass(frozen=True)
class PublicKeys:
    """A set of public keys, looked up by id and algorithm."""

    keys: tuple[PublicKey, ...]

    def find(self, kid: str | None, alg: str) -> PublicKey | None:
        """Find the one key that is meant; None when there is none, or more than one would do."""
        fitting = [key for key in self.keys if key.fits(alg) and (kid is None or key.kid == kid)]
        return fitting[0] if len(fitting) == 1 else None


def public_keyset(jwks: Mapping[str, Any]) -> PublicKeys:
    """Parse a JWK set of a client; raise BadKeySet.

    Keys of unknown kinds and keys for encryption are passed over (RFC 7517 5); private or symmetric
    material, weak and broken keys make the whole set unusable, so that its owner notices.
    """
    listed = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
        raise BadKeySet(f"a JWK set has a list `keys` of at most {_MOST_KEYS} keys")
    keys = tuple(key for item in listed if (key := _parse(item)) is not None)
    if not keys:
        raise BadKeySet("the JWK set has no key that verifies signatures")
    named = [(key.kid, key.kind) for key in keys if key.kid is not None]
    if len(set(named)) != len(named):
        raise BadKeySet("two keys of the JWK set have the same kid")
    return PublicKeys(keys)


def own_public_keys(records: Iterable[KeyRecord]) -> PublicKeys:
    """Parse the public parts of our own ring; the caller proved them."""
    return PublicKeys(
        tuple(_build(r.public_jwk, r.kid, r.alg) for r in records if r.wrapped_private is not None)
    )


def _parse(item: object) -> PublicKey | None:
    if not isinstance(item, Mapping):
        raise BadKeySet("a key of the JWK set is not an object")
    if _PRIVATE_MEMBERS & item.keys() or item.get("kty") == "oct":
        raise BadKeySet("the JWK set holds private or symmetric keys; replace those keys")
    if not _is_for_signatures(item):
        return None
    kid, alg = item.get("kid"), item.get("alg")
    if not isinstance(kid, str | None) or not isinstance(alg, str | None):
        raise BadKeySet("a key of the JWK set has a kid or alg that is not text")
    # The older name of the only Edwards curve that is taken here (RFC 9864 1.2).
    return _build(item, kid, "Ed25519" if alg == "EdDSA" else alg)


def _is_for_signatures(item: Mapping[str, Any]) -> bool:
    kty, operations = item.get("kty"), item.get("key_ops")
    if not isinstance(kty, str) or kty not in PUBLIC_MEMBERS or item.get("use", "sig") != "sig":
        return False
    if operations is not None and not (isinstance(operations, list) and "verify" in operations):
        return False
    crv = item.get("crv")
    return kty == "RSA" or (isinstance(crv, str) and crv in _CURVES)


def _build(jwk: Mapping[str, Any], kid: str | None, alg: str | None) -> PublicKey:
    kty = jwk["kty"]
    members = {name: jwk.get(name) for name in PUBLIC_MEMBERS[kty]}
    if not all(isinstance(m, str) and 0 < len(m) <= _LONGEST_MEMBER for m in members.values()):
        raise BadKeySet("a key of the JWK set lacks a member, or one is too long")
    plain = cast(dict[str, str | list[str]], members)
    kind = (cast(str, kty), None if kty == "RSA" else cast(str, plain["crv"]))
    try:
        if kty == "RSA":
            _check_rsa(cast(str, plain["n"]), cast(str, plain["e"]))
        jose = _import(cast(str, kty), plain)
    except (ValueError, KeyError, TypeError, OverflowError, JoseError):
        raise BadKeySet("a key of the JWK set is broken") from None
    return PublicKey(kid, alg, kind, jose)


def _import(kty: str, members: dict[str, str | list[str]]) -> JoseKey:
    match kty:
        case "EC":
            return ECKey.import_key(members)
        case "OKP":
            return OKPKey.import_key(members)
        case _:
            return RSAKey.import_key(members)


def _check_rsa(modulus: str, exponent: str) -> None:
    n, e = (int.from_bytes(decode(text), "big") for text in (modulus, exponent))
    if n.bit_length() not in _RSA_BITS or n % 2 == 0:
        raise BadKeySet(f"an RSA key of the JWK set has {n.bit_length()} bits, not 2048 to 8192")
    if e not in _RSA_EXPONENTS or e % 2 == 0:
        raise BadKeySet("an RSA key of the JWK set has an unusual exponent")
