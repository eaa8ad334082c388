"""The steps of the story as a person takes them, in any language: by ids, not by words."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from demo.people import MEMBERS, DemoMember
from tests.browser.visitor import Visitor
from tests.support.demo import Demo

OUT_WITHIN = 5_000  # milliseconds: both are out within 5 s while the worker lives
OUT_AT_LAST = 20_000  # where something else than the time is in question, on a busy machine


def person_of(member: dict[str, str]) -> DemoMember:
    """Find in the demo's register who a member of the JSON line is."""
    return next(person for person in MEMBERS if person.number == member["number"])


def shown(name: str) -> str:
    """Write a name as pages do: parted by a full-width space."""
    return name.replace(" ", "\u3000")


def reach_sign_in(v: Visitor, demo: Demo) -> None:
    """Open the portal and follow its button to the provider's sign-in page."""
    v.page.goto(demo.facts["portal"])
    v.page.click("#sign-in")
    assert v.page.url.startswith(f"{demo.issuer}/sign-in?request="), v.page.url


def give_password(page: Page, email: str, password: str) -> None:
    """Fill in the sign-in form and send it."""
    page.fill("#username", email)
    page.fill("#password", password)
    page.click("form#sign-in button[type=submit]")


def sign_in(v: Visitor, demo: Demo, member: dict[str, str]) -> None:
    """Sign in to the portal."""
    reach_sign_in(v, demo)
    give_password(v.page, member["email"], member["password"])
    expect(v.page.locator("#sign-out")).to_be_visible()
    assert v.page.url == f"{demo.facts['portal']}/"


def sign_in_looking(v: Visitor, demo: Demo, member: dict[str, str]) -> None:
    """Sign in to the portal and look at each page on the way; no number before the end."""
    v.page.goto(demo.facts["portal"])
    v.look()
    v.page.click("#sign-in")
    v.look()
    assert member["number"] not in v.page.content()
    give_password(v.page, member["email"], member["password"])
    text = v.page.inner_text("main")
    assert shown(person_of(member).name) in text
    assert member["number"] in text
    v.look()


def read_the_portal(v: Visitor, demo: Demo, member: dict[str, str]) -> None:
    """Read one's details and a statement, going by the links of the pages."""
    person, page = person_of(member), v.page
    page.click('main a[href="/me"]')
    text = page.inner_text("main")
    for wanted in (shown(person.name), person.number, person.street, member["email"]):
        assert wanted in text
    v.look()
    page.click('nav a[href="/statements"]')
    v.look()
    total = page.locator("tbody tr .amount").first.inner_text()
    page.locator("tbody a").first.click()
    assert page.locator("tfoot .total").inner_text() == total
    v.look()


def open_card(v: Visitor, demo: Demo) -> str:
    """Go from the portal's first page to the card, without a second sign-in; give the code."""
    before = len(v.visited)
    v.page.goto(demo.facts["portal"])
    v.page.click(f'main a[href^="{demo.facts["card"]}"]')
    if (v.page.viewport_size or {"width": 0})["width"] > 500:
        anyway = "#not-phone [lang=en] a.button" if v.language == "en" else "#anyway"
        expect(v.page.locator(anyway)).to_be_visible()
        v.look("ja")  # the page says it in both languages
        v.page.click(anyway)
    code = shown_code(v.page)
    assert not [url for url in v.visited[before:] if "/sign-in" in url]
    return code


def shown_code(page: Page) -> str:
    """Wait for the card's changing code and give it."""
    expect(page.locator("#state.confirmed")).to_be_visible()
    code = page.locator("#code-text").get_attribute("data-code")
    assert code
    return code


def read_the_card(v: Visitor, member: dict[str, str]) -> None:
    """See name, number and validity on the card."""
    person = person_of(member)
    expect(v.page.locator("#holder")).to_have_text(shown(person.name))
    expect(v.page.locator("#member-number")).to_have_text(person.number)
    assert v.page.locator("#valid-until").inner_text()
    v.look()


def check_code(v: Visitor, demo: Demo, code: str, member: dict[str, str], *, valid: bool) -> None:
    """Check a code as a shop does; the answer names nobody."""
    v.page.goto(f"{demo.facts['card']}/check?c={code}&lang={v.language}")
    expected = "confirmed" if valid else "unconfirmed"
    expect(v.page.locator(f"#result.{expected}")).to_be_visible()
    page = v.page.content()
    person = person_of(member)
    for personal in (person.family, person.given, person.number, member["email"]):
        assert personal not in page
    v.look()


def sign_out_at_portal(page: Page, demo: Demo) -> None:
    """Sign out with the portal's button; one is back at the portal, which says so."""
    page.goto(demo.facts["portal"])
    page.click("#sign-out button")
    expect(page.locator("a#sign-in")).to_be_visible()
    assert page.url.startswith(f"{demo.facts['portal']}/signed-out?state="), page.url


def card_is_out(page: Page, within: int = OUT_AT_LAST) -> None:
    """The card says by itself that it was signed out."""
    expect(page.locator("#ended-signed_out")).to_be_visible(timeout=within)
    assert page.locator("#code-text").count() == 0


def portal_is_out(page: Page, demo: Demo) -> None:
    """The portal asks for a sign-in before it shows anything, and the provider for a password."""
    page.goto(f"{demo.facts['portal']}/me")
    expect(page.locator("form#sign-in")).to_be_visible()
    assert page.url.startswith(f"{demo.issuer}/sign-in?request="), page.url
