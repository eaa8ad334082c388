"""Calls are answered at the demo of the desks."""

from __future__ import annotations

import pytest

from tests.support.demo import Demo


@pytest.fixture(scope="session")
def demo(office: Demo) -> Demo:
    """The demo of the desks."""
    return office
