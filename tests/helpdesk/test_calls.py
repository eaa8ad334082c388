"""Calls at the help desk through HTTP: what a caller gets who is the member, and who is not."""

from __future__ import annotations

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.demo import Demo
from tests.support.helpdesk import (
    CASES,
    MATCH,
    NO_MATCH,
    WRONG,
    Call,
    asked_in,
    member_of,
    truth,
)
from tests.support.mailbox import Mailbox
from tests.support.relying_party import Browser
from tests.support.staff import new_staff, sign_in, staff_of


@pytest.fixture(scope="module")
def operator(demo: Demo) -> Browser:
    return sign_in(demo, staff_of(demo, "helpdesk"))


@pytest.fixture(scope="module")
def colleague(demo: Demo) -> Browser:
    return sign_in(demo, new_staff(demo, "tonari", "helpdesk"))


@pytest.fixture(scope="module")
def clerk(demo: Demo) -> Browser:
    return sign_in(demo, staff_of(demo, "clerk"))


def at_once(browser: Browser, path: str, forms: list[dict[str, str]]) -> list[int]:
    """Send all of these at the same moment in one session; gives the statuses."""
    start = threading.Barrier(len(forms))

    def one(form: dict[str, str]) -> int:
        other = Browser(browser.issuer)
        other.http.cookies.update(browser.http.cookies)
        start.wait()
        return other.post(path, form).status_code

    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(one, forms))


def events(demo: Demo, name: str, case: str) -> list[dict[str, Any]]:
    found = demo.idp("audit", "search", "--name", name, "--case", case, "--format", "json").stdout
    return [json.loads(line) for line in found.splitlines() if line.strip()]


def test_a_forgotten_address_is_told_in_part_and_a_reset_goes_to_the_stored_one(
    demo: Demo, operator: Browser
) -> None:
    member = member_of("00000106")
    box = Mailbox(demo, str(member.email))
    call = Call(operator, member.number)
    assert call.open("れいざき").status_code == 303
    assert "ken@" not in call.page
    page = call.prove()
    assert 'id="proven"' in page, page.split("<main")[1][:3000]
    assert call.post("tell").status_code == 303
    page = call.page
    assert str(member.email) not in page, "a masked address is not the address"
    assert "@mihon.example" in page.split('id="address"')[1][:80]
    assert call.post("reset").status_code == 303
    assert 'id="reset-sent"' in call.page
    mail = box.next("再設定")
    assert "/recover/" in mail["text"]
    again = call.post("reset")
    assert again.status_code == 409, "once in a case"
    assert call.post("end").headers["Location"] == CASES


def test_search_is_tolerant_masked_and_says_what_to_do(operator: Browser) -> None:
    call = Call(operator, "00000101")
    for typed in (
        "見本太郎",
        "ミホン　タロウ",
        "みほんたろう",
        "ﾐﾎﾝ ﾀﾛｳ",
        "００００0101",
        "みほん 0101",
    ):
        page = call.found(typed).text
        assert "見＊　太＊" in page, typed
        assert "00000101" not in page.replace(f'value="{typed}"', ""), typed
        assert "太郎" not in page.replace(f'value="{typed}"', ""), typed
    for typed, said in (
        ("み", "2文字以上"),
        ("12345", "8けたの組合員番号"),
        ("　", "どれかを入力"),
    ):
        answer = call.found(typed)
        assert (answer.status_code, said in answer.text) == (400, True), typed
    assert "見つかりませんでした" in call.found("いないひと").text


def test_what_the_caller_was_found_by_is_not_asked_and_a_question_cannot_be_picked(
    demo: Demo, operator: Browser
) -> None:
    """Forged question choice (CWE-472, CWE-640): the system chooses, and keeps what it chose."""
    call = Call(operator, "00000105")
    call.open("00000105", "other")
    first = asked_in(call.page)
    for _reload in range(8):
        assert asked_in(call.page) == first, "loading the page again draws no other question"
    easy = truth(call.number, first) if first else ""
    for place in ("1", "7", "-1", "x", ""):
        answer = call.post("answer", place=place, answer=easy, question="birth_date")
        assert answer.status_code == 409, place
    assert asked_in(call.page) == first
    call.prove()
    asked = [e["data"]["question"] for e in events(demo, "case.answered", call.path[-36:])]
    assert "member_number" not in asked
    assert len(asked) == len(set(asked))
    call.post("end")


def test_the_tricked_operator_gives_nothing_away(
    demo: Demo, operator: Browser, colleague: Browser
) -> None:
    """Wrong answers, urgency, a second call with somebody else (CWE-640, CWE-307)."""
    call = Call(operator, "00000303")
    call.open("ひながたまこと")
    assert call.answer(WRONG).status_code == 303
    assert NO_MATCH in call.page
    assert call.answer(WRONG).status_code == 303
    page = call.page
    assert "お電話では何もご案内できません" in page
    for act in ("tell", "reset", "explain", "call-back", "called", "disclose", "address", "factor"):
        refused = call.post(
            act,
            reference="ABCD2345",
            said="FHKMRW",
            reason="急ぎ",
            email="a@mihon.example",
            factor="totp",
        )
        assert refused.status_code in (404, 409), act
        assert "makoto@" not in refused.text, act
    for browser in (operator, colleague):
        again = Call(browser, "00000303")
        answer = again.open("00000303")
        assert answer.status_code == 409
        assert "しばらくのあいだ、どの職員も" in answer.text
    signed_in = Browser(demo.issuer)
    person = next(m for m in demo.facts["members"] if m["number"] == "00000303")
    if person["password"]:
        landed = signed_in.sign_in(person["email"], person["password"])
        assert landed.status_code == 303, "the member signs in as before"


def test_wrong_answers_in_parallel_count_each_once_and_never_beat_the_limit(
    demo: Demo, operator: Browser
) -> None:
    """CWE-307 with CWE-362: twenty guesses at one question at once are one guess."""
    call = Call(operator, "00000302")
    call.open("ひょうほんめぐみ")
    form = {"csrf_token": re.findall(r'name="csrf_token" value="([^"]+)"', call.page)[0]}
    for place in ("0", "1", "2"):
        guesses = [form | {"place": place, "answer": f"{n:04}"} for n in range(20)]
        answers = at_once(operator, f"{call.path}/answer", guesses)
        assert sorted(set(answers)) in ([303, 409], [409]), answers
        assert answers.count(303) <= 1
    tried = events(demo, "case.answered", call.path[-36:])
    assert len(tried) == 2
    assert "お電話では何もご案内できません" in call.page


def test_a_form_sent_twice_is_one_answer(operator: Browser) -> None:
    """Repeated submission (CWE-799): the same answer again is another place's."""
    call = Call(operator, "00000104")
    call.open("かくうさくら")
    page = call.page
    kind = asked_in(page)
    assert kind is not None
    fields = {"place": "0", "answer": truth(call.number, kind)}
    assert call.post("answer", **fields).status_code == 303
    repeated = call.post("answer", **fields)
    assert repeated.status_code == 409
    assert "もう受け付けました" in repeated.text
    assert call.page.count(MATCH) == 1
    opened = call.open("かくうさくら")
    assert opened.status_code == 303, "the open case, not another one"
    call.post("end")


def test_nobody_takes_a_call_about_herself(demo: Demo) -> None:
    """Own account (CWE-284): known by the mail address both have; it is an event."""
    browser = sign_in(demo, new_staff(demo, "samplina", "helpdesk"))
    answer = Call(browser, "00000107").open("サンプリナ")
    assert answer.status_code == 403
    assert "ご自分（または同じお名前の方）" in answer.text
    found = demo.idp("audit", "search", "--name", "case.refused", "--format", "json").stdout
    assert '"why": "own"' in found


def test_cases_of_others_do_not_exist_for_an_operator(
    operator: Browser, colleague: Browser, clerk: Browser
) -> None:
    """CWE-639, CWE-862: another operator's case is not found; a supervisor reads it."""
    call = Call(operator, "00000109")
    call.open("かめいみどり")
    call.answer()
    other = Call(colleague, "00000109", call.path)
    assert colleague.get(call.path).status_code == 404
    token = re.findall(r'name="csrf_token" value="([^"]+)"', colleague.get(CASES).text)[0]
    for act in ("answer", "tell", "reset", "end", "call-back", "disclose"):
        answer = colleague.post(f"{call.path}/{act}", {"csrf_token": token, "place": "1"})
        assert answer.status_code == 404, act
    busy = other.open("かめいみどり")
    assert busy.status_code == 409
    assert "別の職員がお電話をお受けしています" in busy.text
    read = clerk.get(call.path).text
    assert 'id="transcript"' in read
    assert 'id="answer"' not in read, "reading is not handling"
    call.post("end")


BAD = (
    ("wanted=%00", 400),
    ("wanted=%ED%A0%80", 400),
    ("wanted=a&wanted=b", 400),
    ("wanted=%83%7E%83%7A", 400),
    ("wanted=" + "x" * 500, 400),
    ("wanted=" + "x" * 10_000_000, 413),
)


@pytest.mark.parametrize(("body", "status"), BAD)
def test_what_cannot_be_believed_is_refused(operator: Browser, body: str, status: int) -> None:
    """CWE-20: NUL bytes, surrogates, repeated fields, Shift_JIS, ten megabytes."""
    token = re.findall(r'name="csrf_token" value="([^"]+)"', operator.get(CASES).text)[0]
    answer = operator.http.post(
        f"{operator.issuer}{CASES}/search",
        data=f"csrf_token={token}&{body}",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        allow_redirects=False,
        timeout=30,
    )
    assert answer.status_code == status
