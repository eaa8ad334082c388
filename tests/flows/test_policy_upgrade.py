"""A deployment that comes from an older version: its policy lacks what this version asks for."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from tests.flows.deployment import Deployment, new_deployment, refused, serving

ROOT = Path(__file__).parents[2]


def make_older(deployment: Deployment) -> None:
    """Take away from the policy in force what the newest version brought."""
    with sqlite3.connect(Path(deployment.settings["data"]) / "idp.db") as database:
        (texts,) = database.execute("SELECT texts FROM policy_text").fetchone()
        files = json.loads(texts)
        del files["verification"], files["calendar"]
        files["limits"] = files["limits"].partition("[mailed_code]")[0]
        older = "0" * 64
        database.execute("UPDATE policy_text SET texts = ?, digest = ?", [json.dumps(files), older])
        database.execute("UPDATE policy_activation SET digest = ?", [older])
    database.close()


def test_an_older_policy_is_refused_by_name_and_replaced_by_a_person(tmp_path: Path) -> None:
    deployment = new_deployment(tmp_path / "own", ROOT / "policies")
    with serving(deployment):
        pass
    make_older(deployment)
    refused(deployment.idp("serve", "--port", "1"), "idp policy activate", "verification")
    deployment.must("policy", "activate", str(ROOT / "policies"))
    with serving(deployment):
        history = json.loads(deployment.must("policy", "history", "--format", "json"))
    assert [entry["number"] for entry in history] == [2, 1]
