"""Walks through every page of portal and card on a running demo, for the contact sheet."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import Browser, Page, expect

from tests.browser import journey
from tests.browser.visitor import DESKTOP, PHONE, Visitor, visitor
from tests.support.demo import Demo

Take = Callable[[Page, str, str, str], None]
"""(page, program, state, language) → pictures at all widths."""

OUTSIDE = {
    "welcome": "/",
    "forms": "/forms",
    "paper-join": "/forms/join",
    "paper-leave": "/forms/leave",
    "not-signed-in": "/signed-out",
    "problem-missing": "/nowhere",
    "problem-sign-in": "/callback?state=x",
}
INSIDE = {
    "home": "/",
    "me": "/me",
    "statements": "/statements",
    "statements-of-a-year": "/statements?year=2017",
    "statement": "/statements/2026-03",
    "no-statement": "/statements/2099-01",
    "inquiry": "/inquiry",
}
MEMBERS = {"ja": 0, "en": 1}


def portal_pages(browser: Browser, demo: Demo, take: Take, language: str) -> None:
    """Take the portal from the first page to the last."""
    portal = demo.facts["portal"]
    with visitor(browser, demo, DESKTOP, language=language) as v:

        def at(path: str, state: str) -> None:
            v.page.goto(f"{portal}{path}")
            take(v.page, "portal", state, language)

        for state, path in OUTSIDE.items():
            at(path, state)
        at(_denied(v, f"{portal}/sign-in", demo, "/callback"), "problem-denied")
        journey.sign_in(v, demo, demo.member(index=MEMBERS[language]))
        for state, path in INSIDE.items():
            at(path, state)
        v.page.evaluate("document.getElementById('inquiry').noValidate = true")
        v.page.click("form#inquiry button")
        take(v.page, "portal", "inquiry-errors", language)
        v.page.goto(f"{portal}/inquiry?reason=workplace")
        v.page.fill("#text", "4月からみほん第二小学校に勤めています。\n" + "w" * 90)
        v.page.click("form#inquiry button")
        take(v.page, "portal", "inquiry-sent", language)
        at("/inquiry", "inquiry-list")
        journey.sign_out_at_portal(v.page, demo)
        take(v.page, "portal", "signed-out", language)


def _denied(v: Visitor, start: str, demo: Demo, callback: str) -> str:
    """Begin a sign-in; give the path by which the provider would answer "denied"."""
    before = len(v.visited)
    v.page.goto(start)
    expect(v.page.locator("form#sign-in")).to_be_visible()
    asked = next(url for url in v.visited[before:] if "/authorize?" in url)
    state = parse_qs(urlsplit(asked).query)["state"][0]
    return f"{callback}?" + urlencode(
        {"error": "access_denied", "state": state, "iss": demo.issuer}
    )


def card_pages(browser: Browser, demo: Demo, take: Take, language: str) -> None:
    """Take the card from the first page to the last, and what the shop sees."""
    card = demo.facts["card"]

    def shoot(page: Page, state: str, selector: str) -> None:
        expect(page.locator(selector)).to_be_visible()
        take(page, "card", state, language)

    with visitor(browser, demo, PHONE, language=language, java_script_enabled=False) as v:
        v.page.goto(card)
        shoot(v.page, "without-scripts", "#needs")
    with visitor(browser, demo, DESKTOP, language=language) as v:
        v.page.goto(card)
        shoot(v.page, "not-a-phone", "#not-phone")
    with visitor(browser, demo, PHONE, language=language) as v:
        v.page.add_init_script("delete window.indexedDB; window.indexedDB = undefined")
        v.page.goto(card)
        shoot(v.page, "unsupported", "#unsupported")
    with visitor(browser, demo, PHONE, language=language) as v:
        v.page.goto(card + _denied(v, card, demo, "/callback"))
        shoot(v.page, "denied", "#denied")
        v.page.goto(f"{card}/callback?state=x&code=y&iss={demo.issuer}")
        shoot(v.page, "failed", "#failed")
        v.page.evaluate(
            "sessionStorage.setItem('card-attempts', JSON.stringify(Array(3).fill(Date.now())))"
        )
        v.page.goto(card)
        shoot(v.page, "welcome", "#welcome")
        v.page.click("#act")
        member = demo.member(index=MEMBERS[language])
        journey.give_password(v.page, member["email"], member["password"])
        code = journey.shown_code(v.page)
        shoot(v.page, "shown", "#qr")
        shop = v.context.new_page()
        for state, query in {"check": "", "check-valid": f"&c={code}", "check-not": "&c=X"}.items():
            shop.goto(f"{card}/check?lang={language}{query}")
            shoot(shop, state, "form#check")
        v.page.bring_to_front()
        v.page.click("#sign-out button")
        shoot(v.page, "signed-out", "#signed-out")
        assert re.match(re.escape(card), v.page.url)
