"""Invitations and letters through the pages: made, renewed, withdrawn, drawn, noted as printed."""

from __future__ import annotations

import pytest

from tests.support.demo import Demo, wait_until
from tests.support.desk import Desk, logged, rows
from tests.support.factors import fields_of, send
from tests.support.relying_party import Browser
from tests.support.staff import sign_in, staff_of

LETTERS = "/staff/register/letters"
FIRST = 950_000


@pytest.fixture(scope="module", autouse=True)
def members(desk: Desk) -> None:
    where, page = desk.preview(rows(FIRST, 4).encode())
    send(desk.one, page, "send", reason="準備")
    wait_until(lambda: "終わった日時" in desk.one.get(where).text, seconds=20)


def invite(desk: Desk, number: int, **typed: str) -> str:
    where = f"/staff/members/{number:08}"
    answer = send(desk.one, desk.one.get(where).text, "invitation", reason="窓口で申し出", **typed)
    assert answer.status_code == 303, answer.text
    return desk.one.get(where).text


def test_a_letter_is_drawn_as_often_as_needed_and_noted_once(demo: Demo, desk: Desk) -> None:
    invite(desk, FIRST, sent_by="letter")
    invite(desk, FIRST + 1)
    page = desk.one.get(LETTERS).text
    assert f"/staff/members/{FIRST:08}" in page
    for _ in range(2):
        pdf = send(desk.one, page, "letters")
        assert pdf.status_code == 200, pdf.text[:300]
        assert pdf.content.startswith(b"%PDF")
        assert pdf.headers["Cache-Control"] == "no-store"
    assert f"/staff/members/{FIRST:08}" in desk.one.get(LETTERS).text, "a lost download costs none"
    assert send(desk.one, page, "printed", reason="").status_code == 400
    done = send(desk.one, page, "printed", reason="300枚を確かめた")
    assert done.headers["Location"] == f"{LETTERS}?done=printed"
    assert f"/staff/members/{FIRST:08}" not in desk.one.get(LETTERS).text
    assert send(desk.one, page, "printed", reason="もう一度").status_code == 409
    assert send(desk.one, page, "letters").status_code == 409
    found = logged(demo, "export.made")
    assert '"list": "letters"' in found


def test_an_invitation_is_made_anew_and_withdrawn(desk: Desk) -> None:
    page = invite(desk, FIRST + 2, sent_by="letter")
    assert "登録のご案内を作り直す" in page
    page = invite(desk, FIRST + 2, sent_by="letter")
    assert "新しいご案内に替わった" in page
    listed = desk.one.get("/staff/register/invitations").text
    assert f"/staff/members/{FIRST + 2:08}" in listed
    answer = send(desk.one, page, "revoke", reason="退会の申し出")
    assert answer.status_code == 303
    page = desk.one.get(f"/staff/members/{FIRST + 2:08}").text
    assert "職員が取り消した" in page
    assert 'id="revoke"' not in page


def test_who_cannot_be_invited_is_told_why(desk: Desk) -> None:
    where = f"/staff/members/{FIRST + 3:08}"
    page = desk.one.get(where).text
    by_mail = send(desk.one, page, "invitation", reason="申し出", sent_by="mail")
    assert by_mail.status_code == 409
    assert "メールアドレスを確かめてください" in by_mail.text
    assert send(desk.one, page, "invitation", reason="x", sent_by="pigeon").status_code == 400
    registered = desk.one.get("/staff/members/00000101").text
    assert send(desk.one, registered, "invitation", reason="x").status_code == 409


def test_letters_of_nobody_and_letters_for_others_are_refused(demo: Demo, desk: Desk) -> None:
    invite(desk, FIRST + 3)
    page = desk.one.get(LETTERS).text
    fields = fields_of(page, "letters") | {"letters": "'; DROP ZZZZZZ ../etc"}
    assert desk.one.post(f"{LETTERS}/file", fields).status_code in (400, 409)
    helper: Browser = sign_in(demo, staff_of(demo, "helpdesk"))
    token = fields_of(helper.get("/staff").text, "sign-out")
    assert helper.post(f"{LETTERS}/file", token | {"letters": "AAAAAA"}).status_code == 403
