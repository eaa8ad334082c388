"""The scene, once for all tests of the package."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.approvals.scene import Scene, open_scene
from tests.support.demo import Demo


@pytest.fixture(scope="session")
def demo(office: Demo) -> Demo:
    """The demo of the desks."""
    return office


@pytest.fixture(scope="module")
def opened(demo: Demo) -> Iterator[Scene]:
    with open_scene(demo) as scene:
        yield scene


@pytest.fixture
def scene(opened: Scene) -> Scene:
    """Both signed in, whatever time has passed."""
    for one in (opened.asks, opened.decides):
        if one.browser.get("/staff").status_code != 200:
            one.again()
    return opened
