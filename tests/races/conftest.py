"""Two worker processes on SQLite, and on PostgreSQL with Redis; address limits out of the way.

`RACES=long` runs the full number of rounds; without it a tenth.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.crowds import LONG
from tests.support.demo import Demo, running_demo
from tests.support.servers import PostgresServer, running_postgres, running_redis

POLICIES = Path(__file__).parents[2] / "policies"


def rounds(long: int, short: int = 2) -> list[int]:
    """Number the rounds of a test."""
    return list(range(long if LONG else short))


@pytest.fixture(scope="session")
def test_policies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped policy, its address limits raised beyond reach."""
    folder = tmp_path_factory.mktemp("policy") / "policies"
    shutil.copytree(POLICIES, folder)
    limits = folder / "limits.toml"
    text, changed = re.subn(
        r"(\[failures_per_(?:address|network)\]\n.*\ncount = )\d+",
        r"\g<1>1000000",
        limits.read_text("utf-8"),
    )
    assert changed == 2
    limits.write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session", params=["sqlite", "postgresql+redis"])
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, test_policies: Path
) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("races")
    arguments = ["--workers", "2", "--policies", str(test_policies)]
    if request.param == "sqlite":
        with running_demo(folder, *arguments) as running:
            yield running
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with running_redis() as redis:
        arguments += ["--database", server.new_database("races"), "--redis", redis.url]
        with running_demo(folder, *arguments) as running:
            yield running


def pass_time(demo: Demo, seconds: float) -> None:
    """Move the clock of a demo on; it never goes back in a session of tests."""
    demo.move_clock(float(demo.clock.read_text()) + seconds)
