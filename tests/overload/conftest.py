"""Providers as `idp serve` runs them, with members enough for a rush.

`OVERLOAD=long` measures what was promised; without it the tests ask what holds on any machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.deployment import Deployment, make, stop, wait_for
from bench.stores import KINDS, Kind, Stores, running_stores

LONG = os.environ.get("OVERLOAD") == "long"
MEMBERS = 1000 if LONG else 100


@contextmanager
def serving(deployment: Deployment, workers: int, **settings: str) -> Iterator[int]:
    """Run `idp serve` without a background worker; gives its process id."""
    command = [sys.executable, "-m", "idp.cli", "serve", "--no-worker"]
    command += ["--port", str(deployment.port), "--workers", str(workers)]
    log = deployment.folder / "log"
    with log.open("ab") as said:
        environment = {**os.environ, **deployment.environment, **settings}
        server = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
    try:
        wait_for(f"http://127.0.0.1:{deployment.port}/readyz", server, log)
        yield server.pid
    finally:
        stop(server)


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A deployment on SQLite with members for a rush."""
    return make(Path(tmp_path_factory.mktemp("overload")) / "data", Stores("sqlite", {}), MEMBERS)


@pytest.fixture(scope="session", params=KINDS if LONG else KINDS[:1])
def crowded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """The same; in the long form once more on PostgreSQL with Redis."""
    kind: Kind = request.param
    if kind == "sqlite":
        yield request.getfixturevalue("deployment")
        return
    with running_stores(kind) as stores:
        yield make(Path(tmp_path_factory.mktemp("crowded")) / "data", stores, MEMBERS)
