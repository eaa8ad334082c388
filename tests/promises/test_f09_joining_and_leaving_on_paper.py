"""F9. マイページで加入・脱退の手続きはできますか。 Can I join or leave in the portal?

The promise: no. Both need a signature, so there are forms to print and send. Nothing that a member
can press, in the portal or at the provider, begins or ends a membership: a walk over every page
finds no such form, and the register is the same afterwards.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, Page, expect

from tests.browser import journey
from tests.browser.visitor import origin_of
from tests.promises.ways import POCKET, Way
from tests.support.demo import Demo

MEMBERSHIP = re.compile(r"加入|入会|脱退|退会|join|withdraw|leave|refund|membership", re.IGNORECASE)
LEADS_OUT = re.compile(r"/statements/|/healthz|/inquiry/|\?lang=")
ENOUGH = 60


def test_both_are_done_with_a_printed_form(demo: Demo, chromium: Browser, way: Way) -> None:
    with way.walking(chromium, demo) as v:
        v.page.goto(demo.facts["portal"])
        v.page.click('main a[href="/forms"]')
        text = v.page.inner_text("main")
        for told in ("自署が必要です", "画面からのお手続きはできません", "郵送またはFAX"):
            assert told in text
        v.look()
        for form in ("join", "leave"):
            v.page.goto(f"{demo.facts['portal']}/forms")
            assert v.page.get_attribute(f"#form-{form}", "href")  # where it lies is a setting
            v.page.goto(f"{demo.facts['portal']}/forms/{form}")  # the portal has one to print
            assert "署名（自署）" in v.page.inner_text("main")
            assert v.page.locator("main form").count() == 0
            v.look()


def test_no_page_of_a_member_begins_or_ends_a_membership(demo: Demo, chromium: Browser) -> None:
    member = demo.member(index=3)
    before = demo.idp("member", "show", member["number"], "--format", "json").stdout
    with POCKET.walking(chromium, demo) as v:
        journey.sign_in(v, demo, member)
        seen = walked(v.page, [demo.facts["portal"], f"{demo.issuer}/account"])
        paths = {urlsplit(url).path for url in seen}
        assert {"/me", "/inquiry", "/forms", "/account"} <= paths
    offending = [(url, act) for url, acts in seen.items() for act in acts if MEMBERSHIP.search(act)]
    assert offending == []
    assert demo.idp("member", "show", member["number"], "--format", "json").stdout == before


def walked(page: Page, starts: list[str]) -> dict[str, list[str]]:
    """Open every page that links lead to; give each one's acts: where forms go, what they say."""
    places = {origin_of(url) for url in starts}
    waiting, seen = list(starts), dict[str, list[str]]()
    while waiting and len(seen) < ENOUGH:
        url = waiting.pop(0).partition("#")[0]
        if url in seen or LEADS_OUT.search(url):
            continue
        page.goto(url)
        expect(page.locator("main")).to_be_visible()
        seen[url] = page.eval_on_selector_all(
            "form[method=post]",
            "forms => forms.map(f => f.getAttribute('action') + ' ' + [...f.querySelectorAll("
            "'button, input[type=submit]')].map(b => b.textContent || b.value).join(' '))",
        )
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
        waiting += [link for link in (urljoin(url, href) for href in links) if at(link, places)]
    assert len(seen) < ENOUGH, "the walk came to its end"
    return seen


def at(url: str, places: set[str]) -> bool:
    return url.startswith("http") and origin_of(url) in places
