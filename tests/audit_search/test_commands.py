"""`idp audit` as operators call it: what it finds, what it records, what it refuses."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from pathlib import Path

import pytest

from audit.event import Actor
from audit.names import EventName
from idp.assembly.foundation import build_foundation
from idp.bootstrap import prepare
from idp.journal.model import Origin
from idp.settings import DEMO_FILE, read_settings
from keys.master import MasterKeys
from tests.audit_search.oracle import Log
from tests.stores.conftest import POLICIES
from tests.support.forked import run_idp

ADDRESS = "203.0.113.200"
REFERENCE = "7K2MPX9W"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a deployment with a few hundred events."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "master.keys").write_text(MasterKeys.generate_text())
    (folder / "master.keys").chmod(0o600)
    facts = {"issuer": "https://id.mihon.example", "policies": str(POLICIES)}
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in facts.items())
    (folder / DEMO_FILE).write_text(lines)
    f = prepare(read_settings({"IDP_DATA": str(folder)}))
    log = Log(f)
    log.fill(300)
    here = {"origin": Origin(ADDRESS, "=cmd|' /C calc'!A0", "request-9"), "subject": "somebody"}
    log.add(
        name=EventName.SESSION_STARTED, actor=Actor("member", "somebody"), outcome="done", **here
    )
    log.add(name=EventName.SIGN_IN_REFUSED, outcome="refused", reference=REFERENCE, **here)
    log.add(name=EventName.CLAIMS_READ, outcome="done", client="portal", **here)
    log.add(
        name=EventName.MEMBER_VIEWED,
        actor=Actor("staff", "staff-9", "clerk"),
        outcome="done",
        session="staff-session",
        **here,
    )
    log.seal()
    log.index.run()
    f.database.dispose()
    return folder


def run(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `idp audit` as an operator would."""
    return run_idp(("audit", *arguments), {**os.environ, "IDP_DATA": str(data)})


def events(data: Path, name: EventName) -> list[dict[str, object]]:
    """List the lines of one name as they stand in the log, oldest first."""
    f = build_foundation(read_settings({"IDP_DATA": str(data)}))
    with f.database.read() as tx:
        rows = tx.text(f"SELECT line FROM audit_event WHERE name = '{name}' ORDER BY position")
        found = [json.loads(row[0]) for row in rows.fetchall()]
    f.database.dispose()
    return found


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["--subject", "somebody"], 4),
        (["--person", "somebody", "--name", "claims.read"], 1),
        (["--address", ADDRESS], 4),
        (["--address", "203.0.113.0/24", "--person", "somebody"], 4),
        (["--reference", "7k2m-px9w"], 1),
        (["--actor", "staff-9"], 1),
        (["--session", "staff-session", "--outcome", "done"], 1),
        (["--person", "somebody", "--from", "2030-01-01"], 0),
        (["--person", "somebody", "--to", "令和元年5月1日"], 0),
        (["--person", "somebody", "--from", "2026-04-01", "--to", "2026-06-30T12:00"], 4),
        (["--case", "none"], 0),
    ],
)
def test_a_search_finds_what_is_asked_for(data: Path, arguments: list[str], count: int) -> None:
    done = run(data, "search", *arguments, "--format", "json")
    assert done.returncode == (0 if count else 1), done.stderr
    assert len(done.stdout.splitlines()) == count, done.stdout
    for line in done.stdout.splitlines():
        assert json.loads(line)["source"]["address"] == ADDRESS


def test_pages_go_on_where_the_last_one_said(data: Path) -> None:
    first = run(data, "search", "--address", ADDRESS, "--limit", "3", "--format", "json")
    key = first.stderr.split("--after ")[1].split()[0]
    second = run(data, "search", "--address", ADDRESS, "--after", key, "--format", "json")
    ids = [json.loads(line)["id"] for line in (first.stdout + second.stdout).splitlines()]
    assert len(ids) == len(set(ids)) == 4


def test_looking_is_an_event_and_the_address_does_not_stand_in_it_in_clear(data: Path) -> None:
    run(data, "search", "--address", ADDRESS, "--outcome", "done")
    newest = events(data, EventName.AUDIT_SEARCHED)[-1]
    assert newest["actor"]["id"].startswith("cli:")  # type: ignore[index]
    assert newest["data"]["outcome"] == "done"  # type: ignore[index]
    assert newest["data"]["found"] == 3  # type: ignore[index]
    assert set(newest["data"]["address"]) == {"enc", "key", "ct"}  # type: ignore[index]
    assert ADDRESS not in json.dumps(newest)
    found = run(data, "search", "--name", "audit.searched", "--limit", "1", "--format", "json")
    assert json.loads(found.stdout)["data"]["address"] == ADDRESS, "who may read the log sees it"


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "--from", "yesterday"],
        ["search", "--from", "2026-13-01"],
        ["search", "--to", "99999-01-01T00:00"],
        ["search", "--from", "2026-11-02", "--to", "2026-11-01"],
        ["search", "--address", "not an address"],
        ["search", "--address", "10.0.0.0/8"],
        ["search", "--session", "\udcff"],
        ["search", "--actor", "x" * 300],
        ["search", "--after", "-1"],
        ["search", "--reference", "'; DROP TABLE audit_event; --"],
        ["search", "--name", "no.such"],
        ["search", "--person", "a", "--subject", "b"],
        ["breach", "--client", "portal"],
        ["breach", "--from", "2026-11-01"],
        ["timeline"],
        ["timeline", "--person", "a", "--actor", "b"],
        ["timeline", "--reference", "ZZZZZZZZ"],
        ["export", "--out", "x", "--form", "pack", "--person", "a"],
        ["export", "--out", "/nowhere/x.csv", "--form", "csv"],
    ],
)
def test_bad_input_gets_one_sentence(data: Path, arguments: list[str]) -> None:
    done = run(data, *arguments)
    assert done.returncode in (1, 2), done
    assert done.stdout == ""
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_an_export_is_recorded_before_and_after_and_marked(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "found.csv"
    done = run(data, "export", "--form", "csv", "--person", "somebody", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert out.stat().st_mode & 0o777 == 0o600
    rows = list(csv.reader(io.StringIO(out.read_text("utf-8-sig"), newline="")))
    # Both are about the person: the export itself begins among what it finds.
    assert rows[-1][0].startswith("# ")
    assert int(rows[-1][0].split()[1]) == len(rows) - 3
    cells = [cell for row in rows for cell in row]
    assert "'=cmd|' /C calc'!A0" in cells
    began, finished = events(data, EventName.AUDIT_EXPORTED)[-2:]
    assert began["data"]["state"] == "began"  # type: ignore[index]
    assert began["id"] in rows[0][0]
    assert finished["data"]["export"] == began["id"]  # type: ignore[index]
    assert finished["data"]["count"] == len(rows) - 3  # type: ignore[index]
    again = run(data, "export", "--form", "csv", "--out", str(out))
    assert again.returncode == 1
    assert "already" in again.stderr


def test_an_export_to_standard_output_is_the_same_stream(data: Path) -> None:
    done = run(data, "export", "--form", "jsonl", "--actor", "staff-9", "--out", "-")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["events"] == len(lines) - 2 == 1
    assert lines[1]["source"]["address"] == ADDRESS


def test_a_timeline_tells_it_in_sentences(data: Path) -> None:
    done = run(data, "timeline", "--person", "somebody", "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "Somebody signed in" in done.stdout
    assert "A relying party read the member's data" in done.stdout
    assert f"from {ADDRESS}" in done.stdout
    told = run(data, "timeline", "--actor", "staff-9").stdout
    assert "職員が組合員の記録を見た" in told
    assert "staff-9" in told


def test_an_incident_gathers_what_came_in_the_same_request(data: Path) -> None:
    done = run(data, "timeline", "--reference", REFERENCE, "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 4, "all four were of request-9"
    viewed = events(data, EventName.AUDIT_VIEWED)[-1]
    assert viewed["data"]["reference"] == REFERENCE  # type: ignore[index]


def test_the_breach_question_names_whose_data_was_read_and_from_where(
    data: Path, tmp_path: Path
) -> None:
    span = ["--from", "2026-04-01", "--to", "2030-12-31"]
    done = run(data, "breach", *span, "--address", ADDRESS, "--format", "json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert row["person"] == "somebody"
    assert (row["read"], row["entered"]) == (2, 1)
    assert row["addresses"] == ADDRESS
    assert row["clients"] == "portal"
    assert row["actors"] == "staff-9"
    out = tmp_path / "breach.csv"
    run(data, "breach", *span, "--address", ADDRESS, "--out", str(out))
    rows = list(csv.reader(io.StringIO(out.read_text("utf-8-sig"), newline="")))
    assert rows[2][0] == "somebody"
    assert rows[-1][0].startswith("# 1 persons")
    assert events(data, EventName.AUDIT_EXPORTED)[-1]["data"]["count"] == 1  # type: ignore[index]


def test_reindex_says_how_much(data: Path) -> None:
    done = run(data, "reindex", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["events"] >= 304
    again = run(data, "search", "--address", ADDRESS, "--format", "json")
    assert len(again.stdout.splitlines()) == 4
