"""The import through its pages: sent, compared, approved by another, applied once by the worker."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.demo import Demo, wait_until
from tests.support.desk import IMPORT, Desk, logged, rows, upload
from tests.support.factors import fields_of, send
from tests.support.relying_party import Browser
from tests.support.staff import sign_in, staff_of

REASON = "基幹システムの月次の書き出し"


def ended(desk: Desk, where: str) -> str:
    """Wait until the worker is done with a file; gives its page."""
    wait_until(lambda: "終わった日時" in desk.one.get(where).text, seconds=40)
    return desk.one.get(where).text


def test_a_small_file_is_looked_at_and_applied(desk: Desk) -> None:
    where, page = desk.preview(("\ufeff" + rows(500001, 3)).encode())
    assert "取り込めます" in page
    assert "00500001" in page
    assert "すぐに取り込みが始まります" in page
    answer = send(desk.one, page, "send", reason=REASON)
    assert answer.headers["Location"] == where
    assert "取り込みが終わりました" in ended(desk, where)
    assert "00500002" in desk.one.get("/staff/members?q=00500002").text
    again, page = desk.preview(rows(500001, 3).encode("cp932"))
    assert "このファイルで変わる組合員はいません" in page
    assert 'id="send"' not in page
    assert again != where


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_lines_that_cannot_be_read_are_named_with_what_to_do(desk: Desk, encoding: str) -> None:
    good = rows(500010, 3).split("\r\n")
    good[2] = good[2].replace("00500011", "500011").replace("1961-05-12", "1961-02-30")
    _, page = desk.preview("\r\n".join(good).encode(encoding))
    assert "読めない行があります" in page
    told = re.findall(r'<tr><th scope="row">(\d+)</th><td>([^<]*)</td><td>([^<]*)</td>', page)
    assert ("3", "組合員番号") in [(line, column) for line, column, _ in told]
    assert any("列を「文字列」にして" in advice for _, _, advice in told)
    assert 'id="send"' not in page


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 300, b"PK\x03\x04" + b"x" * 500, b"\xff\xfe" + b"a\x00" * 50]
)
def test_what_is_no_register_file_is_told_so(desk: Desk, data: bytes) -> None:
    answer = desk.upload(data)
    if answer.status_code == 400:
        assert "ファイルに中身がありません" in answer.text
        return
    page = desk.one.get(answer.headers["Location"]).text
    assert "読めない行があります" in page


def test_a_large_file_needs_a_second_person_and_is_applied_once(demo: Demo, desk: Desk) -> None:
    where, page = desk.preview(rows(510000, 1200).encode())
    assert "もう一人の担当者が同じ内容を確かめて承認すると" in page
    send(desk.one, page, "send", reason=REASON)
    page = desk.one.get(where).text
    assert "もう一人の承認を待っています" in page
    approval = re.findall(r'href="(/staff/approvals/[0-9a-f-]{36})"', page)[0]
    # CWE-863: who asked does not decide, whatever form they send.
    own = desk.one.get(approval).text
    assert 'id="decide"' not in own
    shown = fields_of(desk.two.get(approval).text, "decide")
    forged = fields_of(own, "withdraw") | {"digest": shown["digest"]}
    refused = desk.one.post(approval, forged | {"decision": "approve", "reason": "私が承認します"})
    assert refused.status_code in (403, 409), refused.status_code
    assert "もう一人の承認を待っています" in desk.one.get(where).text
    assert desk.decide(approval).status_code == 303
    assert "取り込みが終わりました" in ended(desk, where)
    assert "1200" in logged(demo, "register.imported", "--limit", "1")
    created = member_created(demo, "00511199")
    assert created == 1


def member_created(demo: Demo, number: str) -> int:
    found = logged(demo, "member.created", "--person", number)
    return found.count('"member.created"')


def test_a_declined_file_is_dropped(desk: Desk) -> None:
    where, page = desk.preview(rows(520000, 150).encode())
    send(desk.one, page, "send", reason=REASON)
    approval = re.findall(r'href="(/staff/approvals/[0-9a-f-]{36})"', desk.one.get(where).text)[0]
    assert desk.decide(approval, "decline").status_code == 303
    assert "承認されませんでした" in ended(desk, where)
    assert "当てはまる組合員は見つかりません" in desk.one.get("/staff/members?q=00520000").text


def test_cwe_841_a_register_that_moved_on_stops_the_file(desk: Desk) -> None:
    """What was approved is what is applied, or nothing: CWE-841, CWE-367."""
    first, page = desk.preview(rows(530000, 3).encode())
    send(desk.one, page, "send", reason=REASON)
    ended(desk, first)
    where, page = desk.preview(rows(530000, 130, workplace="れいじ中学校").encode())
    send(desk.one, page, "send", reason=REASON)
    approval = re.findall(r'href="(/staff/approvals/[0-9a-f-]{36})"', desk.one.get(where).text)[0]
    other, page = desk.preview(rows(530001, 1, workplace="べつの学校").encode())
    send(desk.one, page, "send", reason=REASON)
    ended(desk, other)
    assert desk.decide(approval).status_code == 303
    assert "途中で止まりました" in ended(desk, where)
    assert "べつの学校" in desk.one.get("/staff/members?q=00530001").text
    assert "当てはまる組合員は見つかりません" in desk.one.get("/staff/members?q=00530100").text


def test_cwe_841_a_form_for_another_content_is_refused(desk: Desk) -> None:
    _, page = desk.preview(rows(540000, 1).encode())
    fields = fields_of(page, "send") | {"sha256": "0" * 64, "reason": REASON}
    action = page.split('id="send"')[1].split('action="')[1].split('"', maxsplit=1)[0]
    answer = desk.one.post(action, fields)
    assert answer.status_code == 409
    assert "いまの状態を確かめてください" in answer.text


def test_a_file_sent_on_twice_at_once_is_applied_once(demo: Demo, desk: Desk) -> None:
    where, page = desk.preview(rows(541000, 5).encode())
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda _: send(desk.one, page, "send", reason=REASON).status_code, range(6))
        )
    assert answers.count(303) == 1, answers
    assert set(answers) == {303, 409}
    ended(desk, where)
    assert member_created(demo, "00541003") == 1


def test_many_small_files_are_one_large_one(desk: Desk) -> None:
    """Below the threshold again and again (CWE-799): what was done alone counts."""
    seen = []
    for n in range(3):
        where, page = desk.preview(rows(550000 + 100 * n, 60).encode())
        send(desk.one, page, "send", reason=REASON)
        seen.append("もう一人の承認を待っています" in desk.one.get(where).text)
    assert seen[-1] is True, seen


def test_only_who_may_change_the_register_sends_files(demo: Demo, desk: Desk) -> None:
    """CWE-862, before the file is read; and CWE-352, with a form of another browser."""
    helper = sign_in(demo, staff_of(demo, "helpdesk"))
    token = fields_of(helper.get("/staff").text, "sign-out")
    answer = helper.post(IMPORT, token, files={"file": ("x.csv", b"x" * 100, "text/csv")})
    assert answer.status_code == 403
    answer = desk.one.post(IMPORT, token, files={"file": ("x.csv", b"x", "text/csv")})
    assert answer.status_code == 403
    assert Browser(demo.issuer).post(IMPORT, {}).status_code == 303


def test_bodies_that_say_two_things_or_too_much_are_refused(desk: Desk) -> None:
    fields = fields_of(desk.one.get(IMPORT).text, "import")
    part = ("x.csv", rows(560000, 1).encode(), "text/csv")
    twice = desk.one.post(IMPORT, fields, files=[("file", part), ("file", part)])
    assert twice.status_code == 400
    huge = desk.one.post(IMPORT, fields, files={"file": ("x.csv", b"a" * 33_000_000, "text/csv")})
    assert huge.status_code == 413
    cut = desk.one.post(
        IMPORT,
        b'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\nx',
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert cut.status_code == 400
    none = desk.one.post(IMPORT, fields)
    assert none.status_code == 400
    assert "ファイル（CSV）を選んでください" in none.text
    assert upload(desk.one, b"x", csrf_token="y" * 43).status_code == 403


def test_cwe_22_and_nul_in_ids_lead_nowhere(desk: Desk) -> None:
    for path in ("..%2f..%2fetc", "%00", "a%00b", "x" * 36, "0" * 36):
        for where in (IMPORT, "/staff/register/withdrawals", "/staff/changes", "/staff/members"):
            assert desk.one.get(f"{where}/{path}").status_code == 404, (where, path)
