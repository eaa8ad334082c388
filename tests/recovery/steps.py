"""The steps of a forgotten password, as a browser takes them."""

from __future__ import annotations

import requests

from tests.support.demo import Demo
from tests.support.mailbox import Mailbox
from tests.support.relying_party import Browser, hidden_fields

NEW = "三毛猫と縁側で飲む麦茶 1974"


def form_of(page: requests.Response, form: str) -> dict[str, str]:
    """Read the hidden inputs of one form of a page."""
    assert f'id="{form}"' in page.text, page.text
    return hidden_fields(page.text.split(f'id="{form}"')[1].split("</form>")[0])


def ask(browser: Browser, email: str) -> requests.Response:
    """Ask for a mail; answers the page after it."""
    sent = form_of(browser.get("/recover"), "reset-request") | {"email": email}
    return browser.post("/recover", sent)


def set_with(
    browser: Browser, page: requests.Response, password: str = NEW, **more: str
) -> requests.Response:
    """Fill in the form for a new password."""
    sent = form_of(page, "reset-password") | {
        "new_password": password,
        "new_password_again": password,
    }
    return browser.post("/recover/password", sent | more)


def mailed(demo: Demo, email: str) -> tuple[Browser, requests.Response, str, str]:
    """Ask for a mail in a fresh browser; answers it, its page, and the mail's code and link."""
    box, browser = Mailbox(demo, email), Browser(demo.issuer)
    page = ask(browser, email)
    assert page.status_code == 200, page.text
    mail = box.next("パスワード再設定")
    (link,) = mail["links"]
    return browser, page, mail["code"], link


def signs_in(demo: Demo, email: str, password: str) -> bool:
    """Tell whether a password signs in from a browser nobody knows."""
    answer = Browser(demo.issuer).sign_in(email, password)
    assert answer.status_code in (303, 401), answer.text
    return answer.status_code == 303
