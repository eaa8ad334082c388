"""Backups: consistent while in use, whole or refused, and no way back for whom was erased."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from audit.event import Actor
from audit.names import EventName
from idp.accounts.service import Accounts
from idp.assembly.foundation import build_foundation
from idp.backups import manifest as manifests
from idp.backups import service
from idp.backups.manifest import write
from idp.storage.copies import copy_out
from idp.storage.migrate import head
from tests.retention.house import BROWSER, House, grant_roles
from tests.retention.people import a_member
from tests.retention.test_erasure import GONE, REFUNDED, everything

NUMBER, ADDRESS = "00000017", "hanako17@mihon.example"


@pytest.fixture
def elsewhere(
    house: House, new_url: Callable[[str], str], tmp_path: Path
) -> Iterator[Callable[[], House]]:
    """An empty place with the same master key; opened once something was restored."""
    s = house.foundation.settings
    engine = "sqlite" if house.foundation.database.is_sqlite else "postgresql"
    url = new_url(engine)
    data = tmp_path / "elsewhere"
    if engine == "sqlite":
        data.mkdir()
        url = f"sqlite:///{data / 'idp.db'}"
    moved = House(replace(house.foundation, settings=replace(s, data=data, database_url=url)))
    opened: list[House] = []

    def open_it() -> House:
        if not opened:
            opened.append(House(build_foundation(moved.foundation.settings)))
        return opened[0]

    open_it.closed = moved  # type: ignore[attr-defined]
    yield open_it
    for one in opened:
        one.foundation.database.dispose()


def closed(elsewhere: object) -> House:
    """Give the place before anything is in it: commands only."""
    found: House = elsewhere.closed  # type: ignore[attr-defined]
    return found


def test_a_backup_is_restored_and_the_log_goes_on(
    house: House, elsewhere: Callable[[], House], tmp_path: Path
) -> None:
    subject = account_of(house)
    house.record(EventName.CLAIMS_READ, 1, subject, 20)
    house.seal()
    made = house.said("backup", "--out", str(tmp_path / "backup"))
    assert made["size"] >= 20
    done = closed(elsewhere).said("restore", "--from", str(tmp_path / "backup"))
    assert (done["size"], done["erased_again"], done["forked"]) == (made["size"], 0, False)
    moved = elsewhere()
    assert moved.said("migrate", "status")["current"] == head()
    assert moved.said("account", "show", NUMBER)["subject"] == subject
    moved.record(EventName.CLAIMS_READ, 0, subject, 5)
    moved.seal()
    assert moved.verify(tmp_path) == 0
    assert moved.idp("doctor", "invariants").returncode == 0
    if not moved.foundation.database.is_sqlite:
        grant_roles(moved.foundation.settings.database_url)
    assert moved.idp("audit", "purge").returncode == 0


def test_a_backup_of_before_an_erasure_does_not_bring_the_person_back(
    house: House, elsewhere: Callable[[], House], tmp_path: Path
) -> None:
    subject = account_of(house)
    house.record(EventName.CLAIMS_READ, 1, subject, 3)
    house.seal()
    house.said("backup", "--out", str(tmp_path / "backup"))
    house.said("account", "erase", NUMBER, "--reason", "asked by letter")
    house.seal()
    list_ = str(house.data / "erased")
    empty = closed(elsewhere)
    done = empty.said("restore", "--from", str(tmp_path / "backup"), "--erased", list_)
    assert done["erased_again"] == 1
    moved = elsewhere()
    assert [text for text in GONE if text in everything(moved)] == []
    assert moved.verify(tmp_path) == 0
    found = moved.idp("audit", "search", "--subject", subject, "--format", "json").stdout
    assert BROWSER not in found
    assert "claims.read" in found
    if moved.foundation.database.is_sqlite:
        raw = (moved.data / "idp.db").read_bytes()
        assert [text for text in GONE if text.encode() in raw] == [], "in the file itself"


def test_on_the_same_machine_the_list_is_found_without_being_named(
    house: House, tmp_path: Path
) -> None:
    """The database is lost, the data folder is not: checkpoints and erased persons are known."""
    account_of(house)
    house.seal()
    house.said("backup", "--out", str(tmp_path / "backup"))
    house.said("account", "erase", NUMBER, "--reason", "asked by letter")
    house.record(EventName.CLAIMS_READ, 0, count=7)
    house.seal()
    kept = tmp_path / "kept.txt"
    kept.write_text(house.idp("audit", "checkpoint").stdout)
    if not house.foundation.database.is_sqlite:
        # A lost database is a file only on SQLite; there is no folder to lose here.
        pytest.skip(
            "the database of PostgreSQL is not in the data folder; another test restores it"
        )
    house.foundation.database.dispose()
    place = Path(str(house.foundation.database.url.database))
    for part in place.parent.glob("idp.db*"):
        part.unlink()
    source = ("restore", "--from", str(tmp_path / "backup"))

    refused = house.idp(*source)
    assert refused.returncode == 1
    assert "would be lost" in refused.stderr
    assert not place.exists(), "nothing was opened"

    done = house.said(*source, "--fork", "--reason", "the disk of 3 November")
    assert (done["forked"], done["erased_again"]) == (True, 1)
    raw = place.read_bytes()
    assert [text for text in GONE if text.encode() in raw] == []
    house.record(EventName.CLAIMS_READ, 0, count=40)
    house.seal()
    assert house.verify(tmp_path, checkpoint=kept) == 1
    assert house.verify_again(tmp_path) == 0


def test_a_kept_checkpoint_makes_an_older_backup_refused(
    house: House, elsewhere: Callable[[], House], tmp_path: Path
) -> None:
    house.record(EventName.CLAIMS_READ, 1)
    house.seal()
    house.said("backup", "--out", str(tmp_path / "backup"))
    house.record(EventName.CLAIMS_READ, 0, count=3)
    house.seal()
    kept = tmp_path / "kept.txt"
    kept.write_text(house.idp("audit", "checkpoint").stdout)
    source = ("restore", "--from", str(tmp_path / "backup"), "--checkpoint", str(kept))
    empty = closed(elsewhere)
    assert empty.idp(*source).returncode == 1
    assert empty.idp(*source, "--fork").returncode == 2
    assert empty.said(*source, "--fork", "--reason", "no newer one")["forked"] is True
    moved = elsewhere()
    with moved.foundation.database.read() as tx:
        row = tx.text("SELECT line FROM audit_event WHERE name = 'log.forked'").fetchone()
    data = json.loads(row[0])["data"]
    assert data["known"]["size"] > data["goes_on_from"]["size"]
    moved.record(EventName.CLAIMS_READ, 0, count=20)
    moved.seal()
    assert moved.verify(tmp_path, checkpoint=kept) == 1
    assert moved.verify_again(tmp_path) == 0


def test_nothing_is_restored_over_a_database(house: House, tmp_path: Path) -> None:
    house.record(EventName.CLAIMS_READ, 1)
    house.seal()
    house.said("backup", "--out", str(tmp_path / "backup"))
    refused = house.idp("restore", "--from", str(tmp_path / "backup"))
    assert refused.returncode == 1
    assert "exists" in refused.stderr or "has tables" in refused.stderr
    again = house.idp("backup", "--out", str(tmp_path / "backup"))
    assert again.returncode == 1


def test_a_backup_that_was_changed_or_not_finished_is_refused(
    house: House, elsewhere: Callable[[], House], tmp_path: Path
) -> None:
    house.said("backup", "--out", str(tmp_path / "backup"))
    source = ("restore", "--from", str(tmp_path / "backup"))
    files = [p for p in (tmp_path / "backup").rglob("*") if p.is_file() and p.name != "backup.json"]
    largest = max(files, key=lambda path: path.stat().st_size)
    whole = largest.read_bytes()
    largest.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    changed = closed(elsewhere).idp(*source)
    assert (changed.returncode, "not the file that was backed up" in changed.stderr) == (1, True)
    largest.write_bytes(whole)
    (tmp_path / "backup/backup.json").unlink()
    unfinished = closed(elsewhere).idp(*source)
    assert (unfinished.returncode, "not finished" in unfinished.stderr) == (1, True)


def test_a_manifest_that_was_changed_is_found(
    house: House, elsewhere: Callable[[], House], new_url: Callable[[str], str], tmp_path: Path
) -> None:
    """CWE-345: whoever can write to the place of backups changes a file and its digest."""
    house.said("backup", "--out", str(tmp_path / "backup"))
    empty, place = closed(elsewhere), tmp_path / "backup/backup.json"
    signed, source = place.read_text(), ("restore", "--from", str(tmp_path / "backup"))
    place.write_text(signed.replace('"made_at": "2', '"made_at": "1'))
    changed = empty.idp(*source)
    assert (changed.returncode, "not signed by the audit key" in changed.stderr) == (1, True)
    place.write_text(signed.replace('"format": 2', '"format": 1'))
    unsigned = empty.idp(*source)
    assert (unsigned.returncode, "--unsigned" in unsigned.stderr) == (1, True)
    if not house.foundation.database.is_sqlite:
        assert empty.idp(*source, "--unsigned").returncode == 1, "the first try left it closed"
        empty.foundation = replace(
            empty.foundation,
            settings=replace(empty.foundation.settings, database_url=new_url("postgresql")),
        )
    assert empty.said(*source, "--unsigned")["size"] >= 0
    place.write_text(signed)


def test_no_backup_is_made_that_the_log_does_not_know(
    house: House, elsewhere: Callable[[], House], tmp_path: Path
) -> None:
    """CWE-778: killed in between, a whole copy lay there and the log did not tell of it."""

    def names(of: House) -> list[str]:
        with of.foundation.database.read() as tx:
            rows = tx.text("SELECT name FROM audit_event WHERE name LIKE 'backup.%'").fetchall()
        return [row[0] for row in rows]

    told: list[list[str]] = []
    with (
        patch.object(service, "copy_out", lambda *x: [told.append(names(house)), copy_out(*x)][1]),
        patch.object(manifests, "write", lambda *x: [told.append(names(house)), write(*x)][1]),
    ):
        house.said("backup", "--out", str(tmp_path / "backup"))
    assert told == [["backup.begun"], ["backup.begun", "backup.made"]]
    closed(elsewhere).said("restore", "--from", str(tmp_path / "backup"))
    assert names(elsewhere()) == ["backup.begun", "backup.restored"]


def test_a_backup_without_its_master_key_is_refused_before_anything_is_written(
    house: House, elsewhere: Callable[[], House], tmp_path: Path
) -> None:
    from keys.master import MasterKeys

    house.said("backup", "--out", str(tmp_path / "backup"))
    other = tmp_path / "other.keys"
    other.write_text(MasterKeys.generate_text())
    other.chmod(0o600)
    empty = closed(elsewhere)
    refused = empty.idp(
        "restore", "--from", str(tmp_path / "backup"), IDP_MASTER_KEY_FILE=str(other)
    )
    assert (refused.returncode, "needs the master key" in refused.stderr) == (1, True)
    assert not (empty.data / "idp.db").exists()


def test_no_backup_holds_the_master_key_or_opens_anything(house: House, tmp_path: Path) -> None:
    account_of(house)
    house.said("backup", "--out", str(tmp_path / "backup"))
    key = house.foundation.settings.master_key_file.read_bytes().split()[-1]
    for path in (tmp_path / "backup").rglob("*"):
        if path.is_file():
            assert key not in path.read_bytes()
            assert path.stat().st_mode & 0o077 == 0


def test_a_backup_under_writes_is_of_one_moment(
    house: House, elsewhere: Callable[[], House], tmp_path: Path
) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            house.record(EventName.CLAIMS_READ, 0, count=3)
            house.seal()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = house.said("backup", "--out", str(tmp_path / "backup"))
    finally:
        stop.set()
        writer.join()
    closed(elsewhere).said("restore", "--from", str(tmp_path / "backup"))
    moved = elsewhere()
    assert moved.idp("doctor", "invariants").returncode == 0
    with moved.foundation.database.read() as tx:
        size = tx.text("SELECT size FROM audit_sealer").fetchone()[0]
    assert size == made["size"]
    assert moved.verify(tmp_path) == 0


def account_of(house: House) -> str:
    a_member(house, NUMBER, REFUNDED)
    f = house.foundation
    service = Accounts(f.database, f.clock, f.policy, f.journal)
    return service.add(NUMBER, ADDRESS, "とても長い合言葉です", Actor("operator")).subject
