"""Steps that many flows share: a signed-in browser, a code, tokens, who a token is about."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.support.demo import Demo
from tests.support.relying_party import Browser, Client, Pkce, answer_of, hidden_fields


def signed_in(demo: Demo, index: int = 0, standing: str = "member") -> Browser:
    """Give a fresh browser in which a member has signed in."""
    browser, member = Browser(demo.issuer), demo.member(standing, index)
    answer = browser.sign_in(member["email"], member["password"])
    assert answer.headers.get("Location") == "/account", answer.status_code
    return browser


def code_for(browser: Browser, client: Client, pkce: Pkce, **more: str) -> str:
    """Get a code for a signed-in browser; a consent page is answered with yes."""
    page = browser.authorize(**client.request(pkce, **more))
    if page.status_code == 200:
        page = browser.consent(page)
    answer = answer_of(page)
    assert "code" in answer, answer
    return answer["code"]


def tokens_for(browser: Browser, client: Client, **more: str) -> dict[str, Any]:
    """Get tokens for a signed-in browser."""
    pkce = Pkce()
    response = client.exchange(code_for(browser, client, pkce, **more), pkce)
    assert response.status_code == 200, response.text
    tokens: dict[str, Any] = response.json()
    return tokens


def silently(browser: Browser, client: Client, **more: str) -> dict[str, str]:
    """Ask without any page (`prompt=none`); answers the authorization response."""
    return answer_of(browser.authorize(**client.request(Pkce(), **{"prompt": "none"} | more)))


def asked(browser: Browser, client: Client, leave_out: str = "", **more: str) -> requests.Response:
    """Send an authorization request in which one parameter is missing."""
    sent = client.request(Pkce(), **more)
    sent.pop(leave_out, None)
    return browser.follow(browser.get("/authorize?" + urlencode(sent)))


def verified(demo: Demo, token: str) -> dict[str, Any]:
    """Give the claims of a JWT of the provider after checking it with the published keys."""
    keys = KeySet.import_key_set(requests.get(demo.issuer + "/jwks", timeout=30).json())
    return dict(jwt.decode(token, keys, algorithms=["ES256", "RS256"]).claims)


def title_of(page: requests.Response) -> str:
    """Give the title of a page, without the name of the house."""
    return page.text.split("<title>")[1].split("</title>")[0].split(" | ")[0].strip()


def signs_in_again(page: requests.Response) -> bool:
    """Tell whether this is the sign-in page."""
    return page.status_code == 200 and 'id="sign-in"' in page.text


def take_back(browser: Browser, client_id: str) -> requests.Response | None:
    """Take back what a client was allowed, on the member's own page; None when not listed."""
    page = browser.get("/account/applications")
    for form in page.text.split("<form ")[1:]:
        fields = hidden_fields(form.split("</form>")[0])
        if fields.get("client_id") == client_id:
            return browser.post("/account/applications", fields)
    return None


def unknown_to(demo: Demo, index: int, *client_ids: str) -> Browser:
    """Give a signed-in member whom these clients know nothing of."""
    browser = signed_in(demo, index)
    for client_id in client_ids:
        take_back(browser, client_id)
    return browser
