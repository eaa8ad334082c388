"""Fixtures of the flows: a deployment that is no demo, and a look at all programs afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.flows.deployment import Deployment, new_deployment, serving
from tests.support.demo import Demo
from tests.support.parties import write_policies


@pytest.fixture
def unharmed(demo: Demo) -> Iterator[None]:
    """After each test all programs answer and none has written a traceback."""
    yield
    for name in ("issuer", "portal", "card"):
        assert requests.get(demo.facts[name] + "/healthz", timeout=30).status_code == 200
    assert requests.get(demo.facts["mail"] + "/messages", timeout=30).status_code == 200
    for log in (demo.data / "logs").glob("*.log"):
        assert "Traceback" not in log.read_text("utf-8", "replace"), log.name


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment that ran once, so that everything it needs is there."""
    folder = Path(tmp_path_factory.mktemp("commands"))
    made = new_deployment(folder / "own", write_policies(folder / "policies"))
    with serving(made) as issuer:
        yield made
        assert requests.get(issuer + "/healthz", timeout=30).status_code == 200
        assert "Traceback" not in made.log()
