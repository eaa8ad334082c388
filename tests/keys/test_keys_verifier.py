"""Verifying what comes from outside: keys, algorithms, headers (keys.verifier)."""

import hmac
import json
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from keys_forge import (
    ALLOWED,
    CLAIMS,
    HEADER,
    JWKS,
    KEY,
    KEYS,
    KID,
    RSA,
    THIEF,
    Json,
    forge,
    reason,
)

from keys.algorithms import public_jwk, thumbprint
from keys.encoding import encode
from keys.errors import BadToken
from keys.public import public_keyset
from keys.verifier import read_unverified, verify


def test_a_good_token_is_read() -> None:
    verified = verify(forge(HEADER), KEYS, ALLOWED, "JWT")
    assert (verified.header, verified.claims, verified.kid) == (HEADER, CLAIMS, KID)


@pytest.mark.parametrize("alg", ["RS256", "PS256"])
def test_one_rsa_key_without_alg_serves_both_families(alg: str) -> None:
    token = forge({"alg": alg, "kid": "rsa"}, key=RSA, alg=alg)
    assert verify(token, KEYS, ALLOWED).claims == CLAIMS
    assert reason(token, algorithms=["ES256"]) == "algorithm"


def test_a_lone_key_needs_no_kid_and_two_do() -> None:
    token = forge({"alg": "ES256"})
    assert verify(token, KEYS, ALLOWED).kid is None
    other = {**public_jwk(THIEF), "kid": "other"}
    assert reason(token, public_keyset({"keys": [*JWKS["keys"], other]})) == "unknown_key"


def _public_texts() -> list[bytes]:
    texts = []
    for key in (KEY, RSA):
        public = key.public_key()
        for encoding in (Encoding.PEM, Encoding.DER):
            pem = public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
            texts += [pem, pem.strip()]
    jwks = [json.dumps(jwk, separators=(",", ":")).encode() for jwk in JWKS["keys"]]
    return [*texts, *jwks, json.dumps(JWKS).encode(), b"", b"null"]


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_hmac_with_public_key_text_as_secret_is_refused(alg: str) -> None:
    for secret in _public_texts():
        for kid in (KID, "rsa", None):
            header = {"alg": alg} | ({"kid": kid} if kid else {})
            token = forge(header, sign=partial(hmac.digest, secret, digest=f"sha{alg[2:]}"))
            assert reason(token) == "algorithm"
            for named in ("ES256", "RS256"):  # the same signature under an honest name
                disguised = forge(
                    header | {"alg": named},
                    sign=partial(hmac.digest, secret, digest=f"sha{alg[2:]}"),
                )
                assert reason(disguised) in {"signature", "unknown_key"}


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "nOnE", "", " none", "none\x00", None, 0, []]
)
def test_unsigned_tokens_are_refused(alg: object) -> None:
    header = {"alg": alg, "kid": KID}
    text = f"{encode(json.dumps(header).encode())}.{encode(b'{}')}"
    assert reason(text + ".") == "malformed"
    assert reason(text) == "malformed"
    assert reason(forge(header)) == "algorithm"


@pytest.mark.parametrize("alg", ["es256", "ES256 ", "ES384", "ES256K", "EdDSA", "RSA-OAEP", "dir"])
def test_algorithms_not_named_by_the_caller_are_refused(alg: str) -> None:
    assert reason(forge({**HEADER, "alg": alg})) == "algorithm"
    assert reason(forge({"kid": KID})) == "algorithm"


def test_a_key_serves_no_algorithm_of_another_kind() -> None:
    assert reason(forge({"alg": "RS256", "kid": KID})) == "unknown_key"
    assert reason(forge({"alg": "ES256", "kid": "rsa"})) == "unknown_key"
    pinned = public_keyset({"keys": [{**public_jwk(RSA), "kid": "rsa", "alg": "RS256"}]})
    token = forge({"alg": "PS256", "kid": "rsa"}, key=RSA, alg="PS256")
    assert reason(token, pinned) == "unknown_key"


@pytest.mark.parametrize("algorithms", [(), [], "", "HS256", ["none"], ["ES256", "HS256"], "ES"])
def test_symmetric_algorithms_cannot_even_be_asked_for(algorithms: Any) -> None:
    with pytest.raises(ValueError, match="asymmetric"):
        verify(forge(HEADER), KEYS, algorithms)


@pytest.mark.parametrize(
    "brought",
    [
        {"jwk": public_jwk(THIEF)},
        {"jku": "https://thief.example/jwks"},
        {"x5u": "https://thief.example/cert"},
        {"x5c": ["AAAA"]},
        {"x5t": "AAAA"},
        {"jwk": "text"},
    ],
)
def test_keys_in_the_header_are_never_used(brought: Json) -> None:
    for kid in (KID, thumbprint(public_jwk(THIEF)), None):
        header = {"alg": "ES256", **brought} | ({"kid": kid} if kid else {})
        assert reason(forge(header, key=THIEF)) in {"signature", "unknown_key"}


def test_a_key_in_the_header_does_not_stop_the_right_one() -> None:
    token = forge({**HEADER, "jwk": public_jwk(THIEF)})
    assert verify(token, KEYS, ALLOWED).claims == CLAIMS


@pytest.mark.parametrize(
    "kid",
    ["../../dev/null", "x' OR '1'='1", "\x00", "", KID + " ", KID.lower(), "k" * 512],
)
def test_strange_key_ids_find_nothing(kid: str) -> None:
    assert reason(forge({**HEADER, "kid": kid})) == "unknown_key"


@pytest.mark.parametrize("kid", [1, [], {}, True, "k" * 513, [KID]])
def test_key_ids_that_are_no_short_text_are_malformed(kid: object) -> None:
    assert reason(forge({**HEADER, "kid": kid})) == "malformed"


@pytest.mark.parametrize(
    "extra",
    [
        {"crit": ["bork"]},
        {"crit": ["bork"], "bork": 1},
        {"crit": []},
        {"crit": "exp"},
        {"crit": None},
        {"crit": ["alg"]},
        {"crit": ["b64"], "b64": True},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
    ],
)
def test_extensions_are_refused(extra: Json) -> None:
    assert reason(forge({**HEADER, **extra})) == "crit"


def test_unknown_members_that_are_not_critical_are_ignored() -> None:
    assert verify(forge({**HEADER, "nonce": "n", "zip": "DEF"}), KEYS, ALLOWED).claims == CLAIMS


@pytest.mark.parametrize(
    ("typ", "wanted", "good"),
    [
        ("JWT", "JWT", True),
        ("jwt", "JWT", True),
        ("application/at+jwt", "at+jwt", True),
        ("AT+JWT", "application/at+jwt", True),
        ("at+jwt", "JWT", False),
        ("JWT", "at+jwt", False),
        ("at+jwtx", "at+jwt", False),
        (None, "JWT", False),
        (None, ("JWT", None), True),
        ("JWT", ("JWT", None), True),
        ("logout+jwt", ("JWT", None), False),
        ("", ("JWT", None), False),
        ("anything", None, True),
        (None, None, True),
    ],
)
def test_types_keep_tokens_apart(typ: str | None, wanted: Any, good: bool) -> None:
    header = {"alg": "ES256", "kid": KID} | ({} if typ is None else {"typ": typ})
    if good:
        assert verify(forge(header), KEYS, ALLOWED, wanted).claims == CLAIMS
    else:
        assert reason(forge(header), typ=wanted) == "type"


@pytest.mark.parametrize("typ", [None, 1, ["JWT"], {}])
def test_a_type_that_is_no_text_is_refused(typ: object) -> None:
    assert reason(forge({**HEADER, "typ": typ}), typ=("JWT", None)) == "type"


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe{}",
        b'{"alg":"none","alg":"ES256"}',
        b'{"alg":"ES256","x":NaN}',
        b'{"alg":"ES256","x":1e999}',
        b'{"alg":"ES256"}{}',
        b"\xef\xbb\xbf" + json.dumps(HEADER).encode(),
        b'{"a":' * 1500,
        b"[" * 8000,
        b'{"alg":"ES256","kid":"\\ud800"}',
    ],
)
def test_headers_that_are_not_one_plain_object_are_malformed(header: bytes) -> None:
    assert reason(forge(header)) == "malformed"
    with pytest.raises(BadToken):
        read_unverified(forge(header))
