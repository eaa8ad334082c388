"""Apps on phones and desks (RFC 8252): from the authorization request to the tokens."""

from __future__ import annotations

import pytest

from tests.flows.journey import signed_in, title_of
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Browser, Pkce, answer_of

ADDRESSES = (
    "http://127.0.0.1:1/callback",
    "http://127.0.0.1:49152/callback",
    "http://127.0.0.1:65535/callback",
    "http://127.0.0.1/callback",
    "http://[::1]:49152/callback",
    "http://[::1]/callback",
    "com.mihon.example.phone:/callback",
    "https://phone.mihon.example/callback?kept=1",
)


@pytest.mark.parametrize("redirect_uri", ADDRESSES)
def test_a_native_app_gets_tokens_at_its_address(demo: Demo, redirect_uri: str) -> None:
    """Rows 111, 112: RFC 8252 7.1, 7.2, 7.3: any port of a loopback address, schemes of an app."""
    browser, phone, pkce = signed_in(demo, 6), party(demo, "phone", redirect_uri), Pkce()
    page = browser.authorize(**phone.request(pkce, scope="openid", prompt="consent"))
    scheme = redirect_uri.partition(":")[0]
    policy = page.headers["Content-Security-Policy"].split("form-action ")[1].split(";")[0]
    assert f" {scheme}:" in policy, "the browser must follow the redirect after the form"
    done = browser.consent(page)
    assert done.headers["Location"].startswith(redirect_uri)
    answer = answer_of(done)
    assert answer["iss"] == demo.issuer
    elsewhere = party(demo, "phone", "http://127.0.0.1:2/callback")
    taken = elsewhere.exchange(answer["code"], pkce)
    assert taken.json()["error"] == "invalid_grant", "the address must be the same at the end"
    page = browser.authorize(**phone.request(pkce, scope="openid", prompt="consent"))
    code = answer_of(browser.consent(page))["code"]
    tokens = phone.exchange(code, pkce)
    assert tokens.status_code == 200, tokens.text
    assert phone.userinfo(tokens.json()["access_token"]).status_code == 200


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://localhost:49152/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:49152/callback/",
        "http://127.0.0.1:49152/callback?x=1",
        "http://127.0.0.2:49152/callback",
        "http://127.0.0.1:49152@evil.example/callback",
        "https://127.0.0.1:49152/callback",
        "com.mihon.example.phone:/callback/",
        "com.mihon.example.phone://callback",
        "COM.mihon.example.phone:/callback",
        "com.mihon.example.phone.evil:/callback",
    ],
)
def test_nearly_the_same_address_is_another(demo: Demo, redirect_uri: str) -> None:
    """Rows 7, 111, 112: told on a page."""
    phone = party(demo, "phone", redirect_uri)
    refused = signed_in(demo, 6).authorize(**phone.request(Pkce()))
    assert (refused.status_code, refused.headers.get("Location")) == (400, None)
    assert title_of(refused) == "このサービスからのログインを受け付けられません"


@pytest.mark.parametrize("redirect_uri", [a for a in ADDRESSES if not a.startswith("https:")])
def test_an_app_that_cannot_prove_itself_is_asked_about_every_time(
    demo: Demo, redirect_uri: str
) -> None:
    """Row 113: RFC 8252 8.6: any program may listen there, a former yes does not speak for it."""
    browser, phone = signed_in(demo, 7), party(demo, "phone", redirect_uri)
    asked = phone.request(Pkce(), scope="openid profile")
    assert "code" in answer_of(browser.consent(browser.authorize(**asked)))
    assert 'id="consent"' in browser.authorize(**asked).text
    silent = answer_of(browser.authorize(**asked, prompt="none"))
    assert silent["error"] == "consent_required"


def test_an_app_at_a_claimed_web_address_is_remembered(demo: Demo) -> None:
    """Row 112: RFC 8252 7.2: the system hands such an answer to this app alone."""
    browser = signed_in(demo, 7)
    phone = party(demo, "phone", "https://phone.mihon.example/callback?kept=1")
    asked = phone.request(Pkce(), scope="openid profile")
    page = browser.authorize(**asked)
    if page.status_code == 200:
        page = browser.consent(page)
    assert "code" in answer_of(page)
    assert "code" in answer_of(browser.authorize(**asked, prompt="none"))


def test_an_app_needs_pkce_and_its_secret_would_prove_nothing(demo: Demo) -> None:
    """Row 113: RFC 8252 6, 8.5."""
    phone, browser = party(demo, "phone"), signed_in(demo, 6)
    bare = phone.request(Pkce(), code_challenge="", code_challenge_method="")
    assert answer_of(browser.authorize(**bare))["error"] == "invalid_request"
    pkce = Pkce()
    page = browser.authorize(**phone.request(pkce, scope="openid", prompt="consent"))
    code = answer_of(browser.consent(page))["code"]
    pretending = phone.exchange(code, pkce, client_secret="anything")
    assert (pretending.status_code, pretending.json()["error"]) == (401, "invalid_client")
    assert phone.exchange(code, pkce).status_code == 200


def test_an_error_reaches_an_app_at_its_own_scheme(demo: Demo) -> None:
    """Rows 13, 112."""
    phone = party(demo, "phone", "com.mihon.example.phone:/callback")
    answer = Browser(demo.issuer).authorize(**phone.request(Pkce(), prompt="none"))
    assert answer.headers["Location"].startswith("com.mihon.example.phone:/callback?error=")
