"""Discovery and JWKS say the truth, are cached well, and browsers may read what they need."""

from typing import Any

import pytest
import requests

from tests.flows.journey import signed_in, silently, tokens_for
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Browser, Pkce, answer_of, hidden_fields

PATHS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


def read(demo: Demo, path: str, method: str = "GET", **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(method, demo.issuer + path, headers=named, timeout=30)


def test_both_well_known_paths_give_the_same_document(demo: Demo) -> None:
    """Rows 85, 89: Disc 4.1; RFC 8414 3."""
    first, second = (read(demo, path) for path in PATHS)
    assert first.status_code == 200
    assert first.headers["Content-Type"] == "application/json"
    assert first.content == second.content
    found = first.json()
    assert found["issuer"] == demo.issuer
    for name in (
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "end_session_endpoint",
    ):
        assert found[name].startswith(demo.issuer + "/")
    assert "RS256" in found["id_token_signing_alg_values_supported"]
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["authorization_response_iss_parameter_supported"] is True
    assert found["backchannel_logout_supported"] is True
    assert found["backchannel_logout_session_supported"] is True


def test_every_endpoint_named_is_there_and_no_value_is_empty(demo: Demo) -> None:
    """Rows 87, 102: Disc 3; RPLogout 2."""
    found = read(demo, PATHS[0]).json()
    assert all(value not in (None, "", []) for value in found.values())
    for name, url in found.items():
        if name.endswith(("_endpoint", "_uri")):
            assert requests.get(url, timeout=30, allow_redirects=False).status_code != 404, name


def test_the_lists_of_discovery_are_probed_one_by_one(demo: Demo) -> None:
    """Rows 88, 40: Disc 3; RFC 9700 2.1.1."""
    found, desk = read(demo, PATHS[0]).json(), party(demo, "filing")
    browser = signed_in(demo)
    for scope in found["scopes_supported"]:
        assert "code" in silently(browser, desk, scope=f"openid {scope}"), scope
    for response_type in found["response_types_supported"]:
        assert "code" in silently(browser, desk, response_type=response_type)
    for mode in found["response_modes_supported"]:
        page = browser.authorize(**desk.request(Pkce(), response_mode=mode))
        assert "code" in (hidden_fields(page.text) or answer_of(page)), mode
    for prompt in found["prompt_values_supported"]:
        answer = browser.authorize(**desk.request(Pkce(), prompt=prompt))
        assert "invalid_request" not in answer.headers.get("Location", "")
    tokens = tokens_for(browser, desk, scope="openid profile email address phone")
    shown = set(desk.userinfo(tokens["access_token"]).json())
    assert shown <= set(found["claims_supported"])


@pytest.mark.parametrize("path", [*PATHS, "/jwks"])
def test_a_reader_that_has_the_document_gets_304(demo: Demo, path: str) -> None:
    first = read(demo, path)
    assert "max-age" in first.headers["Cache-Control"]
    again = read(demo, path, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    for etag in ('"other"', "", "x"):
        assert read(demo, path, If_None_Match=etag).status_code == 200
    many = read(demo, path, If_None_Match=f'"other", W/{first.headers["ETag"]}')
    assert many.status_code == 304
    assert read(demo, path, If_None_Match="*").status_code == 304


def test_jwks_has_public_members_only(demo: Demo) -> None:
    """Row 73: Core 10.1."""
    keys: list[dict[str, Any]] = read(demo, "/jwks").json()["keys"]
    assert {k["alg"] for k in keys} >= {"ES256", "RS256"}
    assert len({k["kid"] for k in keys}) == len(keys)
    for key in keys:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k", "oth"} & set(key)
        assert key["use"] == "sig"
        assert key["kty"] != "RSA" or len(key["n"]) >= 342


@pytest.mark.parametrize("path", [*PATHS, "/jwks"])
def test_public_documents_may_be_read_by_any_page_without_credentials(
    demo: Demo, path: str
) -> None:
    """Row 70: Core 5.3."""
    found = read(demo, path, Origin="https://anywhere.mihon.example")
    assert found.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in found.headers


@pytest.mark.parametrize("path", ["/token", "/userinfo"])
@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
def test_only_the_origins_of_registered_browser_clients_may_read_tokens(
    demo: Demo, path: str, method: str
) -> None:
    """Row 70: Core 5.3."""
    card = demo.facts["card"]
    for origin in (card, "https://phone.mihon.example"):
        allowed = read(demo, path, method, Origin=origin, Access_Control_Request_Method="POST")
        assert allowed.headers["Access-Control-Allow-Origin"] == origin
        assert "Origin" in allowed.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in allowed.headers
    for origin in (
        "https://evil.example",
        card + "0",
        card + ".evil.example",
        card + "/",
        card.upper(),
        "null",
        "*",
        demo.facts["portal"],
        "https://shop.mihon.example",
        "http://phone.mihon.example",
        "https://phone.mihon.example:8443",
    ):
        refused = read(demo, path, method, Origin=origin, Access_Control_Request_Method="POST")
        assert "Access-Control-Allow-Origin" not in refused.headers, origin


def test_a_preflight_says_what_a_browser_client_may_send(demo: Demo) -> None:
    """Row 70: Core 5.3."""
    preflight = read(
        demo,
        "/userinfo",
        "OPTIONS",
        Origin=demo.facts["card"],
        Access_Control_Request_Method="GET",
        Access_Control_Request_Headers="authorization",
    )
    assert preflight.status_code == 204
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, POST"


@pytest.mark.parametrize("path", ["/authorize", "/sign-in", "/end_session", "/account"])
def test_pages_are_not_readable_across_origins(demo: Demo, path: str) -> None:
    """Row 70: Core 5.3."""
    found = Browser(demo.issuer).get(path, headers={"Origin": demo.facts["card"]})
    assert not [name for name in found.headers if name.lower().startswith("access-control-")]
