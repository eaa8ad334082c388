"""Lists leave the house allowed, once, marked, and harmless to a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.demo import Demo, wait_until
from tests.support.desk import EXPORTS, Desk, logged, rows
from tests.support.factors import fields_of, send
from tests.support.relying_party import Browser
from tests.support.staff import sign_in, staff_of

REASON = "総会の資料"
EVIL = "=HYPERLINK(0)"


@pytest.fixture(scope="module")
def evil(desk: Desk) -> str:
    """Import a member whose name begins a formula."""
    where, page = desk.preview(rows(800001, 1, family=EVIL, paid="2011-05-31").encode())
    assert 'id="send"' in page, page
    send(desk.one, page, "send", reason=REASON)
    wait_until(lambda: "終わった日時" in desk.one.get(where).text, seconds=20)
    return "00800001"


def ask(browser: Browser, which: str, **typed: str) -> str:
    """Ask for an export; gives where one is led."""
    page = browser.get(EXPORTS).text
    answer = send(browser, page, "export", list=which, reason=REASON, **typed)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def take_forms(browser: Browser) -> list[tuple[str, str]]:
    page = browser.get(EXPORTS).text
    return re.findall(
        r'action="(/staff/register/exports/[0-9a-f-]{36})">\s*<input[^>]*value="([^"]+)"', page
    )


def test_cwe_1236_no_cell_is_a_formula_and_every_row_is_marked(
    demo: Demo, desk: Desk, evil: str
) -> None:
    period = {"from": "2011-05-31", "to": "2011-05-31"}
    assert ask(desk.one, "joined", **period) == f"{EXPORTS}?done=allowed"
    action, token = take_forms(desk.one)[0]
    answer = desk.one.post(action, {"csrf_token": token})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    read = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[0] for row in read[2:-1]] == [evil]
    assert all(not re.match(r"\s*[=+\-@＝＋－＠\t\r]", cell) for row in read for cell in row)
    assert any(EVIL in cell for cell in read[2])
    export = action.rsplit("/", 1)[1]
    assert export in read[0][0]
    assert read[2][-1] == export
    assert "1 members" in read[-1][0]
    found = logged(demo, "export.made")
    assert f'"export": "{export}"' in found
    assert '"count": 1' in found


def test_an_export_is_taken_once_even_by_many_at_once(desk: Desk, evil: str) -> None:
    assert evil
    ask(desk.one, "joined", **{"from": "2011-05-01", "to": "2011-05-31"})
    action, token = take_forms(desk.one)[0]
    with ThreadPoolExecutor(6) as pool:
        told = list(
            pool.map(lambda _: desk.one.post(action, {"csrf_token": token}).status_code, range(6))
        )
    assert sorted(told) == [200, 409, 409, 409, 409, 409]


def test_cwe_639_nobody_takes_what_another_was_allowed(demo: Demo, desk: Desk, evil: str) -> None:
    assert evil
    ask(desk.one, "joined", **{"from": "2011-05-02", "to": "2011-05-31"})
    action, _ = take_forms(desk.one)[0]
    own = fields_of(desk.two.get(EXPORTS).text, "export")["csrf_token"]
    assert desk.two.post(action, {"csrf_token": own}).status_code == 404
    assert action not in desk.two.get(EXPORTS).text
    helper = sign_in(demo, staff_of(demo, "helpdesk"))
    other = fields_of(helper.get("/staff").text, "sign-out")["csrf_token"]
    assert helper.post(action, {"csrf_token": other}).status_code == 403


def test_a_large_list_waits_for_a_second_person(desk: Desk) -> None:
    where, _ = desk.preview(rows(810000, 1100, paid="2012-06-30").encode())
    wait_until(lambda: 'id="send"' in desk.one.get(where).text, seconds=30)
    send(desk.one, desk.one.get(where).text, "send", reason=REASON)
    approval = re.findall(r'href="(/staff/approvals/[0-9a-f-]{36})"', desk.one.get(where).text)[0]
    desk.decide(approval)
    wait_until(lambda: "終わった日時" in desk.one.get(where).text, seconds=60)
    waits = ask(desk.one, "joined", **{"from": "2012-06-30", "to": "2012-06-30"})
    assert waits.startswith("/staff/approvals/")
    before = len(take_forms(desk.one))
    assert desk.decide(waits).status_code == 303
    assert len(take_forms(desk.one)) == before + 1
    action, token = take_forms(desk.one)[0]
    answer = desk.one.post(action, {"csrf_token": token})
    assert answer.text.count("\r\n") == 1100 + 3


def test_what_is_missing_is_said_beside_its_field(desk: Desk) -> None:
    page = desk.one.get(EXPORTS).text
    answer = send(desk.one, page, "export", list="leaving", **{"from": "きのう", "to": ""})
    assert answer.status_code == 400
    assert answer.text.count('aria-invalid="true"') == 3
    empty = send(
        desk.one,
        page,
        "export",
        list="joined",
        reason=REASON,
        **{"from": "1950-01-01", "to": "1950-01-02"},
    )
    assert empty.status_code == 400
    assert "だれもいません" in empty.text
    nothing = send(desk.one, page, "export", list="everything", reason=REASON)
    assert nothing.status_code == 400
