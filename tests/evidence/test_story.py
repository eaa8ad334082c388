"""The figures of a pack against what was done, and against a second count of the whole log."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pypdfium2

from audit.__main__ import main as verifier
from audit.names import EventName
from idp.evidence.document import number
from tests.evidence.story import ADMIN, NAMES, PASSWORD, STREET, Story


def figures(pack: Path, name: str) -> Any:
    return json.loads((pack / f"{name}.json").read_text())["figures"]


def words(pack: Path, name: str = "evidence.pdf") -> str:
    """Give the text of a PDF without line breaks."""
    document = pypdfium2.PdfDocument(pack / name)
    pages = []
    for page in document:
        text = page.get_textpage()
        pages.append(text.get_text_range())
        text.close()
        page.close()
    document.close()
    return "".join("".join(pages).split())


def test_who_holds_which_role_since_when(story: Story, pack: Path) -> None:
    found = figures(pack, "roles")
    held = {
        one["id"]: [(role["role"], role["granted_at"]) for role in one["roles"]]
        for one in found["accounts"]
        if one["ended_at"] is None
    }
    assert {who: [role for role, _ in roles] for who, roles in held.items()} == {
        story.staff["aoi"]: ["clerk"],  # the role given back in July is not of this period
        story.staff["rei"]: ["auditor"],
    }
    assert held[story.staff["aoi"]][0][1].startswith("2031-04-10T01:00:")
    changes = [(one["staff"], one["role"], one["change"], one["by"]) for one in found["changes"]]
    by = ADMIN.id
    assert sorted(changes) == sorted(
        [
            (story.staff["rei"], "auditor", "granted", by),
            (story.staff["aoi"], "helpdesk", "revoked", by),
            (story.staff["aoi"], "clerk", "granted", by),
            (story.staff["mio"], "security", "revoked", by),
        ]
    )
    assert found["events"] == {
        "staff.role_granted": len(story.events(EventName.STAFF_ROLE_GRANTED)),
        "staff.role_revoked": len(story.events(EventName.STAFF_ROLE_REVOKED)),
    }
    assert found["holders_by_role"] == {"auditor": 1, "clerk": 1}
    assert "block.lift" in found["permissions_by_role"]["security"]


def test_joiners_and_leavers_and_how_long_access_lasted(story: Story, pack: Path) -> None:
    found = figures(pack, "people")
    assert found["joined"] == {
        "memberships_begun": 1,
        "accounts_created": 4,
        "accounts_restored": 0,
        "staff_added": 1,
    }
    left = found["left"]["membership_ended"]
    assert (left["decided"], left["without_open_session"], left["date_changed_since"]) == (1, 0, 0)
    # The clock was set to seven minutes past, and what came before the sweep took its time.
    measured = left["until_sessions_ended"]
    assert measured["count"] == 1
    assert 420_000 <= measured["median_ms"] == measured["p95_ms"] == measured["max_ms"] < 435_000
    (slowest,) = measured["slowest"]
    ended = [
        one
        for one in story.events(EventName.SESSION_ENDED)
        if one["data"]["reason"] == "membership_ended"
    ]
    assert [one["id"] for one in ended] == [slowest["event"]]
    assert slowest["decided_at"] == "2031-05-31T15:00:00Z"
    for cause, sessions in (("service_stopped", 1), ("blocked_by_staff", 1)):
        one = found["left"][cause]
        assert one["decided"] == one["until_sessions_ended"]["count"] == sessions
        assert one["until_sessions_ended"]["max_ms"] == 0  # in the same act
    assert found["left"]["staff_ended"]["decided"] == 1
    assert found["left"]["staff_ended"]["without_open_session"] == 1
    assert [one["name"] for one in found["staff"]] == ["架空 mio", "架空 rei"]


def test_blocks_by_rule_and_how_they_ended(story: Story, pack: Path) -> None:
    found = figures(pack, "blocks")
    rules = {one["rule"]: one for one in found["by_rule"]}
    strangers = rules["password_from_unknown_device"]
    assert strangers["started"] == 2
    assert (strangers["ended_by_itself"], strangers["lifted_of_these"]) == (1, 1)
    assert strangers["running_at_the_end"] == 0
    assert strangers["lifted_in_the_period"]["staff"] == 1
    assert rules["person"]["started"] == rules["person"]["running_at_the_end"] == 1
    refused = story.events(EventName.SIGN_IN_REFUSED)
    assert found["sign_ins"]["refused"] == len(refused) == 11
    assert found["refused_because"] == dict(Counter(one["data"]["why"] for one in refused))
    assert found["refused_because"] == {"unknown_address": 1, "wrong_password": 10}
    assert found["sign_ins"]["limited"] == len(story.events(EventName.SIGN_IN_LIMITED)) == 1
    assert found["sign_ins"]["started"] == len(story.events(EventName.SESSION_STARTED)) == 5


def test_policies_passwords_and_keys(story: Story, pack: Path) -> None:
    found = figures(pack, "policies")
    (activated,) = found["activated"]
    (event,) = story.events(EventName.POLICY_ACTIVATED)
    assert activated["digest"] == event["data"]["digest"]
    assert activated["event"] == event["id"]
    assert activated["activated_by"] == ADMIN.id
    assert activated["changed_files"] == ["passwords.toml"]
    assert activated["replaces"] == found["at_the_beginning"]["digest"]
    in_force = figures(pack, "passwords")["in_force"]
    assert [one["min_length"] for one in in_force] == [10, 12]  # July's 14 came later
    assert in_force[0]["parameters"] == {"memory_cost": 19456, "parallelism": 1, "time_cost": 2}
    keys = figures(pack, "keys")
    assert {one["alg"] for one in keys["signing_keys"]} == {"ES256", "RS256", "PS256", "Ed25519"}
    assert {one["state"] for one in keys["signing_keys"]} == {"active"}
    assert keys["changes"] == []
    assert keys["audit_key"]["verifier_key"] in story.house.idp("audit", "key").stdout
    hashes = figures(pack, "as-of")["password_hashes"]
    parameters = "m=19456,t=2,p=1"
    assert hashes["members"] == [{"scheme": "argon2id", "parameters": parameters, "count": 4}]
    assert hashes["staff"] == [{"scheme": "none", "parameters": "", "count": 3}]


def test_the_log_alerts_clock_and_those_who_looked(story: Story, pack: Path) -> None:
    found = figures(pack, "integrity")
    assert found["verified"]["holds"] is True
    counted = figures(pack, "inventory")
    assert found["verified"]["bodies_read"] == counted["total"] == found["records"]["bodies"]
    assert counted["total"] == sum(len(story.events(name)) for name in EventName)
    assert {one["name"]: one["count"] for one in counted["events"]} == {
        name.value: len(story.events(name)) for name in EventName
    }
    assert (found["records"]["purged"], found["records"]["not_sealed_yet"]) == (0, 0)
    with story.house.foundation.database.read() as tx:
        size, root = found["closing_checkpoint"]["size"], found["closing_checkpoint"]["root"]
        row = tx.text(f"SELECT note FROM audit_checkpoint WHERE size = {size}").fetchone()
    assert row[0] == found["closing_checkpoint"]["note"]
    assert len(root) == 64
    assert found["sealing_lag_alarms"] == 1
    alerts = figures(pack, "alerts")
    assert [one["kind"] for one in alerts["raised"]] == ["sealing_lag", "clock_offset"]
    (offset,) = figures(pack, "clock")["offset_alerts"]
    assert (offset["about"], offset["count"]) == ("database", 7)
    looks = figures(pack, "looks")
    assert looks["totals"]["audit.searched"] == len(story.events(EventName.AUDIT_SEARCHED)) == 1
    (export,) = looks["exports"]
    assert (export["form"], export["state"], export["count"]) == ("csv", "finished", 4)
    assert looks["totals"]["audit.exported"] == 1


def test_the_report_says_what_the_files_say(story: Story, pack: Path) -> None:
    text = words(pack)
    assert f"期間の出来事{number(figures(pack, 'inventory')['total'])}" in text
    assert figures(pack, "policies")["activated"][0]["digest"] in text
    assert figures(pack, "integrity")["closing_checkpoint"]["root"] in text
    assert figures(pack, "keys")["audit_key"]["fingerprint"] in text
    for key in figures(pack, "keys")["signing_keys"]:
        # A hyphen at the end of a line is not there when the text is read back.
        assert _letters(key["kid"]) in _letters(text)
    (slowest,) = figures(pack, "people")["left"]["membership_ended"]["until_sessions_ended"][
        "slowest"
    ]
    assert slowest["event"] in text
    assert "7分" in text
    for name in ("架空aoi", "架空rei", "架空mio"):
        assert name in text
    assert "ログインの拒否11" in text
    for one in figures(pack, "inventory")["events"]:
        assert one["name"] in text
    for control in figures(pack, "controls")["controls"]:
        assert "".join(control["title"].split()) in text
        assert control["files"]
    supplement = words(pack, "as-of.pdf")
    assert figures(pack, "as-of")["sealed"]["root"] in supplement
    assert "argon2idm=19456,t=2,p=14" in supplement


def test_it_supports_and_never_judges(pack: Path) -> None:
    controls = {one["control"] for one in figures(pack, "controls")["controls"]}
    organisational = {"5.15", "5.16", "5.17", "5.18", "5.28", "5.33", "5.34"}
    technological = {"8.2", "8.3", "8.5", "8.9", "8.15", "8.16", "8.17", "8.24"}
    assert controls == organisational | technological
    for path in pack.iterdir():
        text = words(pack, path.name) if path.suffix == ".pdf" else path.read_text()
        assert text
        for claim in ("準拠", "適合", "compliant", "compliance", "conform"):
            assert claim not in text.lower(), (path.name, claim)


def test_no_member_is_named(story: Story, pack: Path) -> None:
    personal = [*NAMES, STREET, PASSWORD, "203.0.113.9", "a browser", "register-"]
    personal += [f"{name}@mihon.example" for name in story.subjects]
    personal += [*story.subjects.values(), "00000001", "00000002", "00000003", "00000004"]
    for path in pack.iterdir():
        text = words(pack, path.name) if path.suffix == ".pdf" else path.read_text()
        assert [one for one in personal if one in text] == [], path.name


def test_the_pack_verifies_with_the_auditor_s_key(pack: Path) -> None:
    assert verifier(["verify", str(pack), "--key", str(pack.parent / "auditor.pub")]) == 0


def test_making_one_is_an_event_before_and_after(story: Story, pack: Path) -> None:
    with story.house.foundation.database.read() as tx:
        rows = tx.text(
            "SELECT line FROM audit_event WHERE name = 'audit.exported' ORDER BY position"
        ).fetchall()
    events = [json.loads(row[0]) for row in rows]
    began, ended, *_ = [one for one in events if one["data"]["form"] == "evidence"]
    said = json.loads((pack.parent / "said.json").read_text())
    about = {"form": "evidence", "period": "2031-Q2"}
    assert began["data"] == about | {"state": "began"}
    finished = {"state": "finished", "export": began["id"], "count": said["rows"]}
    assert ended["data"] == about | finished
    assert said["rows"] > 100
    assert began["actor"]["kind"] == "operator"


def test_a_finished_period_gives_the_same_bytes_at_any_time(
    story: Story, pack: Path, small_font: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    story.at("2031-11-30 23:59")
    embedded = story.house.foundation.database.is_sqlite
    said = story.evidence(again, font=None if embedded else small_font)
    assert said["finished"] is True
    names = {path.name for path in pack.iterdir()}
    assert names == {path.name for path in again.iterdir()}
    differ = {name for name in names if (pack / name).read_bytes() != (again / name).read_bytes()}
    # The state at the time of making, and so the manifest over it.
    assert differ == {"as-of.json", "as-of.pdf", "manifest.json", "manifest.sig"}


def test_a_period_that_is_not_over_says_so(
    embedded: Story, small_font: Path, tmp_path: Path
) -> None:
    embedded.at("2031-12-12 10:00")
    said = embedded.evidence(tmp_path / "pack", "2031-12", small_font)
    assert said["finished"] is False
    assert "まだ終わっていません" in words(tmp_path / "pack")
    manifest = json.loads((tmp_path / "pack" / "manifest.json").read_text())
    assert manifest["period"]["finished"] is False
    assert verifier(["verify", str(tmp_path / "pack")]) == 0
    out = str(tmp_path / "x")
    future = embedded.house.idp("audit", "evidence", "--period", "2032", "--out", out)
    assert (future.returncode, (tmp_path / "x").exists()) == (1, False)
    assert "has not begun" in future.stderr


def test_an_empty_period_is_a_pack_too(embedded: Story, small_font: Path, tmp_path: Path) -> None:
    said = embedded.evidence(tmp_path / "pack", "2030-02", small_font)
    assert (said["events"], said["problem"]) == (0, None)
    assert figures(tmp_path / "pack", "integrity")["closing_checkpoint"] is None
    assert "検証点まだありません" in words(tmp_path / "pack")
    assert verifier(["verify", str(tmp_path / "pack")]) == 0


def test_a_folder_with_something_in_it_is_refused(embedded: Story, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    done = embedded.house.idp("audit", "evidence", "--period", "2031-Q2", "--out", str(tmp_path))
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_killed_in_the_middle_it_leaves_an_event_and_no_pack(
    embedded: Story, tmp_path: Path
) -> None:
    folder = tmp_path / "pack"
    command = embedded.house.command(
        "audit", "evidence", "--period", "2031-Q2", "--out", str(folder)
    )
    environment = {**os.environ, **embedded.house.environment}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    while not folder.exists():
        assert process.poll() is None
        time.sleep(0.002)
    before = [one["id"] for one in evidence_events(embedded)]
    while (now := [one["id"] for one in evidence_events(embedded)]) == before:
        assert process.poll() is None
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    assert verifier(["verify", str(folder)]) == 1
    (last,) = set(now) - set(before)
    states = {one["id"]: one["data"]["state"] for one in evidence_events(embedded)}
    assert states[last] == "began"


def evidence_events(story: Story) -> list[dict[str, Any]]:
    with story.house.foundation.database.read() as tx:
        rows = tx.text("SELECT line FROM audit_event WHERE name = 'audit.exported'").fetchall()
    found = [json.loads(row[0]) for row in rows]
    return [one for one in found if one["data"]["form"] == "evidence"]


def test_an_altered_log_is_told_of(embedded: Story, small_font: Path, tmp_path: Path) -> None:
    """The administrator of the database changes a sealed row of the period."""
    (event,) = embedded.events(EventName.POLICY_ACTIVATED)
    _rewrite(embedded, event["id"], "cli:admin", "cli:nobody")
    options = ("--out", str(tmp_path / "pack"), "--font", str(small_font))
    done = embedded.house.idp("audit", "evidence", "--period", "2031-Q2", *options)
    _rewrite(embedded, event["id"], "cli:nobody", "cli:admin")
    assert done.returncode == 1
    assert "not the one that was hashed" in done.stderr
    assert figures(tmp_path / "pack", "integrity")["verified"]["holds"] is False
    assert "問題が見つかりました" in words(tmp_path / "pack")


def _rewrite(story: Story, event: str, old: str, new: str) -> None:
    trigger = "audit_event_no_update"
    with story.house.foundation.database.begin() as tx:
        again = tx.text(f"SELECT sql FROM sqlite_master WHERE name = '{trigger}'").fetchone()[0]
        tx.text(f"DROP TRIGGER {trigger}")
        change = f"UPDATE audit_event SET line = replace(line, '{old}', '{new}')"
        tx.text(f"{change} WHERE id = '{event}'")
        tx.text(again)


def _letters(text: str) -> str:
    return "".join(one for one in text if one.isalnum())
