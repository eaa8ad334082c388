"""`/staff/audit/retention`: auditors see holds and purges over HTTP, and change nothing there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.__main__ import main as verifier
from audit.event import Actor, new_id
from audit.inventory import RetentionClass
from idp.assembly.foundation import Foundation
from idp.assembly.retention import build_holds, build_purger
from idp.audit_room.keeping import PER_PAGE
from idp.bootstrap import prepare
from idp.clock import Clock
from idp.retention.model import HoldKind
from idp.settings import read_settings
from tests.audit_search.auditor import StaffBrowser
from tests.flows.change_scene import commands
from tests.support.demo import Demo
from tests.support.stores import demo_on

PAGE = "/staff/audit/retention"
OPERATOR = Actor("operator", "cli:saiban")
REASON = "11月3日の<請求>のため"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One of its own: what is purged is purged for everybody."""
    with demo_on("sqlite", Path(tmp_path_factory.mktemp("kept"))) as running:
        yield running


@pytest.fixture
def foundation(demo: Demo) -> Iterator[Foundation]:
    made = prepare(read_settings({"IDP_DATA": str(demo.data)}))
    yield made
    made.database.dispose()


def rows_of(page: str, table: str) -> list[list[str]]:
    """Read the cells of one table, without its head."""
    if f'id="{table}"' not in page:
        return []
    body = page.split(f'id="{table}"')[1].split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    lines = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [
        [re.sub(r"<[^>]+>", " ", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", line)]
        for line in lines
    ]


def test_holds_stand_there_with_who_when_why_and_over_what(
    demo: Demo, foundation: Foundation
) -> None:
    auditor = StaffBrowser(demo, "auditor").sign_in()
    empty = auditor.get(PAGE)
    assert empty.status_code == 200
    for said in ("続いている保全はありません", "終わった保全はありません", "まだ行われていません"):
        assert said in empty.text

    holds, number = build_holds(foundation), demo.member(index=2)["number"]
    member = holds.place(HoldKind.MEMBER, number, REASON, OPERATOR)
    case = holds.place(HoldKind.CASE, "case-0001", "件の相談", OPERATOR, unseen=True)
    holds.lift(case.id, "相談が<済んだ>", OPERATOR)
    page = auditor.get(PAGE).text
    (held,) = rows_of(page, "held")
    assert held[1:] == [f"組合員   {member.value}", "11月3日の&lt;請求&gt;のため", "cli:saiban"]
    assert number not in page, "the subject names the member; the number is a look further"
    (lifted,) = rows_of(page, "lifted")
    assert lifted[1] == "ケース   case-0001"
    assert lifted[5:] == ["相談が&lt;済んだ&gt;", "cli:saiban"]
    assert auditor.get(f"/staff/audit?person={member.value}&find=1").status_code == 200
    assert page.count("<form") == auditor.get("/staff").text.count("<form"), "nothing to press"
    auditor.session.headers["Accept-Language"] = "en"
    english = auditor.get(PAGE).text
    assert "Holds in force (newest first)" in english
    assert "保全" not in english


def test_each_look_is_on_record(demo: Demo) -> None:
    auditor = StaffBrowser(demo, "auditor").sign_in()
    auditor.get(PAGE)
    search = ("audit", "search", "--name", "audit.viewed", "--limit", "1", "--format", "json")
    event = json.loads(commands(demo).must(*search).strip().splitlines()[-1])
    told = event if isinstance(event, dict) else event[0]
    assert told["data"]["page"] == "retention"
    assert told["actor"]["role"] == "auditor"


@pytest.mark.parametrize("role", ["helpdesk", "clerk", "security", "administrator"])
def test_cwe_862_others_see_nothing_of_it(demo: Demo, role: str) -> None:
    other = StaffBrowser(demo, role).sign_in()
    assert other.get(PAGE).status_code == 403
    assert f'href="{PAGE}"' not in other.get("/staff").text


def test_many_are_turned_page_by_page_and_none_is_lost(demo: Demo, foundation: Foundation) -> None:
    holds = build_holds(foundation)
    made = [
        holds.place(HoldKind.CASE, f"many-{n:03}", "多数", OPERATOR, unseen=True).value
        for n in range(PER_PAGE + 5)
    ]
    auditor, seen, where = StaffBrowser(demo, "auditor").sign_in(), list[str](), PAGE
    for _ in range(4):
        page = auditor.get(where).text
        seen += [row[1].split()[-1] for row in rows_of(page, "held")]
        further = re.search(r'href="(/staff/audit/retention\?held=[^"]+)"', page)
        if further is None:
            break
        where = further[1]
    assert [one for one in seen if one.startswith("many-")] == made[::-1]
    assert len(seen) == len(set(seen))
    for odd in ("x", "'", "9" * 36, "\u0660", "-1"):
        for name in ("held", "lifted", "purged"):
            assert auditor.get(PAGE, **{name: odd}).status_code == 200, (name, odd)


def test_purges_stand_there_with_what_went_and_upon_which_approval(
    demo: Demo, foundation: Foundation, tmp_path: Path
) -> None:
    approval = new_id(foundation.clock.now())
    before = Clock().now()
    demo.move_clock(3 * 366 * 86_400)
    try:
        ahead = prepare(read_settings({"IDP_DATA": str(demo.data)}))
        purger = build_purger(ahead)
        (done,) = purger.purge(OPERATOR, RetentionClass.ACCESS, approval=approval)
        ahead.database.dispose()
        assert done.events > 0
        auditor = StaffBrowser(demo, "auditor").sign_in()
        shown = rows_of(auditor.get(PAGE).text, "purged")
        mine = [row for row in shown if row[6] == approval]
        assert sum(int(row[2]) for row in mine) == done.events
        assert mine[0][1].split() == ["ログインと、渡した情報", "access"]
        assert "cli:saiban" in mine[0][5]
        assert mine[0][3][:4] == mine[0][4][:4] == str(before.year)
        link = re.search(r'href="(/staff/audit/event/[0-9a-f-]{36})"', auditor.get(PAGE).text)
        assert link
        assert approval in auditor.get(link[1]).text
        # The approval stands beside what a purge event must say: packs verify as before.
        key, pack = tmp_path / "auditor.pub", tmp_path / "pack"
        commands(demo).must("audit", "export", "--out", str(pack))
        key.write_text(commands(demo).must("audit", "key"))
        assert verifier(["verify", str(pack), "--key", str(key)]) == 0
        assert commands(demo).idp("doctor", "invariants").returncode == 0
    finally:
        demo.move_clock(0)
