"""Signing in: the way there and back, and everything that must not become a session."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from portal_browser import problem, reason
from portal_provider import query_of, signing_key
from portal_scene import Scene
from werkzeug.wrappers import Response


def test_a_member_signs_in_and_sees_name_and_number(scene: Scene) -> None:
    browser = scene.browser()
    first = browser.get("/")
    assert 'id="sign-in"' in first.text
    assert "0012345" not in first.text
    page = browser.sign_in()
    assert "見本　花子 様" in page.text
    assert "0012345" in page.text
    assert 'id="sign-out"' in page.text
    asked = scene.provider.requests["/authorize"]
    assert asked["scope"] == "openid profile email address phone offline_access member:change"
    assert asked["redirect_uri"] == f"{scene.portal}/callback"


def test_the_request_is_pushed_and_the_browser_carries_a_reference_only(scene: Scene) -> None:
    """Rows 42, 46: RFC 9126 2, 4."""
    begun = scene.browser().get("/sign-in", follow=False)
    assert set(query_of(begun.headers["Location"])) == {"client_id", "request_uri"}
    pushed = scene.provider.requests["/par"]
    assert pushed["client_assertion_type"].endswith("jwt-bearer")
    assert {"state", "nonce", "code_challenge", "scope", "redirect_uri"} <= set(pushed)


def test_a_provider_that_takes_no_pushed_requests_gets_the_whole_request(scene: Scene) -> None:
    scene.provider.takes_pushed = False
    page = scene.browser().sign_in()
    assert "0012345" in page.text
    assert scene.provider.calls["/par"] == 0


def test_a_push_that_fails_says_so_and_opens_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for status, body in ((400, '{"error": "invalid_client"}'), (201, "[]"), (201, "{"), (500, "")):
        answer = Response(body, status, content_type="application/json")
        monkeypatch.setattr(scene.provider, "_par", lambda _, said=answer: said)
        page = scene.browser().get("/sign-in")
        assert (page.status_code, problem(page)) == (503, "unavailable"), (status, body)


def test_one_comes_back_to_the_page_asked_for(scene: Scene) -> None:
    page = scene.browser().get("/me")
    assert page.url == f"{scene.portal}/me"
    assert "090-0000-0000" in page.text
    assert "hanako@mihon.example" in page.text


@pytest.mark.parametrize(
    "there", ["//evil.example", "https://evil.example/", "/\\evil.example", "/me\n", "/sign-out"]
)
def test_a_sign_in_leads_nowhere_else(scene: Scene, there: str) -> None:
    browser = scene.browser()
    browser.http.params = {"next": there}
    begun = browser.get("/sign-in", follow=False)
    browser.http.params = {}
    assert browser.get(begun.headers["Location"]).url == f"{scene.portal}/"


def callback_url(scene: Scene, browser: Any) -> str:
    """Go to the provider and stop before the callback."""
    begun = browser.get("/sign-in", follow=False)
    return str(browser.get(begun.headers["Location"], follow=False).headers["Location"])


def test_wrong_state_opens_nothing(scene: Scene) -> None:
    browser = scene.browser()
    scene.provider.response = {"state": "other"}
    page = browser.get("/sign-in")
    assert (page.status_code, problem(page)) == (400, "sign_in")
    assert not browser.cookie()


def test_login_csrf_an_answer_begun_elsewhere_does_not_fit(scene: Scene) -> None:
    attacker, victim = scene.browser(), scene.browser()
    url = callback_url(scene, attacker)
    victim.get("/sign-in", follow=False)  # the victim has a browser cookie too
    page = victim.get(url)
    assert (page.status_code, problem(page)) == (400, "sign_in")
    assert not victim.cookie()
    # and the try has not used up the sign-in of the browser it belongs to
    assert attacker.get(url).status_code == 200
    assert attacker.cookie()


def test_a_callback_works_once(scene: Scene) -> None:
    browser = scene.browser()
    url = callback_url(scene, browser)
    assert browser.get(url).status_code == 200
    again = browser.get(url)  # "back": still signed in, no alarm
    assert again.url == f"{scene.portal}/"
    del browser.http.cookies["kumiai_portal"]
    assert browser.get(url).status_code == 400


@pytest.mark.parametrize("iss", ["https://other.example", None, ""])
def test_wrong_iss_opens_nothing(scene: Scene, iss: str | None) -> None:
    scene.provider.response = {"iss": iss}
    browser = scene.browser()
    page = browser.get("/sign-in")
    assert (page.status_code, problem(page)) == (400, "sign_in")
    assert scene.provider.calls["/token"] == 0
    assert not browser.cookie()


FOREIGN = signing_key()


@pytest.mark.parametrize(
    ("claims", "header"),
    [
        ({"nonce": "other"}, {}),
        ({"nonce": None}, {}),
        ({"iss": "https://other.example"}, {}),
        ({"iss": None}, {}),
        ({"aud": "card"}, {}),
        ({"aud": None}, {}),
        ({"aud": ["portal", "card"]}, {}),
        ({"azp": "card"}, {}),
        ({"sub": None}, {}),
        ({"sub": 7}, {}),
        ({"exp": 1}, {}),
        ({"exp": None}, {}),
        ({"exp": "soon"}, {}),
        ({"iat": 4_000_000_000}, {}),
        ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, {}),
        ({"sid": 7}, {}),
        ({"events": {}}, {}),
        ({}, {"typ": "logout+jwt"}),
        ({}, {"kid": "unknown"}),
        ({}, {"kid": None}),
    ],
)
def test_a_wrong_id_token_opens_nothing(
    scene: Scene, claims: dict[str, Any], header: dict[str, Any]
) -> None:
    scene.provider.id_claims, scene.provider.id_header = claims, header
    browser = scene.browser()
    page = browser.get("/sign-in")
    assert (page.status_code, problem(page)) == (400, "sign_in")
    assert not browser.cookie()


def test_a_foreign_signature_opens_nothing(scene: Scene) -> None:
    foreign = signing_key()
    scene.provider.id_key = foreign
    scene.provider.id_header = {"kid": scene.provider.keys[0].kid}
    assert scene.browser().get("/sign-in").status_code == 400


def test_userinfo_of_another_subject_opens_nothing(scene: Scene) -> None:
    scene.provider.id_claims = {"sub": "somebody-else"}
    browser = scene.browser()
    assert browser.get("/sign-in").status_code == 400
    assert not browser.cookie()


def test_new_signing_keys_are_fetched_when_first_seen(scene: Scene) -> None:
    scene.browser().sign_in()
    scene.clock.move(seconds=6)
    scene.provider.keys.insert(0, signing_key())
    scene.browser().sign_in()
    assert scene.provider.calls["/jwks"] == 2
    assert scene.provider.calls["/.well-known/openid-configuration"] == 1


def test_session_fixation_a_planted_cookie_is_never_adopted(scene: Scene) -> None:
    browser = scene.browser()
    browser.http.cookies.set("kumiai_portal", "planted-by-an-attacker")
    browser.sign_in()
    values = {c.value for c in browser.http.cookies if c.name == "kumiai_portal" and c.domain}
    assert "planted-by-an-attacker" not in values
    attacker = scene.browser()
    attacker.http.cookies.set("kumiai_portal", "planted-by-an-attacker")
    assert 'id="sign-in"' in attacker.get("/").text


def test_signing_in_again_ends_the_older_session_of_this_browser(scene: Scene) -> None:
    browser = scene.browser()
    url = callback_url(scene, browser)
    browser.sign_in()
    older = browser.cookie()
    browser.get(url)
    assert browser.cookie() != older
    stale = scene.browser()
    stale.http.cookies.set("kumiai_portal", older)
    assert 'id="sign-in"' in stale.get("/").text


def test_two_tabs_sign_in_side_by_side(scene: Scene) -> None:
    browser = scene.browser()
    one = callback_url(scene, browser)
    two = callback_url(scene, browser)
    assert query_of(one)["state"] != query_of(two)["state"]
    assert browser.get(two).status_code == 200
    assert browser.get(one).status_code == 200
    assert "0012345" in browser.get("/").text


def test_a_sign_in_left_lying_expires(scene: Scene) -> None:
    browser = scene.browser()
    url = callback_url(scene, browser)
    scene.clock.move(minutes=31)
    assert browser.get(url).status_code == 400


def test_a_cancelled_sign_in_has_a_page(scene: Scene) -> None:
    scene.provider.response = {"error": "access_denied", "code": None}
    page = scene.browser().get("/sign-in")
    assert (page.status_code, problem(page)) == (403, "denied")


@pytest.mark.parametrize("why", ["membership_ended", "service_stopped", "blocked"])
def test_a_refused_code_says_why(scene: Scene, why: str) -> None:
    scene.provider.ended = why
    page = scene.browser().get("/sign-in")
    assert (page.status_code, reason(page)) == (403, why)


def test_an_unknown_reason_is_never_shown(scene: Scene) -> None:
    scene.provider.ended = "<script>alert(1)</script>"
    page = scene.browser().get("/sign-in")
    assert (page.status_code, problem(page)) == (400, "sign_in")
    assert "alert(1)" not in page.text


def test_a_provider_that_is_down_has_a_page(scene: Scene) -> None:
    scene.provider.down = True
    page = scene.browser().get("/sign-in")
    assert (page.status_code, problem(page)) == (503, "unavailable")
    assert int(page.headers["Retry-After"]) > 0
    scene.provider.down = False
    assert scene.browser().sign_in().status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?state=%00&code=%00",
        "?state=%FF%FE&code=a",
        "?state=%ED%A0%80",
        "?state=a&state=b",
        "?code=" + "a" * 20000,
        "?error=x&error_description=%82%A0",
    ],
)
def test_bad_callbacks_have_a_page(scene: Scene, query: str) -> None:
    page = scene.browser().get(f"/callback{query}")
    assert page.status_code in (400, 414)
    assert re.search(r"<h1|too long|URI", page.text, re.IGNORECASE)


def test_a_code_with_strange_characters_is_refused_before_it_is_sent(scene: Scene) -> None:
    scene.provider.response = {"code": "a\x00b"}
    assert scene.browser().get("/sign-in").status_code == 400
    assert scene.provider.calls["/token"] == 0


def test_cookies_over_http_and_https(start_scene: Callable[..., Scene]) -> None:
    plain = start_scene().browser()
    header = plain.get("/sign-in", follow=False).headers["Set-Cookie"]
    assert header.startswith("kumiai_portal_browser=")
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Secure" not in header
    secure = start_scene(public_url="https://portal.mihon.example").app.test_client()
    answer = secure.get("/sign-in")
    assert answer.headers["Set-Cookie"].startswith("__Host-kumiai_portal_browser=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in answer.headers


def test_the_file_holds_no_cookie_no_token_no_name(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    cookie = browser.cookie()
    assert cookie
    stored = b"".join(path.read_bytes() for path in scene.data.iterdir())
    assert cookie.encode() not in stored
    assert "花子".encode() not in stored
    assert b"hanako" not in stored.replace(b"subject-of-hanako", b"")
    assert all(path.stat().st_mode & 0o077 == 0 for path in scene.data.iterdir())
