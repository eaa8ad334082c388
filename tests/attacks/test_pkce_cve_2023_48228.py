"""PKCE cannot be left out, emptied, downgraded or guessed (CVE-2023-48228, CVE-2026-41213).

RFC 7636 4.6, RFC 9700 2.1.1 and 4.8.2.
"""

import hashlib

import pytest

from tests.flows.journey import code_for, signed_in
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Browser, Pkce, answer_of

WITHOUT = {"code_challenge": "", "code_challenge_method": ""}


def wrong_verifiers(pkce: Pkce) -> dict[str, str | None]:
    return {
        "left out": None,
        "empty": "",
        "another": Pkce().verifier,
        "the challenge itself": pkce.challenge,
        "cut": pkce.verifier[:-1],
        "lengthened": pkce.verifier + "A",
        "one letter": "A",
        "padded": pkce.verifier + "=",
        "not ASCII": pkce.verifier[:-1] + "é",
        "very long": pkce.verifier * 100,
        "the hex digest": hashlib.sha256(pkce.verifier.encode()).hexdigest(),
    }


@pytest.mark.parametrize("name", ["desk", "card", "legacy"])
@pytest.mark.parametrize("kind", list(wrong_verifiers(Pkce())))
def test_a_wrong_verifier_gets_nothing_and_burns_the_code(demo: Demo, name: str, kind: str) -> None:
    """Row 36: RFC 7636 4.6."""
    client, pkce = party(demo, name), Pkce()
    code = code_for(signed_in(demo), client, pkce, scope="openid")
    verifier = wrong_verifiers(pkce)[kind]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri}
    refused = client.token(**form, **({} if verifier is None else {"code_verifier": verifier}))
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    late = client.exchange(code, pkce)
    assert (late.status_code, late.json()["error"]) == (400, "invalid_grant"), "one guess only"


def test_a_verifier_for_a_request_without_challenge_is_a_downgrade(demo: Demo) -> None:
    """Row 37: RFC 9700 2.1.1."""
    legacy = party(demo, "legacy")
    code = code_for(signed_in(demo), legacy, Pkce(), **WITHOUT)
    assert legacy.exchange(code, Pkce()).json()["error"] == "invalid_grant"
    code = code_for(signed_in(demo), legacy, Pkce(), **WITHOUT)
    plain = legacy.token(
        grant_type="authorization_code", code=code, redirect_uri=legacy.redirect_uri
    )
    assert plain.status_code == 200, "exempted by data, and only without any verifier"


@pytest.mark.parametrize("name", ["desk", "card", "shop", "phone"])
def test_a_client_that_is_not_exempted_gets_no_code_without_a_challenge(
    demo: Demo, name: str
) -> None:
    """Row 38: RFC 7636 4.4.1."""
    sent = party(demo, name).request(Pkce(), scope="openid", **WITHOUT)
    assert answer_of(signed_in(demo).authorize(**sent))["error"] == "invalid_request"


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge_method": "S512"},
        {"code_challenge_method": ""},
        {"code_challenge": ""},
        {"code_challenge": "A" * 42},
        {"code_challenge": "A" * 44},
        {"code_challenge": "A" * 42 + "="},
        {"code_challenge": "A" * 42 + "!"},
        {"code_challenge": " " + "A" * 43},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["card", "legacy"])
def test_only_s256_with_a_whole_challenge_is_taken(
    demo: Demo, name: str, changed: dict[str, str]
) -> None:
    """Row 39: RFC 7636 4.1-4.4.1."""
    sent = party(demo, name).request(Pkce(), scope="openid") | changed
    assert answer_of(Browser(demo.issuer).authorize(**sent))["error"] == "invalid_request"
