"""Bad input to the admin API: one meaning for every reader, or a problem that says what to do.

Improper input validation (CWE-20), mass assignment (CWE-915), readers that differ (CWE-436),
bodies without end (CWE-770).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit.names import EventName
from idp.policy.admin_api import ROOT
from tests.support.demo import Demo
from tests.support.programs import REASON, Programs, problem
from tests.support.raw_http import exchange

LIFT = "/blocks/ZZZZZZZZ/lift"
GOOD = {"reason": REASON}


def body(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


DEEP = '{"reason": ' + "[" * 40 + "]" * 40 + "}"
HOSTILE: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "unreadable"),
    "no JSON": (b"reason=x", 400, "unreadable"),
    "no object": (b'["reason"]', 400, "unreadable"),
    "cut": (b'{"reason": "x"', 400, "unreadable"),
    "two": (b'{"reason": "x"} {}', 400, "unreadable"),
    "member twice": (b'{"reason": "a", "reason": "b"}', 400, "member-twice"),
    "member twice, escaped": (b'{"reason": "a", "\\u0072eason": "b"}', 400, "member-twice"),
    "NUL": (b'{"reason": "a\\u0000b"}', 400, "unreadable"),
    "line feed": (b'{"reason": "a\\n"}', 400, "unreadable"),
    "raw NUL": (b'{"reason": "a\0b"}', 400, "unreadable"),
    "half a character": (b'{"reason": "\\ud800"}', 400, "unreadable"),
    "raw half": (body('{"reason": "\ud800"}'), 400, "unreadable"),
    "Shift_JIS": ('{"reason": "誤り"}'.encode("shift_jis"), 400, "unreadable"),
    "UTF-16": ('{"reason": "x"}'.encode("utf-16"), 400, "unreadable"),
    "NaN": (b'{"reason": NaN}', 400, "unreadable"),
    "endless number": (b'{"reason": 1e999999}', 400, "unreadable"),
    "deep": (DEEP.encode(), 400, "unreadable"),
    "very deep": (b"[" * 60_000, 400, "unreadable"),
    "unknown member": (b'{"reason": "x", "actor": "staff"}', 422, "fields"),
    "prototype": (b'{"reason": "x", "__proto__": {}}', 422, "fields"),
    "null": (b'{"reason": null}', 422, "fields"),
    "a number": (b'{"reason": 1}', 422, "fields"),
    "empty": (b'{"reason": ""}', 422, "fields"),
    "blank": ('{"reason": "　"}'.encode(), 422, "fields"),
    "invisible": ('{"reason": "\u200b"}'.encode(), 422, "fields"),
    "turned round": ('{"reason": "a\u202eb"}'.encode(), 422, "fields"),
    "too long": (json.dumps({"reason": "x" * 501}).encode(), 422, "fields"),
    "none": (b"{}", 422, "fields"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_body_that_cannot_be_read_one_way(programs: Programs, name: str) -> None:
    sent, status, kind = HOSTILE[name]
    answer = programs.of("admin:block.lift").call("POST", LIFT, sent)
    told = problem(answer, status, kind)
    assert told["detail"]
    if kind == "fields":
        assert told["errors"][0]["where"].startswith("/")


def test_no_error_tells_again_what_was_sent(programs: Programs) -> None:
    """Reflected input (CWE-79, CWE-117): errors are words of ours."""
    sent = json.dumps({"reason": "x", "<script>alert(1)</script>": "marked-value"}).encode()
    answer = programs.of("admin:block.lift").call("POST", LIFT, sent)
    problem(answer, 422, "fields")
    assert b"script" not in answer.body
    assert b"marked-value" not in answer.body


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/json; charset=shift_jis", 415),
        ("application/merge-patch+json", 415),
        ("application/json; charset=utf-8", 404),
        ("Application/JSON", 404),
    ],
)
def test_the_media_type_of_a_body(programs: Programs, kind: str, status: int) -> None:
    """A form of another site cannot be a call (CWE-352): only JSON is read, and no cookie."""
    answer = programs.of("admin:block.lift").call(
        "POST", LIFT, json.dumps(GOOD).encode(), content_type=kind
    )
    assert answer.status == status, answer.body


def test_a_body_without_end(programs: Programs, demo: Demo) -> None:
    """Ten megabytes are refused by their announced length, before they are read (CWE-770)."""
    big = b'{"reason": "' + b"x" * 10_000_000 + b'"}'
    problem(programs.of("admin:block.lift").call("POST", LIFT, big), 413, "too-large")
    program = programs.of("admin:block.lift")
    head = (
        f"POST {ROOT}{LIFT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {program.token}\r\nIdempotency-Key: big\r\n"
        "Content-Length: 10000000\r\n\r\n"
    )
    answer = exchange(demo.issuer, head.encode() + b"x" * 1000)
    problem(answer, 413, "too-large")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=05",
        "limit=1e1",
        "limit=-1",
        "limit=null",
        "limit=%00",
        "limit=10&limit=20",
        "after=null",
        "after=1%0A",
        "after=9999999999999999999.x",
        "ended=1",
        "ended=TRUE",
        "ended=null",
        "rule=everything",
        "rule=",
        "unknown=1",
        "limit[]=1",
        "%ff=1",
        "after=%ED%A0%80",
    ],
)
def test_a_query_that_is_not_as_described(programs: Programs, query: str) -> None:
    answer = programs.of("admin:block.view").call("GET", "/blocks", query=query)
    assert answer.status == 400, answer.body
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_query_where_there_is_none(programs: Programs) -> None:
    problem(programs.of("admin:key.view").call("GET", "/keys", query="x=1"), 400, "bad-query")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("", 404),
        ("/", 404),
        ("/blocks/", 404),
        ("//blocks", 404),
        ("/blocks/../members", 404),
        ("/members/1", 404),
        ("/members/０００００１０１", 404),
        ("/members/00000101\n", 404),
        ("/openapi.json/", 404),
    ],
)
def test_a_path_that_is_nobodys(programs: Programs, path: str, status: int) -> None:
    problem(programs.of("admin:block.view").call("GET", path), status, "not-found")


def test_a_method_that_is_not_offered(programs: Programs) -> None:
    program = programs.of("admin:block.view")
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        answer = program.call(method, "/blocks")
        problem(answer, 405, "method")
        assert answer.headers["allow"] == "GET"
    assert program.call("OPTIONS", "/blocks").status == 405
    assert program.call("TRACE", "/blocks").status == 405
    head = program.call("HEAD", "/blocks")
    assert (head.status, head.body) == (200, b"")


def test_only_json_is_given(programs: Programs) -> None:
    program = programs.of("admin:block.view")
    problem(program.call("GET", "/blocks", accept="text/html"), 406, "not-acceptable")
    problem(program.call("GET", "/blocks", accept="application/json;q=0"), 406, "not-acceptable")
    for good in ("*/*", "application/*;q=0.1", "text/html, application/json"):
        assert program.call("GET", "/blocks", accept=good).status == 200


@pytest.mark.parametrize("key", ["", "with space", "x" * 129, "é"])
def test_no_act_without_a_key(programs: Programs, key: str) -> None:
    program = programs.of("admin:block.lift")
    headers: dict[str, Any] = {"idempotency_key": key}
    problem(program.call("POST", LIFT, GOOD, **headers), 400, "idempotency-key-needed")


@pytest.mark.parametrize("reason", ["", " ", "\u0000", "x" * 501, "\xff"])
def test_no_record_is_shown_without_a_reason(programs: Programs, reason: str) -> None:
    """Insufficient logging (CWE-778): a look without a reason is refused, and that is an event."""
    program = programs.of("admin:member.view")
    answer = program.call("GET", "/members/00000101", admin_reason=reason)
    problem(answer, 400, "reason-needed")
    refused = programs.events(EventName.ADMIN_REFUSED, why="reason_needed")
    assert any(one["client"] == program.client_id for one in refused)


def test_a_reason_in_japanese_stands_in_the_event_as_it_was_typed(programs: Programs) -> None:
    program = programs.of("admin:member.view")
    told = "電話でのお問い合わせ（窓口）".encode().decode("latin-1")
    assert program.call("GET", "/members/00000101", admin_reason=told).status == 200
    seen = programs.events(EventName.MEMBER_VIEWED, reason="電話でのお問い合わせ（窓口）")
    assert [one["client"] for one in seen] == [program.client_id]
    assert seen[0]["actor"] == {"kind": "client", "id": program.client_id}
