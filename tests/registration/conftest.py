"""One demo for the room; each test brings its own members."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.clock import Clock
from tests.registration.registrant import Person, feed
from tests.support.demo import Demo, running_demo

Invited = dict[int, Person]


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo, left without a traceback."""
    folder = Path(tmp_path_factory.mktemp("registration"))
    with running_demo(folder, "--workers", "1") as running:
        yield running
        for log in (running.data / "logs").glob("*.log"):
            assert "Traceback" not in log.read_text("utf-8", "replace"), log.name


@pytest.fixture(scope="package")
def invited(demo: Demo) -> Invited:
    """Members whose payment came in with one export; each test takes one of its own."""
    numbers = [*range(7002, 7040)]
    people = {n: Person(f"{n:08}", email=f"m{n}@mihon.example") for n in numbers if n != 7004}
    feed(demo, list(people.values()), paid_on=Clock().today().isoformat())
    return people
