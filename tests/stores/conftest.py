"""Real stores for the contract suites: SQLite files, PostgreSQL and Redis of our own.

Each test module has a database of its own on each engine, migrated from empty by the first start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idp.assembly.foundation import Foundation
from idp.bootstrap import prepare
from idp.settings import Settings
from idp.storage.migrate import apply
from idp.storage.sql import Database
from keys.master import MasterKeys
from tests.support.servers import PostgresServer, RedisServer, running_postgres, running_redis

POLICIES = Path(__file__).parents[2] / "policies"
ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture(scope="session")
def new_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    """Make a database without any table on an engine; the answer is its URL."""

    def make(engine: str) -> str:
        if engine == "sqlite":
            return f"sqlite:///{tmp_path_factory.mktemp('store') / 'idp.db'}"
        server: PostgresServer = request.getfixturevalue("postgres")
        return server.new_database()

    return make


@pytest.fixture(scope="module", params=ENGINES)
def empty_url(request: pytest.FixtureRequest, new_url: Callable[[str], str]) -> str:
    """The URL of a database without any table."""
    return new_url(request.param)


def migrated(url: str) -> str:
    """Bring a database to the newest revision; answers its URL."""
    database = Database(url)
    apply(database)
    database.dispose()
    return url


def settings_for(url: str, folder: Path) -> Settings:
    """Give the settings of a deployment on a database, its master key in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "master.keys"
    if not key.exists():
        key.write_text(MasterKeys.generate_text())
        key.chmod(0o600)
    return Settings("https://id.example", folder, url, POLICIES, key, clock_file=folder / "clock")


@pytest.fixture(scope="module")
def settings(empty_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_for(empty_url, tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def foundation(settings: Settings) -> Iterator[Foundation]:
    """A deployment after its first start."""
    made = prepare(settings)
    yield made
    made.database.dispose()


@pytest.fixture(scope="module")
def database(foundation: Foundation) -> Database:
    return foundation.database


@pytest.fixture(scope="module")
def url(foundation: Foundation, settings: Settings) -> str:
    """The URL of the migrated database, for other processes."""
    return settings.database_url
