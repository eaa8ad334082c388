"""A member's factors, set up and used through the pages as a member would."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import pyotp
import requests

from tests.support.demo import Demo
from tests.support.relying_party import Browser, hidden_fields

_CODE = re.compile(r'<li class="code">([0-9A-Z-]+)</li>')


def fields_of(page: str, form: str) -> dict[str, str]:
    """Read the hidden fields of one form of a page, by its id."""
    inside = page.split(f'id="{form}"')[1].split("</form>", maxsplit=1)[0]
    return hidden_fields(inside)


def send(browser: Browser, page: str, form: str, **typed: str) -> requests.Response:
    """Fill in one form of a page, by its id, and send it."""
    action = page.split(f'id="{form}"')[1].split('action="')[1].split('"', maxsplit=1)[0]
    return browser.post(action, fields_of(page, form) | typed)


@dataclass
class App:
    """An authenticator app, and the recovery codes that came with it."""

    secret: str
    recovery_codes: list[str]
    offset: float = 0.0
    """Seconds by which the demo's clock is ahead."""

    def code(self, steps: int = 1) -> str:
        """Give the code of the next time step, which is taken too, or of another one.

        The step before it was used up when the app was set up.
        """
        return pyotp.TOTP(self.secret).at(int(time.time() + self.offset) + 30 * steps)


def set_up_app(browser: Browser, offset: float = 0.0) -> App:
    """Set an app up in a browser that has just signed in."""
    page = browser.get("/account/security").text
    answer = send(browser, page, "begin-app")
    assert answer.headers.get("Location") == "/account/security/app", answer.status_code
    page = browser.get("/account/security/app").text
    shown = page.split('id="secret">')[1].split("</p>")[0]
    secret = "".join(re.findall(r"<span>([A-Z2-7]+)</span>", shown))
    app = App(secret, [], offset)
    done = send(browser, page, "confirm-app", code=app.code(0))
    assert done.status_code == 200, done.text
    app.recovery_codes = _CODE.findall(done.text)
    return app


def turn_off_app(browser: Browser) -> None:
    """Turn the app off again."""
    page = browser.get("/account/security").text
    if 'id="remove-app"' in page:
        send(browser, page, "remove-app")


def to_second_step(
    demo: Demo, member: dict[str, str], browser: Browser | None = None
) -> tuple[Browser, str]:
    """Type the password in a new browser; give it and the page that asks for the code."""
    browser = browser or Browser(demo.issuer)
    answer = browser.sign_in(member["email"], member["password"])
    assert answer.headers.get("Location", "").startswith("/sign-in/verify?"), answer.status_code
    return browser, browser.get(answer.headers["Location"]).text
