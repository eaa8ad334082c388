"""A worker that is killed in the middle of a file goes on behind the last batch; no line twice."""

from __future__ import annotations

import re
import sqlite3
import time

from tests.faults.processes import background_worker, kill
from tests.support.demo import Demo, wait_until
from tests.support.desk import Desk, rows
from tests.support.factors import send

COUNT = 3_000
FIRST = 700_000


def lines_done(page: str) -> int:
    found = re.search(r"(\d+) / \d+ 行。", page)
    return int(found[1]) if found else -1


def test_a_killed_worker_resumes_and_applies_no_line_twice(demo: Demo, desk: Desk) -> None:
    where, _ = desk.preview(rows(FIRST, COUNT).encode())
    wait_until(lambda: 'id="send"' in desk.one.get(where).text, seconds=60)
    send(desk.one, desk.one.get(where).text, "send", reason="全件の書き出し")
    approval = re.findall(r'href="(/staff/approvals/[0-9a-f-]{36})"', desk.one.get(where).text)[0]
    assert desk.decide(approval).status_code == 303
    seen: set[int] = set()
    killed = 0
    until = time.monotonic() + 100
    while time.monotonic() < until:
        page = desk.one.get(where).text
        if "終わった日時" in page:
            break
        done = lines_done(page)
        if done > 0 and done not in seen and killed < 1:
            seen.add(done)
            kill(background_worker(demo.process.pid))
            killed += 1
        time.sleep(0.05)
    assert killed == 1, seen
    assert "取り込みが終わりました" in desk.one.get(where).text
    assert written(demo, where.rsplit("/", 1)[1]) == (COUNT, COUNT)


def written(demo: Demo, batch: str) -> tuple[int, int]:
    """Count the members of the file in the register, and how often the log says it made one."""
    with sqlite3.connect(f"file:{demo.data / 'idp.db'}?mode=ro", uri=True) as database:
        told = database.execute(
            "SELECT count(*) FROM audit_event WHERE name = 'member.created' AND line LIKE ?",
            (f"%{batch}%",),
        ).fetchone()[0]
        there = database.execute(
            "SELECT count(*) FROM member WHERE member_number >= ? AND member_number < ?",
            (f"{FIRST:08}", f"{FIRST + COUNT:08}"),
        ).fetchone()[0]
    return there, told
