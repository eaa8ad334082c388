"""Programs of the demo: its database, its members, and clients that are added to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from idp.bootstrap import prepare
from idp.settings import read_settings
from tests.support.demo import Demo
from tests.support.programs import Programs


@pytest.fixture(scope="session")
def demo(office: Demo) -> Demo:
    """The demo of the desks."""
    return office


@pytest.fixture(scope="package")
def programs(demo: Demo) -> Iterator[Programs]:
    """The demo's provider once more in this process, with programs of its own."""
    foundation = prepare(read_settings({"IDP_DATA": str(demo.data)}))
    yield Programs.at(foundation)
    foundation.database.dispose()
