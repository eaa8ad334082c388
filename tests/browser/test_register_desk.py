"""Two stories of the clerks' desk, in Chromium, as the persons themselves walk them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import journey
from tests.browser.test_console import HEAVIEST, LEAST_TARGET, NARROW, pages_of, picture
from tests.browser.visitor import DESKTOP, PHONE, Visitor, visitor
from tests.support.demo import Demo, wait_until
from tests.support.desk import other_clerk, rows
from tests.support.parties import now
from tests.support.staff import code, staff_of

FIRST, RETIREES = 600_000, 800


def sign_in(v: Visitor, demo: Demo, person: dict[str, object]) -> None:
    """Sign in to the console in this browser."""
    page = v.page
    page.goto(f"{demo.issuer}/staff/sign-in")
    page.fill("#username", str(person["email"]))
    page.fill("#password", str(person["password"]))
    page.locator("main button[type=submit]").first.click()
    page.fill("#code", code(demo, str(person["totp_secret"])))
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url(f"{demo.issuer}/staff")


def press(page: Page, form: str) -> None:
    page.locator(f"form#{form} button[type=submit]").first.click()


def by_keys(page: Page, selector: str) -> None:
    """Reach something with the Tab key alone."""
    target = page.locator(selector).first
    for _ in range(80):
        page.keyboard.press("Tab")
        if target.evaluate("e => e === document.activeElement"):
            return
    pytest.fail(f"{selector} cannot be reached by keyboard")


def ask_for_a_new_name(v: Visitor, demo: Demo) -> None:
    v.page.goto(f"{demo.facts['portal']}/changes/name")
    v.page.fill("#family_name", "新例")
    v.page.fill("#family_kana", "しんれい")
    press(v.page, "change-request")
    expect(v.page.locator("#received")).to_be_visible()


def test_surname_change_within_its_due_date_reaching_the_card(
    demo: Demo, chromium: Browser
) -> None:
    member = demo.member(index=1)
    given = journey.person_of(member).given
    with visitor(chromium, demo, PHONE) as v:
        journey.sign_in(v, demo, member)
        ask_for_a_new_name(v, demo)
        with visitor(chromium, demo, DESKTOP) as desk:
            sign_in(desk, demo, staff_of(demo, "clerk"))
            page = desk.page
            by_keys(page, 'nav a[href="/staff/changes"]')
            page.keyboard.press("Enter")
            expect(page.locator("#queue")).to_contain_text(member["number"])
            expect(page.locator("#queue")).to_contain_text("期限まで余裕があります")
            desk.look(targets=LEAST_TARGET)
            by_keys(page, "#queue a")
            page.keyboard.press("Enter")
            expect(page.locator("#difference")).to_contain_text("新例")
            desk.look(targets=LEAST_TARGET)
            by_keys(page, "#approve-reason")
            page.keyboard.type("戸籍の写しで確認しました")
            page.keyboard.press("Enter")
            expect(page.locator(".notice").first).to_contain_text("名簿に記録しました")
            desk.look(targets=LEAST_TARGET)
        journey.sign_out_at_portal(v.page, demo)
        journey.sign_in(v, demo, member)
        journey.open_card(v, demo)
        expect(v.page.locator("#holder")).to_have_text(f"新例\u3000{given}")


def test_mass_withdrawal_of_800_retirees_with_approval(
    demo: Demo, chromium: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "retirees.csv"
    file.write_bytes(rows(FIRST, RETIREES).encode())
    done = demo.idp("member", "import", str(file), "--apply")
    assert done.returncode == 0, done.stderr
    numbers = "\n".join(f"{n:08}" for n in range(FIRST, FIRST + RETIREES))
    refund = date(int(demo_day(demo)[:4]) + 1, 7, 31)
    with (
        visitor(chromium, demo, DESKTOP) as one,
        visitor(chromium, demo, DESKTOP) as two,
    ):
        sign_in(one, demo, staff_of(demo, "clerk"))
        page = one.page
        page.goto(f"{demo.issuer}/staff/register/withdrawals")
        one.look(targets=LEAST_TARGET)
        page.fill("#numbers", numbers)
        page.fill("#refund_on", refund.isoformat())
        press(page, "list")
        expect(page.locator("main")).to_contain_text("800名")
        one.look(targets=LEAST_TARGET)
        page.fill("#reason", "年度末退職の脱退届")
        press(page, "send")
        page.wait_for_url(re.compile("/staff/approvals/"))
        where = page.url
        standing(page, demo, "脱退予定", there=False)
        sign_in(two, demo, other_clerk(demo))
        two.page.goto(where)
        expect(two.page.locator("#difference")).to_contain_text(f"{FIRST + RETIREES - 1:08}")
        two.page.check("#decision-approve")
        two.page.fill("#reason", "届の枚数と一致")
        press(two.page, "decide")
        two.page.wait_for_url(where)
        standing(page, demo, "脱退予定", there=True)
        page.goto(f"{demo.issuer}/staff/register/calendar/{refund.isoformat()}")
        expect(page.locator("main")).to_contain_text(re.compile(r"80\d名"))
        page.goto(f"{demo.issuer}/staff/register/withdrawals")
        page.locator("table a").first.click()
        expect(page.locator("form#undo")).to_be_visible()
        one.look(targets=LEAST_TARGET)


def standing(page: Page, demo: Demo, said: str, *, there: bool) -> None:
    """Look at the last of them."""
    page.goto(f"{demo.issuer}/staff/members/{FIRST + RETIREES - 1:08}")
    found = said in page.locator("dl.details").first.inner_text()
    assert found is there


def demo_day(demo: Demo) -> str:
    return datetime.fromtimestamp(now(demo), UTC).date().isoformat()


def test_a_file_is_sent_looked_at_and_imported_by_a_real_browser(
    demo: Demo, chromium: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "register.csv"
    file.write_bytes(rows(680_000, 5).encode("cp932"))
    with visitor(chromium, demo, DESKTOP) as v:
        sign_in(v, demo, staff_of(demo, "clerk"))
        page = v.page
        page.goto(f"{demo.issuer}/staff/register/import")
        v.look(targets=LEAST_TARGET)
        page.set_input_files("#file", str(file))
        press(page, "import")
        expect(page.locator("form#send")).to_be_visible()
        v.look(targets=LEAST_TARGET)
        page.fill("#reason", "月次の取り込み")
        press(page, "send")

        def over() -> bool:
            page.reload()
            return "取り込みが終わりました" in page.inner_text("main")

        wait_until(over, seconds=30)
        v.look(targets=LEAST_TARGET)


def test_with_all_of_this_every_page_is_for_everybody(demo: Demo, chromium: Browser) -> None:
    """As wide as a screen at 400 %; what the stories before left behind stands on the pages."""
    with visitor(chromium, demo, NARROW, language="en") as v:
        sign_in(v, demo, staff_of(demo, "clerk"))
        for answer in pages_of(v, demo, set()):
            assert answer.status == 200, answer.url
            assert len(answer.body()) < HEAVIEST, answer.url
            v.look(targets=LEAST_TARGET)
            picture(v, "clerk")
        v.page.goto(f"{demo.issuer}/staff/members?q=%E8%A6%8B%E6%9C%AC")
        v.look(targets=LEAST_TARGET)
        picture(v, "found")
