"""What policy says needs two is never done by one: tried through the pages, in every way."""

from __future__ import annotations

from typing import Any

import pytest

from audit.event import Actor
from audit.names import EventName
from tests.approvals.scene import Colleague, Scene, waiting_at
from tests.races.crowd import Crowd, Shot
from tests.support.demo import wait_until
from tests.support.mailbox import Mailbox
from tests.support.relying_party import Browser
from tests.support.staff import STAFF, enrol, new_staff, sign_in, staff_of

OPERATOR = Actor("operator", "cli:test")


def test_what_one_asks_another_does_and_only_the_newcomer_gets_the_link(scene: Scene) -> None:
    path, address = scene.asks.ask_to_add("helpdesk", "clerk")
    assert scene.colleague(address) is None
    mine = scene.asks.page(path)
    assert "承認待ち" in mine
    assert 'id="decide"' not in mine
    assert "あなたの承認を待っている申請が" in scene.decides.page("/staff")
    shown = scene.decides.page(path)
    for said in ("架空 新", address, "窓口 (helpdesk), 名簿 (clerk)", "入職"):
        assert said in shown, said
    mailbox = Mailbox(scene.demo, address)
    answer = scene.decides.decide(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert scene.colleague(address) is not None
    (link,) = mailbox.next("職員用アカウントの設定")["links"]
    for one in (scene.asks, scene.decides):
        assert "承認され、実行された" in one.page(path)
        assert link.rsplit("/", 1)[1] not in one.page(path)
    made = enrol(scene.demo, link, "kaban no naka no hon 3")
    sign_in(scene.demo, made | {"email": address})
    account = scene.colleague(address)
    assert scene.events(EventName.STAFF_ADDED, path.rsplit("/", 1)[1]) == 1
    assert scene.events(EventName.STAFF_ROLE_GRANTED, account.id) == 2


def test_cwe_863_who_asked_approves_from_another_browser(scene: Scene) -> None:
    path, address = scene.asks.ask_to_add()
    digest = scene.decides.fill(path, "decide")["digest"]
    elsewhere = scene.asks.elsewhere()
    for one in (scene.asks, elsewhere):
        answer = one.send(path, "withdraw", decision="approve", digest=digest, reason="自分で")
        assert answer.status_code == 409
        assert "ご自分が申請したものは決定できません" in answer.text
    assert scene.colleague(address) is None
    assert scene.events(EventName.APPROVAL_REFUSED, path.rsplit("/", 1)[1]) == 2


def test_cwe_863_a_second_person_signs_in_where_the_first_asked(scene: Scene) -> None:
    path, address = scene.asks.ask_to_add()
    borrowed = Browser(scene.demo.issuer)
    borrowed.http.cookies.update(scene.asks.browser.http.cookies)
    del borrowed.http.cookies[STAFF]  # the first one signed out
    accomplice = Colleague(scene.demo, scene.decides.account)
    accomplice.browser = borrowed
    accomplice.again()
    answer = accomplice.decide(path)
    assert answer.status_code == 409
    assert "申請に使われたのと同じ端末では決定できません" in answer.text
    # The browser forgets who it is: then it is one that nobody signed in with.
    for name in [c.name for c in borrowed.http.cookies if "device" in c.name]:
        del borrowed.http.cookies[name]
    answer = accomplice.decide(path)
    assert answer.status_code == 409
    assert "この端末を確かめられません" in answer.text
    assert scene.colleague(address) is None


@pytest.mark.parametrize("role", ["helpdesk", "clerk", "auditor"])
def test_cwe_863_a_role_that_may_not_decide_sees_and_does_nothing(scene: Scene, role: str) -> None:
    path, address = scene.asks.ask_to_add()
    other = Colleague(scene.demo, staff_of(scene.demo, role))
    page = other.browser.get(path)
    assert page.status_code == 403
    assert address not in page.text
    form = scene.decides.fill(path, "decide", decision="approve", reason="見た")
    form["csrf_token"] = other.page("/staff").split('name="csrf_token" value="')[1].split('"')[0]
    assert other.browser.post(path, form).status_code == 403
    assert scene.colleague(address) is None


def test_cwe_294_a_decision_sent_again_does_nothing_more(scene: Scene) -> None:
    path, address = scene.asks.ask_to_add()
    form = scene.decides.fill(path, "decide", decision="approve", reason="見た")
    assert scene.decides.browser.post(path, form).status_code == 303
    account = scene.colleague(address)
    scene.directory.end(account.id, OPERATOR, "left again")
    for decision in ("approve", "decline", "approve"):
        answer = scene.decides.browser.post(path, form | {"decision": decision})
        assert answer.status_code == 409
        assert "すでに決定されたか、終わっています" in answer.text
    assert scene.colleague(address) is None, "and nobody came back"
    assert scene.events(EventName.STAFF_ADDED, path.rsplit("/", 1)[1]) == 1


def test_cwe_294_the_form_of_one_request_does_not_decide_another(scene: Scene) -> None:
    seen, first = scene.asks.ask_to_add()
    other, second = scene.asks.ask_to_add("helpdesk", "clerk")
    form = scene.decides.fill(seen, "decide", decision="approve", reason="見た")
    for digest in (form["digest"], "", "0" * 64):
        answer = scene.decides.browser.post(other, form | {"digest": digest})
        assert answer.status_code == 409
        assert "申請の内容と同じではありません" in answer.text
    assert scene.colleague(first) is None
    assert scene.colleague(second) is None


def test_cwe_367_what_changed_between_view_and_decision_is_not_done(scene: Scene) -> None:
    path, address = scene.asks.ask_to_add()
    assert scene.decides.decide(path).status_code == 303
    account = scene.colleague(address)
    person = f"/staff/people/{account.id}"
    boxes = {"role_helpdesk": "yes", "role_clerk": "yes"}
    asked = scene.asks.send(f"{person}/roles", "person-act", reason="兼務", **boxes)
    path = waiting_at(asked)
    form = scene.decides.fill(path, "decide", decision="approve", reason="見た")
    scene.directory.change_roles(account.id, ["auditor"], [], OPERATOR, "meanwhile")
    assert scene.decides.browser.post(path, form).status_code == 303
    assert "申請のあとに内容が変わったため、無効になった" in scene.decides.page(path)
    held = next(x.held for x in scene.directory.list_all() if x.account.id == account.id)
    assert set(held) == {"helpdesk", "auditor"}
    assert scene.decides.browser.post(path, form).status_code == 409


def test_cwe_367_who_left_or_lost_the_role_has_asked_for_nothing(scene: Scene) -> None:
    for how in ("left", "lost"):
        account = new_staff(scene.demo, f"kanri-{how}", "administrator")
        one = Colleague(scene.demo, account)
        path, address = one.ask_to_add()
        if how == "left":
            scene.directory.end(account["id"], OPERATOR, "left")
        else:
            scene.directory.change_roles(
                account["id"], [], ["administrator"], OPERATOR, "other duties"
            )
        page = scene.decides.page(path)
        if 'id="decide"' in page:  # else the worker was quicker
            form = scene.decides.fill(path, "decide", decision="approve", reason="見た")
            assert scene.decides.browser.post(path, form).status_code in (303, 409)
        assert "申請できなくなったため、無効になった" in scene.decides.page(path)
        assert scene.colleague(address) is None


def cookies_of(one: Colleague) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{c.name}={c.value}" for c in one.browser.http.cookies)}


def test_cwe_841_many_approvals_at_once_do_it_once(scene: Scene) -> None:
    """Two persons approve, and the requester withdraws, all at the same moment."""
    other = Colleague(scene.demo, new_staff(scene.demo, "mamoru-two", "security"))
    for _round in range(3):
        path, address = scene.asks.ask_to_add()
        shots = []
        for one, form in ((scene.decides, "decide"), (other, "decide"), (scene.asks, "withdraw")):
            typed = {"reason": "同時に"} | ({"decision": "approve"} if form == "decide" else {})
            sent = one.fill(path, form, **typed)
            shots += [Shot("POST", path, sent, cookies_of(one))] * 4
        answers = Crowd(scene.demo.issuer).fire(shots)
        assert sorted({one.status for one in answers}) == [303, 409]
        assert sum(one.status == 303 for one in answers) == 1
        page = scene.asks.page(path)
        done = scene.colleague(address) is not None
        assert ("承認され、実行された" in page) is done
        assert ("取り下げられた" in page) is not done
        approval = path.rsplit("/", 1)[1]
        assert scene.events(EventName.STAFF_ADDED, approval) == int(done)
        assert scene.events(EventName.APPROVAL_GIVEN, approval) == int(done)


def test_a_decision_needs_a_code_shown_lately_and_loses_nothing(scene: Scene) -> None:
    path, address = scene.asks.ask_to_add()
    now = float(scene.demo.clock.read_text())
    scene.demo.move_clock(now + 360)
    page = scene.decides.page(path)
    assert 'name="code"' in page
    form = scene.decides.fill(path, "decide", decision="approve", reason="見た上で承認")
    for typed in ("", "000000", "x" * 64):
        answer = scene.decides.browser.post(path, form | {"code": typed})
        assert answer.status_code == 401
        assert "見た上で承認" in answer.text
    assert scene.colleague(address) is None
    assert scene.decides.decide(path).status_code == 303
    assert scene.colleague(address) is not None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"decision": "approve", "reason": ""}, 400),
        ({"decision": "approve", "reason": "a\0b"}, 400),
        ({"decision": "approve", "reason": "一\n二"}, 400),
        ({"decision": "approve", "reason": "長" * 501}, 400),
        ({"decision": "approve", "reason": "長" * 2_001}, 400),
        ({"decision": "perform", "reason": "見た"}, 400),
        ({"reason": "見た"}, 400),
        ({"decision": ["approve", "decline"], "reason": "見た"}, 400),
        ({"decision": "approve", "reason": "あ" * 4_000_000}, 413),
        (b"decision=approve&reason=\x88\xea", 400),
        (b"decision=approve&reason=%ED%A0%80", 400),
    ],
)
def test_what_cannot_be_a_decision_is_refused_in_words(
    scene: Scene, body: Any, status: int
) -> None:
    path, address = scene.asks.ask_to_add()
    form = scene.decides.fill(path, "decide")
    if isinstance(body, bytes):
        token = f"csrf_token={form['csrf_token']}&".encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = scene.decides.browser.post(path, token + body, headers=kind)
    else:
        answer = scene.decides.browser.post(path, form | body)
    assert answer.status_code == status
    assert scene.colleague(address) is None


def test_a_request_for_another_page_is_not_there(scene: Scene) -> None:
    for path in ("nothing", "0" * 36, "%00", "a" * 300):
        assert scene.asks.browser.get(f"/staff/approvals/{path}").status_code == 404, path


def test_an_emergency_is_done_now_told_to_others_and_reviewed(scene: Scene) -> None:
    path, address = scene.asks.ask_to_add()
    assert scene.decides.decide(path).status_code == 303
    person = f"/staff/people/{scene.colleague(address).id}"
    mailbox = Mailbox(scene.demo, scene.decides.account["email"])
    boxes = {"role_helpdesk": "yes", "role_clerk": "yes", "break_glass": "yes"}
    answer = scene.asks.send(f"{person}/roles", "person-act", reason="名簿の担当が不在", **boxes)
    assert (answer.status_code, answer.headers["Location"]) == (303, person)
    held = scene.directory.list_all()
    roles = next(x.roles for x in held if x.account.address == address)
    until = next(x.until for x in roles if x.role == "clerk")
    assert until is not None, "what an emergency gave ends by itself"
    (link,) = mailbox.next("緊急の操作の点検")["links"]
    review = link.removeprefix(scene.demo.issuer)
    assert "点検を待っている緊急の操作が" in scene.decides.page("/staff")
    assert 'id="review"' not in scene.asks.page(review)
    own = scene.asks.elsewhere()
    form = scene.decides.fill(review, "review", decision="in_order", reason="自分で点検")
    form["csrf_token"] = own.page("/staff").split('name="csrf_token" value="')[1].split('"')[0]
    assert own.browser.post(review, form).status_code == 409
    answer = scene.decides.decide(review, "not_in_order")
    assert answer.status_code == 303
    assert "問題あり" in scene.asks.page(review)
    again = scene.decides.browser.post(review, form | {"csrf_token": _token(scene.decides)})
    assert again.status_code == 409


def _token(one: Colleague) -> str:
    return one.page("/staff").split('name="csrf_token" value="')[1].split('"')[0]


def test_nobody_changes_their_own_account_or_gives_what_they_lack(scene: Scene) -> None:
    own = next(
        x.account.id
        for x in scene.directory.list_all()
        if x.account.address == scene.asks.account["email"]
    )
    for act, typed in (
        ("roles", {"role_helpdesk": "yes", "role_administrator": "yes"}),
        ("factors", {}),
        ("end", {}),
    ):
        own_act = scene.asks.send(
            f"/staff/people/{own}/{act}", "person-act", reason="自分", **typed
        )
        assert own_act.status_code == 409, act
        assert "ご自分のアカウントは変更できません" in own_act.text
    answer = scene.asks.send(
        "/staff/people/add",
        "person-act",
        name="架空 監",
        address="kanshi@mihon.example",
        reason="入職",
        role_security="yes",
    )
    assert answer.status_code == 409
    assert "ご自分の役割でできないこと" in answer.text


def test_who_leaves_is_out_at_once_without_a_second_person(scene: Scene) -> None:
    account = new_staff(scene.demo, "taishoku", "helpdesk")
    gone = Colleague(scene.demo, account)
    person = f"/staff/people/{account['id']}"
    answer = scene.asks.send(f"{person}/end", "person-act", reason="退職")
    assert (answer.status_code, answer.headers["Location"]) == (303, person)
    assert gone.browser.get("/staff").status_code == 303
    assert "終了" in scene.asks.page(person)
    assert scene.asks.browser.get(f"{person}/roles").status_code == 404


def test_a_request_expires_with_its_event(scene: Scene) -> None:
    path, address = scene.asks.ask_to_add()
    form = scene.decides.fill(path, "decide", decision="approve", reason="見た")
    scene.demo.move_clock(float(scene.demo.clock.read_text()) + 72 * 3600 + 1)
    scene.decides.again()
    form["csrf_token"] = _token(scene.decides)
    assert scene.decides.browser.post(path, form).status_code in (303, 409)
    assert "期限が過ぎた" in scene.decides.page(path)
    assert scene.colleague(address) is None
    approval = path.rsplit("/", 1)[1]
    wait_until(lambda: scene.events(EventName.APPROVAL_OVER, approval) == 1)
