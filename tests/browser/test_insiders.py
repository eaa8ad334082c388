"""Two stories of the staff themselves: one who leaves, and one who looks where she should not."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser import journey
from tests.browser.test_console import LEAST_TARGET, sign_in
from tests.browser.test_register_desk import sign_in as sign_in_as
from tests.browser.visitor import DESKTOP, PHONE, visitor
from tests.support.demo import Demo, wait_until
from tests.support.staff import new_staff

REASON = "九月末で退職（試験）"


def press(page: Page, form: str) -> None:
    with page.expect_navigation():
        page.click(f"form#{form} button[type=submit]")


def ask_for_a_colleague(page: Page, demo: Demo) -> str:
    """Ask for a new colleague; gives the address of the request."""
    page.goto(f"{demo.issuer}/staff/people/add")
    page.fill("#name", "架空 新人")
    page.fill("#address", "shinjin@mihon.example")
    page.check("input[name=role_helpdesk]")
    page.fill("#reason", "十月から窓口に加わります（試験）")
    press(page, "person-act")
    page.goto(f"{demo.issuer}/staff/approvals")
    link = page.locator("a[href*='/staff/approvals/']").first.get_attribute("href")
    assert link is not None
    return f"{demo.issuer}{link}"


def test_an_administrator_leaves(demo: Demo, chromium: Browser) -> None:
    """She is out in the moment a colleague ends her account, and so is what she had asked for."""
    leaving = new_staff(demo, "leaving-administrator", "administrator")
    with visitor(chromium, demo, DESKTOP) as hers, visitor(chromium, demo, DESKTOP) as v:
        sign_in_as(hers, demo, leaving)
        asked = ask_for_a_colleague(hers.page, demo)
        hers.page.goto(f"{demo.issuer}/staff/people/{leaving['id']}")
        expect(hers.page.locator("main")).to_contain_text("ご自分のアカウントは変更できません")
        sign_in(v, demo, "administrator")
        v.page.goto(f"{demo.issuer}/staff/people/{leaving['id']}/end")
        v.look(targets=LEAST_TARGET)
        v.page.fill("#reason", REASON)
        press(v.page, "person-act")
        hers.page.goto(f"{demo.issuer}/staff")
        expect(hers.page.locator("form#sign-in")).to_be_visible()
        hers.page.fill("#username", leaving["email"])
        hers.page.fill("#password", leaving["password"])
        press(hers.page, "sign-in")
        assert "/staff/verify" not in hers.page.url, "her password signs in no more"

        def over() -> bool:
            v.page.goto(asked)
            return v.page.locator("input[name=decision]").count() == 0

        wait_until(
            over, 40
        )  # what she had asked for is over too; the worker looks every 20 seconds
        v.look(targets=LEAST_TARGET)
        v.page.goto(f"{demo.issuer}/staff/people/{leaving['id']}")
        expect(v.page.locator("main")).to_contain_text("終了")
        v.look(targets=LEAST_TARGET)


def test_an_operator_who_browses_her_neighbours_record_is_found_out(
    demo: Demo, chromium: Browser
) -> None:
    """Insider browsing (attack class F): the member sees that it was done, the auditor by whom."""
    neighbour, named = demo.member(index=2), "見本 窓子"
    with visitor(chromium, demo, DESKTOP) as v:
        sign_in(v, demo, "helpdesk")
        page = v.page
        page.goto(f"{demo.issuer}/staff/members/{neighbour['number']}")
        v.look(targets=LEAST_TARGET)
        assert neighbour["email"] not in page.content(), "she sees it masked all the same"
    with visitor(chromium, demo, PHONE) as v:
        journey.sign_in(v, demo, neighbour)
        v.page.goto(f"{demo.issuer}/account/history")
        expect(v.page.locator("main")).to_contain_text("職員が、あなたのご登録の内容を見ました")
        v.look()
    with visitor(chromium, demo, DESKTOP) as v:
        sign_in(v, demo, "auditor")
        page = v.page
        page.goto(f"{demo.issuer}/staff/audit")
        page.fill("#person", neighbour["number"])
        page.select_option("select[name=name]", "member.viewed")
        page.locator("main form button[type=submit]").first.click()
        row = page.locator("tbody tr").first
        expect(row).to_contain_text("職員が組合員の記録を見た")
        expect(row).to_contain_text(named)
        v.look(targets=LEAST_TARGET)
        row.locator("a").first.click()
        expect(page.locator("main")).to_contain_text(named)
        v.look(targets=LEAST_TARGET)
