"""The member's page of relying parties: who gets what since when, and taking it back."""

from __future__ import annotations

import json

import requests

from tests.flows.journey import code_for, signed_in, silently, take_back, tokens_for, unknown_to
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Browser, Pkce, hidden_fields

PAGE = "/account/applications"


def form_of(page: requests.Response, client_id: str) -> dict[str, str]:
    """Give the hidden fields of one application's form."""
    for form in page.text.split("<form ")[1:]:
        fields = hidden_fields(form.split("</form>")[0])
        if fields.get("client_id") == client_id:
            return fields
    raise AssertionError(f"{client_id} is not listed")


def test_a_member_sees_what_was_allowed_and_takes_it_back(demo: Demo) -> None:
    """Rows 14, 18: nothing remains, and the next request asks again."""
    browser, shop = unknown_to(demo, 10, "shop", "desk"), party(demo, "shop")
    assert "みほんshop" not in browser.get(PAGE).text
    scope = "openid profile offline_access"
    tokens = tokens_for(browser, shop, scope=scope, prompt="consent")
    page = browser.get(PAGE)
    assert "みほんshop" in page.text
    assert "お名前（漢字とかな）と組合員番号" in page.text
    assert "画面を閉じたあとも" in page.text
    assert PAGE in browser.get("/account").text
    done = take_back(browser, "shop")
    assert done is not None
    assert (done.status_code, done.headers["Location"]) == (303, PAGE)
    assert "みほんshop" not in browser.get(PAGE).text
    assert shop.userinfo(tokens["access_token"]).status_code == 401
    late = shop.refresh(tokens["refresh_token"])
    assert (late.status_code, late.json()["error"]) == (400, "invalid_grant")
    assert silently(browser, shop, scope="openid profile")["error"] == "consent_required"
    assert browser.get("/account").status_code == 200, "the member stays signed in"


def test_a_code_on_its_way_is_worth_nothing_afterwards(demo: Demo) -> None:
    browser, shop, pkce = unknown_to(demo, 10, "shop", "desk"), party(demo, "shop"), Pkce()
    code = code_for(browser, shop, pkce, scope="openid profile")
    take_back(browser, "shop")
    assert shop.exchange(code, pkce).json()["error"] == "invalid_grant"


def test_our_own_services_are_listed_while_they_have_something(demo: Demo) -> None:
    browser, desk = unknown_to(demo, 10, "shop", "desk"), party(demo, "desk")
    tokens = tokens_for(browser, desk)
    assert "みほんdesk" in browser.get(PAGE).text
    take_back(browser, "desk")
    assert desk.userinfo(tokens["access_token"]).status_code == 401
    assert "みほんdesk" not in browser.get(PAGE).text


def test_others_keep_what_they_have(demo: Demo) -> None:
    mine, others = unknown_to(demo, 10, "shop", "desk"), signed_in(demo, 11)
    shop, desk = party(demo, "shop"), party(demo, "desk")
    kept = tokens_for(mine, desk)["access_token"]
    theirs = tokens_for(others, shop, scope="openid profile")["access_token"]
    tokens_for(mine, shop, scope="openid profile")
    take_back(mine, "shop")
    assert desk.userinfo(kept).status_code == 200
    assert shop.userinfo(theirs).status_code == 200


def test_nobody_else_can_press_the_button(demo: Demo) -> None:
    """Row 32: no token, another member's token, no session."""
    browser, shop = unknown_to(demo, 10, "shop", "desk"), party(demo, "shop")
    tokens = tokens_for(browser, shop, scope="openid profile")
    fields = form_of(browser.get(PAGE), "shop")
    assert browser.post(PAGE, {"client_id": "shop"}).status_code == 403
    foreign = signed_in(demo, 11)
    assert foreign.post(PAGE, fields).status_code == 403
    assert Browser(demo.issuer).post(PAGE, fields).status_code == 403
    crossed = browser.post(PAGE, fields, headers={"Origin": "https://evil.example"})
    assert crossed.status_code == 403
    assert shop.userinfo(tokens["access_token"]).status_code == 200


def test_bad_input_changes_nothing(demo: Demo) -> None:
    browser = unknown_to(demo, 10, "shop", "desk")
    tokens_for(browser, party(demo, "shop"), scope="openid profile")
    fields = form_of(browser.get(PAGE), "shop")
    for client_id, status in (("nobody", 303), ("", 303), ("x" * 129, 400), ("a\0b", 400)):
        answer = browser.post(PAGE, fields | {"client_id": client_id})
        assert answer.status_code == status, client_id
    assert "みほんshop" in browser.get(PAGE).text


def test_without_a_session_one_signs_in_first(demo: Demo) -> None:
    led = Browser(demo.issuer).get(PAGE).headers["Location"]
    assert led == "/sign-in?next=%2Faccount%2Fapplications"


def test_the_page_is_there_in_english(demo: Demo) -> None:
    browser = unknown_to(demo, 10, "shop", "desk")
    tokens_for(browser, party(demo, "shop"), scope="openid profile")
    page = browser.get(PAGE + "?lang=en")
    assert "Sample shop" in page.text
    assert "Stop sharing with" in page.text


def test_it_stands_in_the_log(demo: Demo) -> None:
    browser, shop = unknown_to(demo, 9, "shop", "desk"), party(demo, "shop")
    tokens_for(browser, shop, scope="openid profile")
    take_back(browser, "shop")
    log = demo.idp("audit", "search", "--name", "consent.revoked", "--format", "json").stdout
    newest = json.loads(log.splitlines()[0])
    assert newest["client"] == "shop"
    assert newest["data"] == {"scopes": ["openid", "profile"], "grants": 1}
