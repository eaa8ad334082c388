"""The changing check code, through HTTP."""

from pathlib import Path
from typing import Any

import pytest
from card_provider import ScriptedProvider
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from relying_parties.card.codes import ALPHABET, code_at, read_code
from tests.support.dpop import Prover


def ask(
    client: FlaskClient, provider: ScriptedProvider, access: str | None = None, **changes: Any
) -> TestResponse:
    token = provider.new_access() if access is None else access
    return client.post(
        "/code",
        headers={"Authorization": f"DPoP {token}"},
        json={"id_token": provider.id_token(**changes), "userinfo_proof": provider.proof(token)},
    )


def check(client: FlaskClient, code: str) -> bool:
    answer = client.get(
        "/check", query_string={"c": code}, headers={"Accept": "application/json"}
    ).get_json()
    assert set(answer) == {"valid"}
    return bool(answer["valid"])


def test_a_code_is_confirmed_without_a_name(
    client: FlaskClient, provider: ScriptedProvider
) -> None:
    answer = ask(client, provider).get_json()
    assert len(answer["code"]) == 12
    assert set(answer["code"]) <= set(ALPHABET)
    assert answer["grouped"].replace(" ", "") == answer["code"]
    assert answer["url"] == f"https://card.mihon.example/check?c={answer['code']}"
    assert answer["qr"].startswith("<svg")
    assert check(client, answer["code"])
    assert check(client, answer["grouped"].lower())
    page = client.get("/check", query_string={"c": answer["code"]})
    assert "有効な組合員証です" in page.text
    for private in ("見本", "花子", "00123456", "subject-1", "session-1"):
        assert private not in page.text


@pytest.mark.parametrize(
    "code", ["", "0" * 12, "x", "ＡＢＣ", "a\0b", "\ud800", "A" * 5000, "<b>", "%00"]
)
def test_other_codes_are_not_valid(client: FlaskClient, code: str) -> None:
    query = {"c": code.encode("utf-8", "surrogatepass").decode("utf-8", "replace")}
    answer = client.get("/check", query_string=query, headers={"Accept": "application/json"})
    assert answer.get_json() == {"valid": False}


def test_a_code_lives_at_most_a_minute(
    client: FlaskClient, provider: ScriptedProvider, clock_file: Path
) -> None:
    first = ask(client, provider).get_json()
    assert first["expires_at"] - first["next_at"] == first["step"] == 30
    now = float(client.get("/healthz").headers["Card-Time"])
    assert first["expires_at"] - 60 <= now < first["next_at"]
    clock_file.write_text("29.9")
    assert check(client, first["code"])
    clock_file.write_text("60.1")
    assert not check(client, first["code"])
    assert ask(client, provider).get_json()["code"] != first["code"]


def test_sessions_have_different_codes_and_tabs_the_same() -> None:
    codes = {code_at(b"k" * 32, sid, 1000.0).text for sid in ("a", "b", "c")}
    assert len(codes) == 3
    assert code_at(b"k" * 32, "a", 1019.9).text in codes
    assert code_at(b"l" * 32, "a", 1000.0).text not in codes


def test_logout_makes_the_code_invalid_at_once(
    client: FlaskClient, provider: ScriptedProvider
) -> None:
    code = ask(client, provider).get_json()["code"]
    token = provider.logout_token()
    assert client.post("/backchannel-logout", data={"logout_token": token}).status_code == 200
    assert not check(client, code)
    refused = ask(client, provider)
    assert refused.status_code == 401
    assert refused.get_json()["error_description"] == "signed_out"


def test_logout_of_a_subject_ends_its_sessions_but_not_later_ones(
    client: FlaskClient, provider: ScriptedProvider, clock_file: Path
) -> None:
    code = ask(client, provider).get_json()["code"]
    token = provider.logout_token(sid=None)
    assert client.post("/backchannel-logout", data={"logout_token": token}).status_code == 200
    assert not check(client, code)
    provider.sid, provider.offset = "session-2", 100.0
    provider.began_at = provider.now()
    clock_file.write_text("100")
    assert check(client, ask(client, provider).get_json()["code"])


def test_sign_out_drops_the_codes_of_the_session_only(
    client: FlaskClient, provider: ScriptedProvider
) -> None:
    mine = ask(client, provider).get_json()["code"]
    other = ask(client, provider, sid="session-2").get_json()["code"]
    answer = client.post("/sign-out", json={"id_token": provider.id_token()})
    assert answer.status_code == 204
    assert [check(client, mine), check(client, other)] == [False, True]
    assert client.get("/session-state?sid=session-1").get_json() == {"live": True}


def test_the_reason_of_the_provider_is_passed_on(
    client: FlaskClient, provider: ScriptedProvider
) -> None:
    assert ask(client, provider, access="unknown").status_code == 401
    for reason in ("membership_ended", "service_stopped", "signed_out", "blocked"):
        provider.ended = reason
        answer = ask(client, provider)
        assert (answer.status_code, answer.get_json()["error_description"]) == (401, reason)
    provider.ended = "something_else"
    assert "something_else" not in ask(client, provider).text


@pytest.mark.parametrize(
    "changes",
    [{"aud": "portal"}, {"iss": "https://x.example"}, {"sid": None}, {"sub": "subject-2"}],
    ids=str,
)
def test_tokens_of_others_are_refused(
    client: FlaskClient, provider: ScriptedProvider, changes: dict[str, Any]
) -> None:
    assert ask(client, provider, **changes).status_code == 400


def test_a_logout_token_is_no_id_token(client: FlaskClient, provider: ScriptedProvider) -> None:
    for token in (provider.logout_token(), provider.logout_token(typ="JWT")):
        assert client.post("/sign-out", json={"id_token": token}).status_code == 400


def test_a_known_session_outlives_its_signing_key(
    client: FlaskClient, provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = provider.new_access()
    headers = {"Authorization": f"DPoP {token}"}
    body = {"id_token": provider.id_token(), "userinfo_proof": provider.proof(token)}
    assert client.post("/code", headers=headers, json=body).status_code == 200
    monkeypatch.setattr("relying_parties.card.provider.KEEP_KEYS", -1.0)
    provider.keys = [type(provider.keys[0]).generate_key("P-256", {"kid": "key-2"})]
    body["userinfo_proof"] = provider.proof(token)
    assert client.post("/code", headers=headers, json=body).status_code == 200
    fresh = {"id_token": body["id_token"] + "x", "userinfo_proof": provider.proof(token)}
    assert client.post("/code", headers=headers, json=fresh).status_code == 400


@pytest.mark.parametrize("header", ["", "DPoP", "Basic YTpi", "Bearer abc", "DPoP a b", "DPoP é"])
def test_an_access_token_is_needed(
    client: FlaskClient, provider: ScriptedProvider, header: str
) -> None:
    body = {"id_token": provider.id_token(), "userinfo_proof": "a.b.c"}
    answer = client.post("/code", headers={"Authorization": header}, json=body)
    assert answer.status_code == 400
    assert provider.userinfo_calls == 0


@pytest.mark.parametrize("proof", [None, "", 7, ["a.b.c"], "a.b.c\r\nX: y", "é", "x" * 9000])
def test_a_proof_for_userinfo_is_needed(
    client: FlaskClient, provider: ScriptedProvider, proof: Any
) -> None:
    body = {"id_token": provider.id_token(), "userinfo_proof": proof}
    headers = {"Authorization": f"DPoP {provider.new_access()}"}
    assert client.post("/code", headers=headers, json=body).status_code == 400
    assert provider.userinfo_calls == 0


def test_a_copied_token_gives_no_code_without_its_key(
    client: FlaskClient, provider: ScriptedProvider
) -> None:
    """Row 91: what was stolen from a device is worth nothing elsewhere."""
    token, thief = provider.new_access(), Prover()
    used = provider.proof(token)
    url = f"{provider.issuer}/userinfo"
    proofs = [thief.proof("GET", url, token), provider.proof("another token"), used, used]
    answers = []
    for proof in proofs:
        body = {"id_token": provider.id_token(), "userinfo_proof": proof}
        headers = {"Authorization": f"DPoP {token}"}
        answers.append(client.post("/code", headers=headers, json=body).status_code)
    assert answers == [401, 401, 200, 401]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"id_token": 7}', b'{"id_token": "\\ud800"}'])
def test_an_unfit_body_is_refused(client: FlaskClient, body: bytes) -> None:
    headers = {"Authorization": "DPoP x", "Content-Type": "application/json"}
    assert client.post("/sign-out", headers=headers, data=body).status_code == 400


def test_an_outage_of_the_provider_is_told(client: FlaskClient, provider: ScriptedProvider) -> None:
    provider.out_of_order = True
    answer = ask(client, provider)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_checks_are_limited_gently(client: FlaskClient) -> None:
    headers = {"Accept": "application/json"}
    answers = [client.get("/check?c=x", headers=headers) for _ in range(61)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    elsewhere = client.get("/check?c=x", headers=headers, environ_base={"REMOTE_ADDR": "::2"})
    assert elsewhere.status_code == 200
    assert client.get("/check?c=x").status_code == 429


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("7K2M 9QXD 4TBC", "7K2M9QXD4TBC"),
        ("７ｋ２ｍ－９ｑｘｄ－４ｔｂｃ", "7K2M9QXD4TBC"),
        ("oil0oil0oil0", "011001100110"),
        ("7K2M9QXD4TB", None),
        ("7K2M9QXD4TBU", None),
        ("7K2M9QXD4TBC1", None),
    ],
)
def test_a_typed_code_is_forgiven_its_form(typed: str, read: str | None) -> None:
    assert read_code(typed) == read
