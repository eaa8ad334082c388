"""Bad input over HTTP: each a clear error with the right status, and every program goes on."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
import requests

from tests.flows.journey import signed_in, tokens_for
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Browser, Pkce, hidden_fields

pytestmark = pytest.mark.usefixtures("unharmed")

FORM = "application/x-www-form-urlencoded"
MACHINES = ("/token", "/userinfo")
FORMS = ("/sign-in", "/consent", "/sign-out")
STARTS = ("/authorize", "/end_session")


def post(
    demo: Demo, path: str, body: bytes | Iterator[bytes], kind: str = FORM, **headers: str
) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.post(
        demo.issuer + path,
        data=body,
        headers={"Content-Type": kind} | named,
        timeout=60,
        allow_redirects=False,
    )


def is_clear(response: requests.Response, status: int, path: str) -> bool:
    """Tell whether this is the error it should be: JSON for machines, a page for people."""
    assert response.status_code == status, (path, response.status_code, response.text[:300])
    assert "Location" not in response.headers
    assert response.headers["X-Request-Id"]
    if path in MACHINES:
        return set(response.json()) <= {"error", "error_description"}
    assert response.headers["Content-Type"].startswith("text/html")
    return "受付番号" in response.text and 'class="record"' in response.text


BROKEN = {
    "repeated": b"a=1&state=x&state=y&client_id=card&csrf_token=1&csrf_token=2",
    "NUL in a value": b"client_id=ca%00rd&state=%00&csrf_token=%00",
    "a lone surrogate": b"client_id=%ED%A0%80&state=%ED%A0%80&csrf_token=%ED%A0%80",
    "Shift_JIS": b"client_id=%93%fa%96%7b&state=%93%fa&csrf_token=%93%fa",
    "raw Shift_JIS": b"client_id=\x93\xfa\x96\x7b&csrf_token=\x93\xfa",
    "overlong UTF-8": b"client_id=%c0%af&state=%c0%af&csrf_token=%c0%af",
    "cut UTF-8": b"client_id=%e3%81&csrf_token=%e3%81",
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("path", [*MACHINES, *FORMS, *STARTS])
def test_a_form_that_cannot_be_believed_is_refused(demo: Demo, path: str, kind: str) -> None:
    """Rows 3, 62: RFC 6749 3.1; RFC 6749 5.2."""
    assert is_clear(post(demo, path, BROKEN[kind]), 400, path) or path == "/sign-out"


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("path", STARTS)
def test_a_query_that_cannot_be_believed_is_refused(demo: Demo, path: str, kind: str) -> None:
    """Row 3: RFC 6749 3.1."""
    if kind == "raw Shift_JIS":
        return  # not a URL any more: the server refuses it before us
    response = requests.get(
        f"{demo.issuer}{path}?{BROKEN[kind].decode()}", timeout=30, allow_redirects=False
    )
    assert is_clear(response, 400, path)


@pytest.mark.parametrize("name", ["state", "nonce", "scope", "prompt", "redirect_uri", "unknown"])
def test_a_repeated_parameter_of_a_good_request_is_a_page_and_never_a_redirect(
    demo: Demo, name: str
) -> None:
    """Row 3: RFC 6749 3.1."""
    sent = [*party(demo, "desk").request(Pkce()).items(), ("unknown", "1")]
    sent += [(n, v) for n, v in sent if n == name] or [(name, "x"), (name, "y")]
    response = requests.get(
        demo.issuer + "/authorize", params=sent, timeout=30, allow_redirects=False
    )
    assert is_clear(response, 400, "/authorize")


@pytest.mark.parametrize("path", [*MACHINES, *FORMS, *STARTS])
def test_ten_megabytes_are_refused_by_length_and_in_pieces(demo: Demo, path: str) -> None:
    big = b"password=" + b"x" * 10_000_000
    assert _status(lambda: post(demo, path, big)) in (413, 0)
    pieces = (big[i : i + 65536] for i in range(0, len(big), 65536))
    assert _status(lambda: post(demo, path, pieces)) in (413, 0)
    small = b"password=" + b"x" * 70_000
    assert is_clear(post(demo, path, small), 413, path)


@pytest.mark.parametrize("path", [*MACHINES, *FORMS])
@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "application/json", "text/plain", ""]
)
def test_other_kinds_of_body_are_refused(demo: Demo, path: str, kind: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\na\r\n--x--\r\n'
    assert is_clear(post(demo, path, body, kind), 415, path)


@pytest.mark.parametrize("path", [*MACHINES, *FORMS])
def test_a_compressed_body_is_not_unpacked(demo: Demo, path: str) -> None:
    bomb = gzip.compress(b"username=" + b"x" * 5_000_000)
    assert is_clear(post(demo, path, bomb, Content_Encoding="gzip"), 415, path)


@pytest.mark.parametrize(
    ("length", "status"), [(0, 401), (1024, 401), (4096, 401), (4097, 400), (1_000_000, 413)]
)
def test_a_long_password_is_an_ordinary_failure_or_a_clear_refusal(
    demo: Demo, length: int, status: int
) -> None:
    before = demo.metric("gate_verifications_total", secret="password")
    answer = Browser(demo.issuer).sign_in("nobody@mihon.example", "字" * length)
    if length == 1_000_000 or (length == 4096 and answer.status_code == 413):
        assert answer.status_code == 413, "a character is nine bytes in a form"
    else:
        assert answer.status_code == status
    assert demo.metric("gate_verifications_total", secret="password") == before


@pytest.mark.parametrize("path", ["/token", "/userinfo", "/jwks", "/healthz"])
def test_a_long_query_is_refused_by_machines(demo: Demo, path: str) -> None:
    method = "POST" if path == "/token" else "GET"
    response = requests.request(method, f"{demo.issuer}{path}?x={'y' * 9000}", timeout=30)
    assert response.status_code == 414
    assert response.json()["error"] == "invalid_request"


def test_a_long_query_of_a_person_is_answered_with_a_page_or_the_client(demo: Demo) -> None:
    desk = party(demo, "desk")
    browser = Browser(demo.issuer)
    padded = browser.get("/authorize", params=desk.request(Pkce()) | {"x": "y" * 9000})
    assert padded.status_code in (303, 400, 414)
    longer = browser.get("/authorize", params=desk.request(Pkce(), state="s" * 9000))
    assert longer.status_code in (303, 400, 414)
    if "Location" in longer.headers:
        assert longer.headers["Location"].startswith(desk.redirect_uri + "?error=invalid_request")
    assert browser.get("/sign-in?request=" + "x" * 100_000).status_code in (400, 414, 431)


@pytest.mark.parametrize(
    "client_id", ["nobody", "", "x" * 10_000, "desk ", "DESK", "desk\n", "'; --", "日本", "../desk"]
)
def test_an_unknown_client_is_a_page_and_never_a_redirect(demo: Demo, client_id: str) -> None:
    """Row 6: RFC 6749 3.1.2.4."""
    sent = party(demo, "desk").request(Pkce(), client_id=client_id)
    response = Browser(demo.issuer).get("/authorize", params=sent)
    assert is_clear(response, 400, "/authorize")


def test_a_missing_or_foreign_redirect_uri_is_a_page_and_never_a_redirect(demo: Demo) -> None:
    """Rows 7, 9: RFC 6749 3.1.2.4; Core 3.1.2.1."""
    for uri in ("", "https://evil.example/", "https://shop.mihon.example/callback", "x" * 100_000):
        sent = party(demo, "desk").request(Pkce(), redirect_uri=uri)
        response = Browser(demo.issuer).post("/authorize", sent)
        assert response.status_code in (400, 413), uri[:50]
        assert "Location" not in response.headers


HOSTILE = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "javascript",
    "Forwarded": "host=evil.example;proto=http;for=1.2.3.4",
    "X-Original-URL": "/account",
    "X-Rewrite-URL": "/account",
    "X-Forwarded-Prefix": "/evil",
    "X-HTTP-Method-Override": "DELETE",
    "X-Forwarded-For": "203.0.113.7",
    "X-Real-IP": "203.0.113.7",
    "True-Client-IP": "203.0.113.7",
}


def test_headers_of_a_stranger_change_no_address_and_no_link(demo: Demo) -> None:
    """Rows 86, 114: Disc 3; Core 16.17."""
    browser = Browser(demo.issuer)
    first = browser.get("/sign-in", headers=HOSTILE)
    assert "evil" not in first.text + str(first.headers)
    fields = hidden_fields(first.text) | {"username": "whose@mihon.example", "password": "wrong"}
    page = browser.post("/sign-in", fields, headers=HOSTILE)
    assert page.status_code == 401
    reference = page.text.split('<strong class="code">')[1][:8]
    found = demo.idp("audit", "search", "--reference", reference, "--format", "json")
    assert found.returncode == 0
    assert "203.0.113.7" not in found.stdout
    assert "127.0.0.1" in found.stdout


@pytest.mark.parametrize(
    "forwarded",
    ["1.2.3.4, 5.6.7.8", "", "unknown", "::ffff:1.2.3.4", "x" * 10_000, "1.2.3.4:80", ",,,", "%00"],
)
def test_a_garbled_forwarded_header_skips_nothing(demo: Demo, forwarded: str) -> None:
    browser = Browser(demo.issuer)
    page = browser.get("/sign-in", headers={"X-Forwarded-For": forwarded})
    assert page.status_code == 200
    answer = browser.sign_in("whose@mihon.example", "wrong", page)
    assert answer.status_code == 401


def test_huge_and_strange_cookies_are_as_good_as_none(demo: Demo) -> None:
    for cookie in (
        "kumiai_idp=" + "x" * 8000,
        "kumiai_idp=" + "x" * 30_000,
        "kumiai_idp=",
        "=kumiai_idp=x",
        "; ".join(f"c{i}={i}" for i in range(500)),
        "kumiai_idp=%ED%A0%80; kumiai_idp_device=%00",
        'kumiai_idp="' + "A" * 43 + '"',
        "kumiai_idp=" + "A" * 43 + "; kumiai_idp=" + "B" * 43,
        "\u00e9=\u00ff",
    ):
        answer = Browser(demo.issuer).get("/account", headers={"Cookie": cookie.encode("latin-1")})
        assert answer.status_code in (303, 400, 431), cookie[:60]
        assert "/account" not in answer.headers.get("Location", "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"logout_token=",
        b"logout_token=" + b"x" * 100_000,
        b"logout_token=%ED%A0%80",
        b"logout_token=a&logout_token=b",
    ],
)
def test_the_relying_parties_refuse_bad_logout_tokens(demo: Demo, body: bytes) -> None:
    for name in ("portal", "card"):
        answer = requests.post(
            demo.facts[name] + "/backchannel-logout",
            data=body,
            timeout=30,
            headers={"Content-Type": FORM},
        )
        assert answer.status_code in (400, 413), (name, answer.status_code)


def test_a_token_of_a_million_dots_is_refused_and_not_repeated_in_the_log(demo: Demo) -> None:
    browser = signed_in(demo)
    genuine = tokens_for(browser, party(demo, "desk"), scope="openid")["id_token"]
    for hint in ("." * 60_000, genuine + "." * 30_000, "e30." * 15_000, genuine * 20):
        page = browser.post("/end_session", {"id_token_hint": hint})
        assert page.status_code == 200
    assert browser.get("/account").status_code == 200
    for log in (demo.data / "logs").glob("*.log"):
        assert max(map(len, log.read_bytes().splitlines()), default=0) < 4000


def _status(send: object) -> int:
    """Give the status, or 0 when the server hung up on what it had refused already."""
    try:
        return send().status_code  # type: ignore[operator,no-any-return]
    except requests.ConnectionError:
        return 0
