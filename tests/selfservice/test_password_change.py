"""Changing the password while signed in: this session stays, everything else ends."""

from __future__ import annotations

import pytest
import requests

from tests.flows.journey import code_for, tokens_for
from tests.selfservice.house import NEW_PASSWORD, PASSWORD, House, Person, post_form, title_of
from tests.support.parties import party
from tests.support.relying_party import Browser, Pkce

PAGE = "/account/password"


def change(
    browser: Browser, password: str = PASSWORD, new: str = NEW_PASSWORD, again: str | None = None
) -> requests.Response:
    """Fill in the form."""
    fields = {
        "password": password,
        "new_password": new,
        "new_password_again": new if again is None else again,
    }
    return post_form(browser, PAGE, "change-password", fields)


def test_this_session_stays_and_everything_else_ends(house: House, person: Person) -> None:
    browser, other, desk = (
        house.signed_in(person),
        house.signed_in(person),
        party(house.demo, "desk"),
    )
    mine, theirs = tokens_for(browser, desk), tokens_for(other, desk)
    pkce = Pkce()
    code = code_for(browser, desk, pkce)
    before = browser.cookie("kumiai_idp")
    done = change(browser)
    assert title_of(done) == "パスワードを変更しました"
    assert browser.cookie("kumiai_idp") not in (None, before), "session fixation: a new cookie"
    assert browser.get("/account").status_code == 200
    assert before is not None
    stale = Browser(house.demo.issuer)
    stale.http.cookies.set("kumiai_idp", before)
    assert stale.get("/account").status_code == 303, "the old cookie is worth nothing"
    assert other.get("/account").status_code == 303
    for tokens in (mine, theirs):
        assert desk.userinfo(tokens["access_token"]).status_code == 401
        assert desk.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert desk.exchange(code, pkce).json()["error"] == "invalid_grant"
    assert tokens_for(browser, desk)["access_token"], "consents stay, and this browser goes on"
    assert house.can_sign_in(person.email, NEW_PASSWORD)
    assert not house.can_sign_in(person.email, PASSWORD)
    assert person.number not in house.mail_to(person.email)["text"]


def test_a_change_of_address_under_way_ends(house: House, person: Person) -> None:
    browser, email = house.signed_in(person), f"p-{person.email}"
    post_form(browser, "/account/address", "new-address", {"email": email})
    code = house.mail_to(email)["code"]
    change(browser)
    shown = browser.get("/account/address")
    assert 'name="email"' in shown.text, "nothing waits any more"
    assert not house.can_sign_in(email, NEW_PASSWORD)
    assert code


def test_a_wrong_current_password_changes_nothing(house: House, person: Person) -> None:
    browser = house.signed_in(person)
    answer = change(browser, password="not the one at all")
    assert answer.status_code == 400
    assert "いまのパスワードが違います" in answer.text
    assert NEW_PASSWORD not in answer.text
    assert house.can_sign_in(person.email, PASSWORD)


def test_the_current_password_is_guessed_five_times(house: House, person: Person) -> None:
    """A stolen session does not become a stolen account."""
    browser = house.signed_in(person)
    for number in range(5):
        assert change(browser, password=f"guess number {number}").status_code == 400
    assert change(browser).status_code == 400, "not even the right one is looked at"
    assert house.can_sign_in(person.email, PASSWORD), "the owner signs in as ever"


@pytest.mark.parametrize(
    ("new", "again", "words"),
    [
        ("short", None, "文字以上"),
        ("password1234", None, "パスワード"),
        ("x" * 5000, None, "文字以内"),
        (NEW_PASSWORD, NEW_PASSWORD + " ", "二つの新しいパスワードが違っています"),
    ],
)
def test_a_bad_new_password_is_refused_with_the_reason(
    house: House, person: Person, new: str, again: str | None, words: str
) -> None:
    browser = house.signed_in(person)
    answer = change(browser, new=new, again=again)
    assert answer.status_code == 400
    assert words in answer.text
    assert new not in answer.text
    assert house.can_sign_in(person.email, PASSWORD)


def test_nobody_else_sends_the_form(house: House, person: Person) -> None:
    """Cross-site request forgery: no token, another's token, a foreign origin."""
    browser, foreign = house.signed_in(person), house.signed_in(house.person())
    fields = {
        "password": PASSWORD,
        "new_password": NEW_PASSWORD,
        "new_password_again": NEW_PASSWORD,
    }
    for page in (PAGE, "/account/stop", "/account/address", "/account/history", "/account/data"):
        assert browser.post(page, fields).status_code == 403
        token = {"csrf_token": foreign.get(PAGE).text.split('csrf_token" value="')[1][:43]}
        assert browser.post(page, fields | token).status_code == 403
        own = {"csrf_token": browser.get(PAGE).text.split('csrf_token" value="')[1][:43]}
        crossed = browser.post(page, fields | own, headers={"Origin": "https://evil.example"})
        assert crossed.status_code == 403
    assert house.can_sign_in(person.email, PASSWORD)
