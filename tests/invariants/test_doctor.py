"""`idp doctor invariants`: quiet over a lived-in database, finding what no event explains."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from idp.invariants.model import SUM
from tests.flows.journey import signed_in, tokens_for
from tests.support.demo import Demo, running_demo, wait_until
from tests.support.factors import fields_of
from tests.support.parties import PARTIES, party, write_policies
from tests.support.relying_party import Browser
from tests.support.staff import sign_in, staff_of


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo in which people signed in, consented, failed, were stopped, blocked and restored."""
    folder = Path(tmp_path_factory.mktemp("lived_in"))
    policies = write_policies(folder / "policies", PARTIES)
    with running_demo(folder, "--workers", "1", "--policies", str(policies)) as demo:
        _live(demo)
        yield demo


def _live(demo: Demo) -> None:
    for index in range(3):
        desk = party(demo, "desk")
        tokens = tokens_for(signed_in(demo, index), desk)
        desk.userinfo(tokens["access_token"])
    for _ in range(6):
        Browser(demo.issuer).sign_in(demo.member(index=0)["email"], "wrong password")
    stopped, blocked = demo.member(index=1)["number"], demo.member(index=2)["number"]
    sign_in(demo, staff_of(demo, "auditor"))
    leaves = sign_in(demo, staff_of(demo, "clerk"))
    assert leaves.post("/staff/sign-out", fields_of(leaves.get("/staff").text, "sign-out"))
    for command in (
        ("account", "stop", stopped, "--reason", "asked by telephone"),
        ("account", "block", blocked, "--reason", "being looked into"),
        ("account", "stop", blocked, "--reason", "asked by telephone"),
        ("account", "restore", blocked, "--reason", "looked into"),
    ):
        assert demo.idp(*command).returncode == 0, command


def examine(demo: Demo) -> tuple[int, dict[str, Any]]:
    done = demo.idp("doctor", "invariants", "--format", "json")
    return done.returncode, json.loads(done.stdout)


def test_a_lived_in_database_is_what_its_log_tells(lived_in: Demo) -> None:
    status, told = examine(lived_in)
    assert told["findings"] == []
    assert status == 0
    assert told["accounts"] >= len([x for x in lived_in.facts["members"] if x["email"]])
    assert told["events"] > 20


FORGED = {
    "a session of the staff nobody started": (
        "INSERT INTO staff_session (id, cookie_hash, staff_id, auth_time, created_at, last_seen_at,"
        " expires_at) SELECT 'forged', 'forged', staff_id, auth_time, created_at, last_seen_at,"
        " expires_at FROM staff_session WHERE ended_at IS NULL LIMIT 1",
        "DELETE FROM staff_session WHERE id = 'forged'",
        "session forged",
    ),
    "a session nobody started": (
        "INSERT INTO session (id, cookie_hash, subject, auth_time, amr, created_at, last_seen_at,"
        " expires_at) SELECT 'forged', 'forged', subject, auth_time, amr, created_at, last_seen_at,"
        " expires_at FROM session WHERE ended_at IS NULL LIMIT 1",
        "DELETE FROM session WHERE id = 'forged'",
        "session forged",
    ),
    "a consent nobody gave": (
        "INSERT INTO consent (subject, client_id, scopes, given_at) SELECT subject, 'forged',"
        " 'openid', created_at FROM account WHERE stopped_at IS NULL LIMIT 1",
        "DELETE FROM consent WHERE client_id = 'forged'",
        "consent forged",
    ),
    "a second factor nobody set up": (
        "INSERT INTO authenticator (id, subject, kind, name, created_at, confirmed_at) SELECT"
        " 'forged', subject, 'email', '', created_at, created_at FROM account LIMIT 1",
        "DELETE FROM authenticator WHERE id = 'forged'",
        "factor email",
    ),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_row_that_no_event_made_is_found(lived_in: Demo, what: str) -> None:
    forge, undo, fact = FORGED[what]
    _run(lived_in, forge)
    try:
        status, told = examine(lived_in)
    finally:
        _run(lived_in, undo)
    assert status == 1
    [finding] = told["findings"]
    assert (finding["rule"], finding["fact"]) == (SUM, fact)
    assert "no event" in finding["says"]
    assert examine(lived_in)[0] == 0


def test_an_account_put_back_into_service_in_silence_is_found(lived_in: Demo) -> None:
    number = lived_in.member(index=1)["number"]
    where = f"WHERE member_number = '{number}'"
    [[stopped_at]] = _run(lived_in, f"SELECT stopped_at FROM account {where}")
    _run(lived_in, f"UPDATE account SET stopped_at = NULL {where}")
    status, told = examine(lived_in)
    _run(lived_in, f"UPDATE account SET stopped_at = {stopped_at} {where}")
    assert status == 1
    assert [(x["rule"], x["fact"]) for x in told["findings"]] == [(SUM, "stopped")]
    assert "is not in the database" in told["findings"][0]["says"]


def test_a_session_that_vanished_without_its_end_is_found(lived_in: Demo) -> None:
    [row] = _run(lived_in, "SELECT * FROM session WHERE ended_at IS NULL LIMIT 1")
    _run(lived_in, f"DELETE FROM session WHERE id = '{row[0]}'")
    status, told = examine(lived_in)
    places = ", ".join("?" * len(row))
    _run(lived_in, f"INSERT INTO session VALUES ({places})", row)
    assert status == 1
    assert (SUM, f"session {row[0]}") in [(x["rule"], x["fact"]) for x in told["findings"]]


def test_what_outlives_its_access_is_found(lived_in: Demo) -> None:
    """CWE-613: a session and a grant in force although the account was stopped an hour ago."""
    [[subject]] = _run(lived_in, "SELECT subject FROM session WHERE ended_at IS NULL LIMIT 1")
    number = _run(lived_in, f"SELECT member_number FROM account WHERE subject = '{subject}'")[0][0]
    _run(
        lived_in,
        "UPDATE account SET stopped_at = (SELECT max(occurred_at) FROM audit_event) - 3600000000"
        f" WHERE subject = '{subject}'",
    )
    status, told = examine(lived_in)
    _run(lived_in, f"UPDATE account SET stopped_at = NULL WHERE member_number = '{number}'")
    assert status == 1
    outliving = [x for x in told["findings"] if x["rule"] == "nothing outlives access"]
    assert {x["fact"].split()[0] for x in outliving} == {"session", "grant"}
    assert {x["subject"] for x in outliving} == {subject}
    assert all("the account is stopped" in x["says"] for x in outliving)


def test_a_hole_in_the_log_is_found(lived_in: Demo) -> None:
    """The database's owner takes the triggers away and removes the newest leaf."""
    wait_until(lambda: examine(lived_in)[0] == 0)
    [[seq]] = _run(lived_in, "SELECT max(seq) FROM audit_leaf")
    [leaf] = _run(lived_in, f"SELECT * FROM audit_leaf WHERE seq = {seq}")
    [[trigger]] = _run(
        lived_in, "SELECT sql FROM sqlite_master WHERE name = 'audit_leaf_no_delete'"
    )
    _run(lived_in, "DROP TRIGGER audit_leaf_no_delete")
    _run(lived_in, f"DELETE FROM audit_leaf WHERE seq = {seq}")
    status, told = examine(lived_in)
    _run(lived_in, "INSERT INTO audit_leaf VALUES (?, ?, ?)", leaf)
    _run(lived_in, trigger)
    assert status == 1
    assert "the log is whole" in {x["rule"] for x in told["findings"]}


def _run(demo: Demo, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
    """Do what only the owner of the database file can do."""
    with closing(sqlite3.connect(demo.data / "idp.db", timeout=10)) as connection, connection:
        return connection.execute(statement, values).fetchall()
