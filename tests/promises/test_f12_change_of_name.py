"""F12. 改姓しました。手続きは。 My name has changed: what do I do, and when does the card show it?

The promise: enter it in the portal; the co-op updates its data; the card shows the new name about
three business days later. A request of 28 December 2017, a Thursday, is due on 9 January 2018: the
office is closed over the turn of the year, and the 8th is a holiday. A clerk approves it; portal
and card show the old name until the day, and the new one from that day on.
"""

from __future__ import annotations

import json
from datetime import date

from playwright.sync_api import Browser, expect

from tests.browser import journey
from tests.browser.visitor import Visitor
from tests.promises.feed import member_since_long
from tests.promises.mailbox import arrived
from tests.promises.moments import go_to, tokyo, written
from tests.promises.registering import press
from tests.promises.ways import POCKET, WAYS
from tests.support.demo import Demo

BEGINS = tokyo(2017, 12, 28, 10)
DUE = date(2018, 1, 9)


def ask_in_the_portal(v: Visitor, demo: Demo, family: str, kana: str) -> None:
    v.page.goto(demo.facts["portal"])
    v.page.click('main a[href="/changes"]')
    v.page.click('main a[href="/changes/name"]')
    v.look()
    v.page.fill("#family_name", family)
    v.page.fill("#family_kana", kana)
    press(v.page, "change-request")
    expect(v.page.locator("#received")).to_contain_text(written(DUE))
    v.look()


def ask_at_the_provider(v: Visitor, demo: Demo, family: str, kana: str) -> None:
    v.page.goto(f"{demo.issuer}/account/changes?kind=name")
    v.look()
    v.page.fill("#family_name", family)
    v.page.fill("#family_kana", kana)
    press(v.page, "change-request")
    assert written(DUE) in v.page.locator(".notice").inner_text()
    v.look()


def queued(demo: Demo, number: str) -> dict[str, str]:
    """Find a member's request in the clerks' queue."""
    listed = json.loads(demo.idp("member", "changes", "list", "--format", "json").stdout)
    (found,) = [one for one in listed if number in one.values()]
    return dict(found)


def digest_of(demo: Demo, request: str) -> str:
    """Look at a request, and take what its approval is bound to."""
    told = demo.idp("member", "changes", "show", request, "--format", "json")
    return str(json.loads(told.stdout)["digest"])


def approve(demo: Demo, number: str) -> None:
    """Approve it as a clerk does, to hold from the day that was promised."""
    request = queued(demo, number)
    assert str(DUE) in request.values()
    done = demo.idp(
        *("member", "changes", "approve", request["id"]),
        *("--digest", digest_of(demo, request["id"])),
        *("--reason", "checked with a copy of the family register", "--effective-on", str(DUE)),
    )
    assert done.returncode == 0, done.stdout + done.stderr


def shows(v: Visitor, demo: Demo, member: dict[str, str], name: str) -> None:
    """Sign in anew; the portal greets with this name, and so does the card."""
    journey.sign_in(v, demo, member)
    v.page.goto(f"{demo.facts['portal']}/me")
    assert name in v.page.inner_text("main")
    if v.scripts:
        journey.open_card(v, demo)
        expect(v.page.locator("#holder")).to_have_text(name)
    journey.sign_out_at_portal(v.page, demo)


def test_three_business_days_over_the_turn_of_the_year(demo: Demo, chromium: Browser) -> None:
    """Four members at once, each in another way, so that the clock goes through it once."""
    asking = [(way, ask_in_the_portal) for way in WAYS] + [(POCKET, ask_at_the_provider)]
    people = [(way, ask, member_since_long(demo, index)) for index, (way, ask) in enumerate(asking)]
    for way, ask, member in people:
        with way.walking(chromium, demo) as v:
            journey.sign_in(v, demo, member)
            ask(v, demo, "新例", "しんれい")
        arrived(demo, member["email"], lambda mail: "変更のお手続きを受け付け" in mail["text"])
        approve(demo, member["number"])
        arrived(demo, member["email"], lambda mail: "結果が出ました" in mail["text"])
    go_to(demo, tokyo(2018, 1, 8, 23, 30))
    for way, _, member in people:
        person = journey.person_of(member)
        with way.walking(chromium, demo) as v:
            shows(v, demo, member, journey.shown(person.name))
    go_to(demo, tokyo(2018, 1, 9, 0, 1))
    for way, _, member in people:
        with way.walking(chromium, demo) as v:
            shows(v, demo, member, f"新例\u3000{journey.person_of(member).given}")


def test_a_new_address_shows_in_the_portal(demo: Demo, chromium: Browser) -> None:
    """As soon as a clerk has approved it to hold from today on, at the next sign-in."""
    member = member_since_long(demo, 5)
    with POCKET.walking(chromium, demo) as v:
        journey.sign_in(v, demo, member)
        v.page.goto(f"{demo.facts['portal']}/changes/address")
        v.page.fill("#postal_code", "０００００００")
        v.page.select_option("#region", "東京都")
        v.page.fill("#locality", "見本市")
        v.page.fill("#street_address", "新町9-9-9\n見本荘101")
        press(v.page, "change-request")
        expect(v.page.locator("#received")).to_be_visible()
        v.look()
        journey.sign_out_at_portal(v.page, demo)
        request = queued(demo, member["number"])["id"]
        told = ("--digest", digest_of(demo, request), "--reason", "checked")
        done = demo.idp("member", "changes", "approve", request, *told)
        assert done.returncode == 0, done.stderr
        journey.sign_in(v, demo, member)
        v.page.goto(f"{demo.facts['portal']}/me")
        text = v.page.inner_text("main")
        assert "新町9-9-9" in text
        assert "見本荘101" in text
