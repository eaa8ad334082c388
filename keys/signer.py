"""Signing JWTs with the active key (RFC 7515 compact form). Verifying is `keys.verifier`.

Written by hand on `cryptography`, with the header encoded once per key, because every token
response pays for it; tests prove each algorithm against `joserfc`. Which claims a token carries is
decided by the caller.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from keys.encoding import encode
from keys.errors import UnsignableClaims
from keys.keyset import KeySet, SigningKey
from keys.public import PublicKeys, public_keyset
from keys.verifier import MAX_TOKEN, Verified, read_unverified, verify

__all__ = [
    "MAX_TOKEN",
    "PublicKeys",
    "Signer",
    "Verified",
    "public_keyset",
    "read_unverified",
    "verify",
]

_to_json: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":")
).encode
_HEADERS_KEPT: Final = 256


class Signer:
    """Signs with whatever key is active at the moment of signing."""

    def __init__(self, keys: Callable[[], KeySet]) -> None:
        self._keys = keys
        self._headers: dict[tuple[str, str, str | None], str] = {}

    def can_sign(self, alg: str) -> bool:
        """Tell whether a key signs with this algorithm now."""
        return alg in self._keys().algs

    def sign_jwt(self, claims: Mapping[str, Any], alg: str, typ: str | None = "JWT") -> str:
        """Sign claims as a JWT; raise NoActiveKey, UnsignableClaims.

        `typ` keeps kinds of tokens apart (RFC 8725 3.11): `at+jwt`, `logout+jwt`.
        """
        key = self._keys().active(alg)
        try:
            # Lone surrogates fail here rather than as a token that no receiver can read.
            payload = encode(_to_json(dict(claims)).encode("utf-8"))
        except (TypeError, ValueError, RecursionError) as error:
            raise UnsignableClaims(f"claims are not plain JSON ({type(error).__name__})") from None
        signing_input = f"{self._header(key, typ)}.{payload}"
        return f"{signing_input}.{encode(key.sign(signing_input.encode('ascii')))}"

    def _header(self, key: SigningKey, typ: str | None) -> str:
        name = (key.kid, key.alg, typ)
        header = self._headers.get(name)
        if header is None:
            if len(self._headers) >= _HEADERS_KEPT:
                self._headers.clear()  # keys come and go; a process may live for years
            members = {"alg": key.alg, "kid": key.kid} | ({} if typ is None else {"typ": typ})
            header = self._headers[name] = encode(_to_json(members).encode("utf-8"))
        return header
