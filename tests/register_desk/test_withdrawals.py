"""Withdrawals by list through their pages: looked at, approved, recorded, undone; single steps."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.support.demo import Demo, wait_until
from tests.support.desk import WITHDRAWALS, Desk, logged, rows
from tests.support.factors import fields_of, send

REASON = "年度末退職の脱退届"
FIRST = 900_000
COUNT = 90


@pytest.fixture(scope="module", autouse=True)
def members(desk: Desk) -> None:
    """Put members into the register who may leave; a small file needs nobody else."""
    where, page = desk.preview(rows(FIRST, COUNT).encode())
    send(desk.one, page, "send", reason="準備")
    if "もう一人の承認" in desk.one.get(where).text:
        desk.decide(approval_of(desk.one.get(where).text))
    wait_until(lambda: "終わった日時" in desk.one.get(where).text, seconds=20)


def approval_of(page: str) -> str:
    return str(re.findall(r'href="(/staff/approvals/[0-9a-f-]{36})"', page)[0])


def preview(desk: Desk, first: int, count: int, **dates: str) -> requests.Response:
    numbers = "\r\n".join(f"{n:08}" for n in range(first, first + count))
    page = desk.one.get(WITHDRAWALS).text
    return send(desk.one, page, "list", numbers=numbers, **dates)


def dates_of(desk: Desk) -> dict[str, str]:
    """Give the day of today, and a day for the refund."""
    page = desk.one.get(WITHDRAWALS).text
    today = page.split('name="accepted_on" value="')[1].split('"', maxsplit=1)[0]
    return {"accepted_on": today, "refund_on": f"{int(today[:4]) + 1}-07-31"}


def latest(desk: Desk) -> str:
    page = desk.one.get(WITHDRAWALS).text
    return str(re.findall(r'href="(/staff/register/withdrawals/[0-9a-f-]{36})"', page)[0])


def test_a_list_that_needs_two_is_recorded_by_the_decision_and_undone(desk: Desk) -> None:
    dates = dates_of(desk)
    looked = preview(desk, FIRST, 30, **dates)
    assert looked.status_code == 200
    assert "もう一人の担当者が同じ内容を確かめて承認すると" in looked.text
    assert "30名" in looked.text
    answer = send(desk.one, looked.text, "send", reason=REASON)
    approval = answer.headers["Location"]
    assert approval.startswith("/staff/approvals/")
    assert "記録なし" in desk.one.get(f"/staff/members/{FIRST:08}").text
    assert desk.decide(approval).status_code == 303
    member = desk.one.get(f"/staff/members/{FIRST:08}").text
    assert "脱退予定" in member
    act = latest(desk)
    page = desk.one.get(act).text
    undone = send(desk.one, page, "undo", reason="別の名簿だった")
    assert undone.headers["Location"].startswith("/staff/approvals/")
    assert desk.decide(undone.headers["Location"]).status_code == 303
    assert "取り消した日時" in desk.one.get(act).text
    assert 'id="undo"' not in desk.one.get(act).text
    assert "脱退予定" not in desk.one.get(f"/staff/members/{FIRST:08}").text


def test_cwe_367_a_register_that_moved_on_shows_its_preview_anew(desk: Desk) -> None:
    dates = dates_of(desk)
    looked = preview(desk, FIRST + 30, 3, **dates).text
    single = desk.one.get(f"/staff/members/{FIRST + 31:08}").text
    done = send(desk.one, single, "withdrawal", reason="窓口で受理", **dates)
    assert done.headers["Location"].endswith("?done=withdrawn")
    answer = send(desk.one, looked, "send", reason=REASON)
    assert answer.status_code == 409
    assert "新しい内容をもう一度確かめてください" in answer.text
    assert (
        send(desk.one, answer.text, "send", reason=REASON)
        .headers["Location"]
        .endswith("?done=recorded")
    )


def test_a_list_sent_twice_at_once_is_recorded_once(desk: Desk) -> None:
    looked = preview(desk, FIRST + 40, 2, **dates_of(desk)).text
    with ThreadPoolExecutor(5) as pool:
        told = list(
            pool.map(lambda _: send(desk.one, looked, "send", reason=REASON).status_code, range(5))
        )
    assert told.count(303) == 1, told
    assert set(told) == {303, 409}


def test_undone_twice_at_once_is_undone_once(desk: Desk) -> None:
    looked = preview(desk, FIRST + 44, 2, **dates_of(desk)).text
    send(desk.one, looked, "send", reason=REASON)
    act = latest(desk)
    page = desk.one.get(act).text
    with ThreadPoolExecutor(5) as pool:
        told = list(
            pool.map(lambda _: send(desk.one, page, "undo", reason="誤り").status_code, range(5))
        )
    assert sorted(told) == [303, 409, 409, 409, 409]


def test_many_short_lists_are_a_long_one(desk: Desk) -> None:
    """Below the threshold again and again, and at once (CWE-362, CWE-799)."""
    dates = dates_of(desk)
    looked = [preview(desk, FIRST + 50 + 9 * n, 9, **dates).text for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        told = list(
            pool.map(
                lambda page: send(desk.one, page, "send", reason=REASON).headers["Location"],
                looked,
            )
        )
    assert any(where.startswith("/staff/approvals/") for where in told), told


def test_numbers_that_cannot_be_recorded_are_named_with_what_to_do(desk: Desk) -> None:
    page = desk.one.get(WITHDRAWALS).text
    answer = send(desk.one, page, "list", numbers="99999999、12\n00000101", **dates_of(desk))
    assert answer.status_code == 200
    assert "この番号の組合員は名簿にいません" in answer.text
    assert "8桁の組合員番号ではありません" in answer.text
    assert 'id="send"' not in answer.text
    many = send(
        desk.one, page, "list", numbers=" ".join(f"{n:08}" for n in range(2_001)), **dates_of(desk)
    )
    assert many.status_code == 400
    assert "2000名まで" in many.text
    future = send(desk.one, page, "list", numbers="00000101", accepted_on="2999-01-01")
    assert future.status_code == 400


def test_cwe_841_what_was_not_looked_at_is_not_recorded(desk: Desk) -> None:
    looked = preview(desk, FIRST + 47, 1, **dates_of(desk)).text
    fields = fields_of(looked, "send") | {"reason": REASON, "numbers": f"{FIRST + 48:08}"}
    assert desk.one.post(WITHDRAWALS, fields).status_code == 409
    fields["shown"] = ""
    assert desk.one.post(WITHDRAWALS, fields).status_code == 409


def test_the_steps_of_one_member(demo: Demo, desk: Desk) -> None:
    where = f"/staff/members/{FIRST + 49:08}"
    dates = dates_of(desk)
    page = desk.one.get(where).text
    bad = send(desk.one, page, "withdrawal", reason="", accepted_on="あした", refund_on="")
    assert bad.status_code == 400
    assert bad.text.count('aria-invalid="true"') == 2
    answer = send(desk.one, page, "withdrawal", reason="書面を受理", **dates)
    if answer.headers["Location"].startswith("/staff/approvals/"):
        desk.decide(answer.headers["Location"])
    page = desk.one.get(where).text
    assert "脱退予定" in page
    assert send(desk.one, page, "stay", reason="本人が取りやめた").status_code == 303
    page = desk.one.get(where).text
    assert "脱退予定" not in page
    assert 'id="refund"' not in page
    found = logged(demo, "member.updated", "--person", f"{FIRST + 49:08}")
    assert "本人が取りやめた" in found


def test_the_calendar_tells_the_day(desk: Desk) -> None:
    dates = dates_of(desk)
    day = dates["refund_on"]
    page = desk.one.get("/staff/register/calendar", params={"from": day, "to": day}).text
    assert f'href="/staff/register/calendar/{day}"' in page
    one = desk.one.get(f"/staff/register/calendar/{day}").text
    assert f'href="/staff/members/{FIRST + 31:08}"' in one
    for bad in ("2026-02-30", "x", "20260731", "9999-12-31"):
        assert desk.one.get(f"/staff/register/calendar/{bad}").status_code == 404, bad
    wrong = desk.one.get("/staff/register/calendar", params={"from": "いつか", "to": "2999-1-1"})
    assert wrong.status_code == 400
    assert wrong.text.count('aria-invalid="true"') == 2
    assert desk.one.get("/staff/register/calendar/late").status_code == 200
