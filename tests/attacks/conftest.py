"""One provider to attack: two worker processes, and as many members as the tests want."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idp.app import create_app
from idp.assembly.provider import build_provider
from idp.bootstrap import prepare
from idp.settings import read_settings
from tests.attacks.people import Person, settle
from tests.support.demo import Demo, running_demo
from tests.support.in_process import InProcess
from tests.support.parties import PARTIES, write_policies

CROWD = 200
PEOPLE = CROWD + 100


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Demo, list[Person]]]:
    """A running demo on SQLite, and members with accounts that came by file."""
    folder = Path(tmp_path_factory.mktemp("attacked"))
    policies = write_policies(folder / "policies", PARTIES)
    with running_demo(folder, "--workers", "2", "--policies", str(policies)) as demo:
        yield demo, settle(demo, PEOPLE)
        for log in (demo.data / "logs").glob("*.log"):
            assert "Traceback" not in log.read_text("utf-8", "replace"), log.name


@pytest.fixture(scope="session")
def attacked(settled: tuple[Demo, list[Person]]) -> Demo:
    """The demo that the tests of this folder may move through time."""
    return settled[0]


@pytest.fixture(scope="session")
def crowd(settled: tuple[Demo, list[Person]]) -> list[Person]:
    """Two hundred members whom no other test touches."""
    return settled[1][:CROWD]


@pytest.fixture(scope="session")
def unused(settled: tuple[Demo, list[Person]]) -> Iterator[Person]:
    """Members whom no test has touched yet."""
    return itertools.islice(settled[1], CROWD, None)


@pytest.fixture
def person(unused: Iterator[Person]) -> Person:
    """A member for one test alone."""
    return next(unused)


@pytest.fixture
def another(unused: Iterator[Person]) -> Person:
    """A second one."""
    return next(unused)


@pytest.fixture(scope="session")
def built(attacked: Demo) -> Iterator[Callable[..., InProcess]]:
    """Builds the attacked provider in this process, with other settings if wanted."""
    opened = []

    def build(**settings: Any) -> InProcess:
        wanted = replace(read_settings({"IDP_DATA": str(attacked.data)}), **settings)
        opened.append(prepare(wanted))
        return InProcess(create_app(build_provider(opened[-1])), wanted.issuer)

    yield build
    for foundation in opened:
        foundation.database.dispose()


@pytest.fixture(scope="session")
def inside(built: Callable[..., InProcess]) -> InProcess:
    """The attacked provider in this process, as it is set up."""
    return built()
