"""Pages about factors and devices as a member sees them: phone, desk, without scripts."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.browser.visitor import DESKTOP, PHONE, Visitor, visitor
from tests.support.demo import Demo

PICTURES = os.environ.get("PICTURES")
"""A folder for pictures of every page, for those who look."""


def seen(v: Visitor, name: str) -> None:
    """Look at the page, and keep a picture where somebody wants one."""
    v.look()
    if PICTURES:
        width = v.page.viewport_size["width"] if v.page.viewport_size else 0
        v.page.screenshot(path=Path(PICTURES) / f"{name}-{v.language}-{width}.png", full_page=True)


def type_password(page: Page, demo: Demo, member: dict[str, str]) -> None:
    page.goto(f"{demo.issuer}/sign-in")
    page.fill("#username", member["email"])
    page.fill("#password", member["password"])
    page.click("form#sign-in button[type=submit]")


def code_of(secret: str, step: int) -> str:
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * step)


SHAPES = [(PHONE, "ja", True), (DESKTOP, "en", True), (PHONE, "ja", False)]


@pytest.mark.parametrize(
    ("shape", "language", "scripts"), SHAPES, ids=["phone", "desktop-en", "no-scripts"]
)
def test_an_app_is_set_up_used_and_taken_away(
    chromium: Chromium, demo: Demo, shape: dict[str, Any], language: str, scripts: bool
) -> None:
    member = demo.member(index=SHAPES.index((shape, language, scripts)))
    options = {"language": language, "java_script_enabled": scripts}
    with visitor(chromium, demo, shape, **options) as v:
        type_password(v.page, demo, member)
        expect(v.page).to_have_url(f"{demo.issuer}/account")
        v.page.goto(f"{demo.issuer}/account/security")
        seen(v, "security")
        v.page.click("form#begin-app button")
        seen(v, "app")
        secret = re.sub(r"\s", "", v.page.locator("#secret").inner_text())
        v.page.fill("#code", "000000")
        v.page.click("form#confirm-app button")
        seen(v, "app-wrong")
        v.page.fill("#code", code_of(secret, 0))
        v.page.click("form#confirm-app button")
        codes = v.page.locator(".recovery-codes li").all_inner_texts()
        assert len(set(codes)) == 10
        seen(v, "recovery-codes")
        v.page.goto(f"{demo.issuer}/account/devices")
        seen(v, "devices")
        with visitor(chromium, demo, shape, **options) as new:
            type_password(new.page, demo, member)
            expect(new.page.locator("form#verification-code")).to_be_visible()
            seen(new, "verify-app")
            new.page.click("a[href*='way=recovery']")
            seen(new, "verify-recovery")
            new.page.fill("#code", "wrong")
            new.page.click("form#verification-code button")
            seen(new, "verify-wrong")
            new.page.fill("#code", codes[0])
            new.page.click("form#verification-code button")
            expect(new.page).to_have_url(f"{demo.issuer}/account")
            v.page.reload()
            seen(v, "devices-two")
            v.page.click("form#end-others button")
            new.page.reload()
            expect(new.page.locator("form#sign-in")).to_be_visible()
            new.page.goto(f"{demo.issuer}/account/security")
            expect(new.page.locator("form#sign-in")).to_be_visible()
        v.page.goto(f"{demo.issuer}/reauthenticate?next=/account/security")
        seen(v, "reauthenticate-code")
        v.page.fill("#code", code_of(secret, 1))
        v.page.click("form#re-authenticate button")
        v.page.click("form#remove-app button")
        v.page.click("form#mail-codes button")
        expect(v.page.locator("[role=status]")).to_be_visible()
        with visitor(chromium, demo, shape, **options) as new:
            type_password(new.page, demo, member)
            seen(new, "verify-mail")
        v.page.goto(f"{demo.issuer}/reauthenticate?next=/account/security")
        seen(v, "reauthenticate")
        v.page.goto(f"{demo.issuer}/account/passkeys")
        seen(v, "passkeys")
