"""Purges: bodies go when their time is over, leaves stay, and every missing body is explained."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from audit.names import EventName
from idp.errors import StoreUnavailable
from idp.worker import RETRY_SECONDS, Job
from tests.retention.house import House

ACCESS, SECURITY = EventName.CLAIMS_READ, EventName.SIGN_IN_REFUSED


@pytest.fixture
def old(house: House) -> dict[str, list[str]]:
    """A sealed log: old and young events of access, old ones of the register."""
    made = {
        "old access": house.record(ACCESS, 800, "somebody", 30),
        "old register": house.record(EventName.CHANGE_FILED, 800, "somebody", 5),
        "older register": house.record(EventName.CHANGE_FILED, 4000, "somebody", 5),
        "young access": house.record(ACCESS, 700, "somebody", 10),
    }
    house.seal_past()
    return made


def test_bodies_go_leaves_stay_and_the_pack_verifies(
    house: House, old: dict[str, list[str]], tmp_path: Path
) -> None:
    rows = {row["class"]: row for row in house.said("audit", "purge")}
    assert rows["access"]["events"] == 30
    assert rows["register"]["events"] == 5
    left = house.bodies()
    assert not left & {*old["old access"], *old["older register"]}
    assert left >= {*old["old register"], *old["young access"]}
    assert {(p["class"], p["count"]) for p in house.purge_events()} == {
        ("access", 30),
        ("register", 5),
    }
    assert house.verify(tmp_path) == 0
    leaves = (tmp_path / "pack/leaves.txt").read_text()
    assert leaves.count(" purged=") == 35
    assert house.idp("doctor", "invariants").returncode == 0


def test_a_dry_run_only_counts(house: House, old: dict[str, list[str]]) -> None:
    before = house.bodies()
    rows = {row["class"]: row for row in house.said("audit", "purge", "--dry-run")}
    assert rows["access"]["events"] == 30
    assert house.bodies() == before
    assert house.purge_events() == []


def test_one_class_alone(house: House, old: dict[str, list[str]]) -> None:
    (row,) = house.said("audit", "purge", "--class", "register")
    assert (row["class"], row["events"]) == ("register", 5)
    assert house.bodies() >= set(old["old access"])


def test_the_newest_event_stays_so_that_no_position_is_given_twice(
    house: House, tmp_path: Path
) -> None:
    """SQLite hands out the highest position plus one; the sealer goes by positions."""
    made = house.record(ACCESS, 900, "somebody", 4)
    house.seal()
    house.said("audit", "purge")
    assert house.bodies() & set(made) == {made[-1]}
    assert house.verify(tmp_path) == 0, "what came after it was sealed"


def test_what_is_not_sealed_stays(house: House) -> None:
    made = house.record(ACCESS, 800)
    assert {row["class"]: row["events"] for row in house.said("audit", "purge")}["access"] == 0
    assert house.bodies() >= set(made)


def test_purge_events_are_never_purged(house: House, tmp_path: Path) -> None:
    house.record(ACCESS, 5000, "somebody", 3)
    data = {"class": "access", "count": 0, "from_seq": 0, "to_seq": 0, "sha256": "0" * 64}
    kept = house.record(EventName.AUDIT_PURGED, 5000, data=data)
    gone = house.record(EventName.SYSTEM_STARTED, 5000)
    house.seal_past()
    house.said("audit", "purge")
    assert house.bodies() >= set(kept)
    assert not house.bodies() & set(gone)


def test_a_second_purge_finds_nothing_and_later_ones_verify(
    house: House, old: dict[str, list[str]], tmp_path: Path
) -> None:
    house.said("audit", "purge")
    assert all(row["events"] == 0 for row in house.said("audit", "purge"))
    house.record(ACCESS, 900, "somebody", 4)
    house.seal_past()
    assert {r["class"]: r["events"] for r in house.said("audit", "purge")}["access"] == 4
    assert house.verify(tmp_path) == 0


def test_a_body_deleted_by_hand_is_found(
    house: House, old: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever may drop the triggers deletes one event beside a genuine purge."""
    house.said("audit", "purge")
    victim = old["young access"][3]
    _without_triggers(house, f"DELETE FROM audit_event WHERE id = '{victim}'")
    assert house.verify(tmp_path) == 1
    said = capsys.readouterr().out
    assert "FAILED: record" in said
    assert victim in said, "the verifier names the first event that is not where it was"
    assert "deleted by hand" in (tmp_path / "export.err").read_text()
    assert house.idp("doctor", "invariants").returncode == 1


def test_a_body_deleted_by_hand_and_written_into_the_list_is_found(
    house: House, old: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list of purges proves nothing: the verifier counts against the sealed purge event."""
    house.said("audit", "purge", "--class", "access")
    victim = old["young access"][0]
    with house.foundation.database.read() as tx:
        row = tx.text(f"SELECT seq FROM audit_leaf WHERE event_id = '{victim}'").fetchone()
        first = tx.text("SELECT from_seq FROM audit_purge").fetchone()[0]
    more = f"UPDATE audit_purge SET seqs = seqs || ',{row[0] - first}', to_seq = {row[0] + 1}"
    _without_triggers(house, f"DELETE FROM audit_event WHERE id = '{victim}'", more)
    assert house.idp("doctor", "invariants").returncode == 1
    assert house.verify(tmp_path) == 1
    said = capsys.readouterr().out
    assert "FAILED: record" in said


def test_a_purge_that_was_killed_left_nothing_unexplained_and_goes_on(
    house: House, tmp_path: Path
) -> None:
    made = [one for n in range(4) for one in house.record(ACCESS, 900 - n, "somebody", 1500)]
    house.seal_past()
    kills = 0
    for wait in (0.0, 0.05):
        process = subprocess.Popen(
            house.command("audit", "purge"),
            env={**os.environ, **house.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait_for_a_batch(house, process)
        time.sleep(wait)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
        gone = len(set(made) - house.bodies())
        assert gone == sum(purge["count"] for purge in house.purge_events())
    assert kills >= 1
    house.said("audit", "purge")
    assert not set(made) & house.bodies()
    assert house.verify(tmp_path) == 0


def _wait_for_a_batch(house: House, process: subprocess.Popen[bytes]) -> None:
    before = len(house.purge_events())
    while process.poll() is None and len(house.purge_events()) == before:
        time.sleep(0.01)


def test_the_keys_of_months_past_their_time_are_destroyed(house: House) -> None:
    """What strangers typed, passwords among it, is a hash under a key that is gone now."""
    house.record(SECURITY, 900)
    house.record(SECURITY, 30)
    house.seal_past()
    months = "SELECT person, wrapped IS NULL FROM person_key WHERE person LIKE 'unknown:%'"
    house.said("audit", "purge")
    with house.foundation.database.read() as tx:
        found = dict(tx.text(months).fetchall())
    by_age = [bool(found[month]) for month in sorted(found)]
    assert by_age[0] is True
    assert by_age[-1] is False


def _without_triggers(house: House, *statements: str) -> None:
    with house.foundation.database.begin() as tx:
        if house.foundation.database.is_sqlite:
            row = tx.text(
                "SELECT sql FROM sqlite_master WHERE name = 'audit_event_no_delete'"
            ).fetchone()
            tx.text("DROP TRIGGER audit_event_no_delete")
            for statement in statements:
                tx.text(statement)
            tx.text(row[0])
        else:
            tx.text("ALTER TABLE audit_event DISABLE TRIGGER ALL")
            for statement in statements:
                tx.text(statement)
            tx.text("ALTER TABLE audit_event ENABLE TRIGGER ALL")


@pytest.mark.parametrize("name", ["audit.purged", "claims.read"])
def test_a_plain_delete_is_refused_as_before(house: House, name: str) -> None:
    house.record(ACCESS, 900)
    house.seal_past()
    before = house.bodies()
    with (
        pytest.raises(Exception, match="append-only"),
        house.foundation.database.begin() as tx,
    ):
        tx.text(f"DELETE FROM audit_event WHERE name = '{name}' OR name = 'claims.read'")
    assert house.bodies() == before


def test_a_permit_lets_only_what_is_sealed_go(house: House) -> None:
    """A delete that writes its own permit still cannot take what no leaf holds."""
    (event,) = house.record(ACCESS, 900)
    database = house.foundation.database
    with pytest.raises(Exception, match="append-only"), database.begin() as tx:
        if not database.is_sqlite:
            tx.text("SET LOCAL ROLE kumiai_purger")
        row = tx.text(f"SELECT position FROM audit_event WHERE id = '{event}'").fetchone()
        tx.text(f"INSERT INTO audit_purge_permit VALUES ({row[0]})")
        tx.text(f"DELETE FROM audit_event WHERE position = {row[0]}")
    assert event in house.bodies()


def test_a_purge_that_failed_is_tried_again_soon() -> None:
    """What is done once a day waited for a whole day more when the database was busy once."""

    def fails() -> None:
        raise StoreUnavailable("busy")

    failing, working = Job("purge", 86_400.0, fails), Job("purge", 86_400.0, lambda: None)
    failing.run_if_due()
    working.run_if_due()
    assert failing.due - time.monotonic() <= RETRY_SECONDS < 3_600
    assert working.due - time.monotonic() > 86_000
