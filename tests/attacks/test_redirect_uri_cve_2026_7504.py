"""Redirect URIs are compared as exact strings: a corpus of mutations, none of which is accepted.

CVE-2026-7504 (several @), CVE-2026-3872 (`..;/`), CVE-2026-18211 and CVE-2024-8883 (localhost as
a prefix), CVE-2024-52289 (a dot as a wildcard), CVE-2026-75628 (TAB, CR, LF dropped by browsers),
CVE-2026-44681 (redirect before the address was proven).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
import requests

from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Browser, Pkce

REGISTERED = {
    "desk": ("https://desk.mihon.example/callback",),
    "phone": (
        "http://127.0.0.1:8765/callback",
        "http://[::1]:8765/callback",
        "com.mihon.example.phone:/callback",
        "https://phone.mihon.example/callback?kept=1",
    ),
}
EVIL = "evil.example"
LEADS_AWAY = re.compile(r"""(href|src|action|content)=["']?[^"'?]*evil""")
BLANKS = ("%09", "%0d", "%0a", "%20", "%00", "\t", "\r", "\n", " ", "\u3000", "\u200b", "\ufeff")


def mutations(uri: str) -> Iterator[str]:
    """Give strings that some parser somewhere takes for `uri`."""
    scheme, _, rest = uri.partition(":")
    parts = urlsplit(uri)
    host, path = parts.netloc, parts.path
    yield from _of_paths(uri, path)
    yield from (blank + uri for blank in BLANKS)
    yield from (uri + blank for blank in BLANKS)
    yield from (uri.replace("callback", f"call{blank}back") for blank in BLANKS)
    yield from (
        f"{other}:{rest}"
        for other in (
            scheme.upper(),
            scheme.title(),
            "http",
            "https",
            "ftp",
            "javascript",
            "data",
            "file",
            "java\tscript",
            "vbscript",
            "",
            "blob:" + scheme,
            scheme + ":" + scheme,
        )
    )
    yield from (
        uri + end
        for end in (
            "/",
            "//",
            "?",
            "#",
            "?x=1",
            "&x=1",
            "#fragment",
            ";x",
            "/..",
            "/.",
            "%2f",
            "%3f",
            "%23",
            "\\",
            "/%2e%2e",
            "..;/",
            "/..;/x",
            "*",
            "%",
            "%c0%af",
            ".",
            "~",
            "'",
            '"',
            "`",
            "|",
        )
    )
    if host:
        yield from _of_hosts(uri, host)
    yield quote(uri, safe="")
    yield quote(quote(uri, safe=""), safe="")
    yield uri.upper()
    yield uri * 2
    yield uri + "," + uri
    yield uri + " https://" + EVIL
    yield uri[:-1]
    yield uri[1:]
    yield rest
    yield "//" + rest.lstrip("/")
    yield "/callback"
    yield uri.translate({ord(c): ord(c) + 0xFEE0 for c in "callback"})
    yield uri.replace("l", "\u217c")
    yield uri.replace("a", "\u0430", 1)


def _of_paths(uri: str, path: str) -> Iterator[str]:
    for other in (
        "/Callback",
        "/CALLBACK",
        "/callback/",
        "/callback/../callback",
        "/./callback",
        "//callback",
        "/x/../callback",
        "/callbac%6b",
        "/%63allback",
        "/callback%20",
        "/callback%00",
        "/callback.html",
        "/callbackx",
        "/callbac",
        "/",
        "",
        "/..;/callback",
        "/callback;jsession=1",
        "/callback%2f..%2fadmin",
        "/callback/%2e%2e/admin",
        "/%2e/callback",
        "\\callback",
        "/\\callback",
        "/callback\\..\\x",
        "/callback/..%5cx",
        "/callback%252f..",
        "/c\u0430llback",
    ):
        yield uri.replace(path, other, 1)


def _of_hosts(uri: str, host: str) -> Iterator[str]:
    name = host.rpartition(":")[0] or host if host.startswith(("127", "[")) else host
    for other in (
        EVIL,
        f"{host}.{EVIL}",
        f"{EVIL}/{host}",
        f"{EVIL}#{host}",
        f"{EVIL}?{host}",
        f"{EVIL}\\@{host}",
        f"{host}@{EVIL}",
        f"{EVIL}@{host}",
        f"a@b@{EVIL}",
        f"{host}:pw@{EVIL}",
        f"{EVIL}:pw@{host}",
        f"{host}%40{EVIL}",
        f"{host}%2f@{EVIL}",
        f"{host}\\.{EVIL}",
        f"{EVIL}%00.{host}",
        f"{EVIL}%0d%0a{host}",
        f"{host}%23@{EVIL}",
        f"{host}&@{EVIL}",
        f"x{host}",
        f"sub.{host}",
        f"{host}.",
        f"{name}:443",
        f"{name}:80",
        f"{name}:0",
        f"{name}:",
        f"{name}:99999",
        f"{name}:08765",
        f"{name}:8765:8765",
        f"{name}:-1",
        f"{name}:8765@{EVIL}",
        f"{name}:+8765",
        f"{name}:8_7",
        f"{name}: 8765",
        f"{name}:\u0668",
        host.upper(),
        host.replace(".", "X", 1),
        host.replace(".", "\u3002"),
        host.replace(".", "%2e"),
        host.replace(".", ""),
        "localhost",
        "localhost:8765",
        f"localhost.{EVIL}",
        "0.0.0.0:8765",
        "127.1:8765",
        "0x7f.1:8765",
        "2130706433:8765",
        "127.0.0.2:8765",
        "127.0.0.01:8765",
        "[::ffff:127.0.0.1]:8765",
        "[0:0:0:0:0:0:0:1]:8765",
        "[::1%25eth0]:8765",
        "[::1]x:8765",
        "[::]:8765",
        "127.0.0.1.:8765",
        "127.0.0.1%2f:8765",
        "127.0.0.1:8765%2f",
    ):
        yield uri.replace(host, other, 1)


def corpus() -> list[tuple[str, str]]:
    """Give (client, mutated URI), each of them once, none of them registered."""
    found = dict.fromkeys(
        (name, mutated)
        for name, uris in REGISTERED.items()
        for uri in uris
        for mutated in mutations(uri)
    )
    return [(name, uri) for name, uri in found if uri not in REGISTERED[name] and not _port(uri)]


def _port(uri: str) -> bool:
    """Tell whether this is the one thing that may differ: the port of a loopback address."""
    loopback = ("http://127.0.0.1:", "http://[::1]:")
    start = next((s for s in loopback if uri.startswith(s)), None)
    port, slash, path = uri[len(start or "") :].partition("/")
    plain = port.isascii() and port.isdigit() and str(int(port)) == port and int(port) < 65536
    return bool(start) and plain and slash + path == "/callback"


def test_the_corpus_is_large_and_none_of_it_is_accepted(demo: Demo) -> None:
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
