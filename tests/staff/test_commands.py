"""`idp staff`: named persons, roles from the policy, a reason and an event for each act."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.demo import Demo
from tests.support.staff import add_staff, new_staff, sign_in, staff_of


def listed(demo: Demo, *more: str) -> dict[str, dict[str, Any]]:
    shown = json.loads(demo.idp("staff", "list", *more, "--format", "json").stdout)
    return {one["address"]: one for one in shown}


def events(demo: Demo, name: str, staff_id: str) -> list[dict[str, Any]]:
    found = demo.idp(
        "audit", "search", "--name", name, "--subject", staff_id, "--format", "json"
    ).stdout
    return [json.loads(line) for line in found.splitlines()]


def test_the_demo_has_one_of_each_role(demo: Demo) -> None:
    roles = [one["roles"] for one in demo.facts["staff_accounts"]]
    assert roles == [["helpdesk"], ["clerk"], ["security"], ["auditor"], ["administrator"]]
    assert demo.facts["staff"] == demo.issuer + "/staff"


def test_an_account_is_made_with_its_roles_reason_and_events(demo: Demo) -> None:
    added = add_staff(demo, "shinjin", "helpdesk", "clerk")
    assert added["link"].startswith(demo.issuer + "/staff/enrol/")
    shown = listed(demo)[added["address"]]
    assert (shown["roles"], shown["state"]) == (["helpdesk", "clerk"], "invited")
    (made,) = events(demo, "staff.added", added["id"])
    assert made["actor"]["kind"] == "operator"
    assert made["data"]["reason"] == "a test"
    assert made["data"]["address"] == added["address"]
    granted = events(demo, "staff.role_granted", added["id"])
    assert {one["data"]["role"] for one in granted} == {"helpdesk", "clerk"}


def test_personal_fields_are_ciphertext_in_the_log(demo: Demo) -> None:
    added = add_staff(demo, "angou", "clerk")
    out = demo.data / "pack-staff"
    assert demo.idp("audit", "export", "--out", str(out)).returncode == 0
    lines = [
        line
        for file in out.rglob("*.jsonl")
        for line in file.read_text("utf-8").splitlines()
        if added["id"] in line and '"staff.added"' in line
    ]
    assert lines
    assert all(added["address"] not in line and "架空 例" not in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("add", "a@mihon.example", "架空 例", "--role", "king", "--reason", "r"), 1),
        (("add", "no address", "架空 例", "--role", "clerk", "--reason", "r"), 1),
        (("add", "a@mihon.example", " ", "--role", "clerk", "--reason", "r"), 1),
        (("add", "a@mihon.example", "架空 例", "--role", "clerk", "--reason", " "), 1),
        (("add", "a@mihon.example", "架空 例", "--role", "clerk"), 2),
        (("add", "a@mihon.example", "架空 例", "--reason", "r"), 2),
        (("role", "nobody@mihon.example", "--grant", "clerk", "--reason", "r"), 1),
        (("end", "nobody@mihon.example", "--reason", "r"), 1),
    ],
)
def test_what_is_wrong_is_one_sentence(demo: Demo, arguments: tuple[str, ...], status: int) -> None:
    refused = demo.idp("staff", *arguments)
    assert refused.returncode == status
    assert "Traceback" not in refused.stderr
    assert "a@mihon.example" not in listed(demo, "--all")


def test_nobody_holds_security_and_auditor_together(demo: Demo) -> None:
    account = staff_of(demo, "auditor")
    refused = demo.idp("staff", "role", account["email"], "--grant", "security", "--reason", "both")
    assert refused.returncode == 1
    assert "security and auditor" in refused.stderr
    assert listed(demo)[account["email"]]["roles"] == ["auditor"]
    both = ("--role", "auditor", "--role", "security")
    made = demo.idp("staff", "add", "b@mihon.example", "架空 例", *both, "--reason", "r")
    assert made.returncode == 1
    assert "b@mihon.example" not in listed(demo, "--all")


def test_two_accounts_never_share_an_address_until_one_has_ended(demo: Demo) -> None:
    first = add_staff(demo, "onaji", "clerk")
    again = ("add", "ONAJI@mihon.example", "架空 例", "--role", "clerk", "--reason", "r")
    assert demo.idp("staff", *again).returncode == 1
    assert demo.idp("staff", "end", first["id"], "--reason", "left").returncode == 0
    assert demo.idp("staff", *again).returncode == 0


def test_an_ended_account_keeps_its_history(demo: Demo) -> None:
    account = new_staff(demo, "rekishi", "clerk")
    sign_in(demo, account)
    demo.idp("staff", "end", account["email"], "--reason", "left")
    assert account["email"] not in listed(demo)
    shown = listed(demo, "--all")[account["email"]]
    assert shown["state"] == "ended"
    (role,) = shown["history"]
    assert (role["role"], role["end_reason"]) == ("clerk", "left")
    assert role["granted_by"].startswith("cli:")
    assert events(demo, "staff.ended", account["id"])
    (ended,) = events(demo, "session.ended", account["id"])
    assert ended["data"]["reason"] == "account_ended"
    (started,) = events(demo, "session.started", account["id"])
    assert started["actor"] == {"kind": "staff", "id": account["id"]}
