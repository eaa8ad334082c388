"""F8. マイページ登録をしなくても、デジタル組合員証は使えますか。 The card without the portal?

The promise: the card needs a registration for the portal; without one it says so, and how to
register. When a member stops using the portal, the card stops too, says why, and asks to be
uninstalled. The card is an app and runs scripts; a browser without them is told that (see F10).
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import journey
from tests.browser.visitor import Visitor
from tests.promises.endings import card_says_it_is_over, portal_says_it_is_over
from tests.promises.ways import DESK, POCKET, Way
from tests.support.demo import Demo

with_scripts = pytest.mark.parametrize("way", [DESK, POCKET], ids=lambda way: way.name)


def open_the_app(v: Visitor, demo: Demo, way: Way) -> None:
    v.page.goto(demo.facts["card"])
    if way is DESK:
        v.page.click("#anyway")  # it asks to be opened on a smartphone first


def test_without_a_registration_the_card_says_what_is_missing(
    demo: Demo, chromium: Browser
) -> None:
    with POCKET.walking(chromium, demo) as v:
        open_the_app(v, demo, POCKET)
        expect(v.page.locator("form#sign-in")).to_be_visible()
        journey.give_password(v.page, "unregistered@mihon.example", "whatever it may be")
        expect(v.page.locator("#sign-in-error")).to_be_visible()
        v.page.goto(_turned_away(v, demo))
        text = v.page.locator("#denied").inner_text()
        assert "先にマイページへの登録が必要です" in text
        assert "登録のご案内" in text
        v.look()


def _turned_away(v: Visitor, demo: Demo) -> str:
    """Give the address at which the provider would bring back somebody who gave up."""
    asked = next(url for url in reversed(v.visited) if "/authorize?" in url)
    state = asked.partition("state=")[2].partition("&")[0]
    return f"{demo.facts['card']}/callback?error=access_denied&state={state}&iss={demo.issuer}"


@with_scripts
def test_one_registration_opens_both_and_its_stop_ends_both(
    demo: Demo, chromium: Browser, way: Way
) -> None:
    member = demo.member(index=2 + way.index)
    with way.walking(chromium, demo) as v:
        journey.sign_in(v, demo, member)
        journey.open_card(v, demo)  # no second sign-in
        journey.read_the_card(v, member)
        stopped = demo.idp("account", "stop", member["number"], "--reason", "asked by letter")
        assert stopped.returncode == 0, stopped.stderr
        card_says_it_is_over(v.page, "service_stopped")
        v.look()
        v.page.reload()
        expect(v.page.locator("#ended-service_stopped")).to_be_visible()
        portal_says_it_is_over(v.page, demo, "service_stopped")
        assert "アプリはアンインストールしてください" in v.page.inner_text("main")
        v.look()
