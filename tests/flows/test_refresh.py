"""Refresh tokens: rotated, forgiving a lost answer, and ending all when one was stolen."""

import pytest
import requests

from tests.flows.journey import signed_in, tokens_for, verified
from tests.support.demo import Demo
from tests.support.parties import forward, party
from tests.support.relying_party import Pkce, claims_of

GRACE = 10


def refusal(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


def test_each_refresh_gives_a_new_token_and_the_new_one_works(demo: Demo) -> None:
    """Row 67: RFC 9700 2.2.2."""
    card = party(demo, "card")
    tokens = tokens_for(signed_in(demo), card, scope="openid profile offline_access")
    seen = {tokens["refresh_token"]}
    for _ in range(3):
        tokens = card.refresh(tokens["refresh_token"]).json()
        assert tokens["refresh_token"] not in seen
        seen.add(tokens["refresh_token"])
        assert card.userinfo(tokens["access_token"]).status_code == 200


def test_the_id_token_of_a_refresh_is_of_the_same_sign_in(demo: Demo) -> None:
    """Row 68: Core 12.2."""
    desk = party(demo, "desk")
    first = tokens_for(signed_in(demo), desk)
    forward(demo, 3)
    again = verified(demo, desk.refresh(first["refresh_token"]).json()["id_token"])
    before = claims_of(first["id_token"])
    assert all(again[name] == before[name] for name in ("iss", "sub", "aud", "auth_time", "sid"))
    assert again["iat"] > before["iat"]
    assert "nonce" not in again


def test_a_client_that_lost_the_answer_gets_the_same_successor(demo: Demo) -> None:
    card = party(demo, "card")
    old = tokens_for(signed_in(demo), card, scope="openid offline_access")["refresh_token"]
    first = card.refresh(old).json()
    forward(demo, GRACE - 3)
    second = card.refresh(old).json()
    assert first["refresh_token"] == second["refresh_token"]
    assert first["access_token"] != second["access_token"]
    assert card.refresh(second["refresh_token"]).status_code == 200


def test_a_replay_after_the_grace_ends_the_family(demo: Demo) -> None:
    """Row 67: RFC 9700 2.2.2."""
    card = party(demo, "card")
    old = tokens_for(signed_in(demo), card, scope="openid offline_access")["refresh_token"]
    new = card.refresh(old).json()
    forward(demo, GRACE + 1)
    assert card.userinfo(new["access_token"]).status_code == 200
    assert refusal(card.refresh(old)) == (400, "invalid_grant")
    assert refusal(card.refresh(new["refresh_token"])) == (400, "invalid_grant")
    refused = card.userinfo(new["access_token"])
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_a_replay_within_the_grace_after_the_successor_was_used_ends_the_family(
    demo: Demo,
) -> None:
    """Row 67: RFC 9700 2.2.2."""
    card = party(demo, "card")
    old = tokens_for(signed_in(demo), card, scope="openid offline_access")["refresh_token"]
    newest = card.refresh(card.refresh(old).json()["refresh_token"]).json()
    assert refusal(card.refresh(old)) == (400, "invalid_grant")
    assert refusal(card.refresh(newest["refresh_token"])) == (400, "invalid_grant")
    assert card.userinfo(newest["access_token"]).status_code == 401


def test_the_end_of_one_family_touches_no_other(demo: Demo) -> None:
    card, browser = party(demo, "card"), signed_in(demo)
    stolen = tokens_for(browser, card, scope="openid offline_access")["refresh_token"]
    other = tokens_for(browser, card, scope="openid offline_access")["refresh_token"]
    card.refresh(stolen)
    forward(demo, GRACE + 1)
    assert refusal(card.refresh(stolen)) == (400, "invalid_grant")
    assert card.refresh(other).status_code == 200


def test_a_narrower_scope_narrows_this_access_token_only(demo: Demo) -> None:
    """Row 66: RFC 6749 6."""
    desk = party(demo, "desk")
    tokens = tokens_for(signed_in(demo), desk, scope="openid profile email offline_access")
    narrow = desk.refresh(tokens["refresh_token"], scope="openid").json()
    assert narrow["scope"] == "openid"
    assert set(desk.userinfo(narrow["access_token"]).json()) == {"sub"}
    whole = desk.refresh(narrow["refresh_token"]).json()
    assert set(whole["scope"].split()) == {"openid", "profile", "email", "offline_access"}
    assert "email" in desk.userinfo(whole["access_token"]).json()


@pytest.mark.parametrize("scope", ["openid phone", "openid address phone", "openid nonsense"])
def test_a_wider_scope_is_refused_and_harms_nothing(demo: Demo, scope: str) -> None:
    """Row 66: RFC 6749 6."""
    desk = party(demo, "desk")
    tokens = tokens_for(signed_in(demo), desk, scope="openid profile offline_access")
    refused = desk.refresh(tokens["refresh_token"], scope=scope)
    assert refusal(refused) == (400, "invalid_scope")
    assert desk.refresh(tokens["refresh_token"]).status_code == 200


def test_a_refresh_token_is_worth_nothing_to_another_client(demo: Demo) -> None:
    """Row 65: RFC 6749 6."""
    desk, legacy = party(demo, "desk"), party(demo, "legacy")
    tokens = tokens_for(signed_in(demo), desk, scope="openid offline_access")
    assert refusal(legacy.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert desk.refresh(tokens["refresh_token"]).status_code == 200, "and loses nothing by it"


def test_an_offline_grant_outlives_the_session_and_an_online_one_does_not(demo: Demo) -> None:
    """Row 110: BCLogout 2.1."""
    desk, browser = party(demo, "desk"), signed_in(demo)
    offline = tokens_for(browser, desk, scope="openid profile offline_access")
    forward(demo, 13 * 3600)
    assert desk.refresh(offline["refresh_token"]).status_code == 200
    assert "error" in browser.authorize(**desk.request(Pkce(), prompt="none")).headers["Location"]


def test_an_access_token_lives_five_minutes(demo: Demo) -> None:
    """Row 82: Core 5.3.3."""
    desk = party(demo, "desk")
    token = tokens_for(signed_in(demo), desk, scope="openid")["access_token"]
    forward(demo, 299)
    assert desk.userinfo(token).status_code == 200
    forward(demo, 2)
    assert desk.userinfo(token).status_code == 401


def test_a_refresh_token_that_is_not_used_for_a_month_ends(demo: Demo) -> None:
    card, member = party(demo, "card"), signed_in(demo)
    token = tokens_for(member, card, scope="openid offline_access")["refresh_token"]
    forward(demo, 29 * 86400)
    token = card.refresh(token).json()["refresh_token"]
    forward(demo, 30 * 86400 + 1)
    assert refusal(card.refresh(token)) == (400, "invalid_grant")
