"""The resource `/member/changes`: tokens, idempotency, strict JSON, problem details."""

from __future__ import annotations

import json

import pytest
import requests

from tests.flows.change_scene import NEW_NAME, NEW_PHONE, Filer, filer, problem
from tests.flows.journey import signed_in, tokens_for
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Pkce, hidden_fields


@pytest.mark.parametrize("name", ["filing", "filing-bound"])
def test_file_list_look_and_take_back(demo: Demo, name: str) -> None:
    here = filer(demo, 0, name)
    filed = here.file("name", NEW_NAME | {"family_kana": "ﾀｶｻｷ"})
    assert filed.status_code == 201
    change = filed.json()
    assert filed.headers["Location"] == f"{here.url}/{change['id']}"
    assert set(change) == {"id", "kind", "state", "wanted", "filed_at", "due_on"}
    assert change["wanted"] == NEW_NAME | {"name_in_use": ""}
    assert here.send("GET", f"/{change['id']}").json() == change
    assert here.listed()[0] == change
    assert here.send("DELETE", f"/{change['id']}").status_code == 204
    assert here.send("DELETE", f"/{change['id']}").status_code == 204, "done is done"
    assert here.listed()[0]["state"] == "withdrawn"
    assert here.send("HEAD").status_code == 200


def test_a_token_without_the_scope_opens_nothing(demo: Demo) -> None:
    client = party(demo, "filing")
    tokens = tokens_for(signed_in(demo, 0), client, scope="openid profile")
    for method in ("GET", "POST", "DELETE"):
        answer = Filer(demo, client, tokens["access_token"]).send(method, body=b"{}")
        assert answer.status_code == 403
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
        assert 'scope="member:change"' in answer.headers["WWW-Authenticate"]
    assert Filer(demo, client, "nonsense").send("GET").status_code == 401
    assert requests.get(demo.issuer + "/member/changes", timeout=30).status_code == 401


def test_a_bound_token_is_no_bearer_token(demo: Demo) -> None:
    bound = filer(demo, 0, "filing-bound")
    stolen = requests.get(bound.url, headers={"Authorization": f"Bearer {bound.token}"}, timeout=30)
    assert stolen.status_code == 401
    other = bound.client.presenting(bound.token, "POST", bound.url)
    assert requests.get(bound.url, headers=other, timeout=30).status_code == 401


def test_a_foreign_client_files_only_after_a_yes_in_plain_words(demo: Demo) -> None:
    browser, shop, pkce = signed_in(demo, 1), party(demo, "filing-shop"), Pkce()
    page = browser.authorize(**shop.request(pkce, scope="openid member:change"))
    assert "変更を、あなたに代わって申し込むこと" in page.text
    assert hidden_fields(page.text)


def test_a_member_sees_and_touches_only_their_own(demo: Demo) -> None:
    mine, other = filer(demo, 0), filer(demo, 1)
    change = mine.file("phone", NEW_PHONE).json()["id"]
    problem(other.send("GET", f"/{change}"), 404, "unknown-change")
    problem(other.send("DELETE", f"/{change}"), 404, "unknown-change")
    assert change not in json.dumps(other.listed())
    assert mine.send("GET", f"/{change}").json()["state"] == "open"
    for path in ("/x", f"/{change}/x", "/" + "0" * 36):
        problem(mine.send("GET", path), 404, "unknown-change")


def test_a_newer_request_takes_the_place_of_an_open_one(demo: Demo) -> None:
    here = filer(demo, 2)
    first = here.file("phone", NEW_PHONE).json()["id"]
    second = here.file("phone", {"phone_number": "090-1111-2222"}).json()["id"]
    states = {change["id"]: change["state"] for change in here.listed()}
    assert (states[first], states[second]) == ("withdrawn", "open")


def test_a_member_files_so_many_a_day_and_no_more(demo: Demo) -> None:
    here = filer(demo, 6)
    numbers = [f"090-0000-{1000 + n}" for n in range(11)]
    answers = [here.file("phone", {"phone_number": number}) for number in numbers]
    assert [answer.status_code for answer in answers] == [201] * 10 + [429]
    problem(answers[-1], 429, "too-many-changes")
    assert answers[-1].headers["Retry-After"] == "86400"


GOOD = json.dumps({"kind": "phone", "wanted": NEW_PHONE}).encode()
HOSTILE = {
    "empty": b"",
    "no object": b"[]",
    "null": b"null",
    "cut": GOOD[:-1],
    "twice the kind": b'{"kind":"name","kind":"phone","wanted":{"phone_number":"03-1234-5678"}}',
    "twice a field": b'{"kind":"phone","wanted":{"phone_number":"x","phone_number":"0312345678"}}',
    "another member": b'{"kind": "phone", "wanted": {"phone_number": "03-1234-5678"}, "sub": "x"}',
    "another field": b'{"kind": "phone", "wanted": {"phone_number": "03-1234-5678", "email": "x"}}',
    "a number": b'{"kind": "phone", "wanted": {"phone_number": 312345678}}',
    "a list": b'{"kind": "phone", "wanted": {"phone_number": ["03-1234-5678"]}}',
    "wanted is text": b'{"kind": "phone", "wanted": "03-1234-5678"}',
    "not a number": b'{"kind": "phone", "wanted": {"phone_number": NaN}}',
    "no utf-8": '{"kind": "phone", "wanted": {"phone_number": "電話"}}'.encode("cp932"),
    "deep": b'{"kind": ' + b"[" * 3_000 + b"]" * 3_000 + b"}",
    "mark": b"\xef\xbb\xbf" + GOOD,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_json_is_refused_whole(demo: Demo, name: str) -> None:
    here = filer(demo, 7)
    answer = here.send("POST", body=HOSTILE[name])
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["type"] in ("urn:kumiai:problem:bad-json", "urn:kumiai:problem:kind")
    assert here.listed() == []


def test_other_media_sizes_and_methods_are_refused(demo: Demo) -> None:
    here = filer(demo, 7)
    problem(here.send("POST", body=GOOD, Content_Type="text/plain"), 415, "not-json")
    problem(here.send("POST", body=b" " * 9_000), 413, "invalid-request")
    problem(here.send("POST", body=GOOD, Content_Encoding="gzip"), 415, "invalid-request")
    assert here.send("PUT", body=GOOD).status_code == 405
    assert problem(here.send("DELETE"), 405, "method")
    answer = here.file("phone", {"phone_number": "\ud800"})
    assert problem(answer, 422, "fields")["errors"][0]["code"] == "character"
    answer = here.file("name", NEW_NAME | {"family_name": "\ue000"}, Accept_Language="en")
    (fault,) = problem(answer, 422, "fields")["errors"]
    assert (fault["field"], fault["code"]) == ("family_name", "gaiji")
    assert fault["detail"].startswith("This holds a character")
    assert answer.headers["Content-Language"] == "en"
    assert here.listed() == []
