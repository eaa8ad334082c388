"""JWT access tokens (RFC 9068): what stands in them, and what they must never be taken for."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.flows.journey import signed_in, silently, tokens_for
from tests.support.demo import Demo
from tests.support.dpop import Prover
from tests.support.parties import party
from tests.support.relying_party import claims_of


def header_of(token: str) -> dict[str, Any]:
    part = token.split(".", maxsplit=1)[0]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def checked(demo: Demo, token: str, alg: str) -> dict[str, Any]:
    """Verify with the published keys, as a resource server elsewhere would (RFC 9068 4)."""
    keys = KeySet.import_key_set(requests.get(demo.issuer + "/jwks", timeout=30).json())
    read = jwt.decode(token, keys, algorithms=[alg])
    assert read.header["typ"] == "at+jwt"
    return dict(read.claims)


def test_a_members_token_says_what_9068_asks_for(demo: Demo) -> None:
    """Row 95: RFC 9068 2.1, 2.2."""
    tokens = tokens_for(signed_in(demo), party(demo, "robot"))
    claims = checked(demo, tokens["access_token"], "Ed25519")
    about = claims_of(tokens["id_token"])
    assert set(claims) == {
        "iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope", "auth_time", "acr", "amr",
    }  # fmt: skip
    assert claims["iss"] == demo.issuer
    assert claims["sub"] == about["sub"]
    assert claims["aud"] == ["https://api.mihon.example/", "api", demo.issuer]
    assert claims["client_id"] == "robot"
    assert claims["auth_time"] == about["auth_time"]
    assert claims["exp"] - claims["iat"] == tokens["expires_in"] == 300
    assert claims["scope"] == tokens["scope"]
    assert len(claims["jti"]) >= 22, "at least 128 bits"


def test_without_resources_the_provider_is_the_audience(demo: Demo) -> None:
    """Row 95: RFC 9068 3."""
    tokens = tokens_for(signed_in(demo), party(demo, "reader"))
    claims = checked(demo, tokens["access_token"], "ES256")
    assert claims["aud"] == demo.issuer


def test_a_programs_token_is_about_the_program(demo: Demo) -> None:
    """Rows 95, 96: RFC 9068 2.2, 5."""
    token = party(demo, "robot").token(grant_type="client_credentials").json()["access_token"]
    claims = checked(demo, token, "Ed25519")
    assert claims["sub"] == claims["client_id"] == "robot"
    assert claims["aud"] == ["https://api.mihon.example/", "api"]
    assert claims["scope"] == "robot:work"
    assert not {"auth_time", "acr", "amr", "sid"} & set(claims)


def test_the_id_tokens_hash_is_of_the_jwt(demo: Demo) -> None:
    """Row 75: OpenID Connect Core 3.1.3.6; SHA-512 goes with Ed25519."""
    for name, algorithm in (("robot", "sha512"), ("reader", "sha256")):
        tokens = tokens_for(signed_in(demo), party(demo, name))
        digest = hashlib.new(algorithm, tokens["access_token"].encode()).digest()
        half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
        assert claims_of(tokens["id_token"])["at_hash"] == half


def test_a_bound_jwt_names_its_key(demo: Demo) -> None:
    """Row 91: RFC 9449 6.1."""
    robot = party(demo, "robot")
    robot.prover = Prover(demo.clock)
    tokens = tokens_for(signed_in(demo), robot)
    claims = checked(demo, tokens["access_token"], "Ed25519")
    assert claims["cnf"] == {"jkt": robot.prover.thumbprint}
    assert robot.userinfo(tokens["access_token"]).status_code == 200
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert requests.get(demo.issuer + "/userinfo", headers=bearer, timeout=30).status_code == 401


def test_a_jwt_opens_userinfo_for_openid_alone(demo: Demo) -> None:
    """Row 82: the provider is in the audience just when `openid` was granted."""
    robot = party(demo, "robot")
    tokens = tokens_for(signed_in(demo), robot)
    assert robot.userinfo(tokens["access_token"]).status_code == 200
    narrow = robot.refresh(tokens["refresh_token"], scope="profile").json()["access_token"]
    assert demo.issuer not in claims_of(narrow)["aud"]
    assert robot.userinfo(narrow).status_code == 401


def test_an_access_token_is_no_id_token_and_the_other_way_round(demo: Demo) -> None:
    """Row 95: RFC 9068 4, 5; the type keeps them apart wherever one is taken."""
    browser, robot = signed_in(demo), party(demo, "robot")
    tokens = tokens_for(browser, robot)
    assert robot.userinfo(tokens["id_token"]).status_code == 401
    answer = silently(browser, robot, id_token_hint=tokens["access_token"])
    assert answer["error"] == "invalid_request"
    page = browser.get(
        "/end_session?client_id=robot&id_token_hint="
        + tokens["access_token"]
        + "&post_logout_redirect_uri=https://robot.mihon.example/bye"
    )
    assert "robot.mihon.example" not in page.headers.get("Location", "")
    assert robot.userinfo(tokens["access_token"]).status_code == 200, "nobody was signed out"


@pytest.mark.parametrize("how", ["type", "alg", "signature", "jti", "row"])
def test_a_forged_jwt_opens_nothing(demo: Demo, how: str) -> None:
    """Row 95: RFC 9068 4; the row decides even where a signature would hold."""
    robot = party(demo, "robot")
    token = tokens_for(signed_in(demo), robot)["access_token"]
    head, body, sign = token.split(".")

    def encoded(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    header, claims = header_of(token), claims_of(token)
    foreign = Prover(demo.clock)
    sent = {
        "type": f"{encoded(header | {'typ': 'JWT'})}.{body}.{sign}",
        "alg": f"{encoded(header | {'alg': 'none'})}.{body}.",
        "signature": f"{head}.{encoded(claims | {'scope': 'openid email'})}.{sign}",
        "jti": claims["jti"],
        "row": jwt.encode(
            {"alg": "ES256", "typ": "at+jwt", "kid": header["kid"]}, claims, foreign.key
        ),
    }[how]
    assert robot.userinfo(sent).status_code == 401
    assert robot.userinfo(token).status_code == 200
