"""A provider built in this process on an empty SQLite file: as mounted, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from idp.app import create_app
from idp.assembly.provider import build_provider
from idp.bootstrap import prepare
from idp.oidc.door import FrontDoor
from idp.settings import Settings, read_settings
from keys.master import MasterKeys
from tests.architecture.tree import ROOT

ISSUER = "https://id.mihon.example"


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an empty deployment."""
    data = Path(tmp_path_factory.mktemp("provider"))
    master = data / "master.keys"
    master.write_text(MasterKeys.generate_text())
    master.chmod(0o600)
    given = {"IDP_ISSUER": ISSUER, "IDP_DATA": str(data)}
    return replace(read_settings(given), policies=ROOT / "policies")


@pytest.fixture(scope="session")
def application(settings: Settings) -> Iterator[FrontDoor]:
    """The whole WSGI application."""
    foundation = prepare(settings)
    yield create_app(build_provider(foundation))
    foundation.database.dispose()
