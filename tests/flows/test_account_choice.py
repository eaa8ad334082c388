"""Whose account: `select_account`, hints, and what a member reads when asked again."""

from tests.flows.journey import signed_in, signs_in_again, silently, tokens_for
from tests.support.demo import Demo
from tests.support.parties import forward, party
from tests.support.relying_party import Pkce, answer_of, claims_of


def test_select_account_asks_in_clear_words_and_takes_another_account(demo: Demo) -> None:
    """Row 22: the member signs in anew, as the same or another (Core 3.1.2.1)."""
    browser, desk, other = signed_in(demo), party(demo, "desk"), demo.member(index=1)
    before = claims_of(tokens_for(browser, desk)["id_token"])
    forward(demo, 1)
    pkce = Pkce()
    page = browser.authorize(**desk.request(pkce, prompt="select_account"))
    assert signs_in_again(page)
    assert "どのアカウントで利用するかを選ぶため" in page.text
    assert demo.member()["email"] not in page.text, "whoever sits there now learns no name"
    done = browser.follow(browser.sign_in(other["email"], other["password"], page))
    after = claims_of(desk.exchange(answer_of(done)["code"], pkce).json()["id_token"])
    assert after["sub"] != before["sub"]
    assert after["sid"] != before["sid"]


def test_select_account_in_english(demo: Demo) -> None:
    browser, desk = signed_in(demo), party(demo, "desk")
    forward(demo, 1)
    page = browser.authorize(**desk.request(Pkce(), prompt="select_account", ui_locales="en-GB fr"))
    assert "choose the account" in page.text


def test_a_sign_in_that_was_asked_for_again_says_why(demo: Demo) -> None:
    """Rows 21, 23."""
    browser, desk = signed_in(demo), party(demo, "desk")
    forward(demo, 2)
    for more in ({"prompt": "login"}, {"max_age": "1"}):
        page = browser.authorize(**desk.request(Pkce(), **more))
        assert "ご本人であることを確かめるため" in page.text


def test_prompt_none_cannot_be_joined_with_a_choice(demo: Demo) -> None:
    """Rows 20, 22."""
    answer = silently(signed_in(demo), party(demo, "desk"), prompt="none select_account")
    assert answer["error"] == "invalid_request"


def test_a_hint_that_was_issued_to_another_client_is_none(demo: Demo) -> None:
    """Row 24: an ID token taken from another client says nothing here."""
    browser, desk, card = signed_in(demo), party(demo, "desk"), party(demo, "card")
    foreign = tokens_for(browser, card, scope="openid")["id_token"]
    own = tokens_for(browser, desk, scope="openid")["id_token"]
    assert silently(browser, desk, id_token_hint=foreign)["error"] == "invalid_request"
    assert "code" in silently(browser, desk, id_token_hint=own)


def test_display_and_locales_never_cause_an_error(demo: Demo) -> None:
    """Row 25."""
    browser, desk = signed_in(demo), party(demo, "desk")
    for more in (
        {"display": "touch"},
        {"display": "surprise"},
        {"ui_locales": "xx " * 200},
        {"claims_locales": "ja-Kana-JP en"},
        {"login_hint": "x" * 5000},
        {"acr_values": "urn:x " * 400},
    ):
        assert "code" in silently(browser, desk, **more), more
