"""What the browser tests of the card share: contexts, accessibility, screenshots to look at."""

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from card_program import Program
from playwright.sync_api import BrowserContext, Page, expect

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "screen": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "locale": "ja-JP",
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "locale": "ja-JP"}


def page_of(context: BrowserContext) -> tuple[Page, list[str]]:
    """Open a page; the list collects what the browser's console calls an error."""
    page, errors = context.new_page(), list[str]()
    page.set_default_timeout(8000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        # refused by a Content-Security-Policy, and the like; failed requests are part of stories
        lambda message: (
            errors.append(message.text)
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    return page, errors


def look(page: Page, name: str) -> None:
    """Check accessibility and width, and keep a screenshot where CARD_SCREENSHOTS says."""
    page.evaluate("document.fonts.ready")
    rules = {"color-contrast-enhanced": {"enabled": True}}  # 7:1
    found = Axe().run(page, options={"resultTypes": ["violations"], "rules": rules})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "scrolls sideways"
    heights = page.locator("a:visible, button:visible, input:visible").evaluate_all(
        "targets => targets.map((target) => target.getBoundingClientRect().height)"
    )
    assert min(heights, default=48) >= 48, "a target is too small for a thumb"
    if folder := os.environ.get("CARD_SCREENSHOTS"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=Path(folder) / f"card-{name}-{width}.png", full_page=True)


def stored(page: Page) -> list[str]:
    """Return the names of what the app keeps in this browser."""
    names: list[str] = page.evaluate(
        """() => new Promise((resolve) => {
          const request = indexedDB.open('kumiai-card', 1);
          request.onsuccess = () => {
            const keys = request.result.transaction('values').objectStore('values').getAllKeys();
            keys.onsuccess = () => { request.result.close(); resolve(keys.result); };
          };
        })"""
    )
    return names


def open_card(page: Page, program: Program) -> str:
    """Open the card, which signs in by itself; return the shown code."""
    page.goto(f"{program.url}/")
    expect(page.locator("#state")).to_have_text("有効です")
    code = page.locator("#code-text").get_attribute("data-code")
    assert code
    return code
