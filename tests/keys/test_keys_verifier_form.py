"""Verifying what comes from outside: texts, sizes, signatures, claims (keys.verifier)."""

import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey
from keys_forge import (
    ALLOWED,
    CLAIMS,
    HEADER,
    KEY,
    KEYS,
    THIEF,
    Json,
    forge,
    reason,
)

from keys.algorithms import public_jwk
from keys.errors import BadToken
from keys.verifier import MAX_TOKEN, read_unverified, verify


def _reshaped(token: str) -> list[str]:
    header, payload, signature = token.split(".")
    return [
        f"{header}.{payload}.{signature}=",
        f"{header}.{payload}.{signature}==",
        f"{header}=.{payload}.{signature}",
        f"{header}.{payload}=.{signature}",
        f" {token}",
        f"{token} ",
        f"{token}\n",
        f"{token}\x00",
        f"{header}.{payload}\n.{signature}",
        f"{token}.",
        f".{token}",
        f"{header}..{signature}",
        f"..{signature}",
        "..",
        "",
        ".",
        f"{token}.{signature}.{signature}",
        f"{token}~",
        f"{token}ー",
        token.replace(".", "．"),
        f"{token}\ud800",
        json.dumps({"protected": header, "payload": payload, "signature": signature}),
    ]


def test_other_texts_of_the_same_token_are_refused() -> None:
    for text in _reshaped(forge(HEADER)):
        assert reason(text) == "malformed"


def test_spare_bits_of_the_last_character_do_not_make_a_second_token() -> None:
    token = forge(HEADER)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twins = [token[:-1] + char for char in alphabet if char != token[-1]]
    assert {reason(twin) for twin in twins} <= {"malformed", "signature"}


@pytest.mark.parametrize("token", [None, 5, b"a.b.c", [], {}])
def test_what_is_no_text_is_malformed(token: Any) -> None:
    assert reason(token) == "malformed"


@pytest.mark.parametrize(
    "huge", ["." * 1_000_000, "A" * 1_000_000, "A." * 500_000, "=" * 1_000_000, "é" * 1_000_000]
)
def test_a_huge_token_is_refused_before_anything_is_done(huge: str) -> None:
    started = time.process_time()
    for _ in range(100):
        with pytest.raises(BadToken, match="too_large"):
            verify(huge, KEYS, ALLOWED)
    assert time.process_time() - started < 0.5


def test_the_size_limit_is_exact() -> None:
    room = MAX_TOKEN - len(forge(HEADER, {"pad": ""}))
    for size in range(room * 3 // 4 - 6, room * 3 // 4 + 6):
        token = forge(HEADER, {"pad": "x" * size})
        if len(token) <= MAX_TOKEN:
            assert verify(token, KEYS, ALLOWED).claims == {"pad": "x" * size}
        else:
            assert reason(token) == "too_large"


def test_dots_within_the_limit_are_quickly_malformed() -> None:
    started = time.process_time()
    for text in ("." * MAX_TOKEN, "A" * MAX_TOKEN, "A." * (MAX_TOKEN // 2)):
        assert reason(text) == "malformed"
    assert time.process_time() - started < 0.5


def test_every_altered_character_is_refused() -> None:
    token = forge(HEADER)
    for position, char in enumerate(token):
        other = "A" if char != "A" else "B"
        altered = token[:position] + other + token[position + 1 :]
        assert reason(altered) in {"malformed", "algorithm", "unknown_key", "signature", "crit"}


@pytest.mark.parametrize(
    "signature",
    [b"\x00" * 64, b"\x00" * 63, b"\xff" * 64, b"\x00" * 65, b"\x01", b"\x00" * 31 + b"\x01" * 33],
)
def test_degenerate_signatures_are_refused(signature: bytes) -> None:
    # r = s = 0 was accepted by Java 15 to 18 (CVE-2022-21449).
    assert reason(forge(HEADER, sign=lambda _: signature)) == "signature"


def test_a_der_signature_is_refused() -> None:

    assert isinstance(KEY, ec.EllipticCurvePrivateKey)
    private = KEY
    token = forge(HEADER, sign=lambda m: private.sign(m, ec.ECDSA(hashes.SHA256())))
    assert reason(token) == "signature"


def test_a_signature_of_another_token_is_refused() -> None:
    one, two = forge(HEADER), forge(HEADER, {"iss": "other"})
    mixed = f"{two.rsplit('.', 1)[0]}.{one.rsplit('.', 1)[1]}"
    assert reason(mixed) == "signature"


@pytest.mark.parametrize(
    "claims",
    [
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"not json",
        b"\xff",
        b'{"sub":"a","sub":"b"}',
        b'{"exp":NaN}',
        b'{"jti":"\\ud800"}',
        b'{"\\uDC00":["\\udfff"]}',
        b'{"exp":Infinity}',
        b'{"exp":1e999}',
        b'{"a":' * 1500,
        b"[" * 10_000,
        b'{"exp":' + b"9" * 5000 + b"}",
    ],
)
def test_signed_claims_that_are_not_one_plain_object_are_refused(claims: bytes) -> None:
    assert reason(forge(HEADER, claims)) == "claims"


def test_no_claim_counts_before_the_signature() -> None:
    assert reason(forge(HEADER, b"not json", key=THIEF)) == "signature"


def test_reading_without_proof_gives_header_and_claims() -> None:
    read = read_unverified(forge({**HEADER, "jwk": public_jwk(THIEF)}, key=THIEF))
    assert read.claims == CLAIMS
    assert read.header["jwk"] == public_jwk(THIEF)
    with pytest.raises(BadToken):
        _ = read_unverified(forge(HEADER, b"[]")).claims


def test_an_exception_inside_the_library_means_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr(ECKey, "get_op_key", explode)
    assert reason(forge(HEADER)) == "signature"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
MEMBERS = ("alg", "kid", "typ", "crit", "jwk", "jku", "x5c", "b64", "zip", "enc", "p2c")


@given(
    st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=5),
    JSON,
    st.binary(min_size=1, max_size=80),
)
@settings(max_examples=300, deadline=None, database=None)
def test_no_hostile_token_is_accepted_or_breaks_anything(
    header: Json, claims: object, signature: bytes
) -> None:
    token = forge({**HEADER, **header}, claims, sign=lambda _: signature)
    assert reason(token, typ=("JWT", None))


@given(st.text(max_size=300) | st.from_regex(r"[A-Za-z0-9_=-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*"))
@settings(max_examples=300, deadline=None, database=None)
def test_no_text_at_all_breaks_anything(text: str) -> None:
    assert reason(text)
