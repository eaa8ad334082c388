"""F1. ログインできないときは、どうすればよいですか。 What if I cannot sign in?

The promise: the mail address or the password may be wrong; please check both. So both mistakes get
one and the same page, which keeps what was typed, names both, and gives a telephone number and a
reference code. That an account is blocked is told only to somebody who knows its password.
"""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser import journey
from tests.browser.visitor import Visitor
from tests.promises.ways import Way
from tests.support.demo import Demo


def what_it_says(page: Page) -> str:
    """Give the page's words, without the reference code that each answer has of its own."""
    reference = page.locator(".reference .code").inner_text()
    assert len(reference) >= 8
    return page.inner_text("body").replace(reference, "")


def fails(v: Visitor, email: str, password: str) -> str:
    journey.give_password(v.page, email, password)
    expect(v.page.locator("#sign-in-error")).to_be_visible()
    assert v.page.input_value("#username") == email, "what was typed is kept"
    assert v.page.input_value("#password") == "", "but never a password"
    return what_it_says(v.page)


def test_a_wrong_address_and_a_wrong_password_get_one_answer_with_help(
    demo: Demo, chromium: Browser, way: Way
) -> None:
    member = demo.member(index=way.index)
    with way.walking(chromium, demo) as v:
        journey.reach_sign_in(v, demo)
        wrong_password = fails(v, member["email"], "not my password")
        wrong_address = fails(v, f"no-{member['email']}", member["password"])
        assert wrong_password == wrong_address
        assert "メールアドレス" in wrong_address
        assert "パスワード" in wrong_address
        assert "お電話" in wrong_address
        assert v.page.locator('a[href^="tel:"]').count() >= 1
        v.look()
        journey.give_password(v.page, member["email"], member["password"])
        expect(v.page.locator("#sign-out")).to_be_visible()


def test_a_block_is_told_to_nobody_but_the_member(demo: Demo, chromium: Browser, way: Way) -> None:
    member = demo.member(index=4 + way.index)
    blocked = demo.idp("account", "block", member["number"], "--reason", "reported lost")
    assert blocked.returncode == 0, blocked.stderr
    with way.walking(chromium, demo) as v:
        journey.reach_sign_in(v, demo)
        assert fails(v, member["email"], "a guess") == fails(v, "nobody@mihon.example", "a guess")
        journey.give_password(v.page, member["email"], member["password"])
        assert v.page.inner_text("h1") == "ただいまご利用を止めています"
        expect(v.page.locator(".reference .code")).to_be_visible()  # for the help desk
        assert member["number"] not in v.page.content()
        v.look()
