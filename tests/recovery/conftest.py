"""A demo of its own: members forget their passwords here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo import Demo, running_demo
from tests.support.parties import PARTIES, write_policies


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = Path(tmp_path_factory.mktemp("recovery"))
    policies = write_policies(folder / "policies", PARTIES)
    with running_demo(folder, "--workers", "1", "--policies", str(policies)) as running:
        yield running
