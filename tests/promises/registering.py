"""How somebody with an invitation registers, page by page, and where that ends."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect
from pypdfium2 import PdfDocument  # type: ignore[import-untyped]

from tests.browser import journey
from tests.browser.visitor import Visitor
from tests.promises.mailbox import arrived
from tests.support.demo import Demo

CODE = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")
PASSWORD = "ふじさんと あおいうみ 三月"


def press(page: Page, form: str) -> None:
    """Press the first button of a form, which does its main act."""
    page.locator(f"form#{form} button[type=submit]").first.click()


def give_invitation(page: Page, code: str, number: str, birth_date: str) -> None:
    """Fill in the first page with what the invitation says and what one knows oneself."""
    page.fill("#invitation_code", code)
    page.fill("#member_number", number)
    page.fill("#birth_date", birth_date)
    press(page, "register")


def register(v: Visitor, demo: Demo, code: str, number: str, email: str) -> None:
    """Go from the registration page, which is open, to one's own page; look at each."""
    page = v.page
    person = journey.person_of({"number": number})
    v.look()
    give_invitation(page, code, number, person.birth_date)
    expect(page.locator("#email")).to_be_visible()
    v.look()
    page.fill("#email", email)
    press(page, "register")
    expect(page.locator("#code")).to_be_visible()
    v.look()
    mail = arrived(demo, email, lambda mail: mail["code"] and len(mail["code"]) == 6)
    page.fill("#code", mail["code"])
    press(page, "register")
    expect(page.locator("#new_password")).to_be_visible()
    v.look()
    page.fill("#new_password", PASSWORD)
    page.fill("#new_password_again", PASSWORD)
    press(page, "register")
    assert page.inner_text("h1") == "ご登録が完了しました"
    v.look()
    page.click('main a[href="/sign-in"]')
    journey.give_password(page, email, PASSWORD)
    expect(page.locator("#sign-out")).to_be_visible()
    assert page.url == f"{demo.issuer}/account"
    assert number in page.inner_text("main")


def print_letters(demo: Demo, file: Path) -> None:
    """Print the letters that wait, if any."""
    done = demo.idp("member", "letters", "--out", str(file))
    assert done.returncode in (0, 1), done.stdout + done.stderr


def printed_code(demo: Demo, file: Path) -> str:
    """Print the letters that wait, and read the code off the only one."""
    print_letters(demo, file)
    letters = PdfDocument(str(file))
    try:
        assert len(letters) == 1
        text = letters[0].get_textpage().get_text_range()
    finally:
        letters.close()
    found = set(CODE.findall(text))
    assert len(found) == 1, text
    return str(found.pop())
