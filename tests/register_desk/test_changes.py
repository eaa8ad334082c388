"""The queue of change requests through its pages: due dates, before and after, one decision."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.flows.change_scene import filer, mails_to
from tests.support.demo import Demo, wait_until
from tests.support.desk import Desk
from tests.support.factors import send
from tests.support.relying_party import Browser

QUEUE = "/staff/changes"
INDEX = 2
"""A member whom no other test looks for by name."""


@pytest.fixture(scope="module")
def filed(demo: Demo) -> list[str]:
    """File a change of name and of a telephone number; gives their ids."""
    one = filer(demo, INDEX)
    name = {
        "family_name": "新例",
        "given_name": "太郎",
        "family_kana": "シンレイ",
        "given_kana": "タロウ",
    }
    made = [one.file("name", name), one.file("phone", {"phone_number": "03-1111-2222"})]
    return [answer.json()["id"] for answer in made]


def test_the_queue_says_what_is_due_and_shows_before_and_after(
    desk: Desk, filed: list[str]
) -> None:
    page = desk.one.get(QUEUE).text
    assert f'href="{QUEUE}/{filed[0]}"' in page
    assert "期限まで余裕があります" in page
    assert "新例" not in page
    one = desk.one.get(f"{QUEUE}/{filed[0]}").text
    table = one.split('id="difference"')[1].split("</table>")[0]
    assert "<strong>新例</strong>" in table
    assert table.count("変わる") == 2


def test_what_is_wrong_is_said_and_nothing_is_decided(desk: Desk, filed: list[str]) -> None:
    where = f"{QUEUE}/{filed[0]}"
    page = desk.one.get(where).text
    no_reason = send(desk.one, page, "approve", reason=" ", effective_on="2999-01-01")
    assert no_reason.status_code == 400
    assert "理由を、一文で書いてください" in no_reason.text
    far = send(desk.one, page, "approve", reason="確認済み", effective_on="2999-01-01")
    assert far.status_code == 400
    assert "1年以内の日" in far.text
    past = send(desk.one, page, "approve", reason="確認済み", effective_on="平成30年1月1日")
    assert past.status_code == 400
    assert 'id="approve"' in desk.one.get(where).text


def test_of_two_clerks_at_once_one_decides(desk: Desk, filed: list[str]) -> None:
    """CWE-362: one approves while the other refuses."""
    where = f"{QUEUE}/{filed[1]}"
    forms = [(desk.one, "approve"), (desk.two, "refuse")] * 3
    pages = {"approve": desk.one.get(where).text, "refuse": desk.two.get(where).text}
    day = today_of(pages["approve"])

    def decide(turn: tuple[Browser, str]) -> int:
        browser, form = turn
        return send(browser, pages[form], form, reason="確認済み", effective_on=day).status_code

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(decide, forms))
    assert sorted(told) == [303, 409, 409, 409, 409, 409], told
    assert (
        "すでに終わっています"
        in send(desk.one, pages["approve"], "approve", reason="もう一度", effective_on=day).text
    )


def today_of(page: str) -> str:
    return page.split('name="effective_on" value="')[1].split('"', maxsplit=1)[0]


def test_approving_reaches_the_register_and_the_member(
    demo: Demo, desk: Desk, filed: list[str]
) -> None:
    page = desk.one.get(f"{QUEUE}/{filed[0]}").text
    day = today_of(page)
    answer = send(desk.one, page, "approve", reason="戸籍の写しで確認", effective_on=day)
    assert answer.headers["Location"] == f"{QUEUE}?done=approved"
    who = demo.member(index=INDEX)
    member = desk.one.get(f"/staff/members/{who['number']}").text
    assert "新例\u3000太＊＊＊" in member
    assert "変更のお手続きを認めた" in member
    wait_until(lambda: [m for m in mails_to(demo, who["email"]) if "結果" in m["text"]], seconds=20)
