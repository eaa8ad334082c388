"""The staff of a demo, signed in through the pages as they would do it themselves.

A code works once and an account is used by many tests: `code` takes the next time step that was not
used yet, and moves the demo's clock on where that lies too far ahead.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pyotp
import requests

from tests.support.demo import Demo
from tests.support.factors import fields_of, send
from tests.support.relying_party import Browser

STAFF = "kumiai_idp_staff"
_used: dict[str, int] = {}


def staff_of(demo: Demo, role: str) -> dict[str, Any]:
    """Give the demo's account of a role."""
    return dict(next(one for one in demo.facts["staff_accounts"] if one["roles"] == [role]))


def code(demo: Demo, secret: str) -> str:
    """Give a code of an app that was not given before."""
    step = (int(time.time()) + int(float(demo.clock.read_text()))) // 30
    fresh = max(_used.get(secret, 0) + 1, step)
    if fresh > step + 1:
        demo.move_clock(float(demo.clock.read_text()) + 30 * (fresh - step - 1))
    _used[secret] = fresh
    return pyotp.TOTP(secret).at(fresh * 30)


def wrong_code(demo: Demo, secret: str) -> str:
    """Give a code that no step about now has."""
    step = (int(time.time()) + int(float(demo.clock.read_text()))) // 30
    near = {pyotp.TOTP(secret).at((step + n) * 30) for n in range(-3, 6)}
    return next(one for one in (f"{n:06d}" for n in range(100)) if one not in near)


def type_password(
    browser: Browser, email: str, password: str, page: str = "/staff/sign-in"
) -> requests.Response:
    """Fill in the staff's sign-in form and send it."""
    return send(browser, browser.get(page).text, "sign-in", username=email, password=password)


def to_code(
    demo: Demo, account: dict[str, Any], browser: Browser | None = None
) -> tuple[Browser, str]:
    """Type the right password; give the browser, and the page that asks for the code."""
    browser = browser or Browser(demo.issuer)
    answer = type_password(browser, account["email"], account["password"])
    assert answer.headers.get("Location", "").startswith("/staff/verify?"), answer.status_code
    return browser, browser.get(answer.headers["Location"]).text


def sign_in(demo: Demo, account: dict[str, Any], browser: Browser | None = None) -> Browser:
    """Sign in to the console."""
    browser, page = to_code(demo, account, browser)
    answer = send(browser, page, "verification-code", code=code(demo, account["totp_secret"]))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff"), answer.text
    return browser


def add_staff(demo: Demo, name: str, *roles: str) -> dict[str, Any]:
    """Make an account by the command; gives what it printed."""
    import json

    given = [word for role in roles for word in ("--role", role)]
    address = f"{name}@mihon.example"
    done = demo.idp(
        "staff", "add", address, "架空 例", *given, "--reason", "a test", "--format", "json"
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def enrol(
    demo: Demo, link: str, password: str, pause: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """Set an account up behind its link; gives what signs in. `pause` runs between the steps."""
    browser = Browser(demo.issuer)
    page = browser.follow(browser.get(link.removeprefix(demo.issuer))).text
    answer = send(browser, page, "enrol", new_password=password, new_password_again=password)
    assert answer.headers.get("Location") == "/staff/enrol/app", answer.text
    pause()
    page = browser.get("/staff/enrol/app").text
    shown = page.split('id="secret">')[1].split("</p>")[0]
    secret = "".join(re.findall(r"<span>([A-Z2-7]+)</span>", shown))
    answer = send(browser, page, "confirm-app", code=code(demo, secret))
    assert answer.headers.get("Location") == "/staff/sign-in?done=enrolled", answer.text
    return {"password": password, "totp_secret": secret}


def new_staff(demo: Demo, name: str, *roles: str) -> dict[str, Any]:
    """Make an account and set it up; gives what the demo's JSON line gives of its own staff."""
    added = add_staff(demo, name, *roles)
    made = enrol(demo, added["link"], f"tsukue to {name} no mado 7")
    return made | {"id": added["id"], "email": added["address"], "roles": list(roles)}


def sign_out(browser: Browser) -> requests.Response:
    """Press the button in the frame."""
    page = browser.get("/staff").text
    return browser.post("/staff/sign-out", fields_of(page, "sign-out"))
