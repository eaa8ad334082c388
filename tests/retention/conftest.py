"""A deployment with a past on each engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idp.bootstrap import prepare
from tests.retention.house import House, alone, grant_roles
from tests.stores.conftest import ENGINES, new_url, postgres, settings_for

__all__ = ["new_url", "postgres"]


@pytest.fixture(params=ENGINES)
def house(
    request: pytest.FixtureRequest, new_url: Callable[[str], str], tmp_path: Path
) -> Iterator[House]:
    """A deployment after its first start; on PostgreSQL with the roles of `deploy`."""
    made = prepare(alone(settings_for(new_url(request.param), tmp_path / "data")))
    if not made.database.is_sqlite:
        grant_roles(made.settings.database_url)
    yield House(made)
    made.database.dispose()
