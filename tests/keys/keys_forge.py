"""Tokens for the tests of the verifier: good ones, and forged as a lenient one accepts them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from keys.algorithms import get_algorithm, public_jwk
from keys.encoding import encode
from keys.errors import BadToken
from keys.public import PublicKeys, public_keyset
from keys.verifier import verify

KEY = get_algorithm("ES256").generate()
THIEF = get_algorithm("ES256").generate()
RSA = get_algorithm("RS256").generate()
KID = "Client-Key-1"
JWKS = {
    "keys": [
        {**public_jwk(KEY), "kid": KID, "alg": "ES256", "use": "sig"},
        {**public_jwk(RSA), "kid": "rsa", "use": "sig"},
    ]
}
KEYS = public_keyset(JWKS)
ALLOWED = ("ES256", "RS256", "PS256")
HEADER = {"alg": "ES256", "kid": KID, "typ": "JWT"}
CLAIMS = {"iss": "client", "exp": 1}

Json = dict[str, Any]


def forge(
    header: object,
    claims: object = CLAIMS,
    key: object = KEY,
    alg: str = "ES256",
    sign: Callable[[bytes], bytes] | None = None,
) -> str:
    def part(value: object) -> str:
        return encode(value if isinstance(value, bytes) else json.dumps(value).encode())

    text = f"{part(header)}.{part(claims)}"
    signature = (sign or (lambda m: get_algorithm(alg).sign(key, m)))(text.encode())
    return f"{text}.{encode(signature)}"


def reason(token: str, keys: PublicKeys = KEYS, algorithms: Any = ALLOWED, typ: Any = None) -> str:
    with pytest.raises(BadToken) as caught:
        verify(token, keys, algorithms, typ)
    assert caught.value.__cause__ is None
    return caught.value.reason
