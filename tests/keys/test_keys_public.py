"""Foreign JWK sets: only what verifies, bounded, nothing secret (keys.public)."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from keys.algorithms import get_algorithm, public_jwk
from keys.encoding import encode
from keys.errors import BadKeySet
from keys.public import public_keyset

EC = public_jwk(get_algorithm("ES256").generate())
RSA = public_jwk(get_algorithm("RS256").generate())
OKP = public_jwk(get_algorithm("Ed25519").generate())


def number(value: int) -> str:
    return encode(value.to_bytes((value.bit_length() + 7) // 8 or 1, "big"))


def test_usable_keys_are_found_by_id_and_algorithm() -> None:
    keys = public_keyset({"keys": [{**EC, "kid": "a"}, {**RSA, "kid": "b"}, {**OKP, "kid": "c"}]})
    assert [key.kid for key in keys.keys] == ["a", "b", "c"]
    found = keys.find("b", "PS512")
    assert found is not None
    assert found.kid == "b"
    for kid, alg in (
        ("a", "RS256"),
        ("b", "ES256"),
        ("c", "ES256"),
        ("a", "HS256"),
        ("x", "ES256"),
    ):
        assert keys.find(kid, alg) is None


def test_the_old_name_of_ed25519_is_understood_on_a_key() -> None:
    assert public_keyset({"keys": [{**OKP, "alg": "EdDSA"}]}).find(None, "Ed25519") is not None


@pytest.mark.parametrize(
    "other",
    [
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "X25519", "x": "AA"},
        {**EC, "use": "enc"},
        {**EC, "key_ops": ["deriveKey"]},
        {**EC, "key_ops": "verify"},
        {"kty": None},
        {"kty": ["EC"]},
        {"kty": "EC", "crv": ["P-256"]},
        {},
    ],
)
def test_keys_for_other_uses_are_passed_over(other: dict[str, Any]) -> None:
    assert len(public_keyset({"keys": [other, EC]}).keys) == 1
    with pytest.raises(BadKeySet, match="no key"):
        public_keyset({"keys": [other]})


@pytest.mark.parametrize(
    "bad",
    [
        {"kty": "oct", "k": "AAAA"},
        {"kty": "oct"},
        {**EC, "d": "AAAA"},
        {**RSA, "p": "AAAA"},
        {**EC, "k": "AAAA"},
        {**EC, "kid": 5},
        {**EC, "alg": ["ES256"]},
        {**EC, "x": 5},
        {**EC, "x": ""},
        {**EC, "x": "A" * 2000},
        {**EC, "x": EC["x"] + "="},
        {**EC, "x": EC["y"]},
        {**EC, "crv": "P-384"},
        {"kty": "EC", "crv": "P-256", "x": EC["x"]},
        {**OKP, "x": "AAAA"},
        {**OKP, "x": "\ud800"},
        {**RSA, "e": number(1)},
        {**RSA, "e": number(3)},
        {**RSA, "e": number(65536)},
        {**RSA, "e": number(2**2000 + 1)},
        {**RSA, "n": number(2**1023 + 1)},
        {**RSA, "n": number(2**2047)},
        {**RSA, "n": number(2**8199 + 1)},
        {**RSA, "n": "é"},
        "text",
        None,
        [],
    ],
)
def test_secret_weak_and_broken_keys_spoil_the_set(bad: object) -> None:
    with pytest.raises(BadKeySet):
        public_keyset({"keys": [EC, bad]})


def test_a_weak_rsa_key_is_refused_without_a_warning() -> None:
    weak = rsa.generate_private_key(65537, 1024)
    with pytest.raises(BadKeySet, match="1024 bits"):
        public_keyset({"keys": [public_jwk(weak)]})


@pytest.mark.parametrize(
    "jwks", [{}, {"keys": None}, {"keys": {}}, {"keys": "text"}, {"keys": []}, [], None, "x", b"{}"]
)
def test_what_is_no_key_set_is_refused(jwks: Any) -> None:
    with pytest.raises(BadKeySet):
        public_keyset(jwks)


def test_too_many_or_repeated_keys_are_refused() -> None:
    with pytest.raises(BadKeySet, match="at most 64"):
        public_keyset({"keys": [{}] * 65})
    with pytest.raises(BadKeySet, match="same kid"):
        public_keyset({"keys": [{**EC, "kid": "a"}, {**EC, "kid": "a"}]})
