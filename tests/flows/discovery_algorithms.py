"""Probes of the algorithms that discovery lists: each signs once, and is believed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import extract_compact

from tests.attacks.hostile_signing import Sign, signed
from tests.flows.journey import code_for, signed_in
from tests.support.demo import Demo
from tests.support.parties import now, party, proven
from tests.support.relying_party import Pkce

Probe = Callable[[Demo, Any], None]
CODE = {"grant_type": "authorization_code", "code": "none", "code_verifier": "v" * 43}
SIGNS = {"RS256": "reader", "ES256": "card", "PS256": "legacy", "Ed25519": "robot"}
"""A client for each algorithm of ID tokens."""


def signer(alg: str) -> tuple[dict[str, Any], Sign]:
    """Make a key for an algorithm: its public JWK, and how it signs."""
    if alg == "ES256":
        on_curve = ec.generate_private_key(ec.SECP256R1())

        def es256(data: bytes) -> bytes:
            r, s = decode_dss_signature(on_curve.sign(data, ECDSA(SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")

        return dict(ECKey.import_key(on_curve.public_key()).as_dict(private=False)), es256
    if alg == "Ed25519":
        edwards = ed25519.Ed25519PrivateKey.generate()
        return dict(OKPKey.import_key(edwards.public_key()).as_dict(private=False)), edwards.sign
    big = rsa.generate_private_key(65537, 2048)
    how: Any = padding.PSS(padding.MGF1(SHA256()), 32) if alg == "PS256" else padding.PKCS1v15()
    public = dict(RSAKey.import_key(big.public_key()).as_dict(private=False))
    return public, lambda data: big.sign(data, how, SHA256())


def by_assertion(path: str) -> Probe:
    """Expect that assertions of every algorithm are taken at an endpoint, and of no other."""

    def probe(demo: Demo, algorithms: list[str]) -> None:
        assert set(algorithms) == {"ES256", "RS256", "PS256", "Ed25519"}
        for alg in algorithms:
            jwk, sign = signer(alg)
            client_id = register_key(demo, alg, jwk)
            at = now(demo)
            claims = {"iss": client_id, "sub": client_id, "aud": demo.issuer, "iat": at}
            claims |= {"exp": at + 60, "jti": secrets.token_urlsafe(16)}
            form = CODE | {"token": "none"} | proven(signed({"alg": alg}, claims, sign))
            answer = requests.post(demo.issuer + path, data=form, timeout=30)
            assert answer.status_code in (200, 400), (alg, answer.text)
            wrong = proven(signed({"alg": alg}, claims | {"jti": "x"}, lambda _: b"x" * 64))
            refused = requests.post(demo.issuer + path, data=CODE | wrong, timeout=30)
            assert refused.status_code == 401

    return probe


def register_key(demo: Demo, alg: str, jwk: dict[str, Any]) -> str:
    """Add a client with this key while the demo runs; answers its id."""
    client_id = f"truth-{alg.lower()}-{secrets.token_hex(4)}"
    told = {
        "client_id": client_id,
        "client_name": "みほん署名",
        "redirect_uris": ["https://truth.mihon.example/callback"],
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": "openid",
        "jwks": {"keys": [jwk | {"kid": "truth", "alg": alg}]},
    }
    path = demo.data.parent / f"{client_id}.json"
    path.write_text(json.dumps(told))
    done = demo.idp("client", "add", "--file", str(path))
    assert done.returncode == 0, done.stderr
    return client_id


def proofs(demo: Demo, algorithms: list[str]) -> None:
    """Expect that a proof under each algorithm is believed."""
    for alg in algorithms:
        jwk, sign = signer(alg)
        public = {k: v for k, v in jwk.items() if k in ("kty", "crv", "x", "y", "n", "e")}
        claims = {"htm": "POST", "htu": demo.issuer + "/token", "iat": now(demo)}
        header = {"typ": "dpop+jwt", "alg": alg, "jwk": public}
        proof = signed(header, claims | {"jti": secrets.token_urlsafe(16)}, sign)
        form = CODE | {"client_id": "phone"}
        answer = requests.post(
            demo.issuer + "/token", data=form, headers={"DPoP": proof}, timeout=30
        )
        assert answer.json()["error"] == "invalid_grant", (alg, answer.text)


def id_tokens(demo: Demo, algorithms: list[str]) -> None:
    """Expect an ID token under each algorithm, RS256 among them."""
    browser = signed_in(demo)
    assert "RS256" in algorithms
    for alg in algorithms:
        pkce, client = Pkce(), party(demo, SIGNS[alg])
        tokens = client.exchange(code_for(browser, client, pkce, scope="openid"), pkce).json()
        assert extract_compact(tokens["id_token"].encode()).headers()["alg"] == alg
