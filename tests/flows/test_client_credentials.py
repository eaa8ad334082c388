"""Tokens that a program gets for itself (RFC 6749 4.4, RFC 9068)."""

from __future__ import annotations

import pytest
import requests

from tests.flows.journey import signed_in, tokens_for
from tests.support.demo import Demo
from tests.support.dpop import Prover
from tests.support.parties import SECRETS, forward, party
from tests.support.relying_party import Client, Pkce


def own_token(
    demo: Demo, name: str = "machine", scope: str | None = None, **headers: str
) -> requests.Response:
    form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
    return requests.post(
        demo.issuer + "/token",
        data=form,
        auth=(name, SECRETS[name]),
        headers=headers,
        timeout=30,
    )


def test_a_program_gets_its_own_scopes_and_nothing_of_a_member(demo: Demo) -> None:
    """Row 64: RFC 6749 4.4.3; no refresh token, no ID token, no scope that speaks of a member."""
    answer = own_token(demo)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    content = answer.json()
    assert set(content) == {"access_token", "token_type", "expires_in", "scope"}
    assert content["token_type"] == "Bearer"
    assert content["scope"] == "register:read scim:read"


def test_asked_for_less_a_program_gets_less(demo: Demo) -> None:
    """Rows 15, 64: RFC 6749 3.3."""
    assert own_token(demo, scope="scim:read").json()["scope"] == "scim:read"


@pytest.mark.parametrize(
    "scope",
    [
        "openid",
        "profile",
        "email",
        "address",
        "phone",
        "offline_access",
        "register:read openid",
        "robot:work",
        "unknown:scope",
        "member:Change",
        '"',
        "x" * 10_000,
    ],
    ids=lambda s: s[:30],
)
def test_other_scopes_are_refused(demo: Demo, scope: str) -> None:
    """Rows 15, 64: RFC 6749 3.3; the member's scopes too, though they are registered."""
    answer = own_token(demo, scope=scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_a_program_without_scopes_of_its_own_gets_a_token_without_any(demo: Demo) -> None:
    """Row 64: RFC 6749 3.3."""
    assert "scope" not in own_token(demo, "api").json()


@pytest.mark.parametrize("name", ["card", "phone"])
def test_a_public_client_gets_no_token_for_itself(demo: Demo, name: str) -> None:
    """Row 64: RFC 6749 4.4."""
    client = party(demo, name)
    answer = client.token(grant_type="client_credentials")
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


def test_a_programs_token_does_not_open_userinfo(demo: Demo) -> None:
    """Row 96: nobody's record is behind it."""
    for name in ("machine", "robot"):
        token = own_token(demo, name).json()["access_token"]
        answer = requests.get(
            demo.issuer + "/userinfo", headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        assert answer.status_code == 401


def test_a_member_cannot_be_asked_for_a_programs_scope(demo: Demo) -> None:
    """Row 15: a resource scope never comes through the authorization endpoint."""
    robot = party(demo, "robot")
    request = robot.request(Pkce(), scope="openid robot:work")
    answer = signed_in(demo).authorize(**request)
    assert "error=invalid_scope" in answer.headers["Location"]
    tokens = tokens_for(signed_in(demo), robot)
    refused = robot.refresh(tokens["refresh_token"], scope="robot:work")
    assert refused.json()["error"] == "invalid_scope"


def test_a_proof_binds_a_programs_token(demo: Demo) -> None:
    """Row 91: RFC 9449 5."""
    prover = Prover(demo.clock)
    proof = prover.proof("POST", demo.issuer + "/token")
    content = own_token(demo, DPoP=proof).json()
    assert content["token_type"] == "DPoP"
    told = introspected(party(demo, "machine"), content["access_token"])
    assert told["cnf"] == {"jkt": prover.thumbprint}
    assert told["token_type"] == "DPoP"


def introspected(client: Client, token: str) -> dict[str, object]:
    answer = requests.post(
        client.issuer + "/introspect",
        data={"token": token},
        auth=(client.client_id, client.secret or ""),
        timeout=30,
    )
    content: dict[str, object] = answer.json()
    return content


def test_a_programs_token_ends_with_its_time(demo: Demo) -> None:
    machine, content = party(demo, "machine"), own_token(demo).json()
    assert content["expires_in"] == 300
    assert introspected(machine, content["access_token"])["active"] is True
    forward(demo, 301)
    assert introspected(machine, content["access_token"]) == {"active": False}


def test_the_token_and_its_event_stand_in_the_log(demo: Demo) -> None:
    """No token without its event."""
    content = own_token(demo).json()
    jti = introspected(party(demo, "machine"), content["access_token"])["jti"]
    found = demo.idp("audit", "search", "--name", "client_token.issued", "--format", "json")
    assert str(jti) in found.stdout, found.stderr
    assert content["access_token"] not in found.stdout
