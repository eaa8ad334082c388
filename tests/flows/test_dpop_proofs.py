"""DPoP proofs at the token endpoint: each check of RFC 9449 4.3, one broken rule at a time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from http.client import HTTPConnection
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.flows.journey import signed_in, tokens_for
from tests.support.demo import Demo
from tests.support.dpop import Prover
from tests.support.parties import SECRETS, now, party

FORM = {"grant_type": "client_credentials"}


def token_with(demo: Demo, proof: str | None) -> requests.Response:
    """Ask for a token of a program's own, with a proof."""
    return requests.post(
        demo.issuer + "/token",
        data=FORM,
        auth=("machine", SECRETS["machine"]),
        headers={} if proof is None else {"DPoP": proof},
        timeout=30,
    )


@pytest.fixture
def prover(demo: Demo) -> Prover:
    return Prover(demo.clock)


@pytest.fixture
def url(demo: Demo) -> str:
    return demo.issuer + "/token"


def refused(response: requests.Response) -> None:
    assert (response.status_code, response.json()["error"]) == (400, "invalid_dpop_proof")
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (ECKey.generate_key("P-256"), "ES256"),
        (RSAKey.generate_key(2048), "RS256"),
        (RSAKey.generate_key(3072), "PS256"),
        (OKPKey.generate_key("Ed25519"), "Ed25519"),
    ],
    ids=["ES256", "RS256", "PS256", "Ed25519"],
)
def test_every_listed_algorithm_binds_a_token(demo: Demo, url: str, key: Any, alg: str) -> None:
    """Rows 90, 91, 93: RFC 9449 4.3, 5, 5.1."""
    prover = Prover(demo.clock, key, alg)
    response = token_with(demo, prover.proof("POST", url))
    assert response.status_code == 200, response.text
    assert response.json()["token_type"] == "DPoP"
    listed = requests.get(demo.issuer + "/.well-known/openid-configuration", timeout=30).json()
    assert set(listed["dpop_signing_alg_values_supported"]) == {
        "ES256",
        "RS256",
        "PS256",
        "Ed25519",
    }


def test_without_a_proof_a_token_is_a_bearer_token(demo: Demo) -> None:
    """Row 91: RFC 9449 5."""
    assert token_with(demo, None).json()["token_type"] == "Bearer"


@pytest.mark.parametrize(
    "claims",
    [
        {"htm": "GET"},
        {"htm": "post"},
        {"htm": None},
        {"htm": ["POST"]},
        {"htu": None},
        {"htu": 7},
        {"htu": "https://another.mihon.example/token"},
        {"htu": "{issuer}/userinfo"},
        {"htu": "{issuer}/token/"},
        {"htu": "{issuer}/Token"},
        {"htu": "{issuer}/x/../token"},
        {"htu": "{issuer}/token\t"},
        {"htu": "//{host}/token"},
        {"htu": "ftp://{host}/token"},
        {"htu": "https://{host}/token"},
        {"htu": "http://user@{host}/token"},
        {"htu": "x" * 3000},
        {"jti": None},
        {"jti": 7},
        {"jti": ""},
        {"jti": "j" * 201},
        {"iat": None},
        {"iat": "now"},
        {"iat": True},
        {"iat": -75},
        {"iat": 15},
        {"iat": 10**12},
        {"iat": -(10**12)},
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_proof_with_one_wrong_claim_is_refused(
    demo: Demo, prover: Prover, url: str, claims: dict[str, Any]
) -> None:
    """Row 90: RFC 9449 4.3 2, 8 to 12."""
    made = dict(claims)
    if isinstance(made.get("iat"), int) and not isinstance(made["iat"], bool):
        made["iat"] += now(demo)
    if isinstance(made.get("htu"), str):
        host = demo.issuer.removeprefix("http://")
        made["htu"] = made["htu"].replace("{issuer}", demo.issuer).replace("{host}", host)
    refused(token_with(demo, prover.proof("POST", url, **made)))


@pytest.mark.parametrize("iat", [-65, 0, 8])
def test_a_clock_may_be_off_by_the_skew(demo: Demo, prover: Prover, url: str, iat: int) -> None:
    """Row 90: RFC 9449 11.1."""
    proof = prover.proof("POST", url, iat=now(demo) + iat)
    assert token_with(demo, proof).status_code == 200


@pytest.mark.parametrize(
    "sent", ["{url}?a=b", "{url}#here", "{url}?a=b#c", "HTTP://{host}/token", "{url}?"]
)
def test_the_url_is_compared_normalised_without_query_and_fragment(
    demo: Demo, prover: Prover, url: str, sent: str
) -> None:
    """Row 90: RFC 9449 4.3 9; RFC 3986 6.2.2."""
    host = demo.issuer.removeprefix("http://")
    htu = sent.replace("{url}", url).replace("{host}", host)
    assert token_with(demo, prover.proof("POST", url, htu=htu)).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        {"typ": None},
        {"typ": "JWT"},
        {"typ": "at+jwt"},
        {"typ": 7},
        {"alg": "none"},
        {"jwk": None},
        {"jwk": "key"},
        {"jwk": {}},
        {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}},
        {"jwk": {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlYw"}},
        {"jku": "https://another.mihon.example/jwks", "jwk": None},
        {"x5u": "https://another.mihon.example/cert", "jwk": None},
        {"crit": ["exp"], "exp": 1},
        {"b64": False, "crit": ["b64"]},
    ],
    ids=str,
)
def test_a_proof_with_one_wrong_header_member_is_refused(
    demo: Demo, prover: Prover, url: str, header: dict[str, Any]
) -> None:
    """Row 90: RFC 9449 4.3 4 to 7."""
    refused(token_with(demo, forged(prover, url, header)))


def forged(prover: Prover, url: str, header: dict[str, Any]) -> str:
    """Make a proof and put other members into its header, signed as far as that is possible."""
    good = prover.proof("POST", url)
    told = {"typ": "dpop+jwt", "alg": "ES256", "jwk": prover.public} | header
    text = json.dumps({k: v for k, v in told.items() if v is not None}).encode()
    head = base64.urlsafe_b64encode(text).rstrip(b"=").decode()
    signing_input = f"{head}.{good.split('.')[1]}"
    return f"{signing_input}.{signature(prover, signing_input)}"


def signature(prover: Prover, text: str) -> str:
    private: Any = prover.key.private_key
    r, s = decode_dss_signature(private.sign(text.encode(), ECDSA(SHA256())))
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_the_forge_itself_is_sound(demo: Demo, prover: Prover, url: str) -> None:
    assert token_with(demo, forged(prover, url, {})).status_code == 200


def test_a_private_key_in_a_proof_is_refused(demo: Demo, prover: Prover, url: str) -> None:
    """Row 90: RFC 9449 4.3 7."""
    header = {"jwk": prover.key.as_dict(private=True)}
    refused(token_with(demo, forged(prover, url, header)))


def test_a_small_rsa_key_is_refused(demo: Demo, url: str) -> None:
    """Row 90: RFC 7518 3.3."""
    with pytest.warns(Warning, match="2048"):
        key = RSAKey.generate_key(1024)
    refused(token_with(demo, Prover(demo.clock, key, "RS256").proof("POST", url)))


def test_another_key_than_the_one_shown_is_refused(demo: Demo, prover: Prover, url: str) -> None:
    """Row 90: RFC 9449 4.3 6."""
    shown = Prover(demo.clock).public
    refused(token_with(demo, prover.proof("POST", url, header={"jwk": shown})))


def test_a_mac_with_the_public_key_is_refused(demo: Demo, prover: Prover, url: str) -> None:
    """Row 90: key confusion (CVE-2024-37568)."""
    head, body, _ = forged(prover, url, {"alg": "HS256"}).split(".")
    secret = json.dumps(prover.public).encode()
    mac = hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha256).digest()
    text = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    refused(token_with(demo, f"{head}.{body}.{text}"))


@pytest.mark.parametrize("how", ["payload", "header", "padding", "signature", "parts", "long"])
def test_a_proof_that_is_not_one_plain_jws_is_refused(
    demo: Demo, prover: Prover, url: str, how: str
) -> None:
    """Row 90: RFC 9449 4.3 1 to 3; RFC 8725 3."""
    good = prover.proof("POST", url)
    head, body, sign = good.split(".")
    doubled = base64.urlsafe_b64encode(
        b'{"htm":"GET",' + base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))[1:]
    )
    twice = f"{head}.{doubled.rstrip(b'=').decode()}"
    sent = {
        "payload": f"{twice}.{signature(prover, twice)}",
        "header": f"{'A' * 40}.{body}.{sign}",
        "padding": good + "=",
        "signature": f"{head}.{body}.{sign[:-4]}AAAA",
        "parts": f"{head}.{body}",
        "long": forged(prover, url, {"x": "y" * 5000}),
    }[how]
    refused(token_with(demo, sent))
    assert token_with(demo, good).status_code == 200, "the good one was not used up"


def test_two_proofs_in_one_request_are_refused(demo: Demo, prover: Prover, url: str) -> None:
    """Row 90: RFC 9449 4.3 1; both as repeated headers and joined by a comma."""
    first, second = prover.proof("POST", url), prover.proof("POST", url)
    refused(token_with(demo, f"{first}, {second}"))
    refused(token_with(demo, f"{first},{second}"))
    connection = HTTPConnection(demo.issuer.removeprefix("http://"), timeout=30)
    pair = base64.b64encode(f"machine:{SECRETS['machine']}".encode()).decode()
    body = b"grant_type=client_credentials"
    connection.putrequest("POST", "/token")
    for name, value in (
        ("Authorization", f"Basic {pair}"),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Length", str(len(body))),
        ("DPoP", first),
        ("DPoP", second),
    ):
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    assert answer.status == 400
    assert json.loads(answer.read())["error"] == "invalid_dpop_proof"
    connection.close()


def test_a_proof_is_good_once(demo: Demo, prover: Prover, url: str) -> None:
    """Row 90: RFC 9449 11.1; the same jti of another key is another proof."""
    jti = secrets.token_urlsafe(16)
    proof = prover.proof("POST", url, jti=jti)
    assert token_with(demo, proof).status_code == 200
    refused(token_with(demo, proof))
    refused(token_with(demo, prover.proof("POST", url, jti=jti)))
    assert token_with(demo, Prover(demo.clock).proof("POST", url, jti=jti)).status_code == 200


def test_a_wrong_client_secret_uses_no_proof_up(demo: Demo, prover: Prover, url: str) -> None:
    proof = prover.proof("POST", url)
    wrong = requests.post(
        url, data=FORM, auth=("machine", "x" * 43), headers={"DPoP": proof}, timeout=30
    )
    assert wrong.status_code == 401
    assert token_with(demo, proof).status_code == 200


def test_the_header_and_the_nonce_pass_cors(demo: Demo) -> None:
    """Row 70: a browser client sends the proof and reads the challenge."""
    origin = demo.facts["card"]
    for path in ("/token", "/userinfo", "/revoke"):
        preflight = requests.options(demo.issuer + path, headers={"Origin": origin}, timeout=30)
        assert "DPoP" in preflight.headers["Access-Control-Allow-Headers"]
        answer = requests.post(demo.issuer + path, headers={"Origin": origin}, timeout=30)
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        exposed = answer.headers["Access-Control-Expose-Headers"]
        assert {"DPoP-Nonce", "WWW-Authenticate"} <= set(exposed.split(", "))


def test_a_proof_at_userinfo_names_the_token_and_the_method(demo: Demo) -> None:
    """Row 90: RFC 9449 4.3 11, 7."""
    card = party(demo, "card")
    prover = card.prover
    assert prover is not None
    browser = signed_in(demo)
    token = tokens_for(browser, card, scope="openid")["access_token"]
    other = tokens_for(browser, card, scope="openid")["access_token"]
    url = demo.issuer + "/userinfo"
    wrong = {
        "no ath": prover.proof("GET", url),
        "ath of another token": prover.proof("GET", url, other),
        "another method": prover.proof("POST", url, token),
        "another place": prover.proof("GET", demo.issuer + "/token", token),
        "ath of another kind": prover.proof("GET", url, ath=["x"]),
    }
    for name, proof in wrong.items():
        headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
        answer = requests.get(url, headers=headers, timeout=30)
        assert answer.status_code == 401, name
        challenge = answer.headers["WWW-Authenticate"]
        assert challenge.startswith("DPoP "), name
        assert 'error="invalid_dpop_proof"' in challenge, name
    assert card.userinfo(token).status_code == 200
