"""Foreign pages and foreign browsers: forged forms, planted cookies, stolen handles, framing.

CVE-2026-7507 (a handle processed without its cookie), CVE-2023-23934 (a nameless cookie shadows),
CVE-2023-30861 (a shared cache mixes browsers), RFC 6749 10.12, RFC 9700 4.16.
"""

from __future__ import annotations

import http.client
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from tests.flows.journey import signed_in, signs_in_again, silently, title_of
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Browser, Pkce, answer_of, hidden_fields

SESSION, DEVICE = "kumiai_idp", "kumiai_idp_device"
ENDED = "ログインの受付が終わりました"
FORGED = "もう一度お試しください"


def page_with_form(demo: Demo, browser: Browser, path: str) -> requests.Response:
    """Give a page that carries the form which is posted to `path`."""
    if path == "/consent":
        return browser.authorize(**party(demo, "shop").request(Pkce(), prompt="consent"))
    return browser.get("/sign-in" if path == "/sign-in" else "/sign-out")


def form_of(demo: Demo, browser: Browser, path: str) -> dict[str, str]:
    member = demo.member()
    more = {
        "/sign-in": {"username": member["email"], "password": member["password"]},
        "/consent": {"consent": "allow"},
        "/sign-out": {},
    }[path]
    return hidden_fields(page_with_form(demo, browser, path).text) | more


def victim(demo: Demo, path: str) -> Browser:
    return Browser(demo.issuer) if path == "/sign-in" else signed_in(demo)


FORMS = ("/sign-in", "/consent", "/sign-out")


@pytest.mark.parametrize("path", FORMS)
def test_the_honest_form_works(demo: Demo, path: str) -> None:
    browser = victim(demo, path)
    assert browser.post(path, form_of(demo, browser, path)).status_code == 303


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("token", ["missing", "empty", "another browser's", "random", "cut"])
def test_a_form_without_this_browsers_token_is_refused(demo: Demo, path: str, token: str) -> None:
    """Row 32: Core 3.1.2.3."""
    browser = victim(demo, path)
    form, attacker = form_of(demo, browser, path), victim(demo, path)
    genuine = form.pop("csrf_token")
    others = form_of(demo, attacker, path)["csrf_token"]
    sent = {
        "missing": None,
        "empty": "",
        "another browser's": others,
        "random": "A" * 43,
        "cut": genuine[:-1],
    }[token]
    refused = browser.post(path, form if sent is None else form | {"csrf_token": sent})
    assert (refused.status_code, title_of(refused)) == (403, FORGED)
    assert (browser.get("/account").status_code == 200) == (path != "/sign-in")


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost"},
    ],
    ids=str,
)
def test_a_form_from_another_origin_is_refused_even_with_the_token(
    demo: Demo, path: str, headers: dict[str, str]
) -> None:
    browser = victim(demo, path)
    refused = browser.post(path, form_of(demo, browser, path), headers=headers)
    assert refused.status_code == 403


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_cookies_changes_nothing(demo: Demo, path: str) -> None:
    browser = victim(demo, path)
    form = form_of(demo, browser, path)
    sent = requests.post(demo.issuer + path, data=form, timeout=30, allow_redirects=False)
    assert sent.status_code == (303 if path == "/sign-out" else 403)
    if path != "/sign-in":
        assert browser.get("/account").status_code == 200
    assert SESSION not in {c.name for c in sent.cookies}


def test_a_victim_cannot_be_signed_in_as_the_attacker(demo: Demo) -> None:
    attacker, sufferer = Browser(demo.issuer), Browser(demo.issuer)
    form = form_of(demo, attacker, "/sign-in")
    sufferer.get("/sign-in")
    assert sufferer.post("/sign-in", form).status_code == 403
    assert sufferer.cookie(SESSION) is None


@pytest.mark.parametrize("step", ["/authorize/continue?request=", "/sign-in?request="])
def test_a_handle_opened_in_another_browser_is_refused(demo: Demo, step: str) -> None:
    mine, desk = Browser(demo.issuer), party(demo, "desk")
    handle = mine.get("/authorize", params=desk.request(Pkce())).headers["Location"].split("=")[1]
    for stranger in (Browser(demo.issuer), signed_in(demo)):
        stranger.get("/sign-in")
        refused = stranger.follow(stranger.get(step + handle))
        assert (refused.status_code, title_of(refused)) == (400, ENDED)
    assert signs_in_again(mine.follow(mine.get(step + handle)))


def test_a_stolen_handle_cannot_be_signed_in_or_consented_to(demo: Demo) -> None:
    mine, thief, member = Browser(demo.issuer), signed_in(demo, 1), demo.member()
    shop = party(demo, "shop")
    page = mine.authorize(**shop.request(Pkce(), prompt="consent"))
    handle = hidden_fields(page.text)["request"]
    form = form_of(demo, Browser(demo.issuer), "/sign-in") | {"request": handle}
    stranger = Browser(demo.issuer)
    fresh = hidden_fields(stranger.get("/sign-in").text)
    refused = stranger.post("/sign-in", form | fresh)
    assert (refused.status_code, title_of(refused)) == (400, ENDED)
    own = form_of(demo, thief, "/consent")
    refused = thief.post("/consent", own | {"request": handle})
    assert (refused.status_code, title_of(refused)) == (400, ENDED)
    page = mine.follow(mine.sign_in(member["email"], member["password"], page))
    assert 'id="consent"' in page.text


def test_a_request_posted_from_another_site_belongs_to_who_opens_it_first(demo: Demo) -> None:
    first, second, desk = Browser(demo.issuer), signed_in(demo), party(demo, "desk")
    posted = requests.post(
        demo.issuer + "/authorize", data=desk.request(Pkce()), timeout=30, allow_redirects=False
    )
    step = posted.headers["Location"]
    assert signs_in_again(first.follow(first.get(step)))
    refused = second.follow(second.get(step))
    assert (refused.status_code, title_of(refused)) == (400, ENDED)


def test_a_session_cookie_alone_does_not_finish_a_request_of_another_browser(demo: Demo) -> None:
    sufferer, attacker, desk = signed_in(demo), Browser(demo.issuer), party(demo, "desk")
    step = attacker.get("/authorize", params=desk.request(Pkce())).headers["Location"]
    refused = sufferer.follow(sufferer.get(step))
    assert refused.status_code == 400
    assert "code" not in answer_of(refused) if "Location" in refused.headers else True


def with_cookies(demo: Demo, path: str, *cookies: str) -> http.client.HTTPResponse:
    """GET with exactly these Cookie headers."""
    parts = urlsplit(demo.issuer)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    connection.putrequest("GET", path)
    for cookie in cookies:
        connection.putheader("Cookie", cookie)
    connection.endheaders()
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def test_a_planted_second_cookie_is_not_preferred(demo: Demo) -> None:
    mine, attacker = signed_in(demo), signed_in(demo, 1)
    good, planted = mine.cookie(SESSION), attacker.cookie(SESSION)
    assert with_cookies(demo, "/account", f"{SESSION}={good}").status == 200
    for cookies in (
        (f"{SESSION}={planted}; {SESSION}={good}",),
        (f"{SESSION}={good}; {SESSION}={planted}",),
        (f"{SESSION}={planted}", f"{SESSION}={good}"),
    ):
        assert with_cookies(demo, "/account", *cookies).status == 303, "neither is believed"
    assert with_cookies(demo, "/account", f"{SESSION}={good}; {SESSION}={good}").status == 200


@pytest.mark.parametrize(
    "shape",
    [
        "={name}={value}",
        "{upper}={value}",
        " {name}x={value}",
        "__Host-{name}={value}",
        '{name}="{value}"x',
        "{name}={value}%00",
        "{name}={value}, {name}=x",
        "{name}[]={value}",
    ],
)
def test_a_cookie_of_another_shape_or_name_is_not_ours(demo: Demo, shape: str) -> None:
    good = signed_in(demo).cookie(SESSION)
    sent = shape.format(name=SESSION, upper=SESSION.upper(), value=good)
    assert with_cookies(demo, "/account", sent).status in (303, 400)


def test_a_shadowing_cookie_beside_the_real_one_changes_nothing(demo: Demo) -> None:
    mine, attacker = signed_in(demo), signed_in(demo, 1)
    good, planted = mine.cookie(SESSION), attacker.cookie(SESSION)
    for shadow in (
        f"={SESSION}={planted}",
        f"{SESSION}=short",
        f"{SESSION}=",
        f"{SESSION.upper()}=x",
    ):
        assert with_cookies(demo, "/account", f"{shadow}; {SESSION}={good}").status == 200


PAGES = (
    "/sign-in",
    "/sign-out",
    "/signed-out",
    "/account",
    "/authorize",
    "/authorize/continue",
    "/end_session",
    "/nothing-here",
    "/consent",
    "/sign-in?request=none",
)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("inside", [False, True], ids=["stranger", "member"])
def test_no_page_can_be_framed_sniffed_cached_or_leak_its_address(
    demo: Demo, path: str, inside: bool
) -> None:
    """Rows 32, 34: Core 3.1.2.3; RFC 9700 4.2."""
    browser = signed_in(demo) if inside else Browser(demo.issuer)
    for method in ("GET", "POST", "HEAD", "OPTIONS", "PUT"):
        answer = browser.http.request(method, demo.issuer + path, timeout=30, allow_redirects=False)
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "base-uri 'none'" in policy
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Cookie" in answer.headers["Vary"]
        assert "Server" not in answer.headers or "/" not in answer.headers["Server"]


def test_the_pages_of_the_relying_parties_cannot_be_framed_either(demo: Demo) -> None:
    for name in ("portal", "card"):
        answer = requests.get(demo.facts[name] + "/", timeout=30, allow_redirects=False)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_form_action_names_the_proven_client_only(demo: Demo) -> None:
    page = Browser(demo.issuer).authorize(**party(demo, "desk").request(Pkce()))
    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https://desk.mihon.example;" in policy
    alone = Browser(demo.issuer).get("/sign-in").headers["Content-Security-Policy"]
    assert "form-action 'self';" in alone


def test_credentials_are_never_sent_on(demo: Demo) -> None:
    """Row 33: RFC 9700 4.11."""
    member, browser = demo.member(), Browser(demo.issuer)
    page = browser.authorize(**party(demo, "desk").request(Pkce()))
    answer = browser.sign_in(member["email"], member["password"], page)
    assert answer.status_code == 303
    assert member["password"] not in str(answer.headers)


def test_a_get_ends_and_grants_nothing(demo: Demo) -> None:
    browser, shop = signed_in(demo), party(demo, "shop")
    page = browser.authorize(**shop.request(Pkce(), scope="openid phone", prompt="consent"))
    query = urlencode(hidden_fields(page.text) | {"consent": "allow"})
    assert browser.get("/consent?" + query).status_code == 405
    browser.get("/sign-out?" + query)
    browser.get("/end_session")
    assert browser.get("/account").status_code == 200
    assert silently(browser, shop, scope="openid phone")["error"] == "consent_required"
