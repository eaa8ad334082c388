"""The story on each engine, lived once; and one pack of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.evidence.story import Story, live
from tests.stores.conftest import ENGINES, new_url, postgres

__all__ = ["new_url", "postgres"]


@pytest.fixture(scope="session", params=ENGINES)
def story(
    request: pytest.FixtureRequest,
    new_url: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Story]:
    made = live(new_url(request.param), tmp_path_factory.mktemp("story"))
    yield made
    made.house.foundation.database.dispose()


@pytest.fixture(scope="session")
def pack(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of the period, made by the command, and the auditor's key beside it."""
    folder = tmp_path_factory.mktemp("evidence") / "pack"
    story.evidence(folder)
    (folder.parent / "auditor.pub").write_text(story.house.idp("audit", "key").stdout)
    return folder
