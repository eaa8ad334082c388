"""Fixtures that all tests may ask for: one running demo per test process, and its policy.

Each pytest-xdist process starts a demo of its own on ports of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.demo import Demo, running_demo
from tests.support.parties import PARTIES, write_policies

# A machine that is busy with something else must not fail a property.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def policies_open(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy folder like the shipped one, with the limits per address out of the way."""
    return write_policies(Path(tmp_path_factory.mktemp("policies")) / "open")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A running demo on SQLite with one worker and the relying parties of `parties`."""
    with _own_demo(Path(tmp_path_factory.mktemp("demo"))) as running:
        yield running


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Another one, for the desks: they put policies in force, remove clients and add colleagues.

    What they change is none of the business of the tests that use `demo`, and whose clocks run
    years ahead.
    """
    with _own_demo(Path(tmp_path_factory.mktemp("office"))) as running:
        yield running


@contextmanager
def _own_demo(folder: Path) -> Iterator[Demo]:
    policies = write_policies(folder / "policies", PARTIES)
    with running_demo(folder, "--workers", "1", "--policies", str(policies)) as running:
        yield running
