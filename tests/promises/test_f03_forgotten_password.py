"""F3. パスワードを忘れました。 What if I have forgotten my password?

The promise: follow 「パスワードをお忘れの方」 on the sign-in page; a mail with a URL comes to the
registered address; open it and set a new password. Somebody who types an address that is not
registered sees the same page and causes no mail. Mail filters that open the URL first use nothing
up; the URL works once; every device is signed out; the old password is dead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

from tests.browser import journey
from tests.browser.visitor import Visitor
from tests.promises.endings import portal_says_it_is_over, provider_asks_who_it_is
from tests.promises.mailbox import Mail, arrived, link_in, looked_at_by_a_scanner, mails_to
from tests.promises.registering import press
from tests.promises.ways import DESK, Way
from tests.support.demo import Demo

NEW = "みどりの やまと しろいくも"


def ask_for_the_mail(v: Visitor, demo: Demo, email: str) -> str:
    """Go there from the sign-in page; give what the page then says."""
    journey.reach_sign_in(v, demo)
    assert v.page.inner_text('main a[href="/recover"]') == "パスワードをお忘れの方"
    v.page.click('main a[href="/recover"]')
    expect(v.page.locator("form#reset-request")).to_be_visible()
    v.look()
    v.page.fill("#email", email)
    press(v.page, "reset-request")
    expect(v.page.locator("form#reset-password")).to_be_visible()
    return v.page.inner_text("body").replace(email, "")


def set_password(page: Page, password: str) -> None:
    page.fill("#new_password", password)
    page.fill("#new_password_again", password)
    press(page, "reset-password")


def the_mail(demo: Demo, email: str) -> Mail:
    return arrived(demo, email, lambda mail: "/recover" in mail["text"])


@contextmanager
def signed_in_elsewhere(chromium: Browser, demo: Demo, member: dict[str, str]) -> Iterator[Visitor]:
    with DESK.walking(chromium, demo) as other:
        journey.sign_in(other, demo, member)
        yield other


def test_a_mail_with_a_url_leads_to_a_new_password(demo: Demo, chromium: Browser, way: Way) -> None:
    member = demo.member(index=way.index)
    with signed_in_elsewhere(chromium, demo, member) as other, way.walking(chromium, demo) as v:
        said = ask_for_the_mail(v, demo, member["email"])
        v.look()
        link = link_in(the_mail(demo, member["email"]), demo, "/recover")
        looked_at_by_a_scanner(link)
        v.page.goto(link)
        assert link.rpartition("=")[2] not in v.page.url, "the secret leaves the address bar"
        assert v.page.locator("#code").count() == 0, "the URL alone is enough"
        v.look()
        set_password(v.page, "short")
        expect(v.page.locator("#new_password-error, .field-error").first).to_be_visible()
        v.look()
        set_password(v.page, NEW)
        assert v.page.inner_text("h1") == "新しいパスワードを設定しました"
        v.look()
        provider_asks_who_it_is(v.page, demo)  # a reset never ends in a session
        provider_asks_who_it_is(other.page, demo)
        portal_says_it_is_over(other.page, demo, "signed_out")
        journey.reach_sign_in(v, demo)
        journey.give_password(v.page, member["email"], member["password"])
        expect(v.page.locator("#sign-in-error")).to_be_visible()
        journey.give_password(v.page, member["email"], NEW)
        expect(v.page.locator("#sign-out")).to_be_visible()
        arrived(demo, member["email"], lambda mail: "パスワードが変更されました" in mail["text"])
        v.page.goto(link)
        assert v.page.inner_text("h1") == "このページは、もう使えません"
        v.look()
        with way.walking(chromium, demo) as stranger:
            before = len(mails_to(demo, member["email"]))
            assert ask_for_the_mail(stranger, demo, "nobody@mihon.example") == said
            assert mails_to(demo, "nobody@mihon.example") == []
            assert len(mails_to(demo, member["email"])) == before


def test_the_code_of_the_mail_does_it_too_where_the_url_cannot_be_opened(
    demo: Demo, chromium: Browser, way: Way
) -> None:
    member = demo.member(index=3 + way.index)
    with way.walking(chromium, demo) as v:
        ask_for_the_mail(v, demo, member["email"])
        code = the_mail(demo, member["email"])["code"]
        wide = code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
        v.page.fill("#code", f"{wide[:4]}　{wide[4:]}")
        set_password(v.page, NEW)
        assert v.page.inner_text("h1") == "新しいパスワードを設定しました"
