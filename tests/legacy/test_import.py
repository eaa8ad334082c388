"""Accounts of an older portal, from the file to the first sign-in, on a provider that runs."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest
import requests
from passlib.hash import md5_crypt, phpass

from tests.flows.deployment import Deployment, new_deployment, refused, serving
from tests.flows.test_broken_lines import HEADER, a_row, written
from tests.support.demo import wait_until
from tests.support.parties import write_policies
from tests.support.relying_party import Browser

PASSWORD = "akitsushima no hana 2017"
FIRST = 50_000_000
HASHES = [
    bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode(),
    md5_crypt.hash(PASSWORD),
    phpass.using(rounds=7).hash(PASSWORD),
    "sha512$sa1t$" + hashlib.sha512(b"sa1t" + PASSWORD.encode()).hexdigest(),
]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment with ten members who had accounts on an older portal."""
    folder = Path(tmp_path_factory.mktemp("legacy"))
    policies = write_policies(folder / "policies")
    rules = policies / "passwords.toml"
    text = rules.read_text("utf-8")
    rules.write_text(text.replace("[argon2]", '[argon2]\nlegacy_work = "bcrypt:4"'), "utf-8")
    made = new_deployment(folder / "own", policies)
    with serving(made):
        register = folder / "register.csv"
        rows = written([a_row(FIRST + i) for i in range(10)])
        register.write_text(HEADER + "\r\n" + rows, "utf-8")
        made.must("member", "import", str(register), "--apply")
        yield made


def legacy_file(folder: Path, *lines: str) -> Path:
    file = folder / "accounts.csv"
    file.write_text("\r\n".join(["member_number,address,hash", *lines]) + "\r\n", "utf-8")
    return file


def line(index: int, text: str) -> str:
    return f"{FIRST + index},old{index}@mihon.example,{text}"


def imported(portal: Deployment, file: Path, *options: str) -> dict[str, Any]:
    done = portal.idp("account", "import-legacy", str(file), "--format", "json", *options)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def stored(portal: Deployment) -> dict[str, tuple[str, str | None]]:
    database = sqlite3.connect(Path(portal.settings["data"]) / "idp.db")
    rows = database.execute("SELECT address, password_hash, legacy_scheme FROM account").fetchall()
    database.close()
    return {row[0]: (row[1], row[2]) for row in rows}


def signs_in(portal: Deployment, address: str, password: str) -> bool:
    answer = Browser(portal.settings["issuer"]).sign_in(address, password)
    return answer.headers.get("Location") == "/account"


def test_bad_lines_are_told_and_nothing_is_imported(portal: Deployment, tmp_path: Path) -> None:
    good = HASHES[1]
    file = legacy_file(
        tmp_path,
        line(9, good),
        line(9, good),
        f"{FIRST + 8},old9@mihon.example,{good}",
        f"17,x@mihon.example,{good}",
        f"99999999,y@mihon.example,{good}",
        f"{FIRST + 7},not an address,{good}",
        line(6, "5f4dcc3b5aa765d61d8327deb882cf99"),
        line(5, "$2b$31$" + "." * 53),
        line(4, "$argon2id$v=19$m=9999999,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"),
        "too,few",
    )
    done = portal.idp("account", "import-legacy", str(file), "--apply", "--format", "json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert [bad["line"] for bad in report["bad"]] == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert report["applied"] is False
    assert stored(portal) == {}


def test_a_first_sign_in_makes_a_plain_hash(portal: Deployment, tmp_path: Path) -> None:
    file = legacy_file(tmp_path, *(line(i, text) for i, text in enumerate(HASHES)))
    dry = imported(portal, file)
    assert (dry["applied"], dry["legacy_work"]) == (False, "bcrypt:4")
    assert stored(portal) == {}
    done = imported(portal, file, "--apply")
    assert (done["imported"], done["there"], done["bad"]) == (4, 0, [])
    again = imported(portal, file, "--apply")
    assert (again["imported"], again["there"]) == (0, 4)
    for kept, scheme in stored(portal).values():
        assert kept.startswith(f"$legacy${scheme}$")
        assert not any(text.rpartition("$")[2][-20:] in kept for text in HASHES)
    assert not signs_in(portal, "old0@mihon.example", "wrong " + PASSWORD)
    for index in range(3):
        assert signs_in(portal, f"old{index}@mihon.example", PASSWORD), HASHES[index]
    now = stored(portal)
    for index in range(3):
        kept, scheme = now[f"old{index}@mihon.example"]
        assert (kept.startswith("$argon2id$"), scheme) == (True, None)
        assert signs_in(portal, f"old{index}@mihon.example", PASSWORD)
    left = json.loads(portal.must("account", "legacy", "--format", "json"))
    assert [(row["member_number"], row["scheme"]) for row in left] == [(f"{FIRST + 3}", "sha512")]
    assert (
        json.loads(portal.must("account", "legacy", "--after", str(FIRST + 3), "--format", "json"))
        == []
    )


def test_the_log_tells_of_the_import_and_of_each_renewal(portal: Deployment) -> None:
    def counted(name: str) -> int:
        found = portal.must("audit", "search", "--name", name, "--format", "json")
        return len(found.splitlines())  # one JSON object per line

    wait_until(lambda: counted("password.rehashed") == 3)
    assert counted("legacy.imported") == 2
    assert counted("account.created") == 4


def test_work_that_would_tell_legacy_accounts_is_asked_for(
    portal: Deployment, tmp_path: Path
) -> None:
    costly = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(5)).decode()
    file = legacy_file(tmp_path, line(9, costly))
    refused(
        portal.idp("account", "import-legacy", str(file), "--apply"), 'legacy_work = "bcrypt:5"'
    )
    assert requests.get(portal.settings["issuer"] + "/healthz", timeout=30).status_code == 200
