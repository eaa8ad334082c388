"""Hostile and broken requests: the right status, a SCIM error, and nothing of it in the logs."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.provisioning.scim import MEMBERSHIP, USER, Core, a_user, core_of, new_number, refused
from tests.support.demo import Demo

pytestmark = pytest.mark.usefixtures("logs_are_clean")


@pytest.fixture
def logs_are_clean(demo: Demo) -> Any:
    """No traceback and nothing personal in any program's log."""
    yield
    for log in (demo.data / "logs").glob("*.log"):
        text = log.read_text("utf-8", "replace")
        assert "Traceback" not in text
        assert "見本町" not in text


def text_with(old: str, new: str) -> bytes:
    text = json.dumps(a_user(new_number()), ensure_ascii=False)
    assert old in text
    return text.replace(old, new, 1).encode()


SYNTAX: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a NUL": text_with("太郎", "太\\u0000郎"),
    "half a character": text_with("太郎", "\\ud800太郎"),
    "not UTF-8": text_with("太郎", "x").replace(b'"x"', b'"\xff"'),
    "a repeated member": text_with('"userName"', '"userName": "00000001", "userName"'),
    "repeated in other case": text_with('"userName"', '"USERNAME": "00000001", "userName"'),
    "NaN": text_with('"schemas"', '"externalId": NaN, "schemas"'),
    "a number out of range": text_with('"schemas"', '"externalId": 1e999, "schemas"'),
    "an attribute that is not kept": text_with('"schemas"', '"password": "x", "schemas"'),
    "a proto": text_with('"schemas"', '"__proto__": {"a": 1}, "schemas"'),
}


@pytest.mark.parametrize("kind", SYNTAX)
def test_what_cannot_be_read_is_refused(core: Core, kind: str) -> None:
    assert refused(core.send("POST", "/Users", SYNTAX[kind]), 400, "invalidSyntax")


VALUES: dict[str, Any] = {
    "a huge number": {"userName": 10**300},
    "a short number": {"userName": "17"},
    "a list for a name": {"userName": ["00000017"]},
    "an object for text": {"externalId": {}},
    "null for the name": {"name": None},
    "text for a list": {"emails": "a@mihon.example"},
    "two addresses": {"emails": [{"value": "a@mihon.example"}, {"value": "b@mihon.example"}]},
    "two at signs": {"emails": [{"value": "a@b@mihon.example"}]},
    "a header in an address": {"emails": [{"value": "a@mihon.example\r\nBcc: b@mihon.example"}]},
    "a telephone number that is none": {"phoneNumbers": [{"value": "abc"}]},
    "a country": {"addresses": [{"country": "US"}]},
    "gaiji": {"name": {"familyName": "\ue000", "givenName": "太郎"}},
    "a direction mark": {"name": {"familyName": "見\u202e本", "givenName": "太郎"}},
    "a very long name": {"name": {"familyName": "見" * 501, "givenName": "太郎"}},
    "a long external id": {"externalId": "x" * 201},
    "no extension": {MEMBERSHIP: None},
}


@pytest.mark.parametrize("kind", VALUES)
def test_what_no_member_can_have_is_refused(core: Core, kind: str) -> None:
    number = new_number()
    sent = a_user(number) | VALUES[kind]
    refused(core.send("POST", "/Users", sent), 400, "invalidValue")
    assert core.find(f'userName eq "{number}"')["totalResults"] == 0


def test_ten_megabytes_are_not_even_read(core: Core) -> None:
    refused(core.send("POST", "/Bulk", b" " * 10_000_000), 413)


def test_only_json_is_taken(core: Core) -> None:
    body = json.dumps(a_user(new_number())).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        refused(core.send("POST", "/Users", body, Content_Type=kind), 415)
    squeezed = {"Content_Encoding": "gzip", "Content_Type": "application/json"}
    refused(core.send("POST", "/Users", body, **squeezed), 415)
    plain = core.send("POST", "/Users", body, Content_Type="application/json; charset=utf-8")
    assert plain.status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/Groups", 404),
        ("GET", "/Users/1/x", 404),
        ("GET", "/Users/../Users", 404),
        ("DELETE", "/Users", 405),
        ("GET", "/Bulk", 405),
        ("POST", "/Schemas", 405),
        ("TRACE", "/Users", 405),
        ("GET", f"/Schemas/{USER}x", 404),
        ("GET", "/Schemas?filter=a", 403),
    ],
)
def test_other_paths_and_methods(core: Core, method: str, path: str, status: int) -> None:
    if ".." in path:  # as it stands: clients would take it out
        session = requests.Session()
        prepared = requests.Request(method, core.base).prepare()
        prepared.url = core.base + path
        prepared.headers["Authorization"] = f"Bearer {core.token}"
        refused(session.send(prepared, timeout=30), status)
        return
    refused(core.send(method, path), status)


def test_nobody_gets_in_without_a_token_in_the_header(core: Core) -> None:
    for headers in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer "}):
        answer = requests.get(f"{core.base}/Users", headers=headers, timeout=30)
        refused(answer, 401)
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="kumiai-id"'
    refused(requests.get(f"{core.base}/Users?access_token={core.token}", timeout=30), 401)
    for path in ("/ServiceProviderConfig", "/Schemas", "/nothing"):
        refused(requests.get(core.base + path, timeout=30), 401)


def test_a_reader_reads_and_changes_nothing(reader: Core, core: Core) -> None:
    made = core.create()
    assert reader.find(f'userName eq "{made["id"]}"')["totalResults"] == 1
    refused(reader.send("PUT", f"/Users/{made['id']}", a_user(made["id"])), 403)
    refused(reader.bulk(), 403)
    answer = reader.send("POST", "/Users", a_user(new_number()))
    refused(answer, 403)
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


def test_an_ended_token_ends_at_once(demo: Demo) -> None:
    own = core_of(demo)
    assert own.send("GET", "/Users?count=0").status_code == 200
    listed = json.loads(demo.idp("scim", "token", "list", "--format", "json").stdout)
    assert own.token not in json.dumps(listed)
    newest = listed[-1]
    assert newest["last_used_at"] is not None
    assert demo.idp("scim", "token", "end", newest["name"]).returncode == 0
    answer = own.send("GET", "/Users?count=0")
    refused(answer, 401)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert demo.idp("scim", "token", "end", newest["name"]).returncode == 1
