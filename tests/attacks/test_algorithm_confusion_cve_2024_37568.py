"""Tokens that come from outside: only our algorithms, only registered keys, nothing they bring.

CVE-2024-37568 (HMAC with the public key), CVE-2026-27962 (a key from the token's own header),
CVE-2025-59420 (unknown `crit`), CVE-2024-51744 (an error hides a failed signature), CVE-2025-65015
(huge tokens). Asked of the client assertion and of the hint of a sign-out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.flows.journey import signed_in, tokens_for
from tests.support.demo import Demo
from tests.support.parties import FOREIGN_KEY, KEY, assertion, now, party, proven
from tests.support.relying_party import claims_of

CODE = {"grant_type": "authorization_code", "code": "no-such-code", "code_verifier": "v" * 43}


def b64(data: bytes | str) -> str:
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: dict[str, Any], claims: Any, sign: Callable[[bytes], bytes]) -> str:
    """Make a token by hand, whatever its header says."""
    body = claims if isinstance(claims, str) else json.dumps(claims)
    start = f"{b64(json.dumps(header))}.{b64(body)}"
    return f"{start}.{b64(sign(start.encode()))}"


def mac(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda data: hmac.digest(secret, data, hashlib.sha256)


def public_forms(key: ECKey) -> dict[str, bytes]:
    """Give every text of a public key that somebody may take for a shared secret."""
    public: Any = key.public_key
    info = PublicFormat.SubjectPublicKeyInfo
    jwk = key.as_dict(private=False)
    return {
        "pem": public.public_bytes(Encoding.PEM, info),
        "pem, stripped": public.public_bytes(Encoding.PEM, info).strip(),
        "der": public.public_bytes(Encoding.DER, info),
        "jwk": json.dumps(jwk).encode(),
        "jwk, compact": json.dumps(jwk, separators=(",", ":")).encode(),
        "x": str(jwk["x"]).encode(),
        "nothing": b"",
    }


def by_foreign_key(claims: dict[str, Any], **header: Any) -> str:
    return jwt.encode({"alg": "ES256"} | header, claims, FOREIGN_KEY)


def with_members(claims: dict[str, Any], key: ECKey, **header: Any) -> str:
    """Sign rightly, with header members that must not be accepted."""
    private: Any = key.private_key

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(data, ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return signed({"alg": "ES256", "kid": "keyed-1"} | header, claims, sign)


def forgeries(claims: dict[str, Any], kid: str, public: ECKey) -> dict[str, str]:
    """Give tokens with these claims that no receiver may believe."""
    foreign = FOREIGN_KEY.as_dict(private=False)
    found = {
        f"alg {alg}": signed({"alg": alg, "kid": kid}, claims, lambda _: b"")
        for alg in ("none", "None", "NONE", "nOnE", "", "ES256 ", "es256", "HS256", "ES256K", "dir")
    }
    found |= {
        f"HMAC with the {form}": signed({"alg": "HS256", "kid": kid}, claims, mac(secret))
        for form, secret in public_forms(public).items()
    }
    found |= {
        "no alg": signed({"kid": kid}, claims, mac(b"x")),
        "alg is a list": signed({"alg": ["ES256"], "kid": kid}, claims, mac(b"x")),
        "foreign key": by_foreign_key(claims, kid=kid),
        "foreign key without kid": by_foreign_key(claims),
        "its own jwk": by_foreign_key(claims, jwk=foreign),
        "its own jwk and our kid": by_foreign_key(claims, jwk=foreign, kid=kid),
        "kid is a path": by_foreign_key(claims, kid="../../../../dev/null"),
        "kid is SQL": by_foreign_key(claims, kid="x' UNION SELECT 'key"),
        "kid is a number": signed({"alg": "ES256", "kid": 1}, claims, mac(b"x")),
        "signature of zeros": signed({"alg": "ES256", "kid": kid}, claims, lambda _: bytes(64)),
        "signature of ones": signed(
            {"alg": "ES256", "kid": kid}, claims, lambda _: (b"\x00" * 31 + b"\x01") * 2
        ),
    }
    return found


def claims_of_an_assertion(demo: Demo) -> dict[str, Any]:
    return claims_of(assertion(demo))


FORGERIES = list(forgeries({}, "k", KEY))


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forged_assertion_proves_nobody(demo: Demo, kind: str) -> None:
    """Row 55: Core 9."""
    token = forgeries(claims_of_an_assertion(demo), "keyed-1", KEY)[kind]
    answer = party(demo, "keyed").token(**CODE, **proven(token))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forged_hint_signs_nobody_out(demo: Demo, kind: str) -> None:
    """Row 105: RPLogout 2."""
    browser = signed_in(demo)
    genuine = tokens_for(browser, party(demo, "card"), scope="openid")["id_token"]
    keys = requests.get(demo.issuer + "/jwks", timeout=30).json()["keys"]
    jwk = next(key for key in keys if key["alg"] == "ES256")
    token = forgeries(claims_of(genuine), jwk["kid"], ECKey.import_key(jwk))[kind]
    page = browser.get("/end_session", params={"id_token_hint": token})
    assert 'id="sign-out"' in page.text
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["bork"], "bork": True},
        {"crit": []},
        {"crit": ["exp"], "exp": 1},
        {"b64": False, "crit": ["b64"]},
        {"b64": True},
        {"crit": "bork"},
    ],
    ids=str,
)
def test_an_extension_that_nobody_understands_is_refused(
    demo: Demo, header: dict[str, Any]
) -> None:
    token = with_members(claims_of_an_assertion(demo), KEY, **header)
    answer = party(demo, "keyed").token(**CODE, **proven(token))
    assert answer.status_code == 401


def test_the_same_hand_signs_what_is_accepted_and_foreign_addresses_are_not_asked(
    demo: Demo,
) -> None:
    token = with_members(claims_of_an_assertion(demo), KEY)
    assert party(demo, "keyed").token(**CODE, **proven(token)).status_code == 400, "proven"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/keys"
        for member in ("jku", "x5u"):
            forged = by_foreign_key(claims_of_an_assertion(demo), kid="keyed-1", **{member: url})
            assert party(demo, "keyed").token(**CODE, **proven(forged)).status_code == 401
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b",
        "a.b.c.d",
        "a.b.c.d.e",
        "." * 50_000,
        "e30.e30.",
        "e30.e30.e30",
        "A" * 60_000,
        b64('{"alg":"ES256"}') + "." + b64("[" * 10_000) + ".AA",
        b64("[]") + ".e30.AA",
        b64("null") + ".e30.AA",
        b64("1") + ".e30.AA",
        "é.é.é",
        " . . ",
        b64('{"alg":"ES256","alg":"none"}') + ".e30.AA",
        b64('{"alg":"ES256"}') + "." + b64('{"sub":' + "9" * 5000 + "}") + ".AA",
        b64('{"alg":"ES256"}') + "." + b64('{"sub":"keyed","sub":"desk"}') + ".AA",
        b64('{"alg":"ES256"}') + "." + b64(b"\xff\xfe") + ".AA",
        b64('{"alg":"RSA-OAEP","enc":"A128GCM","zip":"DEF"}') + ".a.b.c.d",
        b64('{"alg":"PBES2-HS256+A128KW","p2c":2147483647,"p2s":"x","enc":"A128GCM"}') + ".a.b.c.d",
    ],
    ids=lambda token: token[:24] or "empty",
)
def test_what_is_no_token_is_refused_as_nobody(demo: Demo, token: str) -> None:
    answer = party(demo, "keyed").token(**CODE, **proven(token))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_no_changed_letter_of_an_assertion_goes_unnoticed(demo: Demo) -> None:
    genuine = assertion(demo, exp=now(demo) + 250)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    keyed = party(demo, "keyed")
    for at in range(0, len(genuine), 7):
        if genuine[at] == ".":
            continue
        other = alphabet[(alphabet.index(genuine[at]) + 1) % 64]
        changed = genuine[:at] + other + genuine[at + 1 :]
        assert keyed.token(**CODE, **proven(changed)).status_code == 401, at
    for padded in (genuine + "=", genuine + "\n", " " + genuine, genuine.replace(".", "=.", 1)):
        assert keyed.token(**CODE, **proven(padded)).status_code == 401
    assert keyed.token(**CODE, **proven(genuine)).status_code == 400, "the genuine one, unspent"
