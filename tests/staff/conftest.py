"""A demo of its own for the staff: its clock moves, and its people are blocked and ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo import Demo, running_demo
from tests.support.parties import write_policies


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A running demo with one worker; the limits per address are out of the way."""
    folder = Path(tmp_path_factory.mktemp("staff"))
    policies = write_policies(folder / "policies")
    with running_demo(folder, "--workers", "1", "--policies", str(policies)) as running:
        yield running
    for log in (folder / "data" / "logs").glob("*.log"):
        assert "Traceback" not in log.read_text("utf-8", "replace"), log.name
