"""F15. 推奨環境や、対応するブラウザは。 Which browsers does it work in?

The promise names Internet Explorer 11, Safari 8 and Android 4.4. So every page of the provider
works without scripts and with the plain layer of the style sheet alone; with text at 200 %; on a
screen of 360 pixels; by keyboard alone; and no page has anything that axe objects to. The documents
say which TLS settings those browsers need.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import journey
from tests.browser.visitor import DESKTOP, PHONE, Visitor, visitor
from tests.promises.old_browsers import plain_layer, show_the_plain_layer
from tests.promises.registering import press
from tests.support.demo import Demo

ROOT = Path(__file__).parents[2]
BEFORE = ("/sign-in", "/recover", "/recover/password", "/register", "/sign-out")
OWN = (
    "",
    "/changes",
    "/changes?kind=name",
    "/changes?kind=address",
    "/changes?kind=phone",
    "/changes?kind=workplace",
    "/address",
    "/password",
    "/security",
    "/security/app",
    "/passkeys",
    "/devices",
    "/history",
    "/applications",
    "/data",
    "/stop",
)
FOCUS = "(e => e.id || e.getAttribute('href') || e.name)(document.activeElement)"
SHOWN = """(e => { const s = getComputedStyle(e);
  return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 })(document.activeElement)"""
READABLE = """() => [...document.querySelectorAll('main p, main a, main label, main button')]
  .filter(e => e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 14)
  .map(e => e.outerHTML)"""


def enter(v: Visitor, demo: Demo, index: int) -> None:
    member = demo.member(index=index)
    v.page.goto(f"{demo.issuer}/sign-in")
    v.look()
    journey.give_password(v.page, member["email"], member["password"])
    expect(v.page.locator("#sign-out")).to_be_visible()


def each_page(v: Visitor, demo: Demo, paths: tuple[str, ...], under: str = "") -> None:
    for path in paths:
        v.page.goto(f"{demo.issuer}{under}{path}")
        expect(v.page.locator("main h1")).to_be_visible()
        assert v.page.evaluate(READABLE) == [], path
        v.look()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_without_scripts_and_modern_css(
    demo: Demo, chromium: Browser, language: str
) -> None:
    with visitor(chromium, demo, PHONE, language=language, java_script_enabled=False) as v:
        show_the_plain_layer(v)
        each_page(v, demo, BEFORE)
        enter(v, demo, 0)
        each_page(v, demo, OWN, "/account")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_on_any_page(demo: Demo, chromium: Browser, language: str) -> None:
    with visitor(chromium, demo, DESKTOP, language=language) as v:
        each_page(v, demo, BEFORE)
        enter(v, demo, 1)
        each_page(v, demo, OWN, "/account")


def test_the_main_job_without_scripts_and_modern_css(demo: Demo, chromium: Browser) -> None:
    with visitor(chromium, demo, PHONE, java_script_enabled=False) as v:
        show_the_plain_layer(v)
        member = demo.member(index=2)
        journey.sign_in(v, demo, member)
        v.page.click('main a[href="/statements"]')
        v.page.locator("tbody a").first.click()
        expect(v.page.locator("tfoot .total")).to_be_visible()
        v.page.goto(f"{demo.issuer}/account/changes?kind=phone")
        v.page.fill("#phone_number", "０３－００００－９９９９")
        press(v.page, "change-request")
        expect(v.page.locator(".notice")).to_be_visible()
        v.look()


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the focus is there; every stop on the way shows where one is."""
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(SHOWN), f"no visible focus at {page.evaluate(FOCUS)}"
        if page.evaluate(FOCUS) == wanted:
            return
    raise AssertionError(f"Tab never reaches {wanted} on {page.url}")


def test_a_change_by_keyboard_alone(demo: Demo, chromium: Browser) -> None:
    with visitor(chromium, demo, DESKTOP) as v:
        enter(v, demo, 3)
        tab_to(v.page, "/account/changes")
        v.page.keyboard.press("Enter")
        expect(v.page.locator("#kind-name")).to_be_visible()
        tab_to(v.page, "kind-name")
        v.page.keyboard.press("ArrowDown")
        v.page.keyboard.press("Enter")
        expect(v.page.locator("#postal_code")).to_be_visible()
        tab_to(v.page, "region")  # what is registered stands there already
        tab_to(v.page, "locality")
        v.page.keyboard.press("Control+a")
        v.page.keyboard.type("見本市")
        tab_to(v.page, "street_address")
        v.page.keyboard.press("Control+a")
        v.page.keyboard.type("見本町1-1-1")
        v.page.keyboard.press("Tab")
        v.page.keyboard.press("Enter")
        expect(v.page.locator(".notice")).to_be_visible()


def test_the_documents_name_the_tls_settings(demo: Demo) -> None:
    told = "".join(file.read_text("utf-8") for file in (ROOT / "docs").rglob("*.md"))
    for browser in ("Internet Explorer 11", "Safari 8", "Android 4.4"):
        assert browser in told, browser
    assert "TLS 1.2" in told


def test_the_plain_layer_is_what_is_left() -> None:
    sheet = (
        "a { color: #000; color: var(--ink); } @supports (display: grid) { b { gap: 1px; } } i {}"
    )
    assert plain_layer(sheet).split() == ["a", "{", "color:", "#000;", "}", "i", "{}"]
