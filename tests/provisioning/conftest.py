"""Core systems with a token each, on the demo of the test run."""

from __future__ import annotations

import pytest

from tests.provisioning.scim import Core, core_of
from tests.support.demo import Demo


@pytest.fixture(scope="session")
def core(demo: Demo) -> Core:
    """A core system that may write."""
    return core_of(demo)


@pytest.fixture(scope="session")
def reader(demo: Demo) -> Core:
    """A core system that may only read."""
    return core_of(demo, "read")
