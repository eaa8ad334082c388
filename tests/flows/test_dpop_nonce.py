"""Nonces in DPoP proofs, where the policy demands them (RFC 9449 8, 9)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.flows.journey import code_for, signed_in
from tests.support.demo import Demo, running_demo
from tests.support.dpop import Prover
from tests.support.parties import PARTIES, SECRETS, forward, party, write_policies
from tests.support.relying_party import Pkce


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo whose policy demands nonces."""
    folder = Path(tmp_path_factory.mktemp("nonces"))
    policies = write_policies(folder / "policies", PARTIES)
    tokens = policies / "tokens.toml"
    text = tokens.read_text("utf-8")
    assert "dpop_nonce = false" in text
    tokens.write_text(text.replace("dpop_nonce = false", "dpop_nonce = true"), "utf-8")
    with running_demo(folder, "--workers", "1", "--policies", str(policies)) as running:
        yield running


def own_token(demo: Demo, prover: Prover) -> requests.Response:
    return requests.post(
        demo.issuer + "/token",
        data={"grant_type": "client_credentials"},
        auth=("machine", SECRETS["machine"]),
        headers={"DPoP": prover.proof("POST", demo.issuer + "/token")},
        timeout=30,
    )


def test_a_proof_without_a_nonce_is_told_which_one_to_use(demo: Demo) -> None:
    """Row 93: RFC 9449 8."""
    prover = Prover(demo.clock)
    first = own_token(demo, prover)
    assert (first.status_code, first.json()["error"]) == (400, "use_dpop_nonce")
    prover.nonce = first.headers["DPoP-Nonce"]
    second = own_token(demo, prover)
    assert second.status_code == 200, second.text
    assert second.headers["DPoP-Nonce"], "8.2: clients are kept supplied"


@pytest.mark.parametrize("nonce", ["", "x", "A" * 24, "é", "x" * 1000])
def test_a_nonce_that_is_not_ours_is_refused(demo: Demo, nonce: str) -> None:
    """Row 93: RFC 9449 4.3 10."""
    prover = Prover(demo.clock, nonce=nonce)
    assert own_token(demo, prover).json()["error"] == "use_dpop_nonce"


def test_the_previous_nonce_is_taken_and_an_older_one_is_not(demo: Demo) -> None:
    """Row 93: RFC 9449 8."""
    prover = Prover(demo.clock)
    prover.nonce = own_token(demo, prover).headers["DPoP-Nonce"]
    forward(demo, 300)
    again = own_token(demo, prover)
    assert again.status_code == 200
    assert again.headers["DPoP-Nonce"] != prover.nonce
    forward(demo, 300)
    assert own_token(demo, prover).json()["error"] == "use_dpop_nonce"


def test_no_nonce_burns_no_code_and_userinfo_asks_for_one_too(demo: Demo) -> None:
    """Rows 92, 93: RFC 9449 8, 9; the question comes before the code is taken."""
    card, pkce = party(demo, "card"), Pkce()
    prover = card.prover
    assert prover is not None
    code = code_for(signed_in(demo), card, pkce, scope="openid", dpop_jkt=prover.thumbprint)
    asked = card.exchange(code, pkce)
    assert asked.json()["error"] == "use_dpop_nonce"
    prover.nonce = asked.headers["DPoP-Nonce"]
    tokens = card.exchange(code, pkce)
    assert tokens.status_code == 200, tokens.text
    token = tokens.json()["access_token"]
    nonce, prover.nonce = prover.nonce, None
    challenged = card.userinfo(token)
    assert challenged.status_code == 401
    assert 'error="use_dpop_nonce"' in challenged.headers["WWW-Authenticate"]
    assert challenged.headers["DPoP-Nonce"] == nonce
    prover.nonce = nonce
    assert card.userinfo(token).status_code == 200
