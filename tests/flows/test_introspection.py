"""Introspection (RFC 7662): the truth to whom it concerns, and one answer for everybody else."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.flows.journey import signed_in, tokens_for
from tests.support.demo import Demo
from tests.support.dpop import Prover
from tests.support.parties import SECRETS, assertion, forward, now, party, proven
from tests.support.relying_party import claims_of, hidden_fields

INACTIVE = {"active": False}


def ask(demo: Demo, name: str, token: str, **more: str) -> requests.Response:
    return requests.post(
        demo.issuer + "/introspect",
        data={"token": token, **more},
        auth=(name, SECRETS[name]),
        timeout=30,
    )


def told(demo: Demo, name: str, token: str, **more: str) -> dict[str, Any]:
    answer = ask(demo, name, token, **more)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    content: dict[str, Any] = answer.json()
    return content


def test_an_access_token_is_told_to_its_client(demo: Demo) -> None:
    """Row 99: RFC 7662 2.2; and nothing personal."""
    tokens = tokens_for(signed_in(demo), party(demo, "desk"))
    content = told(demo, "desk", tokens["access_token"])
    claims = claims_of(tokens["id_token"])
    assert set(content) == {
        "active", "client_id", "iss", "exp", "scope", "sub", "aud", "iat", "jti", "token_type",
        "auth_time", "acr", "amr",
    }  # fmt: skip
    assert content["active"] is True
    assert content["client_id"] == "desk"
    assert content["iss"] == content["aud"] == demo.issuer
    assert content["sub"] == claims["sub"]
    assert content["auth_time"] == claims["auth_time"]
    assert content["acr"] == claims["acr"]
    assert content["exp"] - content["iat"] == 300
    assert content["token_type"] == "Bearer"
    assert content["scope"] == tokens["scope"]


def test_a_refresh_token_is_told_until_it_is_spent(demo: Demo) -> None:
    """Row 99: RFC 7662 2.2."""
    desk = party(demo, "desk")
    tokens = tokens_for(signed_in(demo), desk)
    content = told(demo, "desk", tokens["refresh_token"])
    assert content["active"] is True
    assert content["sub"] == claims_of(tokens["id_token"])["sub"]
    assert content["exp"] > now(demo) + 86_400
    assert "token_type" not in content
    desk.refresh(tokens["refresh_token"])
    assert told(demo, "desk", tokens["refresh_token"]) == INACTIVE


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "id_token", "x" * 1000])
def test_a_hint_is_only_a_hint(demo: Demo, hint: str) -> None:
    """Row 99: RFC 7662 2.1."""
    tokens = tokens_for(signed_in(demo), party(demo, "desk"))
    for kind in ("access_token", "refresh_token"):
        assert told(demo, "desk", tokens[kind], token_type_hint=hint)["active"] is True


def test_everything_else_is_inactive_and_nothing_more(demo: Demo) -> None:
    """Row 99: RFC 7662 2.2, 4; unknown, foreign, spent, expired and revoked look the same."""
    desk, browser = party(demo, "desk"), signed_in(demo)
    tokens = tokens_for(browser, desk)
    odd = [
        "unknown",
        "x" * 43,
        "x" * 10_000,
        "é",
        "a.b.c",
        ".",
        "名前",
        tokens["id_token"],
        tokens["access_token"] + "x",
        tokens["access_token"][:-1],
    ]
    for token in odd:
        assert told(demo, "desk", token) == INACTIVE, token[:30]
    foreign = tokens_for(browser, party(demo, "card"), scope="openid offline_access")
    for token in (foreign["access_token"], foreign["refresh_token"]):
        assert told(demo, "desk", token) == INACTIVE
        assert told(demo, "api", token) == INACTIVE
    jti = told(demo, "desk", tokens["access_token"])["jti"]
    assert told(demo, "desk", jti) == INACTIVE
    forward(demo, 301)
    assert told(demo, "desk", tokens["access_token"]) == INACTIVE


def test_a_resource_server_is_told_what_names_it(demo: Demo) -> None:
    """Rows 95, 99: RFC 7662 4; `api` is an audience of what `robot` gets."""
    robot = party(demo, "robot")
    tokens = tokens_for(signed_in(demo), robot)
    content = told(demo, "api", tokens["access_token"])
    assert content["client_id"] == "robot"
    assert content["aud"] == ["https://api.mihon.example/", "api", demo.issuer]
    assert told(demo, "machine", tokens["access_token"]) == INACTIVE
    assert told(demo, "api", tokens["refresh_token"]) == INACTIVE, "no audience, not its affair"
    own = robot.token(grant_type="client_credentials").json()["access_token"]
    content = told(demo, "api", own)
    assert content["sub"] == content["client_id"] == "robot"
    assert content["aud"] == ["https://api.mihon.example/", "api"]
    assert not {"auth_time", "acr", "amr"} & set(content), "nobody authenticated"


def test_a_member_who_signed_out_has_inactive_tokens(demo: Demo) -> None:
    """Row 99: the standing of the member decides, whatever the token says."""
    browser, robot = signed_in(demo), party(demo, "robot")
    tokens = tokens_for(browser, robot)
    assert told(demo, "api", tokens["access_token"])["active"] is True
    page = browser.get("/account")
    browser.post("/sign-out", hidden_fields(page.text))
    for kind in ("access_token", "refresh_token"):
        assert told(demo, "robot", tokens[kind]) == INACTIVE
    assert told(demo, "api", tokens["access_token"]) == INACTIVE


def test_only_who_proves_itself_may_ask(demo: Demo) -> None:
    """Row 99: RFC 7662 2.1, 2.3."""
    token = tokens_for(signed_in(demo), party(demo, "desk"))["access_token"]
    place = demo.issuer + "/introspect"
    for form, auth in (
        ({}, None),
        ({"client_id": "card"}, None),
        ({"client_id": "desk"}, None),
        ({}, ("desk", "x" * 43)),
        ({"client_id": "desk", "client_secret": SECRETS["desk"]}, None),
    ):
        answer = requests.post(place, data={"token": token, **form}, auth=auth, timeout=30)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    bearer = {"Authorization": f"Bearer {token}"}
    assert (
        requests.post(place, data={"token": token}, headers=bearer, timeout=30).status_code == 401
    )
    signed = requests.post(place, data={"token": token, **proven(assertion(demo))}, timeout=30)
    assert signed.json() == INACTIVE, "authenticated by key; the token is another's"


def test_requests_that_are_none(demo: Demo) -> None:
    """Row 99: RFC 7662 2.1."""
    place, auth = demo.issuer + "/introspect", ("desk", SECRETS["desk"])
    assert requests.get(place, timeout=30).status_code == 405
    for sent in ({}, {"token": ""}):
        answer = requests.post(place, data=sent, auth=auth, timeout=30)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    answer = requests.post(place + "?token=x", data={"token": "x"}, auth=auth, timeout=30)
    assert answer.status_code == 400
    twice = requests.post(place, data=[("token", "a"), ("token", "b")], auth=auth, timeout=30)
    assert twice.status_code == 400
    nul = requests.post(place, data={"token": "a\0b"}, auth=auth, timeout=30)
    assert nul.status_code == 400
    headers = {"Origin": demo.facts["card"]}
    answer = requests.post(place, data={"token": "x"}, auth=auth, headers=headers, timeout=30)
    assert "Access-Control-Allow-Origin" not in answer.headers, "no browser asks here"


def test_the_key_of_a_bound_token_is_told(demo: Demo) -> None:
    """Rows 91, 99: RFC 9449 6.2."""
    desk = party(demo, "desk")
    desk.prover = Prover(demo.clock)
    tokens = tokens_for(signed_in(demo), desk)
    content = told(demo, "desk", tokens["access_token"])
    assert content["token_type"] == "DPoP"
    assert content["cnf"] == {"jkt": desk.prover.thumbprint}
