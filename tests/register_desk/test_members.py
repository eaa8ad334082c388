"""Searching and looking at members: tolerant, masked by role, limited, and always an event."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from idp.storage.stamps import WATCH_SECONDS
from tests.support.demo import Demo
from tests.support.desk import Desk, logged
from tests.support.factors import send
from tests.support.relying_party import Browser
from tests.support.staff import new_staff, sign_in, staff_of

TARO = "00000101"
ADDRESS, BIRTH, PHONE = "見本町1-1-1", "1984-05-12", "0101"


@pytest.fixture(scope="module")
def helper(demo: Demo) -> Browser:
    return sign_in(demo, staff_of(demo, "helpdesk"))


@pytest.mark.parametrize(
    "typed",
    [
        "見本 太郎",
        "ミホンタロウ",
        "みほん　たろう",
        "ﾐﾎﾝ",
        "00000101",
        "０００００１０１",
        "みほん 0101",
    ],
)
def test_a_member_is_found_however_one_types(desk: Desk, typed: str) -> None:
    answer = desk.one.get("/staff/members", params={"q": typed})
    assert answer.status_code == 200
    assert f'href="/staff/members/{TARO}"' in answer.text
    assert ADDRESS not in answer.text


@pytest.mark.parametrize("typed", ["見", "12345", "\ue000例", " ", "12345678 12345678"])
def test_what_cannot_be_looked_for_says_what_to_type(desk: Desk, typed: str) -> None:
    answer = desk.one.get("/staff/members", params={"q": typed})
    assert answer.status_code in (400, 200)
    assert (answer.status_code == 400) == ('aria-invalid="true"' in answer.text)


def test_search_terms_are_data(desk: Desk) -> None:
    """CWE-79, CWE-89: what is typed is shown as text and found as text."""
    for typed in ("<script>alert(1)</script>", "見本' OR 1=1 --", "%見本%", "見本_"):
        answer = desk.one.get("/staff/members", params={"q": typed})
        assert "<script>alert" not in answer.text
        assert f'href="/staff/members/{TARO}"' not in answer.text


def test_bad_queries_are_refused(desk: Desk) -> None:
    assert desk.one.get("/staff/members?q=a&q=b").status_code == 400
    assert desk.one.get("/staff/members?q=%ff").status_code == 400
    assert desk.one.get("/staff/members?q=%00").status_code == 400
    assert desk.one.get(f"/staff/members?q={'x' * 3000}").status_code == 400


def test_a_clerk_sees_masks_and_everything_only_upon_a_reason(demo: Demo, desk: Desk) -> None:
    page = desk.one.get(f"/staff/members/{TARO}").text
    assert "1984-＊＊-＊＊" in page
    for hidden in (ADDRESS, BIRTH, "090-0000-0101", "taro@"):
        assert hidden not in page
    refused = send(desk.one, page, "whole", reason="  ")
    assert refused.status_code == 400
    assert ADDRESS not in refused.text
    whole = send(desk.one, page, "whole", reason="書面の住所との照合").text
    assert ADDRESS in whole
    assert BIRTH in whole
    seen = viewed(demo)
    assert any(one["data"].get("whole") == "yes" for one in seen)
    assert any(one["data"].get("reason") == "書面の住所との照合" for one in seen)


def test_the_help_desk_sees_nothing_that_callers_are_asked(helper: Browser) -> None:
    page = helper.get(f"/staff/members/{TARO}").text
    for hidden in ("1984", "見本町", "架空市", "01＊", "みほん第一小学校", 'id="whole"', "01</td>"):
        assert hidden not in page, hidden
    assert 'id="withdrawal"' not in page
    assert 'id="invitation"' not in page
    answer = helper.post(f"/staff/members/{TARO}/whole", {"csrf_token": token(page), "reason": "x"})
    assert answer.status_code == 403


def token(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"', maxsplit=1)[0]


def viewed(demo: Demo) -> list[dict[str, Any]]:
    found = logged(demo, "member.viewed", "--person", TARO)
    return [json.loads(line) for line in found.splitlines() if line.startswith("{")]


def test_who_looked_is_known_by_name_to_the_auditor(demo: Demo, helper: Browser) -> None:
    before = len(viewed(demo))
    helper.get(f"/staff/members/{TARO}")
    after = viewed(demo)
    assert len(after) == before + 1
    assert any(one["actor"]["role"] == "helpdesk" for one in after)


def test_what_was_searched_for_stands_sealed_in_the_log(demo: Demo, helper: Browser) -> None:
    helper.get("/staff/members", params={"q": "例示"})
    found = logged(demo, "register.listed")
    assert '"typed": "例示"' in found
    assert "例示".encode() not in raw_log(demo, "register.listed")


def raw_log(demo: Demo, name: str) -> bytes:
    """Give events of a name as they lie in the store."""
    with sqlite3.connect(f"file:{demo.data / 'idp.db'}?mode=ro", uri=True) as database:
        found = database.execute("SELECT * FROM audit_event WHERE name = ?", (name,)).fetchall()
    assert found
    return repr(found).encode()


@pytest.fixture
def few_looks(demo: Demo) -> Iterator[int]:
    """Put a policy in force that allows a few looks a day."""
    file = demo.data / "policies" / "register.toml"
    written = file.read_text()
    few = 40
    file.write_text(
        written.replace("looks_per_day = 300", f"looks_per_day = {few}").replace(
            "searches_per_day = 500", f"searches_per_day = {few}"
        )
    )
    activate(demo, file.parent)
    yield few
    file.write_text(written)
    activate(demo, file.parent)


def activate(demo: Demo, folder: Path) -> None:
    """Put a folder in force, and wait until every process of the demo works by it."""
    done = demo.idp("policy", "activate", str(folder), "--break-glass", "--reason", "a test")
    assert done.returncode == 0, done.stderr
    time.sleep(WATCH_SECONDS + 0.2)


def test_cwe_799_looks_are_limited_for_each_person_even_at_once(
    demo: Demo, desk: Desk, few_looks: int
) -> None:
    curious = sign_in(demo, new_staff(demo, "kyomi", "helpdesk"))
    path = f"/staff/members/{TARO}"
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda _: curious.get(path).status_code, range(few_looks + 8)))
    assert seen.count(200) == few_looks, seen
    assert seen.count(429) == 8
    page = curious.get(path)
    assert "管理者にご相談ください" in page.text
    assert curious.get("/staff/members", params={"q": "見本"}).status_code == 200
    assert desk.one.get(path).status_code == 200, "nobody else is stopped"
    refused = logged(demo, "member.viewed", "--outcome", "refused")
    assert "looks_per_day" in refused


def test_an_unknown_number_is_no_page_and_costs_nothing(desk: Desk) -> None:
    for number in ("99999999", "101", "０００００１０１", "00000101x"):
        assert desk.one.get(f"/staff/members/{number}").status_code == 404, number
