"""Tokens made by hand: any header, any claims, any signature, and what is taken for a secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey

Sign = Callable[[bytes], bytes]


def b64(data: bytes | str) -> str:
    """Encode as a part of a token."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: Any, claims: Any, sign: Sign) -> str:
    """Make a token by hand, whatever its header and claims say; text is taken as it is."""
    said = [
        part if isinstance(part, str | bytes) else json.dumps(part) for part in (header, claims)
    ]
    start = f"{b64(said[0])}.{b64(said[1])}"
    return f"{start}.{b64(sign(start.encode()))}"


def es256(key: ECKey) -> Sign:
    """Sign as ES256 does."""
    private: Any = key.private_key

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(data, ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return sign


def mac(secret: bytes, digest: Any = hashlib.sha256) -> Sign:
    """Sign as HS256 does, with whatever was taken for a secret."""
    return lambda data: hmac.digest(secret, data, digest)


def fixed(signature: bytes) -> Sign:
    """Sign with the same bytes always."""
    return lambda _data: signature


def public_forms(key: ECKey) -> dict[str, bytes]:
    """Give every text of a public key that somebody may take for a shared secret."""
    public: Any = key.public_key
    info = PublicFormat.SubjectPublicKeyInfo
    jwk = key.as_dict(private=False)
    pem = public.public_bytes(Encoding.PEM, info)
    return {
        "PEM": pem,
        "PEM, stripped": pem.strip(),
        "PEM on one line": pem.replace(b"\n", b""),
        "DER": public.public_bytes(Encoding.DER, info),
        "point": public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
        "JWK": json.dumps(jwk).encode(),
        "JWK, compact": json.dumps(jwk, separators=(",", ":")).encode(),
        "JWK set": json.dumps({"keys": [jwk]}).encode(),
        "x": str(jwk["x"]).encode(),
    }
