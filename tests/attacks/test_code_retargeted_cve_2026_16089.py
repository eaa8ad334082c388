"""Codes and refresh tokens belong to one client (CVE-2026-16089: a code retargeted to another).

Whoever else brings one gets nothing, and must not be able to burn it for its owner.
"""

import pytest

from tests.flows.journey import code_for, signed_in, tokens_for
from tests.support.demo import Demo
from tests.support.parties import PARTIES, SECRETS, assertion, party, proven
from tests.support.relying_party import Client, Pkce

OWNERS = ("desk", "card", "legacy", "phone")


def proof(demo: Demo, name: str) -> dict[str, str]:
    """Give what a client adds to its token requests to authenticate, beyond HTTP Basic."""
    if name == "post":
        return {"client_secret": SECRETS["post"]}
    return proven(assertion(demo)) if name == "keyed" else {}


def others(owner: str) -> list[str]:
    return [name for name in (*PARTIES, "card") if name not in (owner, "odd")]


def granted(demo: Demo, owner: str) -> tuple[Client, str, Pkce]:
    client, pkce = party(demo, owner), Pkce()
    scope = "openid profile offline_access"
    code = code_for(signed_in(demo), client, pkce, scope=scope, prompt="consent")
    return client, code, pkce


@pytest.mark.parametrize("owner", OWNERS)
def test_no_other_client_can_redeem_or_burn_a_code(demo: Demo, owner: str) -> None:
    """Row 56: RFC 6749 4.1.3."""
    client, code, pkce = granted(demo, owner)
    for name in others(owner):
        thief = party(demo, name, client.redirect_uri)
        stolen = thief.exchange(code, pkce, **proof(demo, name))
        assert stolen.status_code == 400, name
        assert stolen.json()["error"] in ("invalid_grant", "unauthorized_client"), name
    assert client.exchange(code, pkce).status_code == 200


@pytest.mark.parametrize("owner", OWNERS)
def test_no_other_client_can_use_or_end_a_refresh_token(demo: Demo, owner: str) -> None:
    """Row 65: RFC 6749 6."""
    client, code, pkce = granted(demo, owner)
    token = client.exchange(code, pkce).json()["refresh_token"]
    for name in others(owner):
        stolen = party(demo, name).refresh(token, **proof(demo, name))
        assert stolen.status_code == 400, name
        assert stolen.json()["error"] in ("invalid_grant", "unauthorized_client")
    assert client.refresh(token).status_code == 200


def test_a_thief_with_a_spent_code_cannot_end_what_its_owner_holds(demo: Demo) -> None:
    desk, code, pkce = granted(demo, "desk")
    tokens = desk.exchange(code, pkce).json()
    assert party(demo, "card", desk.redirect_uri).exchange(code, pkce).status_code == 400
    assert desk.userinfo(tokens["access_token"]).status_code == 200
    assert desk.refresh(tokens["refresh_token"]).status_code == 200


def test_every_mutilated_code_is_unknown_and_burns_nothing(demo: Demo) -> None:
    """Row 60: RFC 6749 4.1.2."""
    desk, code, pkce = granted(demo, "desk")
    for text in (
        code[:-1],
        code + "A",
        code.swapcase(),
        code[::-1],
        code * 2,
        " " + code,
        code + "=",
    ):
        assert desk.exchange(text, pkce).json()["error"] == "invalid_grant", text
    assert desk.exchange(code, pkce).status_code == 200


def test_a_code_is_not_a_token_and_a_token_is_not_a_code(demo: Demo) -> None:
    desk = party(demo, "desk")
    tokens, pkce = tokens_for(signed_in(demo), desk), Pkce()
    code = code_for(signed_in(demo), desk, pkce)
    assert desk.userinfo(code).status_code == 401
    assert desk.refresh(code).json()["error"] == "invalid_grant"
    assert desk.refresh(tokens["access_token"]).json()["error"] == "invalid_grant"
    assert desk.exchange(tokens["refresh_token"], pkce).json()["error"] == "invalid_grant"
    assert desk.userinfo(tokens["refresh_token"]).status_code == 401
