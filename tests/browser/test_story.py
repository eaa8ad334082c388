"""The main job in a real browser: portal, card, check page, sign-out, and the log of it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser import journey
from tests.browser.proof import acts, proven_events, subject_of
from tests.browser.visitor import DESKTOP, PHONE, Visitor, visitor
from tests.support.demo import Demo

WHOLE_STORY = [
    ("session.started", None),
    ("code.issued", "portal"),
    ("token.issued", "portal"),
    ("claims.read", "portal"),
    ("code.issued", "card"),
    ("token.issued", "card"),
    ("claims.read", "card"),
    # The portal gives its tokens back (RFC 7009) before it sends the browser to sign out.
    ("grant.revoked", "portal"),
    ("session.ended", None),
]
DELIVERED = {("logout.delivered", "portal"), ("logout.delivered", "card")}


def second_tab(v: Visitor) -> Page:
    return v.context.new_page()


def look_at_the_end(v: Visitor, portal: Page, demo: Demo) -> None:
    """Look at what card and portal say after the sign-out in the other tab."""
    card, v.page = v.page, portal
    card.bring_to_front()
    journey.card_is_out(card, journey.OUT_WITHIN)
    v.look()
    v.page = card
    v.look()
    journey.portal_is_out(portal, demo)


def test_the_whole_story_on_a_phone(demo: Demo, chromium: Browser, tmp_path: Path) -> None:
    member = demo.member(index=0)
    with visitor(chromium, demo, PHONE) as v, visitor(chromium, demo, PHONE) as shop:
        journey.sign_in_looking(v, demo, member)
        journey.read_the_portal(v, demo, member)
        code = journey.open_card(v, demo)
        journey.read_the_card(v, member)
        journey.check_code(shop, demo, code, member, valid=True)
        changing = v.page.locator("#code-text")
        expect(changing).not_to_have_attribute("data-code", code, timeout=35_000)
        newer = journey.shown_code(v.page)
        portal = second_tab(v)
        journey.sign_out_at_portal(portal, demo)
        look_at_the_end(v, portal, demo)
        journey.check_code(shop, demo, newer, member, valid=False)
    log = proven_events(demo, tmp_path / "proof")
    told = acts(log, subject_of(demo, member["number"]))
    told = told[told.index(("session.started", None)) :]
    assert told[: len(WHOLE_STORY)] == WHOLE_STORY
    assert set(told) >= DELIVERED


def test_the_whole_story_on_a_desktop_in_english(demo: Demo, chromium: Browser) -> None:
    member = demo.member(index=1)
    with (
        visitor(chromium, demo, DESKTOP, language="en") as v,
        visitor(chromium, demo, PHONE, language="en") as shop,
    ):
        journey.sign_in_looking(v, demo, member)
        journey.read_the_portal(v, demo, member)
        code = journey.open_card(v, demo)
        journey.read_the_card(v, member)
        journey.check_code(shop, demo, code, member, valid=True)
        portal = second_tab(v)
        journey.sign_out_at_portal(portal, demo)
        look_at_the_end(v, portal, demo)


def test_the_story_without_scripts_at_provider_and_portal(demo: Demo, chromium: Browser) -> None:
    member = demo.member(index=2)
    with visitor(chromium, demo, PHONE, java_script_enabled=False) as v:
        journey.sign_in_looking(v, demo, member)
        journey.read_the_portal(v, demo, member)
        # The card is an app and needs scripts. Without them it says so; the same cookies in a
        # browser that runs them are the member who allowed scripts for the card alone.
        v.page.goto(demo.facts["card"])
        expect(v.page.locator("#needs")).to_be_visible()
        v.look()
        cookies = v.context.storage_state()
        with visitor(chromium, demo, PHONE, storage_state=cookies) as allowed:
            journey.open_card(allowed, demo)
            journey.read_the_card(allowed, member)
            journey.sign_out_at_portal(v.page, demo)
            v.look()
            journey.card_is_out(allowed.page)
        journey.portal_is_out(v.page, demo)
