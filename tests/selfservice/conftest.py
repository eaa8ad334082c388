"""One demo for the member's own pages: their tests change passwords and addresses of its people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.selfservice.house import House, Person, house_of
from tests.support.demo import running_demo
from tests.support.parties import PARTIES, write_policies


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A running demo with the relying parties of `parties`."""
    folder = Path(tmp_path_factory.mktemp("house"))
    policies = write_policies(folder / "policies", PARTIES)
    with (
        running_demo(folder, "--workers", "1", "--policies", str(policies)) as demo,
        house_of(demo) as opened,
    ):
        yield opened
        for log in (demo.data / "logs").glob("*.log"):
            assert "Traceback" not in log.read_text("utf-8", "replace"), log.name


@pytest.fixture
def person(house: House) -> Person:
    """A member with an account, for one test alone."""
    return house.person()
