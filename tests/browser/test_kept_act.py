"""An act that waits for a code, in a browser: by keyboard, and nothing is typed twice."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.test_console import LEAST_TARGET, sign_in
from tests.browser.visitor import DESKTOP, PHONE, Visitor, visitor
from tests.support.demo import Demo
from tests.support.staff import code, staff_of

REASON = "図書館の新設「\"みほん\" & '例' <1>」"


@pytest.mark.parametrize(("device", "language"), [(PHONE, "ja"), (DESKTOP, "en")], ids=["ja", "en"])
def test_what_was_typed_waits_for_the_code(
    demo: Demo, chromium: Browser, device: dict[str, Any], language: str
) -> None:
    number = f"mihon-library-{language}"
    party: dict[str, Any] = {
        "client_id": number,
        "client_name": "みほん図書館",
        "redirect_uris": ["https://library.mihon.example/back"],
        "scope": "openid",
    }
    with visitor(chromium, demo, device, language=language) as v:
        page = v.page
        sign_in(v, demo, "administrator")
        page.goto(f"{demo.issuer}/staff/clients/new")
        page.locator("#metadata").fill(json.dumps(party, ensure_ascii=False, indent=2))
        page.locator("#reason").fill(REASON)
        demo.move_clock(float(demo.clock.read_text()) + 6 * 60)
        page.locator("#reason").press("Enter")
        page.locator("#code").wait_for()
        look(v, f"asked-{language}")
        page.locator("#code").fill("000000")
        page.locator("#code").press("Enter")
        page.locator("#code-error").wait_for()
        look(v, f"wrong-{language}")
        page.locator("#code").fill(code(demo, staff_of(demo, "administrator")["totp_secret"]))
        page.locator("#code").press("Enter")
        page.locator("#kept-act").wait_for()
        assert page.locator("dl.details dd").nth(1).inner_text() == REASON
        look(v, f"confirmed-{language}")
        page.locator("#kept-act button").focus()
        page.keyboard.press("Enter")
        page.locator("#client-secret").wait_for()
        page.goto(f"{demo.issuer}/staff/clients/{number}")
        assert page.locator("#redirect_uris").input_value() == party["redirect_uris"][0]


def look(v: Visitor, name: str) -> None:
    """Look at the page; keep a picture of it for those who ask for one."""
    v.look(targets=LEAST_TARGET)
    if folder := os.environ.get("CONSOLE_SHOTS"):
        v.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
