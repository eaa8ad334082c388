"""F2. メールアドレスを忘れました。 What if I have forgotten my mail address?

The promise: call us yourself; we make sure who you are, and tell you. No page ever tells an address
to anybody who does not know it: the pages give the telephone number and its hours, and a person who
types a wrong address learns nothing.
"""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.browser import journey
from tests.promises.registering import press
from tests.promises.ways import Way
from tests.support.demo import Demo


def test_the_pages_say_to_call_and_tell_no_address(demo: Demo, chromium: Browser, way: Way) -> None:
    with way.walking(chromium, demo) as v:
        v.page.goto(demo.facts["portal"])
        assert "お忘れのときは、ご本人様からお電話ください" in v.page.inner_text("main")
        journey.reach_sign_in(v, demo)
        v.page.click('main a[href="/recover"]')
        assert "メールアドレスをお忘れの方は、お電話ください" in v.page.inner_text("main")
        telephone = v.page.locator('a[href^="tel:"]')
        assert telephone.first.inner_text() == "0120-000-000"
        assert "平日" in v.page.inner_text("footer")
        v.look()
        v.page.fill("#email", "was-it-this-one@mihon.example")
        press(v.page, "reset-request")
        page = v.page.content()
        assert "was-it-this-one@mihon.example" in page
        assert not [m for m in demo.facts["members"] if m["email"] and m["email"] in page]
