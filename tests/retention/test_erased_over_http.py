"""A member signs in over HTTP, leaves, and is erased while the provider runs, on both stores.

Nothing of them is found afterwards: not on a page, in the log, in a pack, in the database file, and
not in what a backup of before the erasure brings back.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from audit.__main__ import main as verifier
from idp.assembly.retention import build_purger
from idp.bootstrap import prepare
from idp.clock import Clock
from idp.journal.service import SYSTEM
from idp.members import store as members
from idp.members.model import name_on
from idp.settings import read_settings
from idp.storage.sql import Database
from tests.support.demo import Demo, wait_until
from tests.support.mailbox import wait_for_outbox
from tests.support.relying_party import Browser, hidden_fields
from tests.support.stores import KINDS, demo_on

AGENT = "Mozilla/5.0 (SampleOS 17.4; the browser of somebody) Sample/17"


@dataclass
class Scene:
    """A demo, its member, and everything that names them."""

    demo: Demo
    member: dict[str, str]
    names: tuple[str, ...]
    folder: Path

    def said(self, *arguments: str) -> object:
        done = self.demo.idp(*arguments, "--format", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def pack(self, name: str) -> str:
        """Export, verify with the auditor's key, and give all bytes as text."""
        out, key = self.folder / name, self.folder / "auditor.pub"
        done = self.demo.idp("audit", "export", "--out", str(out))
        assert done.returncode == 0, done.stderr
        key.write_text(self.demo.idp("audit", "key").stdout)
        assert verifier(["verify", str(out), "--key", str(key)]) == 0
        return "".join(path.read_text("utf-8") for path in out.iterdir())


@pytest.fixture(scope="module", params=KINDS)
def scene(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    folder = Path(tmp_path_factory.mktemp("erased"))
    with demo_on(request.param, folder) as demo:
        member = demo.member(index=1)
        settings = read_settings({"IDP_DATA": str(demo.data)})
        database = Database(settings.database_url)
        with database.read() as tx:
            found = members.get(tx, member["number"])
        database.dispose()
        name = name_on(found, found.names[-1].from_on)
        yield Scene(demo, member, (member["email"], name.full, name.full_kana, AGENT), folder)


def test_the_whole_way(scene: Scene) -> None:
    demo, member = scene.demo, scene.member
    browser = Browser(demo.issuer)
    browser.http.headers["User-Agent"] = AGENT
    answer = browser.sign_in(member["email"], member["password"])
    assert member["number"] in browser.follow(answer).text
    page = browser.get("/recover")
    browser.post("/recover", {**hidden_fields(page.text), "email": member["email"]})
    subject = str(scene.said("account", "show", member["number"])["subject"])  # type: ignore[index]
    found = demo.idp("audit", "search", "--subject", subject, "--format", "json").stdout
    assert AGENT in found, "before the erasure the log can be read"

    refused = demo.idp("account", "erase", member["number"], "--reason", "asked")
    assert (refused.returncode, "is a member" in refused.stderr) == (1, True)

    backup = scene.folder / "backup"
    scene.said("backup", "--out", str(backup))
    today = Clock().today().isoformat()
    assert demo.idp("member", "refunded", member["number"], "--on", today).returncode == 0
    scene.said("account", "erase", member["number"], "--reason", "asked by letter")

    assert browser.get("/account").status_code != 200, "the session is over"
    again = Browser(demo.issuer).sign_in(member["email"], member["password"])
    assert "Location" not in again.headers or "/account" not in again.headers["Location"]
    found = demo.idp("audit", "search", "--subject", subject, "--format", "json").stdout
    assert [text for text in scene.names if text in found] == []
    assert "session.started" in found
    written = scene.pack("pack-after")
    assert [text for text in scene.names if text in written] == []
    assert _left_in_tables(demo, scene.names) == []
    if _is_sqlite(demo):
        wait_for_outbox(demo)
        wait_until(lambda: _left_in_files(demo, scene.names) == [], 30)
    _restored_elsewhere(scene, backup, subject)


def _restored_elsewhere(scene: Scene, backup: Path, subject: str) -> None:
    """Restore the backup of before in another data folder, as another machine would.

    Into PostgreSQL: `test_backup.py`.
    """
    if not _is_sqlite(scene.demo):
        return
    raw = (backup / "database.sqlite").read_bytes()
    assert scene.names[0].encode() in raw, "the backup is of before the erasure"
    moved = scene.folder / "moved"
    moved.mkdir()
    shutil.copy(scene.demo.data / "demo.toml", moved)
    for key in scene.demo.data.glob("*.keys"):
        shutil.copy(key, moved)
    there = Demo({**scene.demo.facts, "data": str(moved)}, scene.demo.process, scene.demo.clock)
    list_ = str(scene.demo.data / "erased")
    done = there.idp("restore", "--from", str(backup), "--erased", list_, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["erased_again"] == 1
    raw = (moved / "idp.db").read_bytes()
    assert [text for text in scene.names if text.encode() in raw] == []
    found = there.idp("audit", "search", "--subject", subject, "--format", "json").stdout
    assert "session.started" in found
    assert [text for text in scene.names if text in found] == []
    again = Scene(there, scene.member, scene.names, scene.folder)
    again.pack("pack-moved")


def _is_sqlite(demo: Demo) -> bool:
    return (demo.data / "idp.db").exists()


def _left_in_files(demo: Demo, names: tuple[str, ...]) -> list[str]:
    raw = b"".join(path.read_bytes() for path in demo.data.glob("idp.db*"))
    return [text for text in names if text.encode() in raw]


def _left_in_tables(demo: Demo, names: tuple[str, ...]) -> list[str]:
    settings = read_settings({"IDP_DATA": str(demo.data)})
    database = Database(settings.database_url)
    listed = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if database.is_sqlite
        else "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    with database.read() as tx:
        tables = [row[0] for row in tx.text(listed).fetchall()]
        rows = [str(row) for one in tables for row in tx.text(f'SELECT * FROM "{one}"').fetchall()]
    database.dispose()
    return [text for text in names if any(text in row for row in rows)]


def test_three_years_on_a_purge_takes_what_is_past_its_time(scene: Scene) -> None:
    if not _is_sqlite(scene.demo):
        # The demo serves as the owner, which may not purge there; with the roles it is tested.
        pytest.skip("PostgreSQL purges as kumiai_purger: test_roles.py")
    demo = scene.demo
    demo.move_clock(3 * 366 * 86_400)
    try:
        before = scene.pack("pack-before-purge").count(" purged=")
        f = prepare(read_settings({"IDP_DATA": str(demo.data)}))
        purged = build_purger(f).purge(SYSTEM)  # as the worker does once a day
        f.database.dispose()
        assert sum(one.events for one in purged) > 0
        assert scene.pack("pack-purged").count(" purged=") > before
    finally:
        demo.move_clock(0)
