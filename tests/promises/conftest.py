"""One Chromium, a demo for each promise that begins on the day its story begins, three ways.

A module that names `BEGINS` has its demo start at that moment; nobody else moves its clock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zlib import crc32

import pytest
from playwright.sync_api import Browser, Playwright

from tests.browser.visitor import launch
from tests.promises.feed import CoreSystem
from tests.promises.moments import TOKYO, begin_at
from tests.promises.ways import WAYS
from tests.support.demo import Demo, running_demo
from tests.support.parties import now


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """A demo as shipped, with its own policy, at the moment the story begins."""
    folder = Path(tmp_path_factory.mktemp("promise"))
    begins: datetime | None = getattr(request.module, "BEGINS", None)
    if begins is not None:
        begin_at(folder / "clock", begins)
    with running_demo(folder, "--workers", "1") as running:
        yield running


@pytest.fixture(scope="module")
def core(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> CoreSystem:
    """The co-op's core system, whose register the demo imported when it began."""
    began_on = datetime.fromtimestamp(now(demo), TOKYO).date()
    return CoreSystem(demo, began_on, Path(tmp_path_factory.mktemp("core")))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Walk each promise in one of the ways, in turn; `PROMISES=long` walks it in each of them."""
    chosen = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "way" in metafunc.fixturenames and "way" not in chosen:
        turn = crc32(metafunc.definition.nodeid.encode()) % len(WAYS)
        ways = WAYS if os.environ.get("PROMISES") == "long" else WAYS[turn : turn + 1]
        metafunc.parametrize("way", ways, ids=lambda way: way.name)
