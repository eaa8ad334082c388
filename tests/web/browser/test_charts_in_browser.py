"""The chart page as people meet it: on a phone and a desk, and by a screen reader."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser

from idp.weather.model import Attack

from ..test_charts import attack, page
from .test_pages_in_browser import RULES, WIDTH


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_chart_page_is_in_nobody_s_way(chromium: Browser, width: int, language: str) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 740})
    reader = context.new_page()
    reader.set_content(page(language, attack(Attack.SPRAY)))
    found: Any = Axe().run(reader, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert reader.evaluate(WIDTH) == 0
    reader.keyboard.press("Tab")
    assert reader.evaluate("document.activeElement.className") == "wide", "scrolls by keyboard"
    context.close()
