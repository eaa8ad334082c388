"""By keyboard alone; and with the provider killed in the middle."""

from __future__ import annotations

import json

from playwright.sync_api import Browser, Page, expect

from tests.browser import journey
from tests.browser.outage import restart_provider
from tests.browser.visitor import DESKTOP, PHONE, visitor
from tests.support.demo import Demo
from tests.support.relying_party import Browser as Member
from tests.support.staff import code, staff_of

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


def locked_out(demo: Demo, member: dict[str, str]) -> dict[str, str]:
    """Guess until strangers are stopped at an account; give the block."""
    for number in range(5):
        Member(demo.issuer).sign_in(member["email"], f"guess number {number}")
    listed = json.loads(demo.idp("block", "list", "--format", "json").stdout)
    return dict(next(one for one in listed if one["subject_kind"] == "member"))


def test_a_wrong_block_is_lifted_by_keyboard_with_a_reason(demo: Demo, chromium: Browser) -> None:
    member, account = demo.member(index=2), staff_of(demo, "security")
    block = locked_out(demo, member)
    with visitor(chromium, demo, DESKTOP) as v:
        page = v.page
        page.goto(f"{demo.issuer}/staff/sign-in")
        tab_to(page, "username")
        page.keyboard.type(account["email"])
        tab_to(page, "password")
        page.keyboard.type(account["password"])
        press_and_arrive(page, "Enter", "#code")
        tab_to(page, "code")
        page.keyboard.type(code(demo, account["totp_secret"]))
        press_and_arrive(page, "Enter", "#sign-out")
        tab_to(page, "/staff/blocks")
        press_and_arrive(page, "Enter", "#find-block")
        tab_to(page, "reference")
        page.keyboard.type(block["reference"].lower())
        press_and_arrive(page, "Enter", "#lift-block")
        assert "違うパスワードが入力されました" in page.inner_text("main")
        tab_to(page, "reason")
        page.keyboard.type("電話で、ご本人と確かめました")
        press_and_arrive(page, "Enter", "main .notice[role=status]")
        assert "この制限を解きました" in page.inner_text("main")
        assert "電話で、ご本人と確かめました" in page.inner_text("main")
    assert Member(demo.issuer).sign_in(member["email"], member["password"]).status_code == 303


def test_from_the_list_a_block_is_lifted_with_two_clicks_and_a_reason(
    demo: Demo, chromium: Browser
) -> None:
    member = demo.member(index=3)
    locked_out(demo, member)
    with visitor(chromium, demo, PHONE) as v:
        page, account = v.page, staff_of(demo, "security")
        page.goto(f"{demo.issuer}/staff/sign-in")
        page.locator("#username").fill(account["email"])
        page.locator("#password").fill(account["password"])
        page.keyboard.press("Enter")
        page.locator("#code").fill(code(demo, account["totp_secret"]))
        page.keyboard.press("Enter")
        expect(page.locator("#sign-out")).to_be_visible()
        page.goto(f"{demo.issuer}/staff/blocks")
        page.locator("table a[href*='/staff/blocks/0']").first.click()
        page.locator("#reason").fill("窓口で、ご本人と確かめました")
        page.locator("#lift-block button").click()
        expect(page.locator("main .notice").first).to_contain_text("この制限を解きました")
    assert Member(demo.issuer).sign_in(member["email"], member["password"]).status_code == 303


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
