"""The room of blocks: found, explained, lifted once, with a reason; never by the wrong person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from audit.event import new_id
from idp.approvals.model import State
from idp.blocks import store as blocks
from idp.blocks.model import BY_A_LIMIT, Block, Evidence, Kind, Scope
from idp.policy.model import LimitName
from tests.staff.rooms import WAITS, Log, Person, known, open_log
from tests.support.demo import Demo
from tests.support.in_process import InProcess, in_process
from tests.support.relying_party import Browser
from tests.support.staff import staff_of

ADDRESS, NETWORK = LimitName.FAILURES_PER_ADDRESS, LimitName.FAILURES_PER_NETWORK
REFERENCE = re.compile(r'<strong class="code">([0-9A-Z]{8})</strong>')


@pytest.fixture(scope="module")
def log(demo: Demo) -> Iterator[Log]:
    with open_log(demo) as opened:
        yield opened


@pytest.fixture(scope="module")
def provider(demo: Demo) -> Iterator[InProcess]:
    with in_process(demo) as running:
        yield running


@pytest.fixture(scope="module")
def security(demo: Demo, provider: InProcess) -> Person:
    return Person.of(demo, provider, staff_of(demo, "security"))


def set_block(log: Log, number: int, rule: LimitName = ADDRESS, **more: Any) -> Block:
    """Put a block of a limit on record, as the gate does."""
    now = log.f.clock.now()
    since = now - timedelta(minutes=5)
    made: dict[str, Any] = {
        "id": new_id(now),
        "kind": Kind.ADDRESS,
        "scope": Scope.EVERYONE,
        "subject": None,
        "bucket": f"{rule.value}:198.51.100.{number}/32",
        "rule": rule,
        "made_by": BY_A_LIMIT,
        "policy_digest": log.f.policy.digest,
        "evidence": Evidence(30, since, now, 600),
        "reason": None,
        "reference": f"TEST{number:04d}",
        "started_at": now,
        "until": now + timedelta(hours=1),
    }
    block = Block(**(made | more))
    with log.f.database.begin() as tx:
        blocks.add(tx, block)
    return block


def stored(log: Log, block: Block) -> Block:
    with log.f.database.read() as tx:
        found = blocks.find(tx, block.id)
    assert found is not None
    return found


def lock_out(demo: Demo, member: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """Guess until strangers are stopped; give the code of the last refusal, and the block."""
    browser = Browser(demo.issuer)
    for number in range(6):
        answer = browser.sign_in(member["email"], f"guess number {number}")
    found = REFERENCE.search(answer.text)
    assert found, answer.text
    listed = json.loads(demo.idp("block", "list", "--format", "json").stdout)
    rule = "password_from_unknown_device"
    return found[1], next(x for x in listed if x["rule"] == rule and x["subject_kind"] == "member")


def test_a_wrong_block_is_found_explained_and_lifted_with_a_reason_cwe_778(
    demo: Demo, log: Log, security: Person
) -> None:
    member = demo.member(index=1)
    code, block = lock_out(demo, member)
    told = security.post("/staff/blocks/find", reference=f"{code[:4]}-{code[4:].lower()}")
    assert told.status == 200, told.location
    page = told.body.decode()
    assert "パスワードの誤り（はじめての端末）" in page, "the rules the attempt met"
    assert "127.0.…" in page, "where from, masked"
    answer = security.post("/staff/blocks/find", reference=block["reference"])
    assert (answer.status, answer.location) == (303, f"/staff/blocks/{block['id']}")
    page = security.page(answer.location)
    same = json.loads(demo.idp("block", "explain", block["reference"], "--format", "json").stdout)
    for sentence in re.findall(r"[^。]+。", same["ja"]):
        assert sentence in page, "the words of the command, and of the mail"
    assert member["number"] not in page, "security may not see members"
    for reason in ("", "　", "x\ny", "x" * 501):
        refused = security.post(f"/staff/blocks/{block['id']}/lift", reason=reason)
        assert refused.status == 400, reason
        assert "理由を、一文で" in refused.body.decode()
    assert log.lines("block.lifted", block["id"]) == []
    done = security.post(f"/staff/blocks/{block['id']}/lift", reason="電話で本人を確かめた")
    assert done.status == 303
    assert "この制限を解きました" in security.page(f"/staff/blocks/{block['id']}", done="lifted")
    (line,) = log.lines("block.lifted", block["id"])
    event = json.loads(line)
    assert event["actor"]["role"] == "security"
    assert event["data"]["reason"] == "電話で本人を確かめた"
    assert event["session"]
    assert event["source"]["address"], "whence, sealed"
    viewed = log.lines("member.viewed", block["id"])
    assert viewed, "whoever opens a member's block has looked at the member"
    assert json.loads(viewed[0])["subject"] == block["subject"]
    assert Browser(demo.issuer).sign_in(member["email"], member["password"]).status_code == 303
    assert "電話で本人を確かめた" in security.page("/staff/blocks/lifted")


def test_lifting_one_block_from_many_windows_is_one_event_cwe_362(
    log: Log, security: Person
) -> None:
    block = set_block(log, 1)
    answers = security.at_once(8, f"/staff/blocks/{block.id}/lift", reason="同時に解く")
    assert sorted(a.status for a in answers) == [303] + [409] * 7
    assert len(log.lines("block.lifted", block.id)) == 1
    assert stored(log, block).lift_reason == "同時に解く"


def test_who_may_not_lift_lifts_nothing_cwe_863(demo: Demo, log: Log, provider: InProcess) -> None:
    block = set_block(log, 2)
    for role in ("helpdesk", "clerk", "auditor", "administrator"):
        person = Person.of(demo, provider, staff_of(demo, role))
        for path in (f"{block.id}/lift", f"many/{ADDRESS.value}", "account"):
            refused = person.post(f"/staff/blocks/{path}", reason="no")
            assert refused.status == 403, (role, path)
        opened = person.get(f"/staff/blocks/{block.id}").status
        assert opened == (200 if role == "auditor" else 403), role
        if role == "helpdesk":
            assert person.get("/staff/blocks").status == 200
            assert block.id not in person.page("/staff/blocks"), "a code is opened within a case"
    assert stored(log, block).lifted_at is None


def test_nobody_lifts_a_block_of_their_own_cwe_863(demo: Demo, log: Log, security: Person) -> None:
    own = known(demo, log, "security")["id"]
    rule = LimitName.STAFF_TOTP
    bucket = f"{rule.value}:{own}"
    block = set_block(
        log, 3, rule, subject=own, kind=Kind.AUTHENTICATOR, scope=Scope.DEVICE, bucket=bucket
    )
    refused = security.post(f"/staff/blocks/{block.id}/lift", reason="mine")
    assert refused.status == 409
    assert "ご自身のアカウントの制限は" in refused.body.decode()
    assert 'id="lift-block"' not in security.page(f"/staff/blocks/{block.id}")
    many = prepared(security, rule)
    assert security.post(f"/staff/blocks/many/{rule.value}", reason="mine", **many).status == 409
    assert stored(log, block).lifted_at is None
    assert demo.idp("block", "lift", block.id, "--reason", "by another").returncode == 0


def test_without_the_form_token_nothing_is_done_cwe_352(log: Log, security: Person) -> None:
    block = set_block(log, 4)
    for token in ("", "x" * 43):
        answer = security.post(f"/staff/blocks/{block.id}/lift", csrf_token=token, reason="no")
        assert answer.status in (400, 403), answer.status
    assert stored(log, block).lifted_at is None


def test_what_was_looked_up_stands_in_no_log_in_clear_cwe_532(
    demo: Demo, log: Log, security: Person
) -> None:
    member = demo.member(index=2)
    page = security.post("/staff/blocks/find", member_number=member["number"])
    assert page.status == 200
    assert "利用中" in page.body.decode()
    missed = security.post("/staff/blocks/find", member_number="99999999")
    assert missed.status in (400, 404)
    address = security.post("/staff/blocks/find", address="198.51.100.77")
    assert "この接続元の制限は、いま続いていません" in address.body.decode()
    assert '"what":"account"' in "".join(log.lines("member.viewed")).replace(" ", "")
    everything = log.everything()
    assert member["number"] not in everything
    assert '"198.51.100.77"' not in everything
    for file in (demo.data / "logs").glob("*.log"):
        assert member["number"] not in file.read_text("utf-8", "replace"), file.name


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"reference": "\0\0\0\0"}, 400),
        ({"reference": "\ud800"}, 400),
        ({"reference": "7" * 60}, 400),
        ({"address": "not an address"}, 400),
        ({"member_number": "１２"}, 400),
        ({}, 400),
        ({"reference": "7K2MPX9W", "address": "198.51.100.1"}, 400),
        ({"reference": "7K2MPX9W"}, 404),
        ({"reference": "x" * 70_000}, 413),
    ],
)
def test_what_cannot_be_looked_up_gets_a_clear_error(
    security: Person, sent: dict[str, str], status: int
) -> None:
    answer = security.post("/staff/blocks/find", **sent)
    assert answer.status == status, answer.body.decode()[:2000]


def test_ids_and_pages_that_are_none_are_not_found(security: Person) -> None:
    for path in ("x", "\0", "0" * 36, "'" * 36, "../x"):
        assert security.get(f"/staff/blocks/{path}").status in (400, 404), path
        assert security.post(f"/staff/blocks/{path}/lift", reason="x").status in (404, 409), path
    assert security.get("/staff/blocks/many/no_such_rule").status == 404
    for before in ("x", "1_x", "9" * 30 + "_" + "0" * 36, "1_" + "0" * 36):
        assert security.get("/staff/blocks", before=before).status == 200, before
    assert security.get("/staff/blocks", rule="no_such_rule").status == 200


def prepared(person: Person, rule: LimitName) -> dict[str, str]:
    page = person.page(f"/staff/blocks/many/{rule.value}")
    inside = page.split('id="lift-all"')[1]
    return {
        name: re.findall(rf'name="{name}" value="([^"]*)"', inside)[0] for name in ("at", "set")
    }


def test_a_few_are_lifted_at_once_and_what_began_later_stays(log: Log, security: Person) -> None:
    known_ones = [set_block(log, 20 + n, NETWORK) for n in range(3)]
    form = prepared(security, NETWORK)
    later = set_block(log, 29, NETWORK)
    path = f"/staff/blocks/many/{NETWORK.value}"
    wrong = security.post(path, reason="x", at=form["at"], set="0" * 64)
    assert wrong.status == 409
    assert "制限が変わりました" in wrong.body.decode()
    ahead = str(int(form["at"]) + 10**15)
    assert security.post(path, reason="x", at=ahead, set=form["set"]).status == 409
    done = security.post(path, reason="学校のネットワークだった", **form)
    assert (done.status, done.location) == (303, "/staff/blocks?done=lifted")
    assert all(stored(log, one).lifted_at for one in known_ones)
    assert stored(log, later).lifted_at is None
    again = security.post(path, reason="もう一度", **form)
    assert again.status == 409, "what was lifted is not in the set any more"
    lines = log.lines("block.lifted", form["set"])
    assert len(lines) == 3
    assert security.post(f"/staff/blocks/{later.id}/lift", reason="そのあと").status == 303


def test_many_wait_for_a_second_person_and_are_lifted_once_cwe_863(
    demo: Demo, log: Log, security: Person
) -> None:
    many = [set_block(log, 100 + n) for n in range(60)]
    page = security.page("/staff/blocks", rule=ADDRESS.value)
    assert page.count(">198.51.100.") == 0, "the list names no address"
    assert "もっと前の制限を見る" in page
    assert len(page.encode()) < 100_000
    path, form = f"/staff/blocks/many/{ADDRESS.value}", prepared(security, ADDRESS)
    assert "承認を待ってから" in security.page(path)
    waits = security.post(path, reason="学校の回線が替わった", **form)
    assert WAITS.fullmatch(waits.location), waits.status
    assert all(stored(log, one).lifted_at is None for one in many), "nothing yet"
    single = security.post(f"/staff/blocks/{many[0].id}/lift", reason="先に一件だけ")
    assert single.status == 303
    assert log.agree(waits, known(demo, log, "administrator"), "administrator") is State.APPROVED
    again = security.post(path, reason="もう一度", **form)
    assert again.status == 409, "nothing of it runs any more"
    for one in many:
        assert len(log.lines("block.lifted", one.id)) == 1, one.id
    assert stored(log, many[0]).lift_reason == "先に一件だけ", "lifted before, and not again"
    lines = log.lines("block.lifted", form["set"])
    approval = WAITS.fullmatch(waits.location)
    assert approval
    assert all(json.loads(x)["data"]["approval"] == approval[1] for x in lines)


def test_an_account_is_taken_out_of_service_and_back(
    demo: Demo, log: Log, security: Person
) -> None:
    member = demo.member(index=3)
    browser = Browser(demo.issuer)
    assert browser.sign_in(member["email"], member["password"]).status_code == 303
    form = {"member_number": member["number"], "reason": "不正な利用のおそれ"}
    assert security.post("/staff/blocks/account", **form).status == 400, "not confirmed"
    answers = security.at_once(4, "/staff/blocks/account", confirm="yes", **form)
    assert sorted(a.status for a in answers) == [303, 409, 409, 409]
    assert browser.get("/account").status_code == 303, "everything ended at once"
    page = security.post("/staff/blocks/find", member_number=member["number"]).body.decode()
    (block_id,) = set(re.findall(r"/staff/blocks/([0-9a-f-]{36})", page))
    assert "事務局が制限しています" in page
    assert len(log.lines("account.blocked", "不正な利用のおそれ")) == 1
    lifts = security.at_once(4, f"/staff/blocks/{block_id}/lift", reason="確かめた")
    assert sorted(a.status for a in lifts) == [303, 409, 409, 409]
    assert len(log.lines("account.unblocked", "確かめた")) == 1
    assert Browser(demo.issuer).sign_in(member["email"], member["password"]).status_code == 303


def test_look_ups_of_one_person_are_limited_cwe_799(
    demo: Demo, log: Log, provider: InProcess
) -> None:
    from tests.support.staff import new_staff

    curious = Person.of(demo, provider, new_staff(demo, "kyomi", "security"))
    most = log.f.policy.policy.roles.look_ups_per_hour
    answers = [
        one
        for _ in range(most // 10)
        for one in curious.at_once(12, "/staff/blocks/find", reference="7K2MPX9W")
    ]
    assert sum(one.status == 404 for one in answers) == most, "exactly, however many at once"
    over = [one for one in answers if one.status != 404]
    assert {one.status for one in over} == {429}
    assert "超えました" in over[0].body.decode()
