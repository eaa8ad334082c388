"""A period whose bodies are gone with their retention: the pack says so, and accuses nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.names import EventName
from idp.bootstrap import prepare
from idp.clock import TOKYO
from tests.retention.house import House, alone
from tests.stores.conftest import settings_for


@pytest.fixture
def house(new_url: Callable[[str], str], tmp_path: Path) -> House:
    return House(prepare(alone(settings_for(new_url("sqlite"), tmp_path / "data"))))


def test_purged_bodies_are_counted_and_proven(
    house: House, small_font: Path, tmp_path: Path
) -> None:
    house.record(EventName.SESSION_STARTED, 800, "old", 40)
    house.record(EventName.STAFF_LISTED, 800, "old", 3)  # kept for five years
    house.record(EventName.SESSION_STARTED, 20, "young", 5)
    house.seal_past()
    assert house.said("audit", "purge")
    day = (datetime.now(UTC) - timedelta(days=800)).astimezone(TOKYO).date().isoformat()
    options = ("--out", str(tmp_path / "pack"), "--font", str(small_font))
    said = house.said("audit", "evidence", "--period", f"{day}..{day}", *options)
    assert (said["events"], said["problem"]) == (3, None)
    figures = json.loads((tmp_path / "pack" / "integrity.json").read_text())["figures"]
    assert figures["records"]["leaves"] == 43
    assert (figures["records"]["purged"], figures["verified"]["bodies_read"]) == (40, 3)
    month = datetime.now(TOKYO).strftime("%Y-%m")
    options = ("--out", str(tmp_path / "now"), "--font", str(small_font))
    assert house.said("audit", "evidence", "--period", month, *options)["problem"] is None
    figures = json.loads((tmp_path / "now" / "integrity.json").read_text())["figures"]
    assert [(one["class"], one["events"]) for one in figures["purges"]] == [("access", 40)]
    house.foundation.database.dispose()
