"""F12. 改姓しました。手続きは。 My name has changed: what do I do, and when does the card show it?

The promise: enter it in the portal; the co-op updates its data; the card shows the new name about
three business days later. A request of 28 December 2017, a Thursday, is due on 9 January 2018: the
office is closed over the turn of the year, and the 8th is a holiday. A clerk approves it; portal
and card show the old name until the day, and the new one from that day on.
"""

from __future__ import annotations

import json
from datetime import date, datetime

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import journey
from tests.browser.visitor import Visitor
from tests.promises.mailbox import arrived
from tests.promises.moments import go_to, tokyo, written
from tests.promises.registering import press
from tests.promises.ways import WAYS, Way
from tests.support.demo import Demo

BEGINS = tokyo(2017, 12, 28, 9)
FILED = tokyo(2017, 12, 28, 10)
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
    listed = demo.idp("member", "changes", "list", "--format", "json").stdout.splitlines()
    (found,) = [one for one in map(json.loads, listed) if number in one.values()]
    return dict(found)


def approve(demo: Demo, number: str) -> None:
    """Approve it as a clerk does, to hold from the day that was promised."""
    request = queued(demo, number)
    assert str(DUE) in request.values()
    done = demo.idp(
        "member", "changes", "approve", request["id"], "--effective-on", DUE.isoformat()
    )
    assert done.returncode == 0, done.stdout + done.stderr


def shows(v: Visitor, demo: Demo, member: dict[str, str], name: str, at: datetime) -> None:
    """Sign in anew at a moment; the portal greets with this name, and so does the card."""
    go_to(demo, at)
    journey.sign_in(v, demo, member)
    v.page.goto(f"{demo.facts['portal']}/me")
    assert name in v.page.inner_text("main")
    if v.scripts:
        journey.open_card(v, demo)
        expect(v.page.locator("#holder")).to_have_text(name)
    journey.sign_out_at_portal(v.page, demo)


@pytest.mark.parametrize("place", ["portal", "provider"])
def test_three_business_days_over_the_turn_of_the_year(
    demo: Demo, chromium: Browser, place: str
) -> None:
    """Three members at once, each in another way, so that the clock goes through it once."""
    ask = {"portal": ask_in_the_portal, "provider": ask_at_the_provider}[place]
    first = {"portal": 0, "provider": 3}[place]
    people = [(way, demo.member(index=first + way.index)) for way in WAYS]
    go_to(demo, FILED)
    for way, member in people:
        with way.walking(chromium, demo) as v:
            journey.sign_in(v, demo, member)
            ask(v, demo, "新例", "しんれい")
        arrived(demo, member["email"], lambda mail: "変更のお手続きを受け付け" in mail["text"])
        approve(demo, member["number"])
        arrived(demo, member["email"], lambda mail: "結果が出ました" in mail["text"])
    for at, family in ((tokyo(2018, 1, 8, 23, 30), None), (tokyo(2018, 1, 9, 0, 1), "新例")):
        for way, member in people:
            person = journey.person_of(member)
            name = f"{family or person.family}\u3000{person.given}"
            with way.walking(chromium, demo) as v:
                shows(v, demo, member, name, at)


def test_a_new_address_shows_in_the_portal(demo: Demo, chromium: Browser, way: Way) -> None:
    go_to(demo, FILED)
    member = demo.member(index=8 + way.index)
    with way.walking(chromium, demo) as v:
        journey.sign_in(v, demo, member)
        v.page.goto(f"{demo.facts['portal']}/changes/address")
        v.page.fill("#postal_code", "０００００００")
        v.page.select_option("#region", "東京都")
        v.page.fill("#locality", "見本市")
        v.page.fill("#street_address", "新町9-9-9\n見本荘101")
        press(v.page, "change-request")
        expect(v.page.locator("#received")).to_contain_text(written(DUE))
        v.look()
        approve(demo, member["number"])
        journey.sign_out_at_portal(v.page, demo)
        go_to(demo, tokyo(2018, 1, 9, 9))
        journey.sign_in(v, demo, member)
        v.page.goto(f"{demo.facts['portal']}/me")
        assert "新町9-9-9" in v.page.inner_text("main")
