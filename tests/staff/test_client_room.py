"""The room of relying parties and keys: what is shown, changed, drawn once, given up by two."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from idp.approvals.model import State
from tests.staff.rooms import Log, Person, known, open_log
from tests.support.demo import Demo, wait_until
from tests.support.in_process import InProcess, in_process
from tests.support.staff import new_staff, staff_of

SECRET = re.compile(r'id="client-secret">([A-Za-z0-9_-]{43})<')
PARTY = {
    "client_id": "mihon-library",
    "client_name": "みほん図書館",
    "redirect_uris": ["https://library.mihon.example/back"],
    "scope": "openid",
}


@pytest.fixture(scope="module")
def log(demo: Demo) -> Iterator[Log]:
    with open_log(demo) as opened:
        yield opened


@pytest.fixture(scope="module")
def provider(demo: Demo) -> Iterator[InProcess]:
    with in_process(demo) as running:
        yield running


@pytest.fixture(scope="module")
def admin(demo: Demo, provider: InProcess) -> Person:
    return Person.of(demo, provider, staff_of(demo, "administrator"))


@pytest.fixture(scope="module")
def party(admin: Person) -> tuple[str, str]:
    """A relying party that was added on the page: the address of its page, and its secret."""
    made = admin.post("/staff/clients/new", metadata=json.dumps(PARTY), reason="図書館の新設")
    assert made.status == 200, made.body.decode()[:2000]
    found = SECRET.search(made.body.decode())
    assert found
    assert made.headers["cache-control"] == "no-store"
    return f"/staff/clients/{PARTY['client_id']}", found[1]


def token(provider: InProcess, secret: str) -> int:
    """Ask the token endpoint with a secret: 400 for a right one (the code is wrong), else 401."""
    basic = b64encode(f"{PARTY['client_id']}:{secret}".encode()).decode()
    form = {"grant_type": "authorization_code", "code": "x" * 43, "redirect_uri": "https://x"}
    return provider.post("/token", form, authorization=f"Basic {basic}").status


def field(page: str, form: str, name: str) -> str:
    return re.findall(rf'name="{name}" value="([^"]*)"', page.split(f'id="{form}"')[1])[0]


def changed(page: str, **more: str) -> dict[str, str]:
    """Give what the form of the metadata sends, with something else in it."""
    names = ("client_name", "client_name_en", "backchannel_logout_uri", "scope", "version")
    sent = {name: field(page, "change-client", name) for name in names}
    areas = re.findall(r'<textarea id="(\w+)"[^>]*>\n([^<]*)</textarea>', page)
    return sent | dict(areas) | {"reason": "戻り先が変わった"} | more


def test_a_party_is_added_shown_and_changed_once(
    admin: Person, log: Log, provider: InProcess, party: tuple[str, str]
) -> None:
    url, secret = party
    assert "みほん図書館" in admin.page("/staff/clients")
    page = admin.page(url)
    assert "https://library.mihon.example/back" in page
    assert "記録にありません" in page, "never used"
    assert token(provider, secret) == 400
    assert token(provider, "w" * 43) == 401
    page = wait_until(lambda: (p := admin.page(url)) and "シークレットが違う" in p and p)
    form = changed(page, redirect_uris="https://library.mihon.example/new")
    bad = admin.post(url, **form | {"redirect_uris": "http://library.mihon.example/*"})
    assert bad.status == 400
    assert "redirect_uris" in bad.body.decode()
    assert admin.post(url, **form | {"reason": " "}).status == 400
    answers = admin.at_once(4, url, **form)
    assert sorted(a.status for a in answers) == [303, 409, 409, 409], "others saw the old one"
    (line,) = log.lines("client.changed", "戻り先が変わった")
    assert json.loads(line)["client"] == PARTY["client_id"]
    assert "library.mihon.example/new" in admin.page(url)
    assert token(provider, secret) == 400, "the credential stays"


def test_a_secret_is_allowed_by_two_and_drawn_once_cwe_863(
    demo: Demo, admin: Person, log: Log, provider: InProcess, party: tuple[str, str]
) -> None:
    url, old = party
    version = field(admin.page(url), "reset-secret", "version")
    assert admin.post(f"{url}/secret/draw").status == 409, "nobody allowed it"
    stale = admin.post(f"{url}/secret", version="0" * 64, reason="もれた")
    assert stale.status == 409
    waits = admin.post(f"{url}/secret", version=version, reason="もれたおそれ")
    assert admin.post(f"{url}/secret/draw").status == 409, "it waits"
    assert log.agree(waits, known(demo, log, "security"), "security") is State.APPROVED
    other = Person.of(demo, provider, new_staff(demo, "betsu-no-kanri", "administrator"))
    assert other.post(f"{url}/secret/draw").status == 409, "allowed to another person"
    assert 'id="draw-secret"' in admin.page(url)
    assert token(provider, old) == 400, "the old one holds until the new one is drawn"
    answers = admin.at_once(6, f"{url}/secret/draw")
    assert sorted(a.status for a in answers) == [200] + [409] * 5
    (shown,) = [found for a in answers if (found := SECRET.search(a.body.decode()))]
    wait_until(lambda: token(provider, shown[1]) == 400)
    assert token(provider, old) == 401
    (line,) = log.lines("client.secret_reset", PARTY["client_id"])
    event = json.loads(line)
    assert event["data"]["reason"] == "もれたおそれ"
    assert event["data"]["approval"] in waits.location
    assert shown[1] not in admin.page(url), "shown once"
    everything = log.everything()
    for secret in (old, shown[1]):
        assert secret not in everything, "CWE-532: no secret in the log"
        for file in (demo.data / "logs").glob("*.log"):
            assert secret not in file.read_text("utf-8", "replace"), file.name


def test_what_the_policy_names_is_read_only_here(admin: Person, log: Log) -> None:
    client_id, entry = next(iter(log.f.policy.policy.clients.items()))
    url = f"/staff/clients/{client_id}"
    page = admin.page(url)
    assert "方針（clients.toml）" in page
    assert 'id="change-client"' not in page
    assert str(entry.client_secret_sha256) not in page, "not even the hash"
    for path in (url, f"{url}/secret"):
        refused = admin.post(path, reason="x", version="0" * 64, client_name="x", scope="openid")
        assert refused.status in (400, 409), path
    assert admin.post(f"{url}/remove", reason="x", confirm="yes").status == 409
    assert log.lines("client.changed", client_id) == []


def test_who_may_only_look_changes_nothing_cwe_863(
    demo: Demo, provider: InProcess, log: Log, party: tuple[str, str]
) -> None:
    url, _ = party
    auditor = Person.of(demo, provider, staff_of(demo, "auditor"))
    assert 'id="reset-secret"' not in auditor.page(url)
    assert "id=" in auditor.page("/staff/keys")
    for path in (url, f"{url}/secret", f"{url}/secret/draw", f"{url}/remove", "/staff/clients/new"):
        assert auditor.post(path, reason="x", confirm="yes").status == 403, path
    for act in ("announce", "move", "emergency"):
        assert auditor.post(f"/staff/keys/{act}", reason="x", confirm="yes").status == 403, act
    security = Person.of(demo, provider, staff_of(demo, "security"))
    assert security.get("/staff/keys").status == 403


@pytest.mark.parametrize(
    "metadata",
    ["", "[]", "[" * 15_000, '{"client_id": "\\u0000"}', '{"client_name": "\\ud800"}', "null"],
)
def test_metadata_that_is_none_gets_a_clear_error(admin: Person, metadata: str) -> None:
    answer = admin.post("/staff/clients/new", metadata=metadata, reason="x")
    assert answer.status == 400
    assert "登録できませんでした" in answer.body.decode()
    for path in ("\0", "x" * 300, "../x", "\xe3\x81\xbf"):
        assert admin.get(f"/staff/clients/{path}").status in (400, 404), path


def test_without_the_form_token_no_secret_is_drawn_cwe_352(
    admin: Person, party: tuple[str, str]
) -> None:
    for path in (f"{party[0]}/secret/draw", f"{party[0]}/remove", "/staff/keys/emergency"):
        assert admin.post(path, csrf_token="x" * 43, reason="x", confirm="yes").status in (400, 403)


def keys_of(log: Log) -> list[dict[str, Any]]:
    names = ("kid", "alg", "state", "compromised_at")
    return [{name: getattr(one, name) for name in names} for one in log.f.home.load().records]


def test_keys_move_when_their_time_has_come_and_an_emergency_takes_two(
    demo: Demo, admin: Person, log: Log
) -> None:
    before = keys_of(log)
    page = admin.page("/staff/keys")
    assert all(one["kid"] in page for one in before)
    (alg, *_) = re.findall(r'<option value="((?:RS|ES|PS)\d+|EdDSA)">', page)
    assert admin.post("/staff/keys/announce", alg=alg, reason="").status == 400
    answers = admin.at_once(3, "/staff/keys/announce", alg=alg, reason="年次の交替")
    assert {a.status for a in answers} <= {303, 409}
    announced = [x for x in keys_of(log) if x["state"] == "announced" and x["alg"] == alg]
    assert announced
    (line, *_) = log.lines("key.announced", "年次の交替")
    assert json.loads(line)["actor"]["role"] == "administrator"
    early = admin.post("/staff/keys/move", kid=announced[0]["kid"], reason="早く")
    assert early.status == 409, "relying parties may not know it yet"
    assert admin.post("/staff/keys/move", kid="\0", reason="x").status == 400
    active = next(x for x in before if x["state"] == "active" and x["alg"] == alg)
    form = {"kid": active["kid"], "reason": "秘密鍵がもれた"}
    assert admin.post("/staff/keys/emergency", **form).status == 400, "not confirmed"
    assert admin.post("/staff/keys/emergency", **form | {"kid": "x"}, confirm="yes").status == 409
    waits = admin.post("/staff/keys/emergency", confirm="yes", **form)
    assert {x["state"] for x in keys_of(log) if x["kid"] == active["kid"]} == {"active"}
    assert log.agree(waits, known(demo, log, "security"), "security") is State.APPROVED

    def given_up() -> bool:
        now = {x["kid"]: x for x in keys_of(log)}
        return bool(now[active["kid"]]["compromised_at"])

    wait_until(given_up, 20)
    now = keys_of(log)
    assert [x["alg"] for x in now if x["state"] == "active"].count(alg) == 1, "replaced"
    (line,) = log.lines("key.compromised", active["kid"])
    assert json.loads(line)["data"]["reason"] == "秘密鍵がもれた"
    assert "廃止" in admin.page("/staff/keys")


def test_a_party_is_removed_once_with_a_reason(admin: Person, log: Log) -> None:
    metadata = json.dumps(PARTY | {"client_id": "mihon-old"})
    assert admin.post("/staff/clients/new", metadata=metadata, reason="試し").status == 200
    url = "/staff/clients/mihon-old"
    assert admin.post(f"{url}/remove", reason="終わった").status == 400, "not confirmed"
    answers = admin.at_once(3, f"{url}/remove", reason="終わった", confirm="yes")
    assert sorted(a.status for a in answers) == [303, 404, 404]
    assert len(log.lines("client.removed", "mihon-old")) == 1
    assert admin.get(url).status == 404
