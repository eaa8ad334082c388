"""`response_mode=form_post`: the answer travels in a form, under our own security policy."""

import re

import pytest
import requests

from tests.flows.journey import code_for, signed_in
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Browser, Client, Pkce, hidden_fields

FORM = re.compile(r'<form id="form-post" method="post" action="([^"]+)"')


def posts(page: requests.Response, client: Client) -> dict[str, str]:
    """Give what the form of an answer would post, after looking at the page itself."""
    assert page.status_code == 200
    assert "Location" not in page.headers
    assert FORM.findall(page.text) == [client.redirect_uri]
    assert '<button type="submit">' in page.text, "a browser without scripts needs a button"
    scripts = re.findall(r"<script([^>]*)>([^<]*)</script>", page.text)
    assert [("src=" in attributes, body) for attributes, body in scripts] == [(True, "")]
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    return hidden_fields(page.text)


def form_action(page: requests.Response) -> str:
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    return policy.split("form-action ")[1].split(";")[0]


def test_a_code_comes_in_a_form_and_is_worth_tokens(demo: Demo) -> None:
    """Row 31: Form Post Response Mode 2, 4."""
    browser, desk, pkce = signed_in(demo), party(demo, "desk"), Pkce()
    page = browser.authorize(**desk.request(pkce, response_mode="form_post", state="kept"))
    sent = posts(page, desk)
    assert set(sent) == {"code", "state", "iss"}
    assert (sent["state"], sent["iss"]) == ("kept", demo.issuer)
    assert form_action(page) == "'self' https://desk.mihon.example"
    assert desk.exchange(sent["code"], pkce).status_code == 200


STATES = (
    "状態　ü€ 😀",
    "\"'<>&amp;</form><script>alert(1)</script>",
    "one\ntwo\r\nthree\rfour\ttab",
    " blank at both ends ",
    "%0A+&=#?",
    "x" * 4000,
)


@pytest.mark.parametrize("state", STATES)
def test_values_are_escaped_and_intact(demo: Demo, state: str) -> None:
    """Rows 12, 31: what was sent comes back unchanged, and is never markup."""
    browser, desk = signed_in(demo), party(demo, "desk")
    page = browser.authorize(**desk.request(Pkce(), response_mode="form_post", state=state))
    assert posts(page, desk)["state"] == state
    assert "alert(1)</script>" not in page.text
    (shown,) = re.findall(r'name="state" value="([^"]*)"', page.text)
    assert not set(shown) & set("\r\n<>'"), "a parser would change a bare line break"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"prompt": "none"}, "login_required"),
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"claims": "{"}, "invalid_request"),
    ],
)
def test_errors_come_in_the_form_too(demo: Demo, changed: dict[str, str], error: str) -> None:
    """Rows 13, 31: errors use the response mode that was asked for."""
    desk = party(demo, "desk")
    asked = desk.request(Pkce(), response_mode="form_post", state="<kept>") | changed
    page = Browser(demo.issuer).authorize(**asked)
    assert posts(page, desk) == {"error": error, "state": "<kept>", "iss": demo.issuer}


def test_a_no_on_the_consent_page_comes_in_the_form(demo: Demo) -> None:
    """Rows 14, 31: the member's refusal."""
    browser, shop = signed_in(demo, 3), party(demo, "shop")
    page = browser.authorize(
        **shop.request(Pkce(), scope="openid phone", response_mode="form_post")
    )
    assert posts(browser.consent(page, "deny"), shop)["error"] == "access_denied"


def test_without_state_none_is_posted(demo: Demo) -> None:
    browser, desk = signed_in(demo), party(demo, "desk")
    page = browser.authorize(**desk.request(Pkce(), response_mode="form_post", state=""))
    assert "state" not in posts(page, desk)


@pytest.mark.parametrize("mode", ["fragment", "jwt", "form_post ", "FORM_POST", "surprise"])
def test_an_unknown_response_mode_is_an_error(demo: Demo, mode: str) -> None:
    """Row 88: only what discovery lists is taken."""
    desk = party(demo, "desk")
    answer = Browser(demo.issuer).authorize(**desk.request(Pkce(), response_mode=mode))
    assert "error=invalid_request" in answer.headers["Location"]


def test_discovery_lists_exactly_the_modes_that_work(demo: Demo) -> None:
    """Row 88: each listed mode gives a code."""
    listed = requests.get(f"{demo.issuer}/.well-known/openid-configuration", timeout=30).json()
    assert listed["response_modes_supported"] == ["query", "form_post"]
    assert code_for(signed_in(demo), party(demo, "desk"), Pkce(), response_mode="query")


def test_the_page_cannot_be_opened_twice(demo: Demo) -> None:
    """An answer stands on one page only; a reader who goes back meets no second code."""
    browser, desk = signed_in(demo), party(demo, "desk")
    first = browser.get("/authorize", params=desk.request(Pkce(), response_mode="form_post"))
    assert "code" in posts(browser.get(first.headers["Location"]), desk)
    assert browser.get(first.headers["Location"]).status_code == 400


@pytest.mark.parametrize(
    ("redirect_uri", "source"),
    [
        ("http://127.0.0.1:49152/callback", "http://127.0.0.1:49152"),
        ("http://[::1]:49152/callback", "http:"),
        ("com.mihon.example.phone:/callback", "com.mihon.example.phone:"),
    ],
)
def test_the_policy_of_the_page_names_where_it_posts_to(
    demo: Demo, redirect_uri: str, source: str
) -> None:
    """Rows 31, 111, 112: loopback addresses and private-use schemes."""
    phone = party(demo, "phone", redirect_uri)
    page = Browser(demo.issuer).authorize(
        **phone.request(Pkce(), response_mode="form_post", prompt="none")
    )
    assert posts(page, phone)["error"] == "login_required"
    assert form_action(page) == f"'self' {source}"
