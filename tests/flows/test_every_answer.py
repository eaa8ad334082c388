"""What holds for every answer of the code flow, whichever way it ends."""

from __future__ import annotations

import base64
import hashlib

import pytest
import requests
from joserfc.jws import extract_compact

from tests.flows.journey import asked, signed_in, silently, tokens_for, verified
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Browser, answer_of


def test_the_issuer_stands_in_success_and_in_error(demo: Demo) -> None:
    """Rows 41, 115: RFC 9207 2."""
    desk, browser = party(demo, "desk"), signed_in(demo)
    silent = silently(Browser(demo.issuer), desk)
    early = answer_of(asked(browser, desk, leave_out="response_type"))
    for answer in (silently(browser, desk), silent, early):
        assert answer["iss"] == demo.issuer


@pytest.mark.parametrize("name", ["desk", "reader", "phone"])
def test_userinfo_is_json_about_the_subject_of_the_id_token(demo: Demo, name: str) -> None:
    """Rows 80, 81: Core 5.3.2."""
    client = party(demo, name)
    tokens = tokens_for(signed_in(demo), client, scope="openid")
    answer = client.userinfo(tokens["access_token"])
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {"sub": verified(demo, tokens["id_token"])["sub"]}


def test_an_id_token_is_signed_with_rs256_unless_the_client_wants_another(demo: Demo) -> None:
    """Rows 72, 75: Core 2, 3.1.3.6, 15.1; the key is one of those published."""
    tokens = tokens_for(signed_in(demo), party(demo, "desk"), scope="openid")
    header = extract_compact(tokens["id_token"].encode()).headers()
    assert header["alg"] == "RS256"
    keys = requests.get(demo.issuer + "/jwks", timeout=30).json()["keys"]
    assert header["kid"] in {key["kid"] for key in keys if key["kty"] == "RSA"}
    digest = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    half = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert verified(demo, tokens["id_token"])["at_hash"] == half
