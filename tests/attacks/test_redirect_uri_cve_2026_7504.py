"""Redirect URIs are compared as exact strings: a corpus of mutations, none of which is accepted.

CVE-2026-7504 (several @), CVE-2026-3872 (`..;/`), CVE-2026-18211 and CVE-2024-8883 (localhost as
a prefix), CVE-2024-52289 (a dot as a wildcard), CVE-2026-75628 (TAB, CR, LF dropped by browsers),
CVE-2026-44681 (redirect before the address was proven).
"""

from __future__ import annotations

import re

import pytest
import requests

from tests.attacks.redirect_uris import corpus
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Browser, Pkce

LEADS_AWAY = re.compile(r"""(href|src|action|content)=["']?[^"'?]*evil""")


def test_the_corpus_is_large_and_none_of_it_is_accepted(demo: Demo) -> None:
    """Row 8: Core 3.1.2.1."""
    cases, http = corpus(), requests.Session()
    assert len(cases) >= 300
    accepted = []
    for name, uri in cases:
        sent = party(demo, name).request(Pkce(), redirect_uri=uri, scope="openid", prompt="none")
        for method in ("GET", "POST"):
            where = {"params": sent} if method == "GET" else {"data": sent}
            answer = http.request(
                method, demo.issuer + "/authorize", timeout=30, allow_redirects=False, **where
            )
            if answer.status_code != 400 or "Location" in answer.headers:
                accepted.append((method, name, uri, answer.status_code))
    assert accepted == []


@pytest.mark.parametrize(
    "changed",
    [
        {"response_type": "token"},
        {"response_type": ""},
        {"scope": ""},
        {"scope": "nonsense"},
        {"request": "x"},
        {"request_uri": "https://evil.example/"},
        {"registration": "{}"},
        {"prompt": "none login"},
        {"response_mode": "form_post"},
        {"code_challenge": ""},
        {"max_age": "x"},
        {"state": "s" * 5000},
        {"id_token_hint": "x.y.z"},
    ],
    ids=str,
)
def test_no_other_fault_makes_an_unproven_address_be_gone_to(
    demo: Demo, changed: dict[str, str]
) -> None:
    """Row 7: RFC 6749 3.1.2.4."""
    desk = party(demo, "desk")
    for client_id, uri in (("desk", "https://evil.example/"), ("nobody", desk.redirect_uri)):
        sent = desk.request(Pkce(), client_id=client_id, redirect_uri=uri) | changed
        answer = requests.get(
            demo.issuer + "/authorize", params=sent, timeout=30, allow_redirects=False
        )
        assert answer.status_code == 400
        assert "Location" not in answer.headers
        assert not LEADS_AWAY.search(answer.text), "the language link may repeat the query, no more"


@pytest.mark.parametrize("port", ["1", "80", "8765", "49152", "65535"])
def test_the_port_of_a_loopback_address_may_differ(demo: Demo, port: str) -> None:
    """Row 111: RFC 8252 7.3."""
    for host in ("127.0.0.1", "[::1]"):
        uri = f"http://{host}:{port}/callback"
        sent = party(demo, "phone").request(
            Pkce(), redirect_uri=uri, scope="openid", prompt="none", state="x"
        )
        answer = Browser(demo.issuer).authorize(**sent)
        assert answer.headers["Location"].startswith(uri + "?error=login_required")


def test_a_very_long_address_is_refused_at_once(demo: Demo) -> None:
    for uri in ("https://desk.mihon.example/" + "a" * 60_000, "http://[" + ":" * 50_000):
        sent = party(demo, "desk").request(Pkce(), redirect_uri=uri)
        answer = requests.post(
            demo.issuer + "/authorize", data=sent, timeout=30, allow_redirects=False
        )
        assert answer.status_code == 400 or answer.status_code == 413


@pytest.mark.parametrize(
    "way",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "\thttps://evil.example",
        "https://evil.example",
        "/%2f%2fevil.example",
        "javascript:alert(1)",
        "%0d%0aLocation: x",
    ],
)
def test_no_page_of_ours_redirects_to_where_a_parameter_says(demo: Demo, way: str) -> None:
    """Row 33: RFC 9700 4.11."""
    names = ("next", "return_to", "redirect", "redirect_uri", "url", "continue", "request", "lang")
    for path in (
        "/sign-in",
        "/sign-out",
        "/signed-out",
        "/account",
        "/authorize/continue",
        "/end_session",
    ):
        answer = requests.get(
            demo.issuer + path, params=dict.fromkeys(names, way), timeout=30, allow_redirects=False
        )
        target = answer.headers.get("Location", "/")
        assert target.startswith("/")
        assert not target.startswith(("//", "/\\"))
        assert answer.status_code < 500
