"""The `claims` parameter (OpenID Connect Core 5.5): what is asked for, by whom, and what comes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.flows.journey import signed_in, signs_in_again, silently, tokens_for, unknown_to
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Browser, Pkce, answer_of, claims_of

ACR = "urn:kumiai-id:password"


def asking(**members: Any) -> str:
    return json.dumps(members, ensure_ascii=False)


def test_claims_come_where_they_were_asked_for(demo: Demo) -> None:
    """Row 29: id_token and userinfo members, null, essential and value; unknown ones ignored."""
    browser, desk = signed_in(demo), party(demo, "desk")
    wanted = asking(
        id_token={"email": None, "auth_time": {"essential": True}, "nobody_knows": {"x": 1}},
        userinfo={
            "name": {"essential": True},
            "phone_number": {"value": "anything"},
            "name#ja-Kana-JP": None,
            "locale": {"values": ["ja-JP", "en"]},
        },
        surprise=[1, 2],
    )
    tokens = tokens_for(browser, desk, scope="openid", claims=wanted)
    inside = claims_of(tokens["id_token"])
    assert inside["email"] == demo.member()["email"]
    assert "name" not in inside
    assert "nobody_knows" not in inside
    told = desk.userinfo(tokens["access_token"]).json()
    assert set(told) <= {"sub", "name", "name#ja-Kana-JP", "phone_number", "locale"}
    assert {"sub", "name", "name#ja-Kana-JP", "locale"} <= set(told)
    assert told["sub"] == inside["sub"]


def test_a_refresh_keeps_what_was_asked_for(demo: Demo) -> None:
    """Rows 29, 68: the claims belong to the grant."""
    browser, desk = signed_in(demo), party(demo, "desk")
    wanted = asking(id_token={"member_number": None}, userinfo={"email": None})
    tokens = tokens_for(browser, desk, scope="openid offline_access", claims=wanted)
    renewed = desk.refresh(tokens["refresh_token"]).json()
    assert "email" in desk.userinfo(renewed["access_token"]).json()
    first, second = claims_of(tokens["id_token"]), claims_of(renewed["id_token"])
    assert first["member_number"] == second["member_number"]


def test_a_claim_of_a_scope_that_is_not_registered_never_comes(demo: Demo) -> None:
    """Row 29: the card may have openid, profile and offline_access, whatever it asks for."""
    browser, card = signed_in(demo), party(demo, "card")
    wanted = asking(id_token={"email": None}, userinfo={"email": {"essential": True}, "name": None})
    tokens = tokens_for(browser, card, scope="openid", claims=wanted)
    told = card.userinfo(tokens["access_token"]).json()
    assert "name" in told
    assert "email" not in told
    assert "email" not in claims_of(tokens["id_token"])


MALFORMED = {
    "no JSON": "{",
    "list": "[]",
    "text": '"name"',
    "null": "null",
    "number": "NaN",
    "member is a list": '{"id_token": []}',
    "member is null": '{"userinfo": null}',
    "claim is a text": '{"userinfo": {"name": "yes"}}',
    "claim is true": '{"userinfo": {"name": true}}',
    "essential is a text": '{"userinfo": {"name": {"essential": "true"}}}',
    "values is a text": '{"id_token": {"acr": {"values": "x"}}}',
    "values is empty": '{"id_token": {"acr": {"values": []}}}',
    "value and values": '{"id_token": {"acr": {"value": "x", "values": ["x"]}}}',
    "acr is a number": '{"id_token": {"acr": {"value": 1}}}',
    "sub is a list": '{"id_token": {"sub": {"value": ["x"]}}}',
    "sub is half a character": '{"id_token": {"sub": {"value": "\\ud800"}}}',
    "twice": '{"userinfo": {"name": null}, "userinfo": {}}',
    "twice inside": '{"userinfo": {"name": null, "name": {"essential": true}}}',
    "twice deeper": '{"id_token": {"sub": {"value": "a", "value": "b"}}}',
    "infinity": '{"userinfo": {"name": {"value": Infinity}}}',
    "deep": '{"userinfo": ' + "[" * 2000 + "]" * 2000 + "}",
    "long": '{"userinfo": {"name": {"value": "' + "x" * 4096 + '"}}}',
    "long number": '{"userinfo": {"name": {"value": ' + "9" * 4000 + "}}} ",
    "something behind it": "{} {}",
}


@pytest.mark.parametrize("kind", [kind for kind in MALFORMED if kind != "long number"])
def test_malformed_claims_are_an_error_for_the_client(demo: Demo, kind: str) -> None:
    """Row 29: invalid_request by redirect, never a page or a fault of ours."""
    answer = silently(Browser(demo.issuer), party(demo, "desk"), claims=MALFORMED[kind], state="s")
    assert answer == {"error": "invalid_request", "state": "s", "iss": demo.issuer}


def test_values_of_no_consequence_may_be_anything(demo: Demo) -> None:
    browser, desk = signed_in(demo), party(demo, "desk")
    assert "code" in silently(browser, desk, claims=MALFORMED["long number"])
    odd = '{"userinfo": {"address": {"value": {"country": "\\ud800"}}, "\\ud800": null}}'
    assert "code" in silently(browser, desk, claims=odd)


def test_without_openid_the_parameter_means_nothing(demo: Demo) -> None:
    assert "code" in silently(signed_in(demo), party(demo, "desk"), scope="profile", claims="{")


def test_an_essential_acr_that_cannot_be_had_is_a_failure_after_the_sign_in(demo: Demo) -> None:
    """Row 27: Core 5.5.1.1; Error Code unmet_authentication_requirements 1.0."""
    desk, member, browser = party(demo, "desk"), demo.member(), Browser(demo.issuer)
    wanted = asking(id_token={"acr": {"essential": True, "values": ["urn:x:smartcard", "urn:y"]}})
    assert silently(browser, desk, claims=wanted)["error"] == "login_required"
    page = browser.authorize(**desk.request(Pkce(), claims=wanted, state="kept"))
    assert signs_in_again(page)
    answer = answer_of(browser.follow(browser.sign_in(member["email"], member["password"], page)))
    assert answer["error"] == "unmet_authentication_requirements"
    assert answer["state"] == "kept"
    assert silently(browser, desk, claims=wanted)["error"] == "unmet_authentication_requirements"


@pytest.mark.parametrize(
    "acr",
    [
        None,
        {"essential": True},
        {"essential": True, "value": ACR},
        {"essential": True, "values": ["urn:x", ACR]},
        {"value": "urn:x"},
        {"essential": False, "values": ["urn:x"]},
    ],
)
def test_an_acr_that_is_met_or_voluntary_gives_a_code_and_the_truth(demo: Demo, acr: Any) -> None:
    """Rows 26, 27: the ID token says what was done, whatever was asked for."""
    tokens = tokens_for(signed_in(demo), party(demo, "desk"), claims=asking(id_token={"acr": acr}))
    assert claims_of(tokens["id_token"])["acr"] == ACR


def test_acr_values_are_voluntary(demo: Demo) -> None:
    """Rows 25, 26: Core 3.1.2.1; RFC 9470 4."""
    tokens = tokens_for(signed_in(demo), party(demo, "desk"), acr_values="urn:x urn:y")
    assert claims_of(tokens["id_token"])["acr"] == ACR


@pytest.mark.parametrize("member", ["id_token", "userinfo"])
def test_only_the_subject_asked_for_is_answered_for(demo: Demo, member: str) -> None:
    """Row 28: Core 3.1.2.2."""
    mine, others, desk = signed_in(demo), signed_in(demo, 1), party(demo, "desk")
    me = claims_of(tokens_for(mine, desk)["id_token"])["sub"]
    other = claims_of(tokens_for(others, desk)["id_token"])["sub"]
    wanted = {name: asking(**{member: {"sub": {"value": name}}}) for name in (me, other, "x")}
    assert "code" in silently(mine, desk, claims=wanted[me])
    assert silently(mine, desk, claims=wanted[other])["error"] == "login_required"
    assert silently(mine, desk, claims=wanted["x"])["error"] == "login_required"
    browser, member_me = Browser(demo.issuer), demo.member()
    page = browser.authorize(**desk.request(Pkce(), claims=wanted[other]))
    page = browser.follow(browser.sign_in(member_me["email"], member_me["password"], page))
    assert answer_of(page)["error"] == "login_required"


def test_the_consent_page_names_single_claims_and_remembers_them(demo: Demo) -> None:
    """Rows 14, 18, 29: consent covers what the parameter asks for, and no more."""
    browser, shop = unknown_to(demo, 10, "shop"), party(demo, "shop")
    wanted = asking(id_token={"member_number": None}, userinfo={"phone_number": None})
    page = browser.authorize(**shop.request(pkce := Pkce(), scope="openid", claims=wanted))
    assert "<li>組合員番号</li>" in page.text
    assert "<li>電話番号</li>" in page.text
    assert "お名前" not in page.text
    tokens = shop.exchange(answer_of(browser.consent(page))["code"], pkce).json()
    assert claims_of(tokens["id_token"])["member_number"]
    assert "code" in silently(browser, shop, scope="openid", claims=wanted)
    more = asking(userinfo={"name": None})
    assert silently(browser, shop, scope="openid", claims=more)["error"] == "consent_required"
    assert silently(browser, shop, scope="openid profile")["error"] == "consent_required"
    english = browser.authorize(
        **shop.request(Pkce(), scope="openid", claims=more, ui_locales="en")
    )
    assert "<li>Your name (in kanji and kana)</li>" in english.text


def test_a_yes_to_a_scope_covers_its_claims(demo: Demo) -> None:
    browser, shop = unknown_to(demo, 11, "shop"), party(demo, "shop")
    page = browser.authorize(**shop.request(Pkce(), scope="openid profile"))
    browser.consent(page)
    assert "code" in silently(
        browser, shop, scope="openid", claims=asking(userinfo={"name": None, "updated_at": None})
    )
