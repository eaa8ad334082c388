"""A program accepts the difference it read, as a clerk does (CWE-367, CWE-841)."""

from __future__ import annotations

import json
from pathlib import Path

from tests.flows.change_scene import commands, filer, told_by_core
from tests.support.demo import Demo
from tests.support.programs import REASON, Programs, problem


def test_a_change_request_is_accepted_as_it_was_read_or_not_at_all(
    programs: Programs, demo: Demo, tmp_path: Path
) -> None:
    here = filer(demo, 11)
    change = here.file("phone", {"phone_number": "03-1111-2222"}).json()["id"]
    looker, clerk = programs.of("admin:register.view"), programs.new("admin:register.change")
    shown, path = f"/change-requests/{change}", f"/change-requests/{change}/accept"
    read = looker.get(shown)["digest"]
    told = problem(clerk.call("POST", path, {"reason": REASON}), 422, "fields")
    assert "digest" in json.dumps(told["errors"])
    for wrong in ("", "0" * 63, read.upper(), 7, None):
        answer = clerk.call("POST", path, {"reason": REASON, "digest": wrong})
        problem(answer, 422, "fields")
    answer = clerk.call("POST", path, {"reason": REASON, "digest": "0" * 64})
    problem(answer, 409, "difference-changed")

    core = tmp_path / "core.csv"
    core.write_bytes(told_by_core(demo.member(index=11)["number"], 電話番号="03-3333-4444"))
    commands(demo).must("member", "import", str(core), "--apply")
    problem(clerk.call("POST", path, {"reason": REASON, "digest": read}), 409, "difference-changed")
    again = looker.get(shown)
    assert (again["change"]["state"], again["now"]) == ("open", {"phone_number": "+81333334444"})
    assert clerk.post(path, digest=again["digest"])["state"] == "approved"
