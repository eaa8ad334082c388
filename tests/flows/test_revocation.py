"""Revocation (RFC 7009): what a client gives back is over at once, everywhere."""

from __future__ import annotations

import pytest
import requests

from tests.flows.journey import signed_in, tokens_for
from tests.flows.test_introspection import INACTIVE, told
from tests.support.demo import Demo, wait_until
from tests.support.parties import SECRETS, party
from tests.support.relying_party import Client, claims_of, hidden_fields


def revoke(client: Client, token: str, **more: str) -> requests.Response:
    form = {"token": token, **more}
    auth = None
    if client.secret is None:
        form["client_id"] = client.client_id
    else:
        auth = (client.client_id, client.secret)
    return requests.post(client.issuer + "/revoke", data=form, auth=auth, timeout=30)


@pytest.mark.parametrize("hint", [None, "refresh_token", "access_token", "something else"])
def test_a_refresh_token_ends_its_family_and_its_access_tokens(
    demo: Demo, hint: str | None
) -> None:
    """Rows 97, 98: RFC 7009 2.1; the hint may be wrong."""
    desk, browser = party(demo, "desk"), signed_in(demo)
    first, beside = tokens_for(browser, desk), tokens_for(browser, desk)
    second = desk.refresh(first["refresh_token"]).json()
    more = {"token_type_hint": hint} if hint else {}
    assert revoke(desk, second["refresh_token"], **more).status_code == 200
    for tokens in (first, second):
        assert desk.userinfo(tokens["access_token"]).status_code == 401
        assert told(demo, "desk", tokens["access_token"]) == INACTIVE
    refused = desk.refresh(second["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert desk.userinfo(beside["access_token"]).status_code == 200, "another family lives"
    assert revoke(desk, second["refresh_token"]).status_code == 200, "again"


def test_a_spent_refresh_token_still_names_its_family(demo: Demo) -> None:
    """Row 98: a client that lost the last answer can still give everything back."""
    desk = party(demo, "desk")
    first = tokens_for(signed_in(demo), desk)
    second = desk.refresh(first["refresh_token"]).json()
    assert revoke(desk, first["refresh_token"]).status_code == 200
    assert desk.userinfo(second["access_token"]).status_code == 401


@pytest.mark.parametrize("name", ["desk", "robot"])
@pytest.mark.parametrize("hint", [None, "refresh_token"])
def test_an_access_token_ends_alone(demo: Demo, name: str, hint: str | None) -> None:
    """Rows 97, 98: RFC 7009 2.1; opaque and JWT."""
    client = party(demo, name)
    tokens = tokens_for(signed_in(demo), client)
    assert client.userinfo(tokens["access_token"]).status_code == 200
    more = {"token_type_hint": hint} if hint else {}
    assert revoke(client, tokens["access_token"], **more).status_code == 200
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert told(demo, name, tokens["access_token"]) == INACTIVE
    fresh = client.refresh(tokens["refresh_token"])
    assert client.userinfo(fresh.json()["access_token"]).status_code == 200


@pytest.mark.parametrize("name", ["machine", "robot"])
def test_a_programs_own_token_is_ended(demo: Demo, name: str) -> None:
    """Row 97."""
    client = party(demo, name)
    token = client.token(grant_type="client_credentials").json()["access_token"]
    assert told(demo, name, token)["active"] is True
    assert revoke(client, token).status_code == 200
    assert told(demo, name, token) == INACTIVE


def test_a_public_client_names_itself(demo: Demo) -> None:
    """Row 97: RFC 7009 2.1; from a browser too, and no proof of the key is needed to end things."""
    card = party(demo, "card")
    tokens = tokens_for(signed_in(demo), card, scope="openid offline_access")
    answer = requests.post(
        demo.issuer + "/revoke",
        data={"token": tokens["refresh_token"], "client_id": "card"},
        headers={"Origin": demo.facts["card"]},
        timeout=30,
    )
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == demo.facts["card"]
    assert card.userinfo(tokens["access_token"]).status_code == 401


def test_another_clients_token_is_not_touched(demo: Demo) -> None:
    """Row 97: RFC 7009 2.1; and nothing is told about it."""
    desk, phone = party(demo, "desk"), party(demo, "phone")
    tokens = tokens_for(signed_in(demo), desk)
    for kind in ("access_token", "refresh_token"):
        answer = revoke(phone, tokens[kind])
        assert (answer.status_code, answer.json()) == (200, {})
    assert desk.userinfo(tokens["access_token"]).status_code == 200
    assert desk.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("token", ["unknown", "x" * 43, "x" * 20_000, "a.b.c", "é名"])
def test_what_is_no_token_is_answered_alike(demo: Demo, token: str) -> None:
    """Row 97: RFC 7009 2.2."""
    answer = revoke(party(demo, "desk"), token)
    assert (answer.status_code, answer.json()) == (200, {})


def test_only_a_known_client_may_ask(demo: Demo) -> None:
    """Row 97: RFC 7009 2.1."""
    place = demo.issuer + "/revoke"
    for form, auth in (
        ({}, None),
        ({"client_id": "nobody"}, None),
        ({"client_id": "desk"}, None),
        ({}, ("desk", "x" * 43)),
    ):
        answer = requests.post(place, data={"token": "x", **form}, auth=auth, timeout=30)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert requests.get(place, timeout=30).status_code == 405
    answer = requests.post(place, data={}, auth=("desk", SECRETS["desk"]), timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_what_was_given_back_is_recorded(demo: Demo) -> None:
    """No act without its event."""
    desk = party(demo, "desk")
    tokens = tokens_for(signed_in(demo), desk)
    jti = told(demo, "desk", tokens["access_token"])["jti"]
    revoke(desk, tokens["access_token"])
    revoke(desk, tokens["refresh_token"])
    revoke(desk, "unknown")
    ended = demo.idp("audit", "search", "--name", "token.revoked", "--format", "json").stdout
    assert jti in ended
    families = demo.idp("audit", "search", "--name", "grant.revoked", "--format", "json").stdout
    assert '"revoked"' in families


def test_a_client_that_gave_its_tokens_back_is_still_told_of_the_sign_out(demo: Demo) -> None:
    """Row 108: Back-Channel Logout 2.5; it may keep somebody signed in without any token."""
    browser, delivered = signed_in(demo), "logout.delivered"
    card = party(demo, "card")
    tokens = tokens_for(browser, card, scope="openid offline_access")
    sid = claims_of(tokens["id_token"])["sid"]
    assert revoke(card, tokens["refresh_token"]).status_code == 200
    browser.post("/sign-out", hidden_fields(browser.get("/account").text))

    def told_to_card() -> bool:
        found = demo.idp("audit", "search", "--name", delivered, "--format", "json").stdout
        return sid in found

    assert wait_until(told_to_card, 20)
