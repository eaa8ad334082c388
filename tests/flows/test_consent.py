"""The consent page: a client that is not the co-operative's own gets nothing without a yes."""

from tests.flows.journey import code_for, signed_in, silently, tokens_for
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Browser, Pkce, answer_of


def test_a_stranger_to_the_house_must_ask_and_may_be_allowed(demo: Demo) -> None:
    """Row 18: Core 3.1.2.1."""
    browser, shop, pkce = signed_in(demo, 2), party(demo, "shop"), Pkce()
    page = browser.authorize(**shop.request(pkce, scope="openid profile email", state="kept"))
    assert page.status_code == 200
    assert 'id="consent"' in page.text
    assert "みほんshop" in page.text
    for meaning in (
        "お名前（漢字とかな）と組合員番号",
        "メールアドレス",
        "あなたがログインしたこと",
    ):
        assert meaning in page.text
    answer = answer_of(browser.consent(page))
    assert (answer["state"], answer["iss"]) == ("kept", demo.issuer)
    assert shop.exchange(answer["code"], pkce).status_code == 200


def test_a_no_goes_back_to_the_client_and_gives_nothing(demo: Demo) -> None:
    """Row 14: RFC 6749 4.1.2.1."""
    browser, shop = signed_in(demo, 3), party(demo, "shop")
    page = browser.authorize(**shop.request(Pkce(), state="kept"))
    answer = answer_of(browser.consent(page, "deny"))
    assert answer == {"error": "access_denied", "state": "kept", "iss": demo.issuer}
    assert silently(browser, shop)["error"] == "consent_required"


def test_an_answer_that_is_neither_yes_nor_no_is_refused(demo: Demo) -> None:
    browser, shop = signed_in(demo, 3), party(demo, "shop")
    page = browser.authorize(**shop.request(Pkce()))
    refused = browser.consent(page, "perhaps")
    assert refused.status_code == 400
    assert "Location" not in refused.headers


def test_a_yes_is_remembered_for_what_was_asked_and_no_more(demo: Demo) -> None:
    browser, shop = signed_in(demo, 4), party(demo, "shop")
    code_for(browser, shop, Pkce(), scope="openid profile")
    assert "code" in silently(browser, shop, scope="openid profile")
    assert "code" in silently(signed_in(demo, 4), shop, scope="profile openid"), "in any browser"
    assert silently(browser, shop, scope="openid profile address")["error"] == "consent_required"
    code_for(browser, shop, Pkce(), scope="openid profile address")
    assert "code" in silently(browser, shop, scope="openid address")


def test_prompt_consent_asks_again_although_it_is_remembered(demo: Demo) -> None:
    """Row 22: Core 3.1.2.1."""
    browser, shop = signed_in(demo, 5), party(demo, "shop")
    code_for(browser, shop, Pkce(), scope="openid profile")
    page = browser.authorize(**shop.request(Pkce(), scope="openid profile", prompt="consent"))
    assert 'id="consent"' in page.text
    assert answer_of(browser.consent(page, "deny"))["error"] == "access_denied"
    assert "code" in silently(browser, shop, scope="openid profile"), "a no takes nothing back"


def test_offline_access_needs_prompt_consent(demo: Demo) -> None:
    """Row 69: Core 11."""
    browser, shop = signed_in(demo, 6), party(demo, "shop")
    scope = "openid profile offline_access"
    without = tokens_for(browser, shop, scope=scope)
    assert "refresh_token" not in without
    assert without["scope"] == "openid profile", "the granted scope is told when it differs"
    page = browser.authorize(**shop.request(pkce := Pkce(), scope=scope, prompt="consent"))
    assert "画面を閉じたあとも" in page.text
    answer = answer_of(browser.consent(page))
    tokens = shop.exchange(answer["code"], pkce).json()
    assert "refresh_token" in tokens
    assert set(tokens["scope"].split()) == set(scope.split())


def test_our_own_clients_are_not_asked_about(demo: Demo) -> None:
    tokens = tokens_for(signed_in(demo, 7), party(demo, "desk"))
    assert "refresh_token" in tokens


def test_a_consent_page_cannot_be_answered_for_somebody_else(demo: Demo) -> None:
    shop = party(demo, "shop")
    browser, other = signed_in(demo, 8), demo.member(index=9)
    page = browser.authorize(**shop.request(Pkce(), scope="openid address"))
    browser.sign_in(other["email"], other["password"], browser.get("/sign-in?request=x"))
    browser.http.cookies.clear()
    assert browser.consent(page).status_code == 403


def test_a_yes_without_a_session_leads_to_the_sign_in_page(demo: Demo) -> None:
    shop, browser = party(demo, "shop"), signed_in(demo, 8)
    page = browser.authorize(**shop.request(Pkce(), scope="openid address"))
    browser.follow(browser.get("/end_session"))
    late = Browser(demo.issuer, http=browser.http)
    from tests.support.relying_party import hidden_fields

    late.post("/sign-out", hidden_fields(late.get("/sign-out").text))
    assert late.consent(page).status_code == 403
