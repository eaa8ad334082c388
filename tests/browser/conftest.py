"""One Chromium for all of these tests, and a demo of its own for each module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from tests.browser.visitor import launch
from tests.support.demo import Demo, running_demo


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo as shipped, with its own policy; nobody else moves its clock."""
    with running_demo(Path(tmp_path_factory.mktemp("demo")), "--workers", "1") as running:
        yield running
