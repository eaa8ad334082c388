"""One code is one token response, one refresh token one successor, one assertion one use.

Parallel redemptions are how Authlib's own hooks fail (the token is saved before the code is
deleted); parallel refreshes are how families fork (CVE-2026-53517).
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.races.conftest import pass_time, rounds
from tests.races.crowd import Answer, Crowd, Shot
from tests.races.portal import Portal
from tests.support.crowds import MANY
from tests.support.demo import Demo
from tests.support.parties import card_of
from tests.support.relying_party import Browser, Client, Pkce, answer_of

CROWD = MANY
GRACE_SECONDS = 10


@pytest.fixture
def card(demo: Demo) -> Client:
    return card_of(demo)


@pytest.fixture
def signed_in(demo: Demo) -> Browser:
    member = demo.member(index=2)
    browser = Browser(demo.issuer)
    assert browser.sign_in(member["email"], member["password"]).status_code == 303
    return browser


def code_for(signed_in: Browser, client: Client, pkce: Pkce) -> str:
    """Get a code in a browser that is signed in already."""
    scope = "openid profile offline_access"
    return answer_of(signed_in.authorize(**client.request(pkce, scope=scope)))["code"]


def redemption(client: Client, code: str, pkce: Pkce) -> Shot:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "code_verifier": pkce.verifier,
    }
    return Shot("POST", "/token", form, proof_of(client))


def proof_of(client: Client) -> dict[str, str]:
    """Give the header with a fresh proof, for a client that has a key."""
    if client.prover is None:
        return {}
    return {"DPoP": client.prover.proof("POST", client.issuer + "/token")}


def winners(answers: list[Answer]) -> list[dict[str, Any]]:
    return [json.loads(a.body) for a in answers if a.status == 200]


def assert_dead(client: Client, tokens: dict[str, Any]) -> None:
    refused = client.refresh(tokens["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert client.userinfo(tokens["access_token"]).status_code == 401


@pytest.mark.parametrize("number", rounds(100))
def test_one_of_many_redemptions_wins_and_its_family_is_revoked(
    demo: Demo, card: Client, signed_in: Browser, number: int
) -> None:
    """Rows 58, 60: RFC 6749 4.1.2."""
    beside = Pkce()
    kept = card.exchange(code_for(signed_in, card, beside), beside).json()
    pkce = Pkce()
    code = code_for(signed_in, card, pkce)
    answers = Crowd(demo.issuer).fire([redemption(card, code, pkce) for _ in range(CROWD)])
    assert Counter(a.status for a in answers) == {200: 1, 400: CROWD - 1}
    assert all(b'"invalid_grant"' in a.body for a in answers if a.status == 400)
    assert_dead(card, winners(answers)[0])
    assert card.userinfo(kept["access_token"]).status_code == 200, "another code's tokens live"
    assert card.refresh(kept["refresh_token"]).status_code == 200


def test_a_wrong_verifier_burns_the_code(demo: Demo, card: Client, signed_in: Browser) -> None:
    pkce = Pkce()
    code = code_for(signed_in, card, pkce)
    assert card.exchange(code, Pkce()).json()["error"] == "invalid_grant"
    assert card.exchange(code, pkce).json()["error"] == "invalid_grant"


def test_a_wrong_client_does_not_touch_the_code(
    demo: Demo, card: Client, signed_in: Browser, tmp_path: Path
) -> None:
    entry = {
        "client_id": f"other-{tmp_path.name}",
        "redirect_uris": ["https://other.example/cb"],
        "token_endpoint_auth_method": "none",
        "client_name": "Other",
    }
    file = tmp_path / "other.json"
    file.write_text(json.dumps(entry))
    added = demo.idp("client", "add", "--file", str(file))
    assert added.returncode == 0, added.stderr
    other = Client(demo.issuer, entry["client_id"], card.redirect_uri)
    pkce = Pkce()
    code = code_for(signed_in, card, pkce)
    answers = Crowd(demo.issuer).fire([redemption(other, code, pkce)] * 20)
    assert Counter(a.status for a in answers) == {400: 20}
    tokens = card.exchange(code, pkce)
    assert tokens.status_code == 200, tokens.text
    assert card.userinfo(tokens.json()["access_token"]).status_code == 200


@pytest.mark.parametrize("number", rounds(100))
def test_100_refreshes_with_one_token_have_one_successor(
    demo: Demo, card: Client, signed_in: Browser, number: int
) -> None:
    pkce = Pkce()
    tokens = card.exchange(code_for(signed_in, card, pkce), pkce).json()
    form = {"grant_type": "refresh_token", "client_id": "card"}
    form["refresh_token"] = tokens["refresh_token"]
    shots = [Shot("POST", "/token", form, proof_of(card)) for _ in range(CROWD)]
    answers = Crowd(demo.issuer).fire(shots)
    assert Counter(a.status for a in answers) == {200: CROWD}, "a lost answer may be asked again"
    successors = {won["refresh_token"] for won in winners(answers)}
    assert len(successors) == 1
    assert len({won["access_token"] for won in winners(answers)}) == CROWD
    newest = card.refresh(successors.pop()).json()
    pass_time(demo, GRACE_SECONDS + 1)
    assert card.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert_dead(card, newest)


@pytest.mark.parametrize("number", rounds(20))
def test_one_of_many_uses_of_an_assertion_wins(demo: Demo, signed_in: Browser, number: int) -> None:
    """Row 55: Core 9."""
    portal = Portal(demo)
    shots = [portal.redemption(signed_in, portal.assertion()) for _ in range(2)]
    first, second = Crowd(demo.issuer).fire(shots)
    assert (first.status, second.status) == (200, 200), first.body + second.body
    refresh = json.loads(first.body)["refresh_token"]
    same = portal.refresh(refresh, portal.assertion())
    answers = Crowd(demo.issuer).fire([same] * CROWD)
    assert Counter(a.status for a in answers) == {200: 1, 401: CROWD - 1}
    assert all(b'"invalid_client"' in a.body for a in answers if a.status == 401)


@pytest.mark.parametrize("number", rounds(100))
def test_one_of_many_uses_of_a_dpop_proof_wins(
    demo: Demo, card: Client, signed_in: Browser, number: int
) -> None:
    """Row 90: RFC 9449 11.1; the refresh token itself would be good again within its grace."""
    pkce = Pkce()
    tokens = card.exchange(code_for(signed_in, card, pkce), pkce).json()
    form = {"grant_type": "refresh_token", "client_id": "card"}
    form["refresh_token"] = tokens["refresh_token"]
    same = Shot("POST", "/token", form, proof_of(card))
    answers = Crowd(demo.issuer).fire([same] * CROWD)
    assert Counter(a.status for a in answers) == {200: 1, 400: CROWD - 1}
    assert all(b'"invalid_dpop_proof"' in a.body for a in answers if a.status == 400)
