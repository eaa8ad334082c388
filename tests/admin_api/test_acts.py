"""What programs do: the acts of the console, with a reason, recorded, as far as a scope goes.

Incorrect authorization (CWE-863), mass assignment (CWE-915), too much shown (CWE-359).
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from audit.names import EventName
from idp.policy.admin_api import ROOT
from tests.flows.change_scene import NEW_NAME, filer
from tests.support.demo import Demo
from tests.support.programs import REASON, Programs, problem
from tests.support.relying_party import Browser

TARO = "00000101"


def acted(programs: Programs, route: str, client: str) -> list[dict[str, Any]]:
    found = programs.events(EventName.ADMIN_ACTED, route=route)
    return [one for one in found if one["client"] == client]


def test_a_member_is_masked_unless_the_register_may_be_viewed(programs: Programs) -> None:
    """Exposure of private data (CWE-359): what is masked by default, and for whom not."""
    desk = programs.of("admin:member.view")
    shown = desk.get(f"/members/{TARO}")
    assert (shown["member_number"], shown["standing"]) == (TARO, "member")
    assert shown["masked_name"] == "見＊"
    assert all(shown[name] is None for name in ("name", "birth_on", "email", "phone", "address"))
    assert "taro@" not in json.dumps(shown)
    whole = programs.new("admin:member.view", "admin:register.view").get(f"/members/{TARO}")
    assert whole["name"]["family_kana"] == "ミホン"
    assert whole["birth_on"] == "1984-05-12"
    seen = programs.events(EventName.MEMBER_VIEWED, reason=REASON)
    assert any(one["client"] == desk.client_id and one["subject"] for one in seen)
    assert problem(desk.call("GET", "/members/99999999"), 404, "unknown-member")


def test_the_register_is_read_in_pages_each_record_an_event(programs: Programs) -> None:
    program = programs.new("admin:member.view")
    numbers: list[str] = []
    after = ""
    for _ in range(100):
        query = {"limit": "7"} | ({"after": after} if after else {})
        page = program.get("/members", **query)
        numbers += [one["member_number"] for one in page["members"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert numbers == sorted(set(numbers))
    assert TARO in numbers
    seen = programs.events(EventName.MEMBER_VIEWED)
    assert len([one for one in seen if one["client"] == program.client_id]) == len(numbers)


def test_a_client_is_shown_so_many_records_and_no_more(programs: Programs) -> None:
    """Reading out the register (CWE-770, CWE-359): 429 with whole seconds, nothing shown."""
    program = programs.new("admin:member.view")
    statuses = [program.call("GET", "/members", query={"limit": "200"}).status for _ in range(60)]
    assert statuses[0] == 200
    assert set(statuses) <= {200, 429}
    assert 429 in statuses
    told = program.call("GET", f"/members/{TARO}")
    if told.status == 429:
        problem(told, 429, "too-many")
        assert 1 <= int(told.headers["retry-after"]) <= 3600
    seen = programs.events(EventName.MEMBER_VIEWED)
    assert len([one for one in seen if one["client"] == program.client_id]) <= 500


def test_an_account_is_stopped_and_taken_up_again(programs: Programs, demo: Demo) -> None:
    program = programs.new("admin:register.change")
    member = demo.member("member", 1)
    number = member["number"]
    browser = Browser(demo.issuer)
    browser.sign_in(member["email"], member["password"])
    assert browser.get("/account").status_code == 200
    assert program.post(f"/accounts/{number}/stop")["state"] == "stopped"
    assert browser.get("/account").status_code != 200
    answer = program.call("POST", f"/accounts/{number}/stop", {"reason": REASON})
    problem(answer, 409, "already-stopped")
    assert program.post(f"/accounts/{number}/restore")["state"] == "in service"
    answer = program.call("POST", f"/accounts/{number}/restore", {"reason": REASON})
    problem(answer, 409, "not-stopped")
    (event,) = acted(programs, "POST /accounts/{number}/stop", program.client_id)
    assert event["data"]["reason"] == REASON
    assert event["data"]["scope"] == "register.change"
    assert isinstance(event["data"]["number"], dict), "the number is sealed for the member"
    assert event["actor"] == {"kind": "client", "id": program.client_id}


def test_a_change_request_is_accepted_once(programs: Programs, demo: Demo) -> None:
    member = filer(demo, 10)  # whom no caller at the help desk is asked about by name
    filed = member.file("name", NEW_NAME)
    change = filed.json()["id"]
    looker = programs.new("admin:register.view")
    listed = looker.get("/change-requests", limit="200")["changes"]
    assert change in {one["id"] for one in listed}
    beside = looker.get(f"/change-requests/{change}")
    assert "タカサキ" in beside["wanted"].values()
    clerk = programs.new("admin:register.change")
    path = f"/change-requests/{change}/accept"
    seen = {"reason": REASON, "digest": beside["digest"]}
    answer = clerk.call("POST", path, seen | {"effective_on": "2001-01-01"})
    problem(answer, 422, "bad-effective-day")
    assert clerk.post(path, **seen)["state"] == "approved"
    problem(clerk.call("POST", path, seen), 409, "change-decided")
    declined = clerk.call("POST", f"/change-requests/{change}/decline", {"reason": REASON})
    problem(declined, 409, "change-decided")


def test_an_invitation_is_issued_and_withdrawn_and_its_code_never_told(
    programs: Programs,
) -> None:
    """Exposure of a secret (CWE-522): the code goes to the member and to nobody else."""
    program = programs.new("admin:invitation.issue")
    listed = program.get("/invitations", limit="200")["invitations"]
    number = listed[0]["member_number"]
    made = program.post("/invitations", 201, member_number=number, letter=True)
    assert (made["member_number"], made["sent_by"], made["state"]) == (number, "letter", "to_print")
    assert set(made) == set(listed[0])
    with programs.foundation.database.read() as tx:
        rows = tx.text(f"SELECT selector FROM invitation WHERE member_number = '{number}'")
        assert all(row[0] not in json.dumps([made, listed]) for row in rows.fetchall())
    assert program.post(f"/invitations/{number}/withdraw")["member_number"] == number
    again = program.call("POST", f"/invitations/{number}/withdraw", {"reason": REASON})
    problem(again, 404, "no-invitation")
    answer = program.call("POST", "/invitations", {"reason": REASON, "member_number": TARO})
    problem(answer, 409, "cannot-invite")


class TestClients:
    def test_a_client_is_added_told_its_secret_once_and_removed(self, programs: Programs) -> None:
        program = programs.of("admin:client.change")
        reader = programs.of("admin:client.view")
        wanted = {
            "reason": REASON,
            "client_name": "みほん",
            "redirect_uris": ["https://new.mihon.example/callback"],
        }
        answer = program.call("POST", "/clients", wanted)
        assert answer.status == 201, answer.body
        told = json.loads(answer.body)
        made = told["client"]
        assert len(told["client_secret"]) >= 43
        assert answer.location == f"{programs.provider.issuer}{ROOT}/clients/{made['client_id']}"
        assert made["first_party"] is False
        shown = reader.get(f"/clients/{made['client_id']}")
        assert shown == made
        assert told["client_secret"] not in json.dumps(reader.get("/clients"))
        program.post(f"/clients/{made['client_id']}/remove")
        problem(reader.call("GET", f"/clients/{made['client_id']}"), 404, "unknown-client")
        with programs.foundation.database.read() as tx:
            rows = tx.text("SELECT sealed FROM admin_answer").fetchall()
        assert rows
        assert all(told["client_secret"] not in row[0] for row in rows), "kept wrapped only"

    @pytest.mark.parametrize(
        "more",
        [
            {"first_party": True},
            {"client_secret": "x" * 43},
            {"client_secret_sha256": "0" * 64},
            {"require_pkce": False},
            {"source": "policy"},
            {"grant_types": ["client_credentials"]},
            {"access_token_audience": ["https://id.example/admin/v1"]},
        ],
    )
    def test_what_a_program_may_not_set(self, programs: Programs, more: dict[str, Any]) -> None:
        """Mass assignment (CWE-915): members that are not offered are refused, not ignored."""
        wanted = {"reason": REASON, "client_name": "x", "redirect_uris": ["https://x.example/"]}
        answer = programs.of("admin:client.change").call("POST", "/clients", wanted | more)
        problem(answer, 422, "fields")

    @pytest.mark.parametrize("scope", ["admin:block.lift", "openid admin:client.change"])
    def test_no_program_makes_a_program(self, programs: Programs, scope: str) -> None:
        """Privilege escalation (CWE-269): who may add clients gains nothing else by it."""
        wanted = {
            "reason": REASON,
            "client_name": "x",
            "redirect_uris": ["https://x.example/"],
            "scope": scope,
        }
        answer = programs.of("admin:client.change").call("POST", "/clients", wanted)
        told = problem(answer, 422, "fields")
        assert told["errors"][0]["where"] == "/scope"

    def test_a_client_is_changed_as_it_was_read_or_not_at_all(self, programs: Programs) -> None:
        """Lost updates (CWE-362): the second of two who read the same thing reads it again."""
        program = programs.new("admin:client.change", "admin:client.view")
        uris = ["https://change.mihon.example/callback"]
        made = program.post("/clients", 201, client_name="x", redirect_uris=uris)["client"]
        path = f"/clients/{made['client_id']}"
        tag = program.call("GET", path).headers["etag"]
        wanted = {"reason": REASON, "client_name": "みほん", "scope": "openid profile"}
        problem(program.call("PATCH", path, wanted), 428, "version-needed")
        problem(program.call("PATCH", path, wanted, if_match="*"), 400, "bad-header")
        changed = program.call("PATCH", path, wanted, if_match=tag)
        assert changed.status == 200, changed.body
        told = json.loads(changed.body)
        assert told == made | {"client_name": "みほん", "client_name_en": "みほん"} | {
            "scope": "openid profile"
        }
        assert changed.headers["etag"] != tag
        problem(program.call("PATCH", path, wanted, if_match=tag), 412, "changed")
        with ThreadPoolExecutor(6) as pool:
            answers = list(
                pool.map(
                    lambda n: (
                        program.call(
                            "PATCH",
                            path,
                            wanted | {"client_name": f"n{n}"},
                            if_match=changed.headers["etag"],
                        ).status
                    ),
                    range(6),
                )
            )
        assert answers.count(200) == 1, answers
        for more in ({"jwks_uri": "https://x.example/"}, {"first_party": True}, {"scope": "a:b"}):
            answer = program.call("PATCH", path, wanted | more, if_match='"x"')
            problem(answer, 422, "fields")
        other = f"/clients/{program.client_id}"
        problem(program.call("PATCH", other, wanted, if_match='"x"'), 409, "secret-of-program")

    def test_a_client_of_the_policy_stays(self, programs: Programs) -> None:
        answer = programs.of("admin:client.change").call(
            "POST", "/clients/portal/remove", {"reason": REASON}
        )
        problem(answer, 409, "client-of-policy")

    def test_a_client_may_not_remove_itself_unseen(self, programs: Programs) -> None:
        """Its tokens open nothing from then on, and the removal is on record."""
        program = programs.new("admin:client.change")
        program.post(f"/clients/{program.client_id}/remove")
        problem(program.call("GET", "/approvals"), 401, "token")
        removed = programs.events(EventName.CLIENT_REMOVED)
        assert [one for one in removed if one["client"] == program.client_id]


def test_keys_tell_nothing_private(programs: Programs) -> None:
    """Exposure of key material (CWE-320)."""
    program = programs.of("admin:key.view")
    listed = program.get("/keys")["keys"]
    assert any(one["state"] == "active" for one in listed)
    assert set(listed[0]) == {
        "kid",
        "alg",
        "state",
        "announced_at",
        "activated_at",
        "retiring_at",
        "retired_at",
        "compromised_at",
    }
    assert isinstance(program.get("/keys/readiness")["readiness"], list)


def test_the_staff_is_listed_without_addresses(programs: Programs) -> None:
    listed = programs.of("admin:staff.view").get("/staff")["staff"]
    assert {role["role"] for one in listed for role in one["roles"]} >= {"clerk", "auditor"}
    assert "@" not in json.dumps([{**one, "roles": []} for one in listed])


def test_events_are_found_and_what_is_sealed_stays_so(programs: Programs, demo: Demo) -> None:
    """Exposure of private data (CWE-359): the log is gathered by programs without persons."""
    programs.of("admin:member.view").get(f"/members/{TARO}")
    program = programs.new("admin:audit.search")
    page = program.get("/audit/events", name="member.viewed", limit="3")
    assert [one["name"] for one in page["events"]] == ["member.viewed"] * len(page["events"])
    assert page["events"][0]["data"]["member"] is None
    assert page["events"][0]["source"].get("address") is None
    assert TARO not in json.dumps(page)
    answer = programs.of("admin:register.change").call(
        "POST", f"/accounts/{TARO}/restore", {"reason": REASON}
    )
    problem(answer, 409, "not-stopped")
    number = demo.member("member", 1)["number"]
    programs.of("admin:register.change").post(f"/accounts/{number}/stop")
    programs.of("admin:register.change").post(f"/accounts/{number}/restore")
    page = program.get("/audit/events", name="admin.acted", limit="5")
    assert page["events"][0]["data"]["number"] is None
    assert number not in json.dumps(page)
    again = program.get("/audit/events", name="audit.searched", limit="1")
    assert again["events"][0]["data"]["reason"] == REASON
    assert again["events"][0]["client"] == program.client_id
    assert program.get("/audit/events", begin="0001-01-01", end="9999-12-31", limit="1")["events"]
    answer = program.call("GET", "/audit/events", query="begin=2026-02-02&end=2026-02-01")
    problem(answer, 422, "bad-request")
    answer = program.call("GET", "/audit/events", query="begin=2026-02-30")
    problem(answer, 400, "bad-query")


def test_a_flood_of_calls_is_told_to_wait_and_recorded_once(programs: Programs) -> None:
    """Allocation without limits (CWE-770): one client is held off, others are not."""
    program, other = programs.new("admin:key.view"), programs.of("admin:key.view")
    answers = [program.call("GET", "/approvals") for _ in range(610)]
    late = answers[-1]
    problem(late, 429, "too-many")
    assert 1 <= int(late.headers["retry-after"]) <= 60
    assert sum(one.status == 200 for one in answers) == 600
    assert other.call("GET", "/keys").status == 200
    told = programs.events(EventName.ADMIN_REFUSED, why="too many")
    assert len([one for one in told if one["client"] == program.client_id]) == 1
