"""F10. 携帯電話（フィーチャーフォン）しかありません。 Can a plain mobile phone show the card?

The promise: no, the card is an app for smartphones. A device that cannot run it is told so in plain
words, never shown an empty page; and it can go on using the portal.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, expect

from tests.browser.visitor import visitor
from tests.promises.ways import DESK, POCKET
from tests.support.demo import Demo

FEATURE_PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 480},
    "user_agent": "DoCoMo/2.0 P07A3(c500;TB;W24H15)",
}


def test_a_plain_mobile_phone_is_told_that_the_card_needs_a_smartphone(
    demo: Demo, chromium: Browser
) -> None:
    with visitor(chromium, demo, FEATURE_PHONE, java_script_enabled=False) as v:
        v.page.goto(demo.facts["card"])
        expect(v.page.locator("#needs")).to_be_visible()
        assert "携帯電話（フィーチャーフォン）では" in v.page.locator("#needs").inner_text()
        v.look()
        v.page.goto(demo.facts["portal"])
        v.page.click("#sign-in")
        expect(v.page.locator("form#sign-in")).to_be_visible()


def test_a_computer_is_told_to_open_it_on_a_smartphone(demo: Demo, chromium: Browser) -> None:
    with DESK.walking(chromium, demo) as v:
        v.page.goto(demo.facts["card"])
        expect(v.page.locator("#not-phone")).to_be_visible()
        assert "スマートフォンで開いてください" in v.page.locator("#not-phone").inner_text()
        v.look()


def test_a_phone_whose_browser_is_too_old_is_told_what_to_use(
    demo: Demo, chromium: Browser
) -> None:
    with POCKET.walking(chromium, demo) as v:
        v.page.add_init_script("delete window.indexedDB; window.indexedDB = undefined")
        v.page.goto(demo.facts["card"])
        expect(v.page.locator("#unsupported")).to_be_visible()
        v.look()
