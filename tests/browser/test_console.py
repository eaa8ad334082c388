"""Every page of the staff's console that a role can reach by its links, looked at.

Nothing here names a page: a new room is looked at as soon as somebody's menu leads to it. With
`CONSOLE_SHOTS=folder` each page is also pictured, on a phone and on a desktop.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Response

from audit.event import Actor
from idp.assembly.retention import build_holds
from idp.bootstrap import prepare
from idp.retention.model import HoldKind
from idp.settings import read_settings
from tests.audit_search.auditor import StaffBrowser
from tests.audit_search.saved import first_period, form_of, save
from tests.browser.visitor import DESKTOP, Visitor, visitor
from tests.support.demo import Demo
from tests.support.staff import code, staff_of

NARROW = {"viewport": {"width": 320, "height": 640}, "screen": {"width": 320, "height": 640}}
"""As wide as a desktop's 1280 pixels look at 400 % (WCAG 2.2, 1.4.10)."""
ROLES = ("helpdesk", "clerk", "security", "auditor", "administrator")
SAME_PAGE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32,}|[A-Z0-9]{8}(?=/|$)|\d+")
HEAVIEST = 100_000
"""Bytes of one page."""
LEAST_TARGET = 23.5
"""Pixels: lists of the staff are denser than the members' pages (WCAG 2.2, 2.5.8)."""
ENDS = re.compile(r"/(sign-out|language|exports?)(/|$)|\.(csv|jsonl|zip|pdf|json)$")


@pytest.fixture(scope="module")
def furnished(demo: Demo) -> Demo:
    """A demo whose rooms have something in them."""
    auditor = StaffBrowser(demo, "auditor").sign_in()
    save(auditor, "一度だけの点検")
    period = first_period(auditor, save(auditor, "署名した点検"))
    form = form_of(auditor.get(period).text, "sign")
    signed = auditor.post(period, **form, finding="objection", remark="見本の所見です。")
    assert signed.status_code == 200
    foundation = prepare(read_settings({"IDP_DATA": str(demo.data)}))
    holds, operator = build_holds(foundation), Actor("operator", "cli:console")
    for number in range(2):
        case = f"case-of-the-console-{number}"
        held = holds.place(HoldKind.CASE, case, "見本の保全の理由です。", operator, unseen=True)
    holds.lift(held.id, "見本の請求が済みました。", operator)
    foundation.database.dispose()
    return demo


def sign_in(v: Visitor, demo: Demo, role: str) -> None:
    """Sign in to the console in this browser."""
    person, page = staff_of(demo, role), v.page
    page.goto(f"{demo.issuer}/staff/sign-in")
    page.locator("#username").fill(person["email"])
    page.locator("#password").fill(person["password"])
    page.locator("main button[type=submit]").first.click()
    page.locator("#code").fill(code(demo, person["totp_secret"]))
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url(f"{demo.issuer}/staff")


def kind_of(url: str) -> str:
    """Name what two pages have in common that differ in whom they are about."""
    return SAME_PAGE.sub("*", urlsplit(url).path)


def pages_of(v: Visitor, demo: Demo, seen: set[str]) -> Iterator[Response]:
    """Open one page of each kind, from the staff's home along the links."""
    ahead = [f"{demo.issuer}/staff"]
    while ahead:
        url = ahead.pop(0)
        if kind_of(url) in seen:
            continue
        seen.add(kind_of(url))
        answer = v.page.goto(url)
        assert answer is not None
        yield answer
        links = v.page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        for link in links:
            inside = link.startswith(f"{demo.issuer}/staff")
            if inside and not ENDS.search(urlsplit(link).path):
                ahead.append(link.split("#")[0])


@pytest.mark.parametrize("role", ROLES)
def test_each_page_of_the_console_is_for_everybody(
    furnished: Demo, chromium: Browser, role: str
) -> None:
    language = "en" if role == "administrator" else "ja"
    with visitor(chromium, furnished, NARROW, language=language) as v:
        sign_in(v, furnished, role)
        for answer in pages_of(v, furnished, set()):
            assert answer.status == 200, answer.url
            body = answer.body()
            assert len(body) < HEAVIEST, f"{answer.url} has {len(body)} bytes"
            assert b"<script" not in body, answer.url
            v.look(targets=LEAST_TARGET)
            picture(v, role)


def picture(v: Visitor, role: str) -> None:
    """Keep pictures of the page for those who ask for them."""
    folder = os.environ.get("CONSOLE_SHOTS")
    if not folder:
        return
    name = kind_of(v.page.url).strip("/").replace("/", "-").replace("*", "one")
    for device, size in (("phone", NARROW), ("desktop", DESKTOP)):
        v.page.set_viewport_size(size["viewport"])  # type: ignore[arg-type]
        path = Path(folder) / f"{role}-{name}-{device}.png"
        v.page.screenshot(path=path, full_page=True)
    v.page.set_viewport_size(NARROW["viewport"])  # type: ignore[arg-type]
