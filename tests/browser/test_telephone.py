"""Calls at the help desk as the operator has them on her screen: three stories."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from idp.helpdesk.words import QUESTIONS
from tests.browser.test_console import LEAST_TARGET, sign_in
from tests.browser.test_hands import press_and_arrive, tab_to
from tests.browser.visitor import DESKTOP, PHONE, Visitor, visitor
from tests.support.demo import Demo, wait_until
from tests.support.factors import set_up_app
from tests.support.helpdesk import WRONG, member_of, truth
from tests.support.mailbox import Mailbox
from tests.support.relying_party import Browser


@contextmanager
def at_desk(chromium: Chromium, demo: Demo, role: str = "helpdesk") -> Iterator[Visitor]:
    """Sit down and sign in."""
    with visitor(chromium, demo, DESKTOP) as v:
        sign_in(v, demo, role)
        yield v


def look(v: Visitor) -> None:
    v.look(targets=LEAST_TARGET)


def open_case(v: Visitor, demo: Demo, wanted: str, need: str) -> None:
    page = v.page
    page.goto(f"{demo.issuer}/staff/cases")
    look(v)
    page.fill("#wanted", wanted)
    page.click("form#search button")
    look(v)
    page.select_option("#need", need)
    page.fill("#reason", "お電話のご用件（試験）")
    page.click("form#open-case button")
    expect(page.locator("#question")).to_be_visible()
    look(v)


def asked(page: Page, number: str) -> str:
    """Hear the question, and give the member's answer."""
    said = html.unescape(page.locator("#question").inner_text())
    return truth(number, next(kind for kind, text in QUESTIONS.items() if text == said))


def answer_all(page: Page, number: str) -> None:
    while page.locator("#question").count():
        page.fill("#said", asked(page, number))
        with page.expect_navigation():
            page.click("form#answer button")
    expect(page.locator("#proven")).to_be_visible()


def test_a_forgotten_address_is_told_with_the_keyboard_alone(
    demo: Demo, chromium: Chromium
) -> None:
    """The operator never touches the mouse, and never sees the address."""
    member = member_of("00000106")
    box = Mailbox(demo, str(member.email))
    with at_desk(chromium, demo) as v:
        page = v.page
        page.goto(f"{demo.issuer}/staff/cases")
        tab_to(page, "wanted")
        page.keyboard.type("れいざき")
        press_and_arrive(page, "Enter", "form#open-case")
        tab_to(page, "need")
        tab_to(page, "reason")
        page.keyboard.type("アドレスを忘れたとのこと")
        page.keyboard.press("Enter")
        expect(page.locator("#question")).to_be_visible()
        while page.locator("#question").count():
            said = asked(page, member.number)
            tab_to(page, "said")
            page.keyboard.type(said)
            with page.expect_navigation():
                page.keyboard.press("Enter")
        look(v)
        tab_to(page, "一部を伏せて表示する")
        press_and_arrive(page, "Enter", "#address")
        tab_to(page, "登録のメールアドレスへ送る")
        press_and_arrive(page, "Enter", "#reset-sent")
        look(v)
        shown = page.content()
        assert str(member.email) not in shown
        assert "@mihon.example" in page.locator("#address").inner_text()
    assert "/recover/" in box.next("再設定")["text"]


def test_a_tricked_caller_gets_nothing_and_nothing_again(demo: Demo, chromium: Chromium) -> None:
    member = member_of("00000103")
    with at_desk(chromium, demo) as v:
        page = v.page
        open_case(v, demo, "しけんいちろう", "address_lost")
        for _wrong in range(2):
            page.fill("#said", WRONG)
            with page.expect_navigation():
                page.click("form#answer button")
        expect(page.locator("#ended")).to_contain_text("お電話では何もご案内できません")
        look(v)
        for act in ("tell", "reset", "disclose", "call-back", "aim", "answer"):
            assert page.locator(f"form#{act}").count() == 0, act
        assert str(member.email) not in page.content()
        page.goto(f"{demo.issuer}/staff/cases")
        page.fill("#wanted", member.number)
        page.click("form#search button")
        page.fill("#reason", "急いでいるとのこと")
        page.click("form#open-case button")
        expect(page.locator("#case-error")).to_contain_text("しばらくのあいだ、どの職員も")
        look(v)


def test_a_lost_phone_with_an_app_takes_two_persons_and_a_night(
    demo: Demo, chromium: Chromium
) -> None:
    person = next(m for m in demo.facts["members"] if m["number"] == "00000101")
    own = Browser(demo.issuer)
    own.sign_in(person["email"], person["password"])
    set_up_app(own)
    box = Mailbox(demo, person["email"])
    with at_desk(chromium, demo) as v:
        page = v.page
        open_case(v, demo, "みほんたろう", "factor_lost")
        answer_all(page, person["number"])
        page.click("form#call-back button")
        code = page.locator("#spoken-code").inner_text()
        assert "090-0000-0101" in page.content(), "the number to dial"
        look(v)
        page.fill("#heard", code.lower())
        page.click("form#called button")
        expect(page.locator("#called-back")).to_be_visible()
        page.select_option("#which", "totp")
        page.fill("#factor-reason", "電話をなくしたとのこと")
        look(v)
        page.click("form#factor button")
        expect(page.locator("#asked")).to_be_visible()
        case = page.url
        look(v)
    with at_desk(chromium, demo, "clerk") as v:
        page = v.page
        page.goto(f"{demo.issuer}/staff/approvals")
        page.locator('main a[href^="/staff/approvals/"]').first.click()
        look(v)
        page.locator('form#decide input[value="approve"]').check()
        page.locator("form#decide input[name=reason]").fill("電話の記録を確かめた")
        page.locator("form#decide button[type=submit]").first.click()
        page.wait_for_load_state()
        page.goto(case)
        expect(page.locator("#transcript")).to_contain_text("待ち時間に入った")
        look(v)
    notice = box.next("お電話でのお申し込みについて")
    demo.move_clock(float(demo.clock.read_text()) + 25 * 3600)
    removed = demo.idp
    wait_until(
        lambda: (
            "telephone case"
            in removed("audit", "search", "--name", "factor.removed", "--format", "json").stdout
        ),
        40,
    )
    with visitor(chromium, demo, PHONE) as v:
        v.page.goto(notice["links"][0])
        v.look()
        v.page.click("form#stop button")
        expect(v.page.locator("h1")).to_contain_text("変更をやめられませんでした")
        v.look()
