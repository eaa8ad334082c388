"""The story on each engine, lived once; and one pack of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fontTools import subset

from idp.invitations.letter_pdf import FACE_JP, find_font
from tests.evidence.story import Story, live
from tests.retention.house import ROOT
from tests.stores.conftest import ENGINES, new_url, postgres

__all__ = ["new_url", "postgres"]


@pytest.fixture(scope="session")
def lived(
    new_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Story]]:
    """Give the story on an engine."""
    known: dict[str, Story] = {}

    def on(engine: str) -> Story:
        if engine not in known:
            known[engine] = live(new_url(engine), tmp_path_factory.mktemp("story"))
        return known[engine]

    yield on
    for one in known.values():
        one.house.foundation.database.dispose()


@pytest.fixture(scope="session", params=ENGINES)
def story(request: pytest.FixtureRequest, lived: Callable[[str], Story]) -> Story:
    return lived(request.param)


@pytest.fixture(scope="session")
def embedded(lived: Callable[[str], Story]) -> Story:
    """The story on SQLite: for what makes packs of its own, and differs by no engine."""
    return lived("sqlite")


@pytest.fixture(scope="session")
def small_font(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The font with the characters of the reports only: opening all of it takes seconds."""
    texts = [*(ROOT / "idp/evidence").glob("*.py"), ROOT / "idp/audit_room/words.py"]
    texts += [*(ROOT / "policies").glob("*.toml"), Path(__file__).with_name("story.py")]
    known = "".join(path.read_text() for path in texts) + "".join(map(chr, range(33, 127)))
    options = subset.Options(font_number=FACE_JP, notdef_outline=True, glyph_names=False)
    font = subset.load_font(str(find_font()), options)
    cutter = subset.Subsetter(options)
    cutter.populate(text=known)
    cutter.subset(font)
    path = tmp_path_factory.mktemp("font") / "small.otf"
    subset.save_font(font, str(path), options)
    font.close()
    return path


@pytest.fixture(scope="session")
def pack(story: Story, small_font: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of the period, made by the command; what it said and the key stand beside it.

    On SQLite with the whole font, as in life.
    """
    folder = tmp_path_factory.mktemp("evidence") / "pack"
    font = None if story.house.foundation.database.is_sqlite else small_font
    (folder.parent / "said.json").write_text(json.dumps(story.evidence(folder, font=font)))
    (folder.parent / "auditor.pub").write_text(story.house.idp("audit", "key").stdout)
    return folder
