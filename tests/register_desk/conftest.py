"""Two clerks of the demo, signed in once for each file of tests."""

from __future__ import annotations

import pytest

from tests.support.demo import Demo
from tests.support.desk import Desk, open_desk


@pytest.fixture(scope="session")
def demo(office: Demo) -> Demo:
    """The demo of the desks."""
    return office


@pytest.fixture(scope="module")
def desk(demo: Demo) -> Desk:
    return open_desk(demo)
