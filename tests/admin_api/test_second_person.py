"""Acts that need two: a program may ask, a person decides at a browser, and the program finds out.

Incorrect authorization (CWE-863), missing authorization over time (CWE-613), races (CWE-362).
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from audit.names import EventName
from idp.policy.admin_api import ROOT
from tests.approvals.scene import Colleague
from tests.support.demo import Demo
from tests.support.in_process import Answer
from tests.support.programs import OPERATOR, REASON, Program, Programs, problem
from tests.support.staff import staff_of

CHANGE = "admin:client.change"


@pytest.fixture(scope="module")
def security(demo: Demo) -> Colleague:
    """Somebody who may decide."""
    return Colleague(demo, staff_of(demo, "security"))


def a_client(programs: Programs) -> str:
    """Register a relying party with a secret."""
    wanted = {
        "client_id": f"rp-{len(programs.foundation.clients.list())}",
        "redirect_uris": ["https://rp.mihon.example/callback"],
    }
    return programs.foundation.clients.add(wanted, OPERATOR).client.client_id


def ask(program: Program, client_id: str, **headers: str) -> Answer:
    content = {"reason": REASON}
    return program.call("POST", f"/clients/{client_id}/secret", content, **headers)


def waiting(answer: Answer) -> str:
    """Give the id of the request an answer tells of."""
    assert answer.status == 202, answer.body
    told = json.loads(answer.body)
    assert answer.location.endswith(f"{ROOT}/approvals/{told['approval']}")
    assert told["kind"] == "client.secret"
    return str(told["approval"])


def state(program: Program, approval: str) -> str:
    return str(program.get(f"/approvals/{approval}")["approval"]["state"])


def test_a_program_asks_a_person_decides_and_the_program_draws(
    programs: Programs, security: Colleague
) -> None:
    program, client_id = programs.new(CHANGE), a_client(programs)
    old = programs.foundation.clients.get(client_id).secret_hash
    draw, content = f"/clients/{client_id}/secret/draw", {"reason": REASON}
    problem(program.call("POST", draw, content), 409, "no-permit")
    approval = waiting(ask(program, client_id))
    assert waiting(ask(program, client_id)) == approval, "the same thing waits once"
    assert state(program, approval) == "waiting"
    problem(program.call("POST", draw, content), 409, "no-permit")
    assert programs.foundation.clients.get(client_id).secret_hash == old
    path = f"/staff/approvals/{approval}"
    assert client_id in security.page(path)
    assert REASON in security.page(path)
    assert security.decide(path).status_code == 303
    seen = program.get(f"/approvals/{approval}")
    assert (seen["approval"]["state"], seen["answer"]) == ("approved", "確かめた")
    drawn = program.call("POST", draw, content, idempotency_key=f"draw-{approval}")
    secret = json.loads(drawn.body)["client_secret"]
    again = program.call("POST", draw, content, idempotency_key=f"draw-{approval}")
    assert again.body == drawn.body
    problem(program.call("POST", draw, content), 409, "no-permit")
    assert programs.foundation.clients.get(client_id).secret_hash != old
    (event,) = [
        one for one in programs.events(EventName.CLIENT_SECRET_RESET) if one["client"] == client_id
    ]
    assert event["actor"] == {"kind": "client", "id": program.client_id}
    assert event["data"]["approval"] == approval
    assert secret not in json.dumps(event)


def test_no_program_decides_not_even_with_a_bearer_token_at_the_pages(
    programs: Programs, demo: Demo
) -> None:
    """Confused endpoints (CWE-863): what opens the API opens no page."""
    program, client_id = programs.new(CHANGE), a_client(programs)
    approval = waiting(ask(program, client_id))
    for path in (f"/staff/approvals/{approval}", "/staff"):
        answer = programs.provider.post(
            path,
            {"decision": "approve", "reason": "x"},
            authorization=f"Bearer {program.token}",
        )
        assert answer.status in (303, 400, 403, 405)
        assert answer.status != 303 or answer.location.startswith("/staff/sign-in")
    for path in (f"/approvals/{approval}/approve", f"/approvals/{approval}/decide"):
        problem(program.call("POST", path, {"reason": REASON}), 404, "not-found")
    assert state(program, approval) == "waiting"
    assert demo.issuer


def test_another_program_neither_sees_nor_withdraws_nor_draws(
    programs: Programs, security: Colleague
) -> None:
    """Object references of others (CWE-639)."""
    program, other, client_id = programs.new(CHANGE), programs.new(CHANGE), a_client(programs)
    approval = waiting(ask(program, client_id))
    problem(other.call("GET", f"/approvals/{approval}"), 404, "unknown-approval")
    content = {"reason": REASON}
    answer = other.call("POST", f"/approvals/{approval}/withdraw", content)
    problem(answer, 404, "unknown-approval")
    assert other.get("/approvals")["approvals"] == []
    assert [one["id"] for one in program.get("/approvals")["approvals"]] == [approval]
    assert security.decide(f"/staff/approvals/{approval}").status_code == 303
    draw = f"/clients/{client_id}/secret/draw"
    problem(other.call("POST", draw, content), 409, "no-permit")
    assert program.call("POST", draw, content).status == 200


def test_who_asked_may_take_it_back_and_nobody_decides_then(
    programs: Programs, security: Colleague
) -> None:
    program, client_id = programs.new(CHANGE), a_client(programs)
    approval = waiting(ask(program, client_id))
    form = security.fill(f"/staff/approvals/{approval}", "decide", decision="approve", reason="x")
    shown = program.post(f"/approvals/{approval}/withdraw")
    assert shown["approval"]["state"] == "withdrawn"
    assert security.browser.post(f"/staff/approvals/{approval}", form).status_code == 409
    assert state(program, approval) == "withdrawn"


@pytest.mark.parametrize("how", ["removed", "scope taken"])
def test_a_request_is_worth_nothing_once_its_program_may_not_ask(
    programs: Programs, security: Colleague, how: str
) -> None:
    """Time of check, time of use (CWE-367): looked up in the transaction of the decision."""
    program, client_id = programs.new(CHANGE), a_client(programs)
    approval = waiting(ask(program, client_id))
    programs.foundation.clients.remove(program.client_id, OPERATOR)
    if how == "scope taken":
        programs.foundation.clients.add(
            {
                "client_id": program.client_id,
                "grant_types": ["client_credentials"],
                "scope": "admin:client.view",
            },
            OPERATOR,
        )
    security.decide(f"/staff/approvals/{approval}")
    assert programs.events(EventName.CLIENT_SECRET_ALLOWED, approval=approval) == []
    ended = programs.events(EventName.APPROVAL_OVER, approval=approval)
    assert [one["data"]["why"] for one in ended] == ["lapsed"]


def test_many_ask_at_once_and_one_request_waits(programs: Programs) -> None:
    """Race (CWE-362): with keys of their own they find the same request."""
    program, client_id = programs.new(CHANGE), a_client(programs)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(program, client_id), range(8)))
    assert {one.status for one in answers} == {202}
    assert len({waiting(one) for one in answers}) == 1
    assert len(program.get("/approvals")["approvals"]) == 1


def test_no_program_gets_the_secret_of_a_program(programs: Programs) -> None:
    """Privilege escalation (CWE-269): nor its own anew."""
    program, other = programs.new(CHANGE), programs.new("admin:block.lift")
    for client_id in (other.client_id, program.client_id):
        problem(ask(program, client_id), 409, "secret-of-program")
    problem(ask(program, "portal"), 409, "client-not-changeable")


def numbers_of(programs: Programs, demo: Demo, many: int) -> list[str]:
    """Give members whom nobody else in the tests signs in as."""
    taken = {one["number"] for one in demo.facts["members"]}
    listed = programs.new("admin:member.view").get("/members", limit="200")["members"]
    free = [
        one["member_number"]
        for one in listed
        if one["standing"] == "member"
        and one["member_number"] not in taken
        and one["withdrawal_accepted_on"] is None
    ]
    return free[:many]


def test_a_short_list_of_withdrawals_is_recorded_and_taken_back(
    programs: Programs, demo: Demo
) -> None:
    program = programs.new("admin:register.change", "admin:register.view")
    numbers = numbers_of(programs, demo, 2)
    today = programs.foundation.clock.today().isoformat()
    wanted: dict[str, Any] = {"member_numbers": numbers, "accepted_on": today}
    assert program.post("/withdrawals", **wanted)["state"] == "recorded"
    listed = program.get("/withdrawals")["withdrawals"]
    (made,) = [one for one in listed if one["made_by"] == program.client_id]
    assert (made["members"], made["approval"]) == (len(numbers), None)
    answer = program.call("POST", "/withdrawals", {"reason": REASON} | wanted)
    problem(answer, 422, "bad-leaving")
    assert program.post(f"/withdrawals/{made['id']}/undo")["state"] == "undone"
    answer = program.call("POST", f"/withdrawals/{made['id']}/undo", {"reason": REASON})
    problem(answer, 409, "cannot-undo")
    (event,) = programs.events(EventName.REGISTER_WITHDRAWN, withdrawal=made["id"])
    assert event["actor"] == {"kind": "client", "id": program.client_id}


@pytest.mark.parametrize(
    "more",
    [
        {"member_numbers": []},
        {"member_numbers": ["1"]},
        {"accepted_on": "2026-02-30"},
        {"accepted_on": "20260401"},
        {"refund_on": ""},
        {"by": "somebody else"},
        {"undo": "x"},
    ],
)
def test_withdrawals_that_are_not_as_described(programs: Programs, more: dict[str, Any]) -> None:
    """Mass assignment (CWE-915): who asks is the caller, whatever a body says."""
    wanted = {"reason": REASON, "member_numbers": ["00000101"], "accepted_on": "2026-04-01"}
    answer = programs.of("admin:register.change").call("POST", "/withdrawals", wanted | more)
    problem(answer, 422, "fields")


def test_keys_are_given_up_by_two(programs: Programs) -> None:
    program = programs.new("admin:key.change", "admin:key.view")
    key = next(one for one in program.get("/keys")["keys"] if one["state"] == "active")
    content = {"reason": REASON, "kids": [key["kid"]]}
    answer = program.call("POST", "/keys/give-up", content)
    assert answer.status == 202, answer.body
    approval = json.loads(answer.body)["approval"]
    after = {one["kid"]: one for one in program.get("/keys")["keys"]}
    assert after[key["kid"]] == key
    program.post(f"/approvals/{approval}/withdraw")
    problem(
        program.call("POST", "/keys/give-up", {"reason": REASON, "kids": ["nothing"]}),
        409,
        "no-such-key",
    )
    answer = program.call("POST", f"/keys/{key['kid']}/activate", {"reason": REASON})
    problem(answer, 409, "illegal-transition")
    answer = program.call("POST", "/keys/nothing/retire", {"reason": REASON})
    problem(answer, 404, "unknown-key")


def test_blocks_of_a_cause_are_lifted_together(programs: Programs) -> None:
    program = programs.new("admin:block.lift")
    content = {"reason": REASON, "rule": "passkey"}
    answer = program.call("POST", "/blocks/lift-all", content)
    problem(answer, 409, "nothing-to-lift")
    answer = program.call("POST", "/blocks/lift-all", content | {"rule": "everything"})
    problem(answer, 422, "fields")
