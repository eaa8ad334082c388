"""What is sent never becomes part of a page's links or scripts.

CVE-2023-49097 (a Host header builds links), and the class of reflected scripts (parameters of a
request or an error shown as HTML).
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests

from tests.flows.journey import signed_in
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Browser, Client, Pkce, hidden_fields

MARK = "qzxkw"
PAYLOADS = (
    f"<script>{MARK}</script>",
    f'"><img src=x onerror={MARK}>',
    f"' onmouseover='{MARK}",
    f"javascript:{MARK}",
    f"</title><{MARK}>",
    f"<{MARK} x=",
    f"&lt;{MARK}&gt;<{MARK}>",
    f"{{{{7*7}}}}{MARK}",
    f"{{% {MARK} %}}",
    f"${{{MARK}}}",
    f"\u2028{MARK}",
    f"--><{MARK}>",
    f"<svg/onload={MARK}>",
    f"%3Cscript%3E{MARK}",
    f"＜script＞{MARK}",
    f"data:text/html,{MARK}",
    f"`{MARK}`",
    f"\\u003c{MARK}",
    f"<a href=//{MARK}>",
    f'x" autofocus onfocus={MARK} y="',
)
NAMES = (
    "client_id",
    "redirect_uri",
    "state",
    "scope",
    "nonce",
    "prompt",
    "login_hint",
    "ui_locales",
    "error",
    "error_description",
    "error_hint",
    "request",
    "lang",
    "display",
    "claims",
    "username",
    "post_logout_redirect_uri",
    "id_token_hint",
    "message",
    "notice",
    "again",
    "x",
)


class Reader(HTMLParser):
    """Collects what a browser would run, follow or build."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if MARK in tag or tag in ("svg", "iframe", "object", "embed", "img"):
            self.found.append(tag)
        for name, value in attrs:
            followed = name in ("href", "src", "action", "formaction", "content")
            runs = name.startswith("on") or MARK in name
            if runs or (followed and _leads(value or "")):
                self.found.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        if MARK in data and self.cdata_elem:
            self.found.append(f"{self.cdata_elem}: {data[:60]}")


def _leads(value: str) -> bool:
    """Tell whether an address goes where the payload says; our own query may carry it."""
    before = value.strip().partition("?")[0]
    return MARK in before


def built_from(page: requests.Response) -> list[str]:
    """Give everything in a page that a payload has become."""
    assert page.status_code < 500, page.text[:300]
    assert "49qzxkw" not in page.text, "a template was evaluated"
    if not page.headers.get("Content-Type", "").startswith("text/html"):
        return []
    reader = Reader()
    reader.feed(page.text)
    return reader.found


def test_the_detector_sees_what_it_is_there_for() -> None:
    for page in (
        f"<script>{MARK}</script>",
        f"<img src=x onerror={MARK}>",
        f"<p onclick=x {MARK}>",
        f'<a href="javascript:{MARK}">',
        f"<{MARK}>",
        f'<form action="//{MARK}">',
        "<iframe>",
    ):
        reader = Reader()
        reader.feed(page)
        assert reader.found, page


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize(
    "path",
    [
        "/authorize",
        "/sign-in",
        "/sign-out",
        "/signed-out",
        "/end_session",
        "/account",
        "/authorize/continue",
        "/nothing",
    ],
)
def test_no_parameter_becomes_part_of_a_page(demo: Demo, path: str, payload: str) -> None:
    sent = dict.fromkeys(NAMES, payload)
    browser = signed_in(demo) if path in ("/account", "/sign-out") else Browser(demo.issuer)
    assert built_from(browser.get(path, params=sent)) == []
    assert built_from(browser.http.post(demo.issuer + path, data=sent, timeout=30)) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_real_request_says_is_shown_as_text(demo: Demo, payload: str) -> None:
    desk, shop = party(demo, "desk"), party(demo, "shop")
    shown = {"login_hint": payload, "ui_locales": payload, "state": payload, "nonce": payload}
    browser = Browser(demo.issuer)
    page = browser.authorize(**desk.request(Pkce(), **shown))
    assert page.status_code == 200
    assert built_from(page) == []
    assert built_from(browser.sign_in(payload, payload, page)) == []
    consent = signed_in(demo).authorize(**shop.request(Pkce(), **shown, prompt="consent"))
    assert 'id="consent"' in consent.text
    assert built_from(consent) == []


@pytest.mark.parametrize("payload", [*PAYLOADS, "\r\nSet-Cookie: kumiai_idp=x", "\r\n\r\n<html>"])
def test_no_payload_becomes_a_header(demo: Demo, payload: str) -> None:
    sent = party(demo, "desk").request(Pkce(), state=payload, prompt="none")
    answer = Browser(demo.issuer).authorize(**sent)
    assert answer.status_code == 303
    assert "\n" not in answer.headers["Location"]
    assert "<" not in answer.headers["Location"]
    assert "kumiai_idp=x" not in answer.headers.get("Set-Cookie", "")


def test_a_client_with_a_hostile_name_is_shown_as_text(demo: Demo, tmp_path: Path) -> None:
    file = tmp_path / "client.json"
    file.write_text(
        json.dumps(
            {
                "client_id": "hostile",
                "client_name": PAYLOADS[0],
                "client_name_en": PAYLOADS[1],
                "client_uri": "https://hostile.mihon.example/",
                "scope": "openid",
                "redirect_uris": ["https://hostile.mihon.example/cb"],
                "token_endpoint_auth_method": "none",
            }
        )
    )
    assert demo.idp("client", "add", "--file", str(file)).returncode == 0
    hostile = Client(demo.issuer, "hostile", "https://hostile.mihon.example/cb")
    browser = Browser(demo.issuer)
    page = browser.authorize(**hostile.request(Pkce(), scope="openid"))
    assert built_from(page) == []
    member = demo.member()
    consent = browser.follow(browser.sign_in(member["email"], member["password"], page))
    assert 'id="consent"' in consent.text
    assert built_from(consent) == []
    english = browser.authorize(**hostile.request(Pkce(), scope="openid", ui_locales="en"))
    assert built_from(english) == []


SPOOFED = (
    {"Host": "evil.example"},
    {"Host": "evil.example:80@x"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-Port": "1"},
    {"X-Forwarded-Prefix": "/evil"},
    {"Forwarded": 'host="evil.example";proto=https'},
    {"X-Original-Host": "evil.example"},
    {"X-Host": "evil.example"},
    {"X-Script-Name": "/evil"},
    {"X-Forwarded-Server": "evil.example"},
)


@pytest.mark.parametrize("headers", SPOOFED, ids=str)
def test_the_issuer_is_the_configured_one_whatever_the_headers_say(
    demo: Demo, headers: dict[str, str]
) -> None:
    """Row 86: Disc 3."""
    for path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
        found = requests.get(demo.issuer + path, headers=headers, timeout=30)
        assert found.json()["issuer"] == demo.issuer
        assert "evil" not in found.text
    browser, desk = Browser(demo.issuer), party(demo, "desk")
    answer = browser.get("/authorize", params=desk.request(Pkce(), prompt="none"), headers=headers)
    location = browser.get(answer.headers["Location"], headers=headers).headers["Location"]
    assert location.startswith(desk.redirect_uri + "?")
    assert "evil" not in location
    for path in ("/sign-in", "/account", "/end_session", "/nothing"):
        page = browser.get(path, headers=headers)
        assert "evil" not in page.text + page.headers.get("Location", "/")
        assert page.headers.get("Location", "/").startswith("/")
    links = re.findall(
        r'(?:href|src|action)="([^"]+)"', browser.get("/sign-in", headers=headers).text
    )
    outside = {link for link in links if "://" in link}
    assert outside <= {"https://www.mihon.example/help"}


@pytest.mark.parametrize("headers", SPOOFED, ids=str)
def test_a_session_and_its_tokens_are_of_our_issuer_whatever_the_headers_say(
    demo: Demo, headers: dict[str, str]
) -> None:
    """Rows 86, 115: Disc 3; RFC 9700 2.1."""
    browser, member = Browser(demo.issuer), demo.member()
    page = browser.get("/sign-in", headers=headers)
    fields = {"username": member["email"], "password": member["password"]}
    answer = browser.post("/sign-in", hidden_fields(page.text) | fields, headers=headers)
    assert answer.headers["Location"] == "/account"
    assert "Domain" not in answer.headers["Set-Cookie"]
