"""F11. 勤務先が異動になりました。変更画面で入力できますか。 Can I enter a new workplace?

The promise: a workplace cannot be changed automatically; please write by the inquiry form, or call.
Every page that changes details says so, in the portal and at the provider, offers no field for it,
and the inquiry form that carries it is one press away.
"""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.browser import journey
from tests.promises.registering import press
from tests.promises.ways import Way
from tests.support.demo import Demo

ANSWER = "自動受付ができない"


def test_the_portal_refuses_it_and_takes_an_inquiry_instead(
    demo: Demo, chromium: Browser, way: Way
) -> None:
    with way.walking(chromium, demo) as v:
        journey.sign_in(v, demo, demo.member(index=way.index))
        v.page.click('main a[href="/changes"]')
        v.look()
        v.page.click('main a[href="/changes/workplace"]')
        assert ANSWER in v.page.inner_text("main")
        assert v.page.locator("main input:not([type=hidden]), main textarea").count() == 0
        v.look()
        v.page.click('main a[href="/inquiry?reason=workplace"]')
        assert v.page.input_value("#reason") == "workplace"
        v.page.fill("#text", "四月から、みほん第二小学校に勤めています。")
        press(v.page, "inquiry")
        assert v.page.inner_text("h1") == "お問い合わせを受け付けました"
        assert "勤務先の異動" in v.page.inner_text("main")


def test_the_provider_gives_the_same_answer(demo: Demo, chromium: Browser, way: Way) -> None:
    with way.walking(chromium, demo) as v:
        journey.sign_in(v, demo, demo.member(index=3 + way.index))
        v.page.goto(f"{demo.issuer}/account/changes")
        v.look()
        v.page.check("#kind-workplace")
        press(v.page, "change-request")
        assert ANSWER in v.page.inner_text("main")
        assert v.page.locator('a[href^="tel:"]').count() >= 1
        v.look()
        assert demo.idp("member", "changes", "list", "--format", "json").stdout.strip() == "[]"
