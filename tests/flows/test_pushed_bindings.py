"""What a pushed or plain authorization request binds its code to (RFC 9449 10, 10.1)."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.flows.journey import signed_in, silently
from tests.support.demo import Demo
from tests.support.dpop import Prover
from tests.support.parties import party
from tests.support.relying_party import Browser, Client, Pkce, answer_of


def push(client: Client, pkce: Pkce, proof: str | None = None, **more: str) -> requests.Response:
    """Push as a client with a secret, with a proof if one is given."""
    return requests.post(
        client.issuer + "/par",
        client.request(pkce, **more),
        auth=(client.client_id, client.secret or ""),
        headers={"DPoP": proof} if proof is not None else {},
        timeout=30,
    )


def code_of(browser: Browser, client: Client, pushed: requests.Response) -> str:
    assert pushed.status_code == 201, pushed.text
    uri = str(pushed.json()["request_uri"])
    return answer_of(browser.authorize(client_id=client.client_id, request_uri=uri))["code"]


def redeem(client: Client, code: str, pkce: Pkce, prover: Prover | None) -> requests.Response:
    proof = {"DPoP": prover.proof("POST", client.issuer + "/token")} if prover else {}
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": pkce.verifier,
    }
    key = (client.client_id, client.secret or "")
    return requests.post(client.issuer + "/token", form, auth=key, headers=proof, timeout=30)


@pytest.mark.parametrize("how", ["dpop_jkt", "proof", "both", "not pushed"])
def test_a_code_is_worth_nothing_without_the_key_it_is_bound_to(demo: Demo, how: str) -> None:
    """Row 92: a stolen code with its verifier, and without the key."""
    browser, desk, prover = signed_in(demo), party(demo, "desk"), Prover(demo.clock)
    more = {} if how == "proof" else {"dpop_jkt": prover.thumbprint}

    def code(pkce: Pkce) -> str:
        if how == "not pushed":
            return answer_of(browser.authorize(**desk.request(pkce, **more)))["code"]
        proof = prover.proof("POST", demo.issuer + "/par") if how != "dpop_jkt" else None
        return code_of(browser, desk, push(desk, pkce, proof, **more))

    for other in (None, Prover(demo.clock)):
        pkce = Pkce()
        refused = redeem(desk, code(pkce), pkce, other)
        assert refused.status_code == 400
        assert refused.json()["error"] in ("invalid_grant", "invalid_dpop_proof")
    pkce = Pkce()
    won = redeem(desk, code(pkce), pkce, prover)
    assert won.status_code == 200, won.text
    assert won.json()["token_type"] == "DPoP"


def test_a_proof_of_another_key_than_dpop_jkt_names_is_refused(demo: Demo) -> None:
    """Row 92: RFC 9449 10.1."""
    desk, prover = party(demo, "desk"), Prover(demo.clock)
    proof = prover.proof("POST", demo.issuer + "/par")
    refused = push(desk, Pkce(), proof, dpop_jkt=Prover(demo.clock).thumbprint)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")


BAD: dict[str, dict[str, Any]] = {
    "another method": {"method": "GET"},
    "another endpoint": {"path": "/token"},
    "old": {"iat": 1},
    "no jti": {"jti": None},
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_proof_pushes_nothing(demo: Demo, kind: str) -> None:
    """Row 90: the proof is looked at as everywhere."""
    changed = dict(BAD[kind])
    url = demo.issuer + changed.pop("path", "/par")
    proof = Prover(demo.clock).proof(changed.pop("method", "POST"), url, **changed)
    refused = push(party(demo, "desk"), Pkce(), proof)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")


def test_a_proof_pushes_once(demo: Demo) -> None:
    """Row 90: replayed proofs."""
    desk, proof = party(demo, "desk"), Prover(demo.clock).proof("POST", demo.issuer + "/par")
    assert push(desk, Pkce(), proof).status_code == 201
    assert push(desk, Pkce(), proof).json()["error"] == "invalid_dpop_proof"


@pytest.mark.parametrize("jkt", ["x", "a" * 42, "a" * 44, "+" * 43, "ä" * 43])
def test_a_thumbprint_that_is_none_is_refused(demo: Demo, jkt: str) -> None:
    """Row 92: 43 characters of base64url."""
    answer = silently(Browser(demo.issuer), party(demo, "desk"), dpop_jkt=jkt)
    assert answer["error"] == "invalid_request"
