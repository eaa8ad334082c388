"""Signing out, and the receiver of back-channel logout tokens."""

import hmac
import json
import threading
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from portal_browser import Browser, fields, reason
from portal_provider import signing_key
from portal_scene import Scene

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def encoded(header: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")


def sign_out(browser: Browser, **options: Any) -> Any:
    return browser.post("/sign-out", fields(browser.get("/").text, "sign-out"), **options)


def is_in(browser: Browser) -> bool:
    return "0012345" in browser.get("/").text


def test_signing_out_ends_the_session_and_goes_to_the_provider(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    cookie = browser.cookie()
    page = sign_out(browser)
    assert page.url.startswith(f"{scene.portal}/signed-out?state=")
    assert "ログアウトしました" in page.text
    asked = scene.provider.requests["/end_session"]
    assert asked["client_id"] == "portal"
    assert asked["id_token_hint"].count(".") == 2
    assert len(scene.provider.revoked) == 1
    browser.http.cookies.set("kumiai_portal", cookie)
    assert not is_in(browser)


def test_sign_out_answers_303(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    answer = sign_out(browser, follow=False)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{scene.provider.issuer}/end_session?")
    assert "kumiai_portal=;" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        ({"csrf_token": ""}, {}),
        ({"csrf_token": "0" * 64}, {}),
        ({"csrf_token": "あ"}, {}),
        ({}, {"Origin": "https://evil.example"}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
        ({}, {"Sec-Fetch-Site": "same-site"}),
    ],
)
def test_a_forged_sign_out_changes_nothing(
    scene: Scene, change: dict[str, str], headers: dict[str, str]
) -> None:
    browser = scene.browser()
    browser.sign_in()
    form = fields(browser.get("/").text, "sign-out") | change
    assert browser.post("/sign-out", form, headers=headers).status_code == 403
    assert is_in(browser)


def test_the_form_token_of_another_session_is_refused(scene: Scene) -> None:
    browser, other = scene.browser(), scene.browser()
    browser.sign_in()
    other.sign_in()
    form = fields(other.get("/").text, "sign-out")
    assert browser.post("/sign-out", form).status_code == 403


def test_signing_out_twice_is_harmless(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    form = fields(browser.get("/").text, "sign-out")
    browser.post("/sign-out", form)
    page = browser.post("/sign-out", form)
    assert page.status_code == 200
    assert "ログインしていません" in page.text


def test_signing_out_while_the_provider_is_down(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    form = fields(browser.get("/").text, "sign-out")
    scene.provider.server.shutdown()
    scene.provider.server.server_close()
    page = browser.post("/sign-out", form)
    assert page.status_code == 503
    assert "マイページからログアウトしました" in page.text
    assert not is_in(browser)


def test_the_signed_out_page_claims_only_what_it_knows(scene: Scene) -> None:
    assert "ログインしていません" in scene.browser().get("/signed-out?state=x").text
    browser = scene.browser()
    browser.sign_in()
    assert browser.get("/signed-out").url == f"{scene.portal}/"


def test_a_logout_token_ends_the_session_of_its_sid(scene: Scene) -> None:
    browser, other = scene.browser(), scene.browser()
    browser.sign_in()
    scene.provider.sid = "sid-2"
    other.sign_in()
    answer = scene.logout(scene.provider.logout_token(sid="sid-1"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert is_in(other)
    page = browser.get("/me")
    assert (page.status_code, reason(page)) == (403, "signed_out")
    assert 'id="sign-in"' in browser.get("/").text  # told once


def test_a_logout_token_with_a_subject_ends_all_its_sessions(scene: Scene) -> None:
    browsers = [scene.browser() for _ in range(3)]
    for number, browser in enumerate(browsers):
        scene.provider.sid = f"sid-{number}"
        browser.sign_in()
    assert scene.logout(scene.provider.logout_token(sid=None)).status_code == 200
    assert not any(is_in(browser) for browser in browsers)


def test_after_a_logout_the_provider_says_why(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    scene.logout(scene.provider.logout_token())
    scene.provider.ended = "membership_ended"
    page = browser.get("/")
    assert reason(page) == "membership_ended"
    assert "アンインストール" in page.text


def test_an_unknown_session_is_over_already(scene: Scene) -> None:
    assert scene.logout(scene.provider.logout_token(sid="never-seen")).status_code == 200


def test_a_repeated_logout_token_is_answered_and_ends_nothing_more(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    token = scene.provider.logout_token(sid=None)
    assert scene.logout(token).status_code == 200
    assert not is_in(browser)
    scene.clock.move(seconds=1)
    browser.sign_in()
    assert scene.logout(token).status_code == 200
    assert is_in(browser)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "card"},
        {"aud": None},
        {"aud": ["card"]},
        {"iat": None},
        {"iat": 4_000_000_000},
        {"iat": "now"},
        {"iat": 10**400},
        {"exp": None},
        {"exp": 1},
        {"exp": 4_000_000_000},
        {"exp": True},
        {"jti": None},
        {"jti": 5},
        {"jti": ""},
        {"events": None},
        {"events": {}},
        {"events": [EVENT]},
        {"events": {EVENT: None}},
        {"events": {EVENT: "x"}},
        {"nonce": "n"},
        {"sub": None, "sid": None},
        {"sub": 5},
        {"sid": ["sid-1"]},
        {"sid": ""},
        {"header": {"typ": "JWT"}},
        {"header": {"typ": None, "cty": "logout+jwt"}},
        {"header": {"kid": "unknown"}},
        {"header": {"kid": None}},
    ],
)
def test_a_bad_logout_token_ends_nothing(scene: Scene, changes: dict[str, Any]) -> None:
    browser = scene.browser()
    browser.sign_in()
    answer = scene.logout(scene.provider.logout_token(**changes))
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert answer.headers["Cache-Control"] == "no-store"
    assert is_in(browser)


def test_a_foreign_or_weak_signature_ends_nothing(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    provider = scene.provider
    kid = provider.keys[0].kid
    good = provider.logout_token()
    payload = good.split(".")[1]
    public = provider.keys[0].as_pem(private=False)
    none = encoded({"alg": "none", "typ": "logout+jwt", "kid": kid})
    hs256 = f"{encoded({'alg': 'HS256', 'typ': 'logout+jwt', 'kid': kid})}.{payload}"
    mac = urlsafe_b64encode(hmac.digest(public, hs256.encode(), "sha256")).decode().rstrip("=")
    for token in (
        provider.logout_token({"kid": kid}, signing_key()),
        f"{none}.{payload}.",
        f"{hs256}.{mac}",
        good[:-8] + "AAAAAAAA",
        good + ".x",
        "",
        "a.b.c",
        "....",
        "\u3042",
        "x" * 40000,
    ):
        assert scene.logout(token).status_code == 400, token[:80]
    assert is_in(browser)


def test_an_id_token_is_no_logout_token(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    token = scene.provider.id_token("n", "a")
    assert scene.logout(token).status_code == 400


def test_repeated_or_missing_parameters_and_other_methods(scene: Scene) -> None:
    token = scene.provider.logout_token()
    browser = scene.browser()
    twice = [("logout_token", token), ("logout_token", token)]
    assert browser.post("/backchannel-logout", twice).status_code == 400
    assert browser.post("/backchannel-logout", {}).status_code == 400
    assert browser.post("/backchannel-logout", b"\x82\xa0\xff\x00").status_code == 400
    assert browser.get("/backchannel-logout").status_code == 405
    assert browser.post("/backchannel-logout", {"logout_token": "x" * 70000}).status_code == 413


def test_when_keys_cannot_be_fetched_the_provider_shall_send_again(scene: Scene) -> None:
    token = scene.provider.logout_token()
    scene.provider.down = True
    answer = scene.logout(token)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    scene.provider.down = False
    assert scene.logout(token).status_code == 200


def test_a_logout_that_overtakes_the_sign_in_wins(scene: Scene) -> None:
    """The provider ends the session while the portal is still asking for the claims."""
    browser = scene.browser()
    scene.provider.hold = threading.Event()
    done: list[Any] = []
    going = threading.Thread(target=lambda: done.append(browser.get("/sign-in")))
    going.start()
    while not scene.provider.calls["/userinfo"]:
        threading.Event().wait(0.005)
    assert scene.logout(scene.provider.logout_token()).status_code == 200
    scene.provider.hold.set()
    going.join(5)
    assert reason(done[0]) == "signed_out"
    assert not is_in(browser)
