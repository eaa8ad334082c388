"""One person's browser, and what must never happen in it.

Owns the two shapes of device, what each page is looked at for (WCAG, width, large text, targets),
and what is collected all along: complaints of the browser, and requests to other origins.
What a person does on the pages is in `journey.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request

from tests.support.demo import Demo

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "screen": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
LOCALES = {"ja": "ja-JP", "en": "en-GB"}
RULES = {
    "resultTypes": ["violations"],
    "runOnly": [
        *("wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa"),
        "best-practice",
    ],
    "rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}},
}
BEYOND_THE_EDGE = """() => [...document.querySelectorAll('main *, footer *, header *')]
  .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 1)
  .filter(e => !e.parentElement.closest('.wide'))  // tables scroll in a frame (WCAG 1.4.10)
  .map(e => e.outerHTML)"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LARGE_TEXT = "size => { document.documentElement.style.fontSize = size }"
SMALL_TARGETS = """least => [...document.querySelectorAll(
    'a:not(.skip), button, select, textarea, .choice label, ' +
    'input:not([type=hidden]):not([type=checkbox]):not([type=radio])')]
  .map(e => [e.getBoundingClientRect(), e.outerHTML])
  .filter(([box]) => box.height > 0 && box.height < least).map(([, html]) => html)"""
LOADED_WITH_AN_ERROR_STATUS = "Failed to load resource: the server responded with a status of"


def launch(playwright: Playwright, *more: str) -> Browser:
    """Start Chromium: the distribution's where there is one."""
    path = CHROMIUM if CHROMIUM.exists() else None
    return playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *more])


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass
class Visitor:
    """A browser context with one page in front, and what was seen in all of its pages."""

    context: BrowserContext
    page: Page
    language: str
    places: set[str]
    scripts: bool = True
    complaints: list[str] = field(default_factory=list)
    visited: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Collect from now on what the browser asks for and complains about."""
        self.context.on("request", self._asked)
        self.context.on("console", self._said)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _asked(self, request: Request) -> None:
        if request.is_navigation_request():
            self.visited.append(request.url)
        outside = urlsplit(request.url).scheme not in ("data", "blob")
        if outside and origin_of(request.url) not in self.places:
            self.complaints.append(f"asked for {request.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(LOADED_WITH_AN_ERROR_STATUS):
            self.complaints.append(message.text)

    def look(self, language: str | None = None, targets: float = 47.5) -> None:
        """Look at the page as its readers will; each of their needs is an assertion."""
        page = self.page
        page.wait_for_load_state()  # with its style sheet
        written_in = page.evaluate("document.documentElement.lang")
        assert written_in == (language or self.language), page.url
        if self.scripts:  # axe waits for timers, which do not run in a browser without scripts
            found = Axe().run(page, options=RULES)
            assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
        small = page.evaluate(SMALL_TARGETS, targets)
        assert small == [], f"{page.url}: {small}"
        for size in ("", "225%"):  # the style sheets say 112.5%, so this is text at 200 %
            page.evaluate(LARGE_TEXT, size)
            assert page.evaluate(SIDEWAYS) <= 0, f"{page.url} scrolls sideways with text at {size}"
            beyond = page.evaluate(BEYOND_THE_EDGE)
            assert beyond == [], f"{page.url} with text at {size}: {beyond}"
        page.evaluate(LARGE_TEXT, "")


@contextmanager
def visitor(
    browser: Browser,
    demo: Demo,
    device: dict[str, Any],
    *,
    language: str = "ja",
    places: frozenset[str] = frozenset(),
    **options: Any,
) -> Iterator[Visitor]:
    """Open a browser for one person; afterwards nothing may have complained."""
    context = browser.new_context(**device, locale=LOCALES[language], **options)
    context.set_default_timeout(15_000)
    ours = {demo.issuer, str(demo.facts["portal"]), str(demo.facts["card"]), *places}
    scripts = bool(options.get("java_script_enabled", True))
    person = Visitor(context, context.new_page(), language, ours, scripts)
    person.watch()
    try:
        yield person
        assert person.complaints == []
    finally:
        context.close()
