"""Checkpoints outside of the database: a database that was set back is not sealed over."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from audit import checkpoint as checkpoints
from audit.names import EventName
from idp.assembly.retention import build_telling
from idp.assembly.sealing import build_sealer
from idp.journal.anchors import CheckpointFile
from idp.journal.forks import LogSetBack
from idp.policy.model import Audit
from tests.retention.house import House

NAME = EventName.CLAIMS_READ


def test_each_seal_is_in_the_file(house: House) -> None:
    file = CheckpointFile(house.data / "checkpoints")
    for _ in range(3):
        house.record(NAME, 1)
        house.seal()
        assert file.newest_note() == house.idp("audit", "checkpoint").stdout


def test_a_torn_line_is_passed_over_and_does_not_spoil_the_next(
    tmp_path: Path, house: House
) -> None:
    house.record(NAME, 1)
    house.seal()
    file = CheckpointFile(house.data / "checkpoints")
    known = file.newest_note()
    with file.path.open("a") as torn:
        torn.write('{"checkpoint": "kumiai-id/au')
    assert file.newest_note() == known
    house.record(NAME, 1)
    house.seal()
    assert file.newest_note() not in (known, None)


def test_a_large_file_is_thinned_and_keeps_the_newest(house: House) -> None:
    file = CheckpointFile(house.data / "checkpoints")
    small = replace(
        build_sealer(house.foundation), file=CheckpointFile(file.path, thin_above=2_000)
    )
    for _ in range(130):
        house.record(NAME, 1)
        small.seal()
    lines = file.path.read_text().splitlines()
    assert 100 <= len(lines) < 125
    assert file.newest_note() == house.idp("audit", "checkpoint").stdout


def set_back(house: House, tmp_path: Path) -> None:
    """Do what a DBA does with yesterday's copy: put it in place of the database."""
    f = house.foundation
    if f.database.is_sqlite:
        copy = tmp_path / "yesterday.db"
        place = Path(str(f.database.url.database))
        with f.database.engine.connect() as connection:
            connection.exec_driver_sql(f"VACUUM INTO '{copy}'")
        house.record(NAME, 1, count=5)
        house.seal()
        f.database.dispose()
        for part in place.parent.glob(place.name + "-*"):
            part.unlink()
        shutil.copyfile(copy, place)
        return
    kept = "CREATE TABLE kept_{0} AS SELECT * FROM audit_{0}"
    with f.database.begin() as tx:
        for table in ("event", "leaf", "checkpoint", "sealer"):
            tx.text(kept.format(table))
    house.record(NAME, 1, count=5)
    house.seal()
    with f.database.begin() as tx:
        for table in ("event", "leaf", "checkpoint", "sealer"):
            tx.text(f"ALTER TABLE audit_{table} DISABLE TRIGGER ALL")
            tx.text(f"DELETE FROM audit_{table}")
            own = "OVERRIDING SYSTEM VALUE" if table == "event" else ""
            tx.text(f"INSERT INTO audit_{table} {own} SELECT * FROM kept_{table}")
            tx.text(f"ALTER TABLE audit_{table} ENABLE TRIGGER ALL")
            tx.text(f"DROP TABLE kept_{table}")


def test_yesterdays_copy_in_place_of_the_database_is_not_sealed_over(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house.record(NAME, 1)
    house.seal()
    set_back(house, tmp_path)
    kept = tmp_path / "kept.txt"
    file = CheckpointFile(house.data / "checkpoints")
    kept.write_text(file.newest_note() or "")
    house.record(NAME, 0, count=20)
    with pytest.raises(LogSetBack):
        house.seal()
    refused = house.idp("audit", "export", "--out", str(tmp_path / "refused"))
    assert refused.returncode == 1
    assert "set back" in refused.stderr
    found = house.idp("doctor", "invariants")
    assert (found.returncode, "set back" in found.stdout) == (1, True)

    told = house.said("audit", "fork", "--reason", "restored by hand after a fire")
    assert told["known"]["size"] == told["goes_on_from"]["size"] + 5
    house.seal()
    assert house.verify(tmp_path, checkpoint=kept) == 1
    said = capsys.readouterr().out
    assert "log.forked" in said
    assert told["event"] in said
    assert house.verify_again(tmp_path) == 0
    assert house.idp("audit", "fork", "--reason", "again").returncode == 1


def test_checkpoints_are_printed_and_mailed(house: House, tmp_path: Path) -> None:
    house.record(NAME, 1)
    house.seal()
    f = house.foundation
    rules = f.policy.policy.audit
    mailing = mailed_to(rules, "auditor@mihon.example")
    with (tmp_path / "out").open("w+") as out:
        telling = replace(build_telling(f), policy=lambda: mailing, out=out)
        for _ in range(3):
            telling.tell()
        out.seek(0)
        lines = out.read().splitlines()
    assert len(lines) == 1, "once an hour, not each time"
    told = json.loads(lines[0])
    newest = checkpoints.parse(told["checkpoint"])
    assert (newest.size, newest.root.hex()) == (told["size"], told["root"])
    with f.database.read() as tx:
        mails = [row[0] for row in tx.text("SELECT payload FROM outbox_message").fetchall()]
    (mail,) = [f.mails.open_payload(payload) for payload in mails]
    assert mail.to == "auditor@mihon.example"
    assert mail.values["root"] == told["root"]


def mailed_to(rules: Audit, to: str) -> Audit:
    """Copy the rules of the log with another address of the auditor."""
    return structs.replace(rules, checkpoints=structs.replace(rules.checkpoints, mail_to=to))
