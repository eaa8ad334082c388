"""The three ways in which each promise is walked: a desk, a phone, a browser without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser

from tests.browser.visitor import DESKTOP, PHONE, Visitor, visitor
from tests.support.demo import Demo


@dataclass(frozen=True)
class Way:
    """One kind of browser, and which of the demo's members walks it in a story for three."""

    name: str
    device: dict[str, Any]
    scripts: bool
    index: int

    @contextmanager
    def walking(self, browser: Browser, demo: Demo, **options: Any) -> Iterator[Visitor]:
        """Open such a browser for one person; afterwards nothing may have complained."""
        with visitor(
            browser, demo, self.device, java_script_enabled=self.scripts, **options
        ) as person:
            yield person


DESK = Way("desk", DESKTOP, scripts=True, index=0)
POCKET = Way("phone", PHONE, scripts=True, index=1)
WITHOUT_SCRIPTS = Way("without-scripts", DESKTOP, scripts=False, index=2)
WAYS = (DESK, POCKET, WITHOUT_SCRIPTS)
