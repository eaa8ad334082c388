"""F6. マイページではどのような情報が確認できますか。 What does the portal show?

The promise: name, address, telephone and what else a member has on record; statements (請求明細),
to be read from 2017-09-15 on, beginning with the claim of September (closed on 20 August); and an
inquiry form.
"""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser import journey
from tests.promises.moments import go_to, tokyo
from tests.promises.ways import Way
from tests.support.demo import Demo

BEGINS = tokyo(2017, 9, 14, 9)


def test_name_address_telephone_and_mail_address(demo: Demo, chromium: Browser, way: Way) -> None:
    member = demo.member(index=way.index)
    person = journey.person_of(member)
    with way.walking(chromium, demo) as v:
        journey.sign_in(v, demo, member)
        v.page.click('main a[href="/me"]')
        text = v.page.inner_text("main")
        for told in (journey.shown(person.name), person.number, person.street, member["email"]):
            assert told in text
        assert person.number[-4:] in text.partition("電話番号")[2]  # so the demo numbers phones
        v.look()


def test_an_inquiry_can_be_sent_and_read_again(demo: Demo, chromium: Browser, way: Way) -> None:
    with way.walking(chromium, demo) as v:
        journey.sign_in(v, demo, demo.member(index=way.index))
        v.page.click('nav a[href="/inquiry"]')
        v.page.select_option("#reason", "statement")
        v.page.fill("#text", "九月の明細について教えてください。")
        v.page.click("form#inquiry button")
        assert v.page.inner_text("h1") == "お問い合わせを受け付けました"
        assert "九月の明細" in v.page.inner_text("main")
        v.look()


def test_statements_are_shown_from_the_fifteenth_of_september_on(
    demo: Demo, chromium: Browser, way: Way
) -> None:
    go_to(demo, tokyo(2017, 9, 14, 23, 50))
    with way.walking(chromium, demo) as v:
        journey.sign_in(v, demo, demo.member(index=way.index))
        v.page.click('nav a[href="/statements"]')
        assert "ご覧いただける請求明細はまだありません" in v.page.inner_text("main")
        v.look()
        v.page.goto(f"{demo.facts['portal']}/statements/2017-09")
        assert v.page.inner_text("h1") == "この月の請求明細はありません"
        go_to(demo, tokyo(2017, 9, 15))
        v.page.goto(f"{demo.facts['portal']}/statements")
        rows = v.page.locator("tbody tr")
        expect(rows).to_have_count(1)
        row = rows.first.inner_text()
        assert "2017年9月分" in row
        assert "8月20日" in row
        v.page.locator("tbody a").first.click()
        assert "2017年9月分" in v.page.inner_text("h1")
        v.look()
