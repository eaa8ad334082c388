"""F4. 誰でも利用できるのですか。 Can everybody use it?

The promise: members can, working or retired, and nobody else. Who is one follows from the dated
facts of the register: whoever has not paid in yet, or has been refunded, gets nothing; and a member
whose payment is taken back loses access in the middle of a visit, at the next click.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import journey
from tests.promises.endings import portal_says_it_is_over
from tests.promises.feed import PAID, CoreSystem
from tests.promises.ways import Way
from tests.support.demo import Demo


def of_employment(demo: Demo, employment: str, index: int) -> dict[str, str]:
    able = [m for m in demo.facts["members"] if m["standing"] == "member" and m["password"]]
    return dict([m for m in able if m["employment"] == employment][index])


@pytest.mark.parametrize("employment", ["working", "retired"])
def test_a_member_gets_in(demo: Demo, chromium: Browser, way: Way, employment: str) -> None:
    member = of_employment(demo, employment, way.index)
    with way.walking(chromium, demo) as v:
        v.page.goto(demo.facts["portal"])
        assert "組合員（現職・退職）" in v.page.inner_text("main")
        journey.sign_in(v, demo, member)
        assert member["number"] in v.page.inner_text("main")


def test_a_former_member_does_not(demo: Demo, chromium: Browser, way: Way) -> None:
    former = demo.member("former", way.index)
    with way.walking(chromium, demo) as v:
        journey.reach_sign_in(v, demo)
        journey.give_password(v.page, former["email"], former["password"])
        assert v.page.inner_text("h1") == "組合員としてのご利用は終わりました"
        assert former["number"] not in v.page.content()
        v.look()
        v.page.goto(f"{demo.facts['portal']}/me")
        expect(v.page.locator("form#sign-in")).to_be_visible()


def test_access_ends_with_the_fact_it_rests_on(
    demo: Demo, chromium: Browser, core: CoreSystem, way: Way
) -> None:
    member = of_employment(demo, "working", 3 + way.index)
    with way.walking(chromium, demo) as v:
        journey.sign_in(v, demo, member)
        core.change(member["number"], **{PAID: ""})
        v.page.goto(f"{demo.issuer}/account")
        expect(v.page.locator("form#sign-in")).to_be_visible()
        portal_says_it_is_over(v.page, demo, "membership_ended")
        assert member["number"] not in v.page.content()
