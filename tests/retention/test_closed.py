"""A restore that is killed, wherever: never an open database with the key of an erased person."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from audit.event import Actor
from idp.assembly.foundation import build_foundation
from idp.assembly.restoring import Restore
from idp.bootstrap import prepare
from idp.erasure.service import Eraser
from idp.settings import Settings
from idp.storage import copies, migrate
from idp.storage.closing import DatabaseClosed
from idp.storage.sql import Database
from tests.retention.house import House
from tests.retention.test_backup import NUMBER, account_of

OWNER = Actor("operator")
STAGES: dict[str, tuple[Any, str, bool]] = {
    "closed": (copies, "close", True),
    "the schema stands": (migrate, "apply", True),
    "before the rows are durable": (copies, "_past_newest", False),
    "the rows are in": (copies, "copy_in", True),
    "before the erasure": (Eraser, "_erase", False),
    "erased again": (Eraser, "_erase", True),
    "settled": (Restore, "_settle", True),
    "opened, not yet in place": (copies, "open_up", True),
    "in place": (copies, "put_in_place", True),
    "open": (copies, "open_restored", True),
}
"""What a process is killed at: the function, and whether after it."""


@pytest.fixture
def backed_up(house: House, tmp_path: Path) -> House:
    """A deployment that erased somebody after its backup, in `tmp_path / "backup"`."""
    account_of(house)
    house.seal()
    house.said("backup", "--out", str(tmp_path / "backup"))
    house.said("account", "erase", NUMBER, "--reason", "asked by letter")
    return house


def test_killed_anywhere_it_is_closed_or_complete(
    backed_up: House, new_url: Callable[[str], str], tmp_path: Path
) -> None:
    """CWE-459: for a moment the database was open, and the key of an erased person was in it."""
    is_sqlite = backed_up.foundation.database.is_sqlite
    died = set()
    for number, stage in enumerate(STAGES):
        data = tmp_path / f"elsewhere{number}"
        url = new_url("sqlite" if is_sqlite else "postgresql")
        settings = replace(backed_up.foundation.settings, data=data, database_url=url)
        restore = Restore(
            settings,
            tmp_path / "backup",
            OWNER,
            erased_elsewhere=(backed_up.data / "erased",),
        )
        if _killed(restore, stage):
            died.add(stage)
            _is_closed_or_complete(House(replace(backed_up.foundation, settings=settings)), stage)
            again = House(replace(backed_up.foundation, settings=settings)).idp(
                "restore", "--from", str(tmp_path / "backup")
            )
            assert again.returncode == 0 or "restore" in again.stderr, stage
            _is_closed_or_complete(House(replace(backed_up.foundation, settings=settings)), stage)
    never = {"open", "before the rows are durable"} if is_sqlite else {"in place"}
    assert died == set(STAGES) - never


def _killed(restore: Restore, stage: str) -> bool:
    """Restore in a process of its own, which is killed at a stage; False when it got through."""
    child = os.fork()
    if child == 0:
        place, name, after = STAGES[stage]
        found = getattr(place, name)

        def die(*arguments: Any, **options: Any) -> Any:
            if after:
                found(*arguments, **options)
            os.kill(os.getpid(), signal.SIGKILL)

        try:
            with patch.object(place, name, die):
                restore.run()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _is_closed_or_complete(house: House, stage: str) -> None:
    """Look through every door: the commands refuse, or the person's keys are gone."""
    settings: Settings = house.foundation.settings
    database = Database(settings.database_url)
    if database.is_sqlite and not Path(str(database.url.database)).exists():
        return
    shown = house.idp("member", "show", NUMBER)
    assert shown.returncode in (0, 1, 3), stage
    try:
        with database.read() as tx:
            listed = (
                "SELECT 1 FROM sqlite_master WHERE name = 'person_key'"
                if database.is_sqlite
                else "SELECT 1 WHERE to_regclass('person_key') IS NOT NULL"
            )
            if tx.text(listed).fetchone() is not None:
                rows = tx.text(
                    "SELECT person FROM person_key WHERE wrapped IS NOT NULL"
                    " AND person NOT LIKE 'unknown:%'"
                ).fetchall()
                assert rows == [], stage
    except DatabaseClosed:
        assert shown.returncode == 3, stage
        assert "restore" in shown.stderr
    finally:
        database.dispose()


def test_who_was_connected_before_is_sent_away_first(
    backed_up: House, new_url: Callable[[str], str], tmp_path: Path
) -> None:
    """A provider that was left running would see the rows come in, and serve from them."""
    if backed_up.foundation.database.is_sqlite:
        pytest.skip("nobody is connected to a file that is not there yet")
    s = replace(
        backed_up.foundation.settings,
        data=tmp_path / "elsewhere",
        database_url=new_url("postgresql"),
    )
    running = Database(s.database_url)
    with running.read() as tx:
        tx.text("SELECT 1")
    restore = Restore(s, tmp_path / "backup", OWNER)
    with patch.object(copies, "PATIENCE_SECONDS", 0.3), pytest.raises(copies.NotAlone):
        restore.run()
    with running.read() as tx:
        assert tx.text("SELECT to_regclass('member')").fetchone()[0] is None
    running.dispose()
    assert restore.run().size > 0


def test_a_closed_database_is_refused_by_every_command(house: House) -> None:
    database = house.foundation.database
    with database.begin() as tx:
        tx.text("CREATE TABLE restore_under_way (id integer PRIMARY KEY)")
    database.dispose()
    for command in (
        ("member", "show", NUMBER),
        ("migrate", "status"),
        ("migrate", "apply"),
        ("doctor", "invariants"),
        ("audit", "checkpoint"),
    ):
        done = house.idp(*command)
        assert (done.returncode, "the database is closed" in done.stderr) == (3, True), command
    for program in (prepare, build_foundation):  # what `serve` and the worker begin with
        with pytest.raises(DatabaseClosed):
            program(house.foundation.settings)
