"""Tokens bound to a key (RFC 9449 5 to 7, 10): who may use, refresh and redeem what."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.flows.journey import code_for, signed_in, tokens_for
from tests.support.demo import Demo
from tests.support.dpop import Prover
from tests.support.parties import SECRETS, forward, party
from tests.support.relying_party import Client, Pkce, answer_of


def public(demo: Demo, prover: Prover | None) -> Client:
    """Give a public client that may bind its tokens and need not."""
    phone = party(demo, "phone")
    phone.prover = prover
    return phone


def error_of(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


def userinfo(demo: Demo, token: str, scheme: str, **headers: str) -> requests.Response:
    sent = {"Authorization": f"{scheme} {token}", **headers}
    return requests.get(demo.issuer + "/userinfo", headers=sent, timeout=30)


def introspected(demo: Demo, client: Client, token: str) -> dict[str, Any]:
    answer = requests.post(
        demo.issuer + "/introspect",
        data={"token": token},
        auth=(client.client_id, client.secret or ""),
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def test_a_bound_token_is_refused_as_bearer(demo: Demo) -> None:
    """Row 91: RFC 9449 7.2; a stolen token must not work by leaving the proof out."""
    card = party(demo, "card")
    token = tokens_for(signed_in(demo), card, scope="openid")["access_token"]
    answer = userinfo(demo, token, "Bearer")
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("DPoP ")
    assert 'error="invalid_token"' in challenge
    assert 'algs="ES256 RS256 PS256 Ed25519"' in challenge
    in_body = requests.post(demo.issuer + "/userinfo", data={"access_token": token}, timeout=30)
    assert in_body.status_code == 401


def test_a_bound_token_opens_with_its_key_alone(demo: Demo) -> None:
    """Rows 90, 91: RFC 9449 7.1."""
    card, thief = party(demo, "card"), Prover(demo.clock)
    token = tokens_for(signed_in(demo), card, scope="openid")["access_token"]
    assert card.userinfo(token).json()["sub"]
    url = demo.issuer + "/userinfo"
    answer = userinfo(demo, token, "DPoP", DPoP=thief.proof("GET", url, token))
    assert error_of(answer) == (401, "invalid_token")
    assert error_of(userinfo(demo, token, "DPoP")) == (401, "invalid_dpop_proof")
    assert card.prover is not None
    headers = card.presenting(token, "POST", url)
    assert requests.post(url, headers=headers, timeout=30).status_code == 200
    assert requests.post(url, headers=headers, timeout=30).status_code == 401, "a proof used twice"


def test_an_unbound_token_is_refused_under_the_dpop_scheme(demo: Demo) -> None:
    """Row 91: RFC 9449 7.1; whoever believes in a proof must not be told that it counted."""
    desk = party(demo, "desk")
    token = tokens_for(signed_in(demo), desk, scope="openid")["access_token"]
    proof = Prover(demo.clock).proof("GET", demo.issuer + "/userinfo", token)
    assert error_of(userinfo(demo, token, "DPoP", DPoP=proof)) == (401, "invalid_token")
    assert userinfo(demo, token, "Bearer").status_code == 200


def test_without_a_token_both_schemes_are_offered(demo: Demo) -> None:
    """Rows 82, 91: RFC 6750 3, RFC 9449 7.1."""
    answer = requests.get(demo.issuer + "/userinfo", timeout=30)
    assert answer.status_code == 401
    assert "Bearer realm=" in answer.headers["WWW-Authenticate"]
    assert "DPoP realm=" in answer.headers["WWW-Authenticate"]
    assert "error=" not in answer.headers["WWW-Authenticate"]


def test_a_client_registered_as_bound_needs_a_proof(demo: Demo) -> None:
    """Row 91: RFC 9449 5.2; nothing is used up by a request without one."""
    browser = signed_in(demo)
    for name in ("card", "strict"):
        client, pkce = party(demo, name), Pkce()
        code = code_for(browser, client, pkce, scope="openid")
        client.prover = None
        assert error_of(client.exchange(code, pkce)) == (400, "invalid_dpop_proof")
        client.prover = Prover(demo.clock)
        answer = client.exchange(code, pkce)
        assert answer.status_code == 200, answer.text
        assert answer.json()["token_type"] == "DPoP"


@pytest.mark.parametrize("name", ["phone", "desk"])
def test_a_code_bound_by_dpop_jkt_is_redeemed_with_that_key_only(demo: Demo, name: str) -> None:
    """Row 92: RFC 9449 10; any client may bind its code."""
    client, browser = party(demo, name), signed_in(demo)
    for wrong in (None, Prover(demo.clock)):
        own, pkce = Prover(demo.clock), Pkce()
        code = code_for(browser, client, pkce, dpop_jkt=own.thumbprint)
        client.prover = wrong
        assert error_of(client.exchange(code, pkce)) == (400, "invalid_grant")
        client.prover = own
        assert error_of(client.exchange(code, pkce)) == (400, "invalid_grant"), "burnt"
        pkce = Pkce()
        code = code_for(browser, client, pkce, dpop_jkt=own.thumbprint)
        assert client.exchange(code, pkce).json()["token_type"] == "DPoP"


def test_a_refused_proof_does_not_burn_the_code(demo: Demo) -> None:
    """Row 92: a proof sent twice by a bad line, or one with a stale clock, is only asked anew."""
    client, pkce, own = party(demo, "phone"), Pkce(), Prover(demo.clock)
    code = code_for(signed_in(demo), client, pkce, dpop_jkt=own.thumbprint)
    form = {
        "grant_type": "authorization_code",
        "client_id": "phone",
        "code": code,
        "code_verifier": pkce.verifier,
        "redirect_uri": client.redirect_uri,
    }
    url = demo.issuer + "/token"
    stale = own.proof("POST", url, iat=own.now() - 3600)
    answer = requests.post(url, data=form, headers={"DPoP": stale}, timeout=30)
    assert error_of(answer) == (400, "invalid_dpop_proof")
    client.prover = own
    assert client.exchange(code, pkce).status_code == 200


def test_a_public_clients_refresh_token_is_bound_to_its_key(demo: Demo) -> None:
    """Rows 67, 92: RFC 9449 5; a thief of the token can neither use it nor end the family."""
    own = Prover(demo.clock)
    client = public(demo, own)
    tokens = tokens_for(signed_in(demo), client, prompt="consent")
    for wrong in (None, Prover(demo.clock)):
        client.prover = wrong
        answer = client.refresh(tokens["refresh_token"])
        assert error_of(answer) == (400, "invalid_grant")
    client.prover = own
    fresh = client.refresh(tokens["refresh_token"])
    assert fresh.status_code == 200, fresh.text
    assert fresh.json()["token_type"] == "DPoP"
    client.prover = Prover(demo.clock)
    repeated = client.refresh(tokens["refresh_token"])
    assert error_of(repeated) == (400, "invalid_grant"), "nor within the grace"
    forward(demo, 20)
    thief = client.refresh(tokens["refresh_token"])
    assert error_of(thief) == (400, "invalid_grant")
    client.prover = own
    assert client.refresh(fresh.json()["refresh_token"]).status_code == 200, "the family lives"


def test_a_confidential_client_may_change_its_key(demo: Demo) -> None:
    """Row 92: RFC 9449 5; its refresh tokens are held by its own credential."""
    desk = party(demo, "desk")
    desk.prover = first = Prover(demo.clock)
    tokens = tokens_for(signed_in(demo), desk)
    desk.prover = second = Prover(demo.clock)
    fresh = desk.refresh(tokens["refresh_token"]).json()
    assert fresh["token_type"] == "DPoP"
    assert introspected(demo, desk, fresh["access_token"])["cnf"] == {"jkt": second.thumbprint}
    assert introspected(demo, desk, tokens["access_token"])["cnf"] == {"jkt": first.thumbprint}
    desk.prover = None
    assert desk.refresh(fresh["refresh_token"]).json()["token_type"] == "Bearer"


def test_an_unbound_public_family_may_bind_its_next_access_token(demo: Demo) -> None:
    """Row 91: RFC 9449 5."""
    client = public(demo, None)
    tokens = tokens_for(signed_in(demo), client, prompt="consent")
    assert tokens["token_type"] == "Bearer"
    client.prover = Prover(demo.clock)
    fresh = client.refresh(tokens["refresh_token"]).json()
    assert fresh["token_type"] == "DPoP"
    assert client.userinfo(fresh["access_token"]).status_code == 200


def test_a_proof_when_pushing_binds_the_code(demo: Demo) -> None:
    """Row 92: RFC 9449 10.1."""
    desk, pkce, own = party(demo, "desk"), Pkce(), Prover(demo.clock)
    pushed = requests.post(
        demo.issuer + "/par",
        data=desk.request(pkce),
        auth=("desk", SECRETS["desk"]),
        headers={"DPoP": own.proof("POST", demo.issuer + "/par")},
        timeout=30,
    )
    assert pushed.status_code == 201, pushed.text
    browser = signed_in(demo)
    page = browser.authorize(client_id="desk", request_uri=pushed.json()["request_uri"])
    code = answer_of(page)["code"]
    assert error_of(desk.exchange(code, pkce)) == (400, "invalid_grant")
