"""An approval is bound to the difference that was looked at (CWE-367, CWE-841)."""

from __future__ import annotations

import pytest

from tests.flows.change_scene import clerk, commands, filer, told_by_core
from tests.register_desk.test_changes import QUEUE, today_of
from tests.support.demo import Demo, wait_until
from tests.support.desk import Desk, logged
from tests.support.factors import fields_of, send

INDEX = 6
MOVED = "確かめたあとに、名簿の内容が変わりました"
SEEN = "名簿の控えで確認"


@pytest.fixture(scope="module")
def number(demo: Demo) -> str:
    return str(demo.member(index=INDEX)["number"])


def apply(desk: Desk, data: bytes) -> None:
    where, page = desk.preview(data)
    assert send(desk.one, page, "send", reason="基幹システムの夜間の書き出し").status_code == 303
    wait_until(lambda: "終わった日時" in desk.one.get(where).text, seconds=60)


def file_phone(demo: Demo, phone: str) -> str:
    filed = filer(demo, INDEX).file("phone", {"phone_number": phone})
    assert filed.status_code == 201, filed.text
    return f"{QUEUE}/{filed.json()['id']}"


def is_open(desk: Desk, where: str) -> bool:
    return 'id="approve"' in desk.one.get(where).text


def test_cwe_367_an_import_between_looking_and_approving(
    demo: Demo, desk: Desk, number: str
) -> None:
    where = file_phone(demo, "03-2222-3333")
    page = desk.one.get(where).text
    day = today_of(page)
    apply(desk, told_by_core(number, 電話番号="03-4444-5555"))

    stale = send(desk.one, page, "approve", reason=SEEN, effective_on=day)
    assert stale.status_code == 409
    assert MOVED in stale.text
    table = stale.text.split('id="difference"')[1].split("</table>")[0]
    assert "+81344445555" in table
    assert is_open(desk, where)
    # A form that is wrong beside that does not bring the new digest in without a word.
    for wrong in ({"reason": " "}, {"effective_on": "2999-01-01"}):
        typed = {"reason": SEEN, "effective_on": day} | wrong
        again = send(desk.one, page, "approve", **typed)
        assert (again.status_code, MOVED in again.text) == (409, True)
    assert is_open(desk, where)

    done = send(desk.one, stale.text, "approve", reason=SEEN, effective_on=day)
    assert done.headers["Location"] == f"{QUEUE}?done=approved"
    assert not is_open(desk, where)


def test_another_field_of_the_member_may_change_meanwhile(
    demo: Demo, desk: Desk, number: str
) -> None:
    """The nightly file moves workplaces about; a telephone number has nothing to do with it."""
    where = file_phone(demo, "03-6666-7777")
    page = desk.one.get(where).text
    apply(desk, told_by_core(number, 電話番号="03-2222-3333", 勤務先="べつのみほん小学校"))
    done = send(desk.one, page, "approve", reason=SEEN, effective_on=today_of(page))
    assert done.status_code == 303


def test_cwe_841_a_form_without_the_digest_or_with_another_decides_nothing(
    demo: Demo, desk: Desk
) -> None:
    where = file_phone(demo, "03-8888-9999")
    page = desk.one.get(where).text
    fields = fields_of(page, "approve") | {"reason": SEEN, "effective_on": today_of(page)}
    dropped = {name: value for name, value in fields.items() if name != "digest"}
    for sent in (dropped, fields | {"digest": ""}, fields | {"digest": "0" * 65}):
        assert desk.one.post(f"{where}/approve", sent).status_code == 400

    other = filer(demo, INDEX + 1).file("phone", {"phone_number": "03-8888-9999"}).json()["id"]
    foreign = fields_of(desk.one.get(f"{QUEUE}/{other}").text, "approve")["digest"]
    for digest in (foreign, "0" * 64, fields["digest"].upper()):
        answer = desk.one.post(f"{where}/approve", fields | {"digest": digest})
        assert (answer.status_code, MOVED in answer.text) == (409, True)
    assert is_open(desk, where)
    assert desk.one.post(f"{where}/approve", fields).status_code == 303


def test_the_command_is_bound_as_well(demo: Demo, desk: Desk, number: str) -> None:
    change = file_phone(demo, "03-1212-3434").rsplit("/", 1)[1]
    digest = clerk(demo, "changes", "show", change)["digest"]
    words = ("member", "changes", "approve", change, "--reason", SEEN)
    apply(desk, told_by_core(number, 電話番号="03-5656-7878"))
    stale = commands(demo).idp(*words, "--digest", digest)
    assert (stale.returncode, stale.stdout) == (1, "")
    assert "look at it again" in stale.stderr
    assert clerk(demo, *words[1:])["state"] == "approved", "as it is now, without one"


def test_the_event_keeps_the_digest_for_the_member_s_key_only(demo: Demo, desk: Desk) -> None:
    """A telephone number is found from its hash by trying: it goes with the key (CWE-916)."""
    where = file_phone(demo, "03-9090-1010")
    page = desk.one.get(where).text
    digest = fields_of(page, "approve")["digest"]
    send(desk.one, page, "approve", reason=SEEN, effective_on=today_of(page))
    assert digest in logged(demo, "change.approved", "--limit", "1")
    kept = [path.read_bytes() for path in demo.data.rglob("*.db*") if path.is_file()]
    assert kept
    assert all(digest.encode() not in content for content in kept)
