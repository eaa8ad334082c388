"""Every member of discovery is probed, value by value: what is listed works, the rest does not.

A member without a probe here fails, so that nothing is ever listed unproven.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.flows.discovery_algorithms import CODE, Probe, by_assertion, id_tokens, proofs
from tests.flows.journey import asked, signed_in, silently, title_of, tokens_for
from tests.support.demo import Demo
from tests.support.parties import SECRETS, assertion, party, proven
from tests.support.relying_party import Pkce, answer_of, claims_of


@pytest.fixture(scope="module")
def listed(demo: Demo) -> dict[str, Any]:
    """The discovery document."""
    document: dict[str, Any] = requests.get(
        demo.issuer + "/.well-known/openid-configuration", timeout=30
    ).json()
    return document


def equal(wanted: Any) -> Probe:
    """Expect exactly this value; what it says is probed elsewhere."""

    def probe(_demo: Demo, value: Any) -> None:
        assert value == wanted

    return probe


def answers(*statuses: int) -> Probe:
    """Expect an endpoint of ours that answers a bare POST like this."""

    def probe(demo: Demo, url: str) -> None:
        assert url.startswith(demo.issuer + "/")
        assert requests.post(url, timeout=30, allow_redirects=False).status_code in statuses, url

    return probe


def _reads(demo: Demo, url: str) -> None:
    assert requests.get(url, timeout=30).json()["keys"]


def _scopes(demo: Demo, scopes: list[str]) -> None:
    browser, filing = signed_in(demo), party(demo, "filing")
    for scope in scopes:
        assert "code" in silently(browser, filing, scope=" ".join(dict.fromkeys(["openid", scope])))
    assert silently(browser, filing, scope="openid nonsense")["error"] == "invalid_scope"


def _response_types(demo: Demo, types: list[str]) -> None:
    browser, desk = signed_in(demo), party(demo, "desk")
    for name in ("code", "token", "id_token", "code id_token", "code token", "none"):
        answer = silently(browser, desk, response_type=name)
        assert ("code" in answer) is (name in types), name


def _response_modes(demo: Demo, modes: list[str]) -> None:
    browser, desk = signed_in(demo), party(demo, "desk")
    for mode in ("query", "form_post", "fragment", "query.jwt", "web_message"):
        page = browser.authorize(**desk.request(Pkce(), response_mode=mode, prompt="none"))
        given = page.text if page.status_code == 200 else page.headers["Location"]
        assert ("error=invalid_request" in given) is (mode not in modes), mode


def _grant_types(demo: Demo, grants: list[str]) -> None:
    device = "urn:ietf:params:oauth:grant-type:device_code"
    bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    known = ("authorization_code", "refresh_token", "client_credentials")
    for name in (*known, "password", "implicit", device, bearer, exchange):
        answer = party(demo, "desk").token(grant_type=name)
        unknown = answer.json()["error"] == "unsupported_grant_type"
        assert unknown is (name not in grants), name


def _methods(demo: Demo, methods: list[str]) -> None:
    ways = {
        "client_secret_basic": ("desk", {}),
        "client_secret_post": ("post", {"client_secret": SECRETS["post"]}),
        "private_key_jwt": ("keyed", proven(assertion(demo))),
        "none": ("phone", {}),
    }
    assert set(methods) == set(ways)
    for name, more in ways.values():
        answer = party(demo, name).token(**CODE, **more)
        assert answer.json()["error"] == "invalid_grant", (name, answer.text)


def at_endpoint(path: str) -> Probe:
    """Expect that every method of the list is taken at an endpoint, and no other."""

    def probe(demo: Demo, methods: list[str]) -> None:
        secret = {"client_id": "post", "client_secret": SECRETS["post"]}
        ways: dict[str, dict[str, Any]] = {
            "client_secret_basic": {"auth": ("desk", SECRETS["desk"]), "data": {}},
            "client_secret_post": {"data": secret},
            "private_key_jwt": {"data": proven(assertion(demo))},
            "none": {"data": {"client_id": "phone"}},
        }
        assert set(methods) <= set(ways)
        for name, way in ways.items():
            sent = way | {"data": way["data"] | {"token": "nothing"}}
            answer = requests.post(demo.issuer + path, timeout=30, **sent)
            assert (answer.status_code == 200) is (name in methods), (name, answer.text)

    return probe


def _challenges(demo: Demo, methods: list[str]) -> None:
    browser, desk = signed_in(demo), party(demo, "desk")
    for method in ("S256", "plain", "s256", "S512"):
        answer = silently(browser, desk, code_challenge_method=method)
        assert ("code" in answer) is (method in methods), method


def _prompts(demo: Demo, prompts: list[str]) -> None:
    desk = party(demo, "desk")
    for prompt in ("none", "login", "consent", "select_account", "create", "nonsense"):
        page = signed_in(demo).authorize(**desk.request(Pkce(), prompt=prompt))
        refused = "error=invalid_request" in page.headers.get("Location", "")
        assert refused is (prompt not in prompts), prompt


def _claims(demo: Demo, claims: list[str]) -> None:
    desk = party(demo, "desk")
    tokens = tokens_for(signed_in(demo), desk, scope="openid profile email address phone")
    shown = set(desk.userinfo(tokens["access_token"]).json())
    assert shown <= set(claims), shown - set(claims)
    assert set(claims_of(tokens["id_token"])) <= set(claims)


def _acrs(demo: Demo, acrs: list[str]) -> None:
    tokens = tokens_for(signed_in(demo), party(demo, "desk"), acr_values=" ".join(acrs))
    assert claims_of(tokens["id_token"])["acr"] in acrs


def _locales(demo: Demo, locales: list[str]) -> None:
    seen = set()
    for locale in locales:
        page = requests.get(
            demo.issuer + "/authorize",
            params=party(demo, "desk").request(Pkce(), ui_locales=locale),
            timeout=30,
        )
        assert f'lang="{locale}"' in page.text
        seen.add(title_of(page))
    assert len(seen) == len(locales)


def _issuer_answers(demo: Demo, value: bool) -> None:
    assert value is True
    assert silently(signed_in(demo), party(demo, "desk"))["iss"] == demo.issuer
    page = asked(signed_in(demo), party(demo, "desk"), leave_out="response_type")
    assert answer_of(page)["iss"] == demo.issuer


def refused_as(parameter: str) -> Probe:
    """Expect that a parameter which is not supported is refused with its own error."""

    def probe(demo: Demo, value: bool) -> None:
        assert value is False
        answer = silently(signed_in(demo), party(demo, "desk"), **{parameter: "https://x.example/"})
        assert answer["error"] == f"{parameter}_not_supported"

    return probe


def _claims_parameter(demo: Demo, value: bool) -> None:
    asked_for = '{"id_token":{"name":null}}'
    tokens = tokens_for(signed_in(demo), party(demo, "desk"), scope="openid", claims=asked_for)
    assert ("name" in claims_of(tokens["id_token"])) is value


def _session_claim(demo: Demo, value: bool) -> None:
    assert value is True
    assert claims_of(tokens_for(signed_in(demo), party(demo, "desk"))["id_token"])["sid"]


PROBES: dict[str, Probe] = {
    "issuer": lambda demo, value: equal(demo.issuer)(demo, value),
    "authorization_endpoint": answers(400),
    "token_endpoint": answers(400, 401),
    "userinfo_endpoint": answers(401),
    "pushed_authorization_request_endpoint": answers(400, 401),
    "introspection_endpoint": answers(400, 401),
    "revocation_endpoint": answers(400, 401),
    "end_session_endpoint": answers(200, 303),
    "jwks_uri": _reads,
    "scopes_supported": _scopes,
    "response_types_supported": _response_types,
    "response_modes_supported": _response_modes,
    "grant_types_supported": _grant_types,
    "subject_types_supported": equal(["public"]),
    "id_token_signing_alg_values_supported": id_tokens,
    "token_endpoint_auth_methods_supported": _methods,
    "introspection_endpoint_auth_methods_supported": at_endpoint("/introspect"),
    "revocation_endpoint_auth_methods_supported": at_endpoint("/revoke"),
    "token_endpoint_auth_signing_alg_values_supported": by_assertion("/token"),
    "introspection_endpoint_auth_signing_alg_values_supported": by_assertion("/introspect"),
    "revocation_endpoint_auth_signing_alg_values_supported": by_assertion("/revoke"),
    "dpop_signing_alg_values_supported": proofs,
    "code_challenge_methods_supported": _challenges,
    "prompt_values_supported": _prompts,
    "claim_types_supported": equal(["normal"]),
    "claims_supported": _claims,
    "claims_parameter_supported": _claims_parameter,
    "request_parameter_supported": refused_as("request"),
    "request_uri_parameter_supported": refused_as("request_uri"),
    "require_pushed_authorization_requests": equal(False),
    "acr_values_supported": _acrs,
    "ui_locales_supported": _locales,
    "authorization_response_iss_parameter_supported": _issuer_answers,
    "backchannel_logout_supported": equal(True),
    "backchannel_logout_session_supported": _session_claim,
}


@pytest.mark.parametrize("member", PROBES)
def test_a_member_of_discovery_tells_the_truth(
    demo: Demo, listed: dict[str, Any], member: str
) -> None:
    """Rows 87, 88: each value is tried, and so are some that are not listed."""
    PROBES[member](demo, listed[member])


def test_nothing_is_listed_without_a_probe(listed: dict[str, Any]) -> None:
    """Row 88: a new member needs a probe here."""
    assert set(listed) == set(PROBES)
