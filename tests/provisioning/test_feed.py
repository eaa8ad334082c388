"""One register, two doors: the same members by file and by Bulk give the same rows.

A thousand members in CI; `FEED=long` feeds 100,000 and prints how long each way took.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.register import register_csv
from idp.clock import Clock
from tests.flows.deployment import Deployment, new_deployment, serving
from tests.provisioning.scim import MEMBERSHIP, USER, Core
from tests.support.parties import write_policies

COUNT = 100_000 if os.environ.get("FEED") == "long" else 1_000
FIRST = 10_000_000
PER_REQUEST = 1_000

_EXTENSION = {
    "姓カナ": "familyNameKana",
    "名カナ": "givenNameKana",
    "通称": "nameInUse",
    "生年月日": "birthDate",
    "勤務状況": "employment",
    "勤務先": "workplace",
    "出資金入金日": "capitalPaidOn",
    "脱退届受理日": "withdrawalAcceptedOn",
    "返還予定日": "refundPlannedOn",
    "出資金返還日": "capitalRefundedOn",
}
_ADDRESS = {
    "郵便番号": "postalCode",
    "都道府県": "region",
    "市区町村": "locality",
    "番地等": "streetAddress",
}


def the_members() -> list[dict[str, str]]:
    """Give the demo's fictional members again and again, each with a number of its own."""
    text = register_csv(Clock().today()).decode("utf-8-sig")
    models = list(csv.DictReader(text.splitlines()))
    made = []
    for index in range(COUNT):
        row = dict(models[index % len(models)])
        row["組合員番号"] = f"{FIRST + index:08d}"
        if row["メールアドレス"]:
            row["メールアドレス"] = f"m{index}@mihon.example"
        made.append(row)
    return made


def as_user(row: dict[str, str]) -> dict[str, Any]:
    """Tell one row as a core system tells it by SCIM."""
    user: dict[str, Any] = {
        "schemas": [USER, MEMBERSHIP],
        "userName": row["組合員番号"],
        "name": {"familyName": row["姓"]},
        MEMBERSHIP: {name: row[title] for title, name in _EXTENSION.items() if row[title]},
    }
    if row["名"]:
        user["name"]["givenName"] = row["名"]
    if row["電話番号"]:
        user["phoneNumbers"] = [{"value": row["電話番号"]}]
    if row["メールアドレス"]:
        user["emails"] = [{"value": row["メールアドレス"]}]
    address = {name: row[title] for title, name in _ADDRESS.items() if row[title]}
    return user | ({"addresses": [address]} if address else {})


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployment, Deployment]]:
    """Two deployments that know nobody yet: one is fed by file, one by SCIM."""
    folder = Path(tmp_path_factory.mktemp("feed"))
    policies = write_policies(folder / "policies")
    by_file = new_deployment(folder / "file", policies)
    by_scim = new_deployment(folder / "scim", policies)
    with serving(by_file), serving(by_scim):
        yield by_file, by_scim


def digest(deployment: Deployment, *, with_instant: bool = False) -> str:
    """Hash the whole register as it is stored; without the instants unless they are asked for."""
    database = sqlite3.connect(Path(deployment.settings["data"]) / "idp.db")
    columns = (
        "member_number, birth_on, employment, workplace, facts, email, capital_paid_on,"
        " withdrawal_accepted_on, refund_planned_on, capital_refunded_on, external_id"
    ) + (", updated_at" if with_instant else "")
    made = hashlib.sha256()
    total = 0
    for row in database.execute(f"SELECT {columns} FROM member ORDER BY member_number"):
        made.update(repr(row).encode())
        total += 1
    database.close()
    assert total == COUNT
    return made.hexdigest()


def import_file(deployment: Deployment, file: Path) -> dict[str, Any]:
    """Import in a process of its own, as an operator does; 100,000 lines may take their time."""
    import subprocess
    import sys

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "idp.cli",
            "member",
            "import",
            str(file),
            "--apply",
            "--format=json",
        ],
        env=deployment.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def feed(core: Core, users: list[dict[str, Any]], method: str) -> dict[str, int]:
    """Send everybody in bulk requests; answers how many operations had which status."""
    statuses: dict[str, int] = {}
    for start in range(0, len(users), PER_REQUEST):
        operations = []
        for user in users[start : start + PER_REQUEST]:
            number = user["userName"]
            target = {"path": "/Users", "bulkId": number}
            if method == "PUT":
                target = {"path": f"/Users/{number}"}
            operations.append({"method": method, **target, "data": user})
        answer = core.bulk(*operations)
        assert answer.status_code == 200, answer.text[:500]
        for operation in answer.json()["Operations"]:
            statuses[operation["status"]] = statuses.get(operation["status"], 0) + 1
    return statuses


def test_both_doors_give_the_same_register_and_a_second_run_changes_nothing(
    houses: tuple[Deployment, Deployment], tmp_path: Path
) -> None:
    by_file, by_scim = houses
    rows = the_members()
    file = tmp_path / "register.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    made = json.loads(
        by_scim.must("scim", "token", "add", "core", "--scope", "write", "--format", "json")
    )
    core = Core(f"{by_scim.settings['issuer']}/scim/v2", made["token"])
    users = [as_user(row) for row in rows]
    took: dict[str, float] = {}

    def timed(name: str, act: Any) -> Any:
        started = time.monotonic()
        answer = act()
        took[name] = round(time.monotonic() - started, 1)
        return answer

    assert timed("file", lambda: import_file(by_file, file))["created"] == COUNT
    assert timed("bulk", lambda: feed(core, users, "POST")) == {"201": COUNT}
    assert digest(by_file) == digest(by_scim)

    before = digest(by_file, with_instant=True), digest(by_scim, with_instant=True)
    again = timed("file again", lambda: import_file(by_file, file))
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, COUNT)
    assert timed("bulk again", lambda: feed(core, users, "PUT")) == {"200": COUNT}
    assert (digest(by_file, with_instant=True), digest(by_scim, with_instant=True)) == before
    assert timed("bulk twice made", lambda: feed(core, users, "POST")) == {"409": COUNT}
    pages_hold_everybody_once(core, took)
    print(COUNT, "members, seconds:", took)


def pages_hold_everybody_once(core: Core, took: dict[str, float]) -> None:
    """Walk through all pages."""
    started = time.monotonic()
    seen: list[str] = []
    while len(seen) < COUNT:
        page = core.send(
            "GET", f"/Users?attributes=userName&startIndex={len(seen) + 1}&count={PER_REQUEST}"
        ).json()
        assert page["totalResults"] == COUNT
        seen += [user["userName"] for user in page["Resources"]]
    took["all pages"] = round(time.monotonic() - started, 1)
    assert seen == [f"{FIRST + index:08d}" for index in range(COUNT)]
