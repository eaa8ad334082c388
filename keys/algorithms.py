"""The algorithms that tokens are signed with: how a key is made, named and used (RFC 7518, 9864).

Signing goes straight to `cryptography`: a general library adds about half the cost of an ES256
signature to every token. Verifying what others send is left to `keys.verifier`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from keys.encoding import encode
from keys.errors import UnsupportedAlgorithm

PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey | Ed25519PrivateKey

# The members a public key has, and no other: RFC 7518 6.2.1, 6.3.1, RFC 8037 2.
PUBLIC_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "EC": ("crv", "kty", "x", "y"),
    "OKP": ("crv", "kty", "x"),
    "RSA": ("e", "kty", "n"),
}
_RSA_BITS: Final = 2048
_SHA256: Final = hashes.SHA256()
_ECDSA: Final = ECDSA(_SHA256)
_PKCS1: Final = padding.PKCS1v15()
_PSS: Final = padding.PSS(mgf=padding.MGF1(_SHA256), salt_length=32)


@dataclass(frozen=True)
class Algorithm:
    """One JWS algorithm as this package signs with it."""

    name: str
    generate: Callable[[], PrivateKey]
    fits: Callable[[object], bool]
    sign: Callable[[Any, bytes], bytes]


def get_algorithm(name: str) -> Algorithm:
    """Look up an algorithm by its JOSE name; raise UnsupportedAlgorithm."""
    try:
        return _ALGORITHMS[name]
    except KeyError:
        raise UnsupportedAlgorithm(
            f"{name!r} is not one of {', '.join(sorted(_ALGORITHMS))}"
        ) from None


def public_jwk(key: PrivateKey) -> dict[str, str]:
    """Give the public part as a JWK with only the members that define it."""
    if isinstance(key, RSAPrivateKey):
        rsa = key.public_key().public_numbers()
        return {"e": _number(rsa.e), "kty": "RSA", "n": _number(rsa.n)}
    if isinstance(key, Ed25519PrivateKey):
        return {"crv": "Ed25519", "kty": "OKP", "x": encode(key.public_key().public_bytes_raw())}
    point = key.public_key().public_numbers()
    return {"crv": "P-256", "kty": "EC", "x": _coordinate(point.x), "y": _coordinate(point.y)}


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Compute the SHA-256 thumbprint of a public key (RFC 7638 3); raise UnsupportedAlgorithm."""
    kty = jwk.get("kty")
    names = PUBLIC_MEMBERS.get(kty) if isinstance(kty, str) else None
    if names is None or not all(isinstance(jwk.get(name), str) for name in names):
        raise UnsupportedAlgorithm(
            "this JWK has no thumbprint here: not a public EC, OKP or RSA key"
        )
    body = json.dumps({name: jwk[name] for name in names}, separators=(",", ":"), sort_keys=True)
    return encode(sha256(body.encode("ascii")).digest())


def _sign_es256(key: EllipticCurvePrivateKey, message: bytes) -> bytes:
    # JWS wants r || s, 32 bytes each, not the DER form (RFC 7518 3.4).
    r, s = decode_dss_signature(key.sign(message, _ECDSA))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _sign_rs256(key: RSAPrivateKey, message: bytes) -> bytes:
    return key.sign(message, _PKCS1, _SHA256)


def _sign_ps256(key: RSAPrivateKey, message: bytes) -> bytes:
    return key.sign(message, _PSS, _SHA256)


def _sign_ed25519(key: Ed25519PrivateKey, message: bytes) -> bytes:
    return key.sign(message)


def _is_p256(key: object) -> bool:
    return isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1)


def _is_rsa(key: object) -> bool:
    return isinstance(key, RSAPrivateKey) and key.key_size >= _RSA_BITS


def _is_ed25519(key: object) -> bool:
    return isinstance(key, Ed25519PrivateKey)


def _new_p256() -> PrivateKey:
    return generate_private_key(SECP256R1())


def _new_rsa() -> PrivateKey:
    return generate_rsa(public_exponent=65537, key_size=_RSA_BITS)


def _coordinate(number: int) -> str:
    return encode(number.to_bytes(32, "big"))


def _number(number: int) -> str:
    return encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))


_ALGORITHMS: Final[Mapping[str, Algorithm]] = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("ES256", _new_p256, _is_p256, _sign_es256),
        Algorithm("RS256", _new_rsa, _is_rsa, _sign_rs256),
        Algorithm("PS256", _new_rsa, _is_rsa, _sign_ps256),
        Algorithm("Ed25519", Ed25519PrivateKey.generate, _is_ed25519, _sign_ed25519),
    )
}
