"""By keyboard alone; and with the provider killed in the middle."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser import journey
from tests.browser.outage import restart_provider
from tests.browser.visitor import DESKTOP, PHONE, visitor
from tests.support.demo import Demo

FOCUS = "(e => e.id || e.getAttribute('href') || e.textContent.trim())(document.activeElement)"
VISIBLE = """(e => { const s = getComputedStyle(e);
  return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 })(document.activeElement)"""


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the focus is there; every stop on the way shows where one is."""
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(VISIBLE), f"no visible focus at {page.evaluate(FOCUS)}"
        if page.evaluate(FOCUS) == wanted:
            return
    raise AssertionError(f"Tab never reaches {wanted} on {page.url}")


def press_and_arrive(page: Page, key: str, at: str) -> None:
    page.keyboard.press(key)
    expect(page.locator(at)).to_be_visible()


def test_the_keyboard_is_enough(demo: Demo, chromium: Browser) -> None:
    member = demo.member(index=0)
    with visitor(chromium, demo, DESKTOP) as v:
        page = v.page
        page.goto(demo.facts["portal"])
        tab_to(page, "sign-in")
        press_and_arrive(page, "Enter", "form#sign-in")
        tab_to(page, "username")
        page.keyboard.type(member["email"])
        tab_to(page, "password")
        page.keyboard.type("a wrong password")
        press_and_arrive(page, "Enter", "#sign-in-error")
        tab_to(page, "#password")  # the summary's link
        page.keyboard.press("Enter")
        assert page.evaluate(FOCUS) == "password"
        page.keyboard.type(member["password"])
        tab_to(page, "shared_device")
        page.keyboard.press("Space")
        assert page.is_checked("#shared_device")
        tab_to(page, "ログイン")
        press_and_arrive(page, "Enter", "#sign-out")
        assert member["number"] in page.inner_text("main")
        tab_to(page, "/statements")
        press_and_arrive(page, "Enter", "table")
        tab_to(page, "ログアウト")
        press_and_arrive(page, "Enter", "a#sign-in")
        assert page.inner_text("h1") == "ログアウトしました"


def test_the_story_goes_on_when_the_provider_is_killed(demo: Demo, chromium: Browser) -> None:
    member = demo.member(index=1)
    with visitor(chromium, demo, PHONE) as v:
        journey.reach_sign_in(v, demo)
        restart_provider(demo)  # with the sign-in page open
        journey.give_password(v.page, member["email"], member["password"])
        expect(v.page.locator("#sign-out")).to_be_visible()
        restart_provider(demo)  # with a session
        journey.open_card(v, demo)
        journey.read_the_card(v, member)
        restart_provider(demo)  # with an open card
        portal = v.context.new_page()
        journey.sign_out_at_portal(portal, demo)
        v.page.bring_to_front()
        journey.card_is_out(v.page)
        journey.portal_is_out(portal, demo)
