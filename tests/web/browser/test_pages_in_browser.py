"""The pages as people meet them: small and large, light and dark, by keyboard, without scripts."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from ..stories import STORIES

PATHS = [f"/story/{story.name}" for story in STORIES] + ["/problem/error", "/problem/replayed"]
RULES = {
    "runOnly": [
        *("wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa"),
        "best-practice",
    ],
    "rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}},
}


@pytest.fixture(params=["light", "dark"], scope="module")
def scheme(request: pytest.FixtureRequest) -> Literal["light", "dark"]:
    return "dark" if request.param == "dark" else "light"


@dataclass
class Reader:
    """A page that goes through all stories, and what its console said since the last look."""

    page: Page
    complaints: list[str]


@pytest.fixture(scope="module")
def reader(chromium: Browser, scheme: Literal["light", "dark"]) -> Iterator[Reader]:
    context = chromium.new_context(color_scheme=scheme)
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda line: complaints.append(line.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield Reader(page, complaints)
    context.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


@pytest.fixture
def languages(scheme: Literal["light", "dark"]) -> list[str]:
    """Japanese in the light and English in the dark; with `PAGES=long` both in both."""
    if os.environ.get("PAGES") == "long":
        return ["ja", "en"]
    return ["ja"] if scheme == "light" else ["en"]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_in_the_way_of_anyone(
    reader: Reader, stories_url: str, path: str, languages: list[str]
) -> None:
    page = reader.page
    for language in languages:
        reader.complaints.clear()
        page.set_viewport_size({"width": 360, "height": 740})
        page.goto(f"{stories_url}{path}?lang={language}")
        the_content_policy_breaks_nothing(reader)
        nothing_is_wrong(page)
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 740})
            nothing_scrolls_sideways(page)


def the_content_policy_breaks_nothing(reader: Reader) -> None:
    """Check that every style sheet is there and that the browser refused nothing."""
    sheets = 2 if reader.page.locator("body.staff, .staff-mark").count() else 1
    assert reader.page.evaluate("document.styleSheets.length") == sheets
    refused = "Failed to load resource: the server responded with a status of"
    assert [text for text in reader.complaints if not text.startswith(refused)] == []


def nothing_is_wrong(page: Page) -> None:
    """Check the page that is open by the rules of WCAG."""
    found: Any = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert "color-contrast-enhanced" in {rule["id"] for rule in found.response["passes"]}


WIDTH = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LARGER = "size => document.documentElement.style.setProperty('font-size', size, 'important')"


def nothing_scrolls_sideways(page: Page) -> None:
    """Check that the page fits its window, and does with text at 200 % too."""
    assert page.evaluate(WIDTH) == 0
    page.evaluate(LARGER, "225%")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "36px"
    assert page.evaluate(WIDTH) == 0, "with large text"
    page.evaluate(LARGER, "")


def test_targets_are_large_enough(page: Page, stories_url: str) -> None:
    for name in ("sign-in-failed", "consent", "account", "sign-out"):
        page.goto(f"{stories_url}/story/{name}?lang=ja")
        for target in page.locator("button, .button, .field input").all():
            box = target.bounding_box()
            assert box
            assert box["height"] >= 48, f"{name}: {target.inner_text()}"
        size = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
        assert size == 18


def _walk(page: Page, presses: int) -> list[str]:
    seen = []
    for _ in range(presses):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("(e => e.id || e.className || e.textContent)(document.activeElement)")
        )
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", seen
    return seen


def test_the_keyboard_reaches_everything_in_order(page: Page, stories_url: str) -> None:
    page.goto(f"{stories_url}/story/sign-in?lang=ja")
    assert page.evaluate("document.activeElement.tagName") == "BODY"  # nothing takes the focus
    way = _walk(page, 7)
    assert way == [
        "skip", "English", "username", "password", "reveal", "shared_device", "ログイン",
    ]  # fmt: skip
    page.goto(f"{stories_url}/story/sign-in?lang=ja")
    page.keyboard.press("Tab")
    assert page.locator(".skip").bounding_box()["x"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "username"


def test_the_error_links_lead_to_the_fields(page: Page, stories_url: str) -> None:
    page.goto(f"{stories_url}/story/sign-in-failed?lang=ja")
    page.click("#sign-in-error a[href='#password']")
    assert page.evaluate("document.activeElement.id") == "password"


def test_showing_the_password(page: Page, stories_url: str) -> None:
    page.goto(f"{stories_url}/story/sign-in?lang=en")
    page.fill("#password", "a long secret")
    page.click("text=Show password")
    assert page.get_attribute("#password", "type") == "text"
    page.click("text=Hide password")
    assert page.get_attribute("#password", "type") == "password"
    page.click("text=Show password")
    page.evaluate("document.forms[0].addEventListener('submit', e => e.preventDefault())")
    page.keyboard.press("Enter")
    assert page.get_attribute("#password", "type") == "password"


def test_without_scripts_nothing_is_missing(chromium: Browser, stories_url: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{stories_url}/story/sign-in?lang=ja")
    assert page.locator(".reveal").count() == 0
    page.fill("#username", "hanako@mihon.example")
    page.fill("#password", "secret")
    page.click("button[type=submit]")
    assert page.url == f"{stories_url}/sign-in"
    page.click("text=English")
    assert page.locator("h1").inner_text() == "Sign in"
    context.close()


def test_the_style_sheet_is_not_needed(chromium: Browser, stories_url: str) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.route("**/static/**", lambda route: route.abort())
    page.goto(f"{stories_url}/story/consent?lang=ja")
    assert page.locator("button").all_inner_texts() == ["許可する", "許可しない"]
    context.close()
