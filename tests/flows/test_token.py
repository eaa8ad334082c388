"""The token endpoint: who may ask, in which way, and what each refusal says (RFC 6749 3.2, 5)."""

import base64
from typing import Any
from urllib.parse import quote_plus

import pytest
import requests

from tests.flows.journey import code_for, signed_in, tokens_for
from tests.support.demo import Demo
from tests.support.parties import (
    FOREIGN_KEY,
    ODD_SECRET,
    SECRETS,
    assertion,
    forward,
    now,
    party,
    proven,
)
from tests.support.relying_party import Pkce

CODE = {"grant_type": "authorization_code", "code": "no-such-code", "code_verifier": "v" * 43}


def send(
    demo: Demo, form: Any = None, method: str = "POST", headers: dict[str, str] | None = None
) -> requests.Response:
    return requests.request(
        method,
        demo.issuer + "/token",
        data=form,
        headers=headers or {},
        timeout=30,
        allow_redirects=False,
    )


def basic(name: str, secret: str, quote: bool = True) -> dict[str, str]:
    pair = f"{quote_plus(name)}:{quote_plus(secret)}" if quote else f"{name}:{secret}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def refusal(response: requests.Response) -> tuple[int, str]:
    """Read a refusal, and check what all of them have in common (RFC 6749 5.2)."""
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Request-Id"]
    return response.status_code, response.json()["error"]


def test_a_token_response_has_its_members_and_is_kept_by_no_cache(demo: Demo) -> None:
    """Row 61: RFC 6749 5.1."""
    desk, pkce = party(demo, "desk"), Pkce()
    response = desk.exchange(code_for(signed_in(demo), desk, pkce), pkce)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    content = response.json()
    assert content["token_type"] == "Bearer"
    assert content["expires_in"] == 300
    assert set(content) == {
        "access_token",
        "token_type",
        "expires_in",
        "scope",
        "refresh_token",
        "id_token",
    }


def test_a_public_client_names_itself_and_proves_the_code_with_pkce(demo: Demo) -> None:
    """Row 113: RFC 8252 6."""
    tokens = tokens_for(signed_in(demo), party(demo, "card"), scope="openid profile")
    assert tokens["access_token"]


def test_basic_values_are_form_encoded_before_they_are_joined(demo: Demo) -> None:
    """Row 52: RFC 6749 2.3.1."""
    odd, pkce = party(demo, "odd"), Pkce()
    code = code_for(signed_in(demo), odd, pkce)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": pkce.verifier,
        "redirect_uri": odd.redirect_uri,
    }
    raw = send(demo, form, headers=basic("odd", ODD_SECRET, quote=False))
    assert refusal(raw) == (401, "invalid_client")
    assert send(demo, form, headers=basic("odd", ODD_SECRET)).status_code == 200


def test_a_client_of_client_secret_post_sends_it_in_the_body(demo: Demo) -> None:
    """Row 52: RFC 6749 2.3.1."""
    post, pkce = party(demo, "post"), Pkce()
    code = code_for(signed_in(demo), post, pkce)
    assert post.exchange(code, pkce, client_secret=SECRETS["post"]).status_code == 200


def test_a_client_with_a_key_signs_an_assertion(demo: Demo) -> None:
    """Row 55: Core 9."""
    keyed, pkce = party(demo, "keyed"), Pkce()
    code = code_for(signed_in(demo), keyed, pkce)
    assert keyed.exchange(code, pkce, **proven(assertion(demo))).status_code == 200


def test_an_assertion_is_good_once(demo: Demo) -> None:
    """Row 55: Core 9."""
    keyed, once = party(demo, "keyed"), assertion(demo)
    first = keyed.token(**CODE, **proven(once))
    again = keyed.token(**CODE, **proven(once))
    assert refusal(first) == (400, "invalid_grant"), "authenticated; only the code is unknown"
    assert refusal(again) == (401, "invalid_client")


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": None},
        {"aud": "https://another.mihon.example"},
        {"aud": []},
        {"aud": "{issuer}/token"},
        {"aud": "{issuer}/"},
        {"aud": ["{issuer}", "https://another.mihon.example"]},
        {"iss": "desk"},
        {"iss": None},
        {"sub": "desk"},
        {"sub": None},
        {"sub": 7},
        {"jti": None},
        {"jti": 7},
        {"jti": "j" * 201},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": -60},
        {"exp": 3600},
        {"nbf": 120},
        {"iat": 120},
    ],
    ids=str,
)
def test_an_assertion_with_one_wrong_claim_proves_nobody(
    demo: Demo, claims: dict[str, Any]
) -> None:
    """Row 55: Core 9."""

    def said(name: str, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool) and name in ("exp", "nbf", "iat"):
            return now(demo) + value
        if isinstance(value, list):
            return [said(name, item) for item in value]
        return value.replace("{issuer}", demo.issuer) if isinstance(value, str) else value

    made = assertion(demo, **{name: said(name, value) for name, value in claims.items()})
    assert refusal(party(demo, "keyed").token(**CODE, **proven(made))) == (401, "invalid_client")


def test_an_assertion_that_has_expired_proves_nobody(demo: Demo) -> None:
    """Row 55: Core 9."""
    old = assertion(demo)
    forward(demo, 60 + 11)
    assert refusal(party(demo, "keyed").token(**CODE, **proven(old))) == (401, "invalid_client")


def test_an_assertion_of_a_foreign_key_or_for_a_foreign_client_proves_nobody(demo: Demo) -> None:
    """Row 55: Core 9."""
    forged = assertion(demo, FOREIGN_KEY)
    assert refusal(party(demo, "keyed").token(**CODE, **proven(forged))) == (401, "invalid_client")
    desk = send(
        demo, CODE | proven(assertion(demo, iss="desk", sub="desk")) | {"client_id": "desk"}
    )
    assert refusal(desk) == (401, "invalid_client")
    mixed = send(demo, CODE | proven(assertion(demo)) | {"client_id": "card"})
    assert refusal(mixed) == (401, "invalid_client")


def test_two_ways_of_authentication_at_once_are_refused(demo: Demo) -> None:
    """Row 53: RFC 6749 2.3."""
    secret = {"client_id": "desk", "client_secret": SECRETS["desk"]}
    header = basic("desk", SECRETS["desk"])
    assert refusal(send(demo, CODE | secret, headers=header)) == (400, "invalid_request")
    both = CODE | proven(assertion(demo)) | secret
    assert refusal(send(demo, both)) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("form", "header"),
    [
        ({"client_id": "desk", "client_secret": SECRETS["desk"]}, None),
        ({"client_id": "desk"}, None),
        ({"client_id": "post"}, None),
        ({}, basic("post", SECRETS["post"])),
        ({"client_id": "card", "client_secret": "x"}, None),
        ({}, basic("card", "")),
        ({"client_id": "keyed"}, None),
        ({"client_id": "nobody"}, None),
        ({}, None),
        ({}, basic("desk", "wrong")),
        ({}, basic("desk", "")),
        ({}, basic("nobody", SECRETS["desk"])),
        ({"client_id": "shop"}, basic("desk", SECRETS["desk"])),
        ({}, {"Authorization": "Basic !!!"}),
        ({}, {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()}),
        ({}, {"Authorization": "Basic"}),
        ({}, {"Authorization": "Bearer " + SECRETS["desk"]}),
    ],
)
def test_only_the_registered_method_authenticates_a_client(
    demo: Demo, form: dict[str, str], header: dict[str, str] | None
) -> None:
    """Rows 53, 54: RFC 6749 2.3; RFC 6749 5.2."""
    response = send(demo, CODE | form, headers=header)
    assert refusal(response) == (401, "invalid_client")
    tried_basic = header is not None and header["Authorization"].startswith("Basic")
    challenge = response.headers.get("WWW-Authenticate", "")
    assert challenge.startswith('Basic realm="') == tried_basic


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "PATCH"])
def test_only_post_reaches_the_token_endpoint(demo: Demo, method: str) -> None:
    """Row 51: RFC 6749 3.2."""
    response = send(demo, method=method)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")


def test_parameters_in_the_query_are_refused(demo: Demo) -> None:
    """Row 51: RFC 6749 3.2."""
    response = requests.post(
        demo.issuer + "/token?client_id=card", data=CODE, timeout=30, allow_redirects=False
    )
    assert refusal(response) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "unknown"}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, "invalid_grant"),
    ],
)
def test_what_is_asked_for_wrongly_is_said(demo: Demo, form: dict[str, str], error: str) -> None:
    """Rows 62, 63: RFC 6749 5.2."""
    header = basic("desk", SECRETS["desk"])
    assert refusal(send(demo, form, headers=header)) == (400, error)


def test_a_client_uses_only_the_grants_it_is_registered_for(demo: Demo) -> None:
    """Row 63: RFC 6749 5.2."""
    once = party(demo, "once")
    assert refusal(once.refresh("anything")) == (400, "unauthorized_client")
    tokens = tokens_for(signed_in(demo), once)
    assert "refresh_token" not in tokens


def test_the_redirect_uri_must_be_the_one_the_code_was_issued_for(demo: Demo) -> None:
    """Row 57: RFC 6749 4.1.3."""
    desk, browser = party(demo, "desk"), signed_in(demo)
    for sent in ("https://desk.mihon.example/other", "https://desk.mihon.example/callback/", ""):
        pkce = Pkce()
        code = code_for(browser, desk, pkce)
        response = desk.token(
            grant_type="authorization_code",
            code=code,
            redirect_uri=sent,
            code_verifier=pkce.verifier,
        )
        assert refusal(response) == (400, "invalid_grant")


def test_a_second_redemption_ends_what_the_first_one_got(demo: Demo) -> None:
    """Rows 58, 59: RFC 6749 4.1.2."""
    desk, pkce = party(demo, "desk"), Pkce()
    code = code_for(signed_in(demo), desk, pkce)
    tokens = desk.exchange(code, pkce).json()
    assert desk.userinfo(tokens["access_token"]).status_code == 200
    assert refusal(desk.exchange(code, pkce)) == (400, "invalid_grant")
    assert desk.userinfo(tokens["access_token"]).status_code == 401
    assert refusal(desk.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def test_a_client_secret_is_not_asked_for_without_end(demo: Demo) -> None:
    """Row 117: RFC 6749 10.1."""
    for _ in range(20):
        assert send(demo, CODE, headers=basic("shop", "wrong")).status_code == 401
    before = demo.metric("gate_verifications_total", secret="client_secret")
    refused = send(demo, CODE, headers=basic("shop", SECRETS["shop"]))
    assert refusal(refused) == (401, "invalid_client"), "not even the right one"
    assert demo.metric("gate_verifications_total", secret="client_secret") == before
    other = send(demo, CODE, headers=basic("desk", SECRETS["desk"]))
    assert refusal(other) == (400, "invalid_grant"), "other clients are not touched"
    forward(demo, 601)
    again = send(demo, CODE, headers=basic("shop", SECRETS["shop"]))
    assert refusal(again) == (400, "invalid_grant")
