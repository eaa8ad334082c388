"""Alerts reach people by mail, metric and event, once; and end when what they told of is over."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.demo import Demo, running_demo, wait_until
from tests.support.parties import write_policies

WATCHER = "watcher@mihon.example"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo whose policy names somebody to tell, and low numbers."""
    folder = Path(tmp_path_factory.mktemp("watched"))
    policies = write_policies(folder / "policies")
    alerts = policies / "alerts.toml"
    text = alerts.read_text("utf-8").replace("recipients = []", f'recipients = ["{WATCHER}"]')
    text = text.replace("look_ups_per_hour = 60", "look_ups_per_hour = 3")
    alerts.write_text(text.replace("export_rows = 10000", "export_rows = 40"), "utf-8")
    with running_demo(folder, "--workers", "1", "--policies", str(policies)) as demo:
        yield demo


def mails(demo: Demo) -> list[str]:
    found = requests.get(demo.facts["mail"] + "/messages", timeout=30).json()
    return [mail["text"] for mail in found if WATCHER in str(mail["to"])]


def events(demo: Demo, name: str) -> list[dict[str, Any]]:
    done = demo.idp("audit", "search", "--name", name, "--format", "json")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_operator_who_browses_is_told_of_once_and_it_ends_after_the_hour(watched: Demo) -> None:
    """CWE-359: somebody of the staff who looks at many members' records."""
    members = [member for member in watched.facts["members"] if member["email"]]
    for member in members[:3]:
        assert watched.idp("member", "show", member["number"]).returncode == 0
    again = watched.idp("member", "show", members[0]["number"])
    assert again.returncode == 0
    assert watched.metric("alerts_raised", kind="look_ups") == 0, "three, and one of them twice"

    assert watched.idp("member", "show", members[3]["number"]).returncode == 0
    wait_until(lambda: watched.metric("alerts_raised", kind="look_ups") == 1, 60)
    (told,) = wait_until(lambda: mails(watched), 20)
    assert "1時間に4人の組合員の記録を、一人の職員が見ています。" in told
    assert not any(member["email"] in told or member["number"] in told for member in members)
    (raised,) = events(watched, "alert.raised")
    assert (raised["data"]["kind"], raised["data"]["count"]) == ("look_ups", 4)

    watched.move_clock(3700)
    wait_until(lambda: watched.metric("alerts_raised", kind="look_ups") == 0, 60)
    assert [x["data"]["alert"] for x in events(watched, "alert.ended")] == [raised["data"]["alert"]]
    assert len(mails(watched)) == 1, "told once"


def test_a_large_export_is_told_of(watched: Demo, tmp_path: Path) -> None:
    """CWE-359: the whole log leaves; the number stands in the event of the export itself."""
    done = watched.idp("audit", "export", "--out", str(tmp_path / "pack"))
    assert done.returncode == 0, done.stderr
    wait_until(lambda: watched.metric("alerts_raised", kind="large_export") == 1, 60)
    (raised,) = [x for x in events(watched, "alert.raised") if x["data"]["kind"] == "large_export"]
    assert raised["data"]["count"] > 40
    told = wait_until(lambda: [x for x in mails(watched) if "持ち出しています" in x], 20)
    assert len(told) == 1


def test_a_leaf_that_is_taken_away_is_told_of(watched: Demo) -> None:
    """The owner of the database removes the newest leaf."""
    file = watched.data / "idp.db"
    with closing(sqlite3.connect(file, timeout=10)) as connection:
        leaves = "SELECT count(*) FROM audit_leaf"
        # A demo that has just begun has sealed nothing yet: there would be nothing to take away.
        wait_until(lambda: connection.execute(leaves).fetchone()[0], 30)
        with connection:
            (trigger,) = connection.execute(
                "SELECT sql FROM sqlite_master WHERE name = 'audit_leaf_no_delete'"
            ).fetchone()
            connection.execute("DROP TRIGGER audit_leaf_no_delete")
            gone = "DELETE FROM audit_leaf WHERE seq = (SELECT max(seq) FROM audit_leaf)"
            assert connection.execute(gone).rowcount == 1
            connection.execute(trigger)
    wait_until(lambda: watched.metric("alerts_raised", kind="log_gap") == 1, 90)
    assert "log_gap" in [x["data"]["kind"] for x in events(watched, "alert.raised")]
    wait_until(lambda: any("監査ログの並びに食い違いがあります" in x for x in mails(watched)), 20)
