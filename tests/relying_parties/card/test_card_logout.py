"""Back-channel logout as the card receives it (Back-Channel Logout 1.0, 2.6)."""

import base64
import hmac
import json
from typing import Any

import pytest
from card_provider import EVENT, ScriptedProvider
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey


def send(client: FlaskClient, token: str) -> int:
    return client.post("/backchannel-logout", data={"logout_token": token}).status_code


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def state(client: FlaskClient, sid: str = "session-1") -> dict[str, Any]:
    return client.get("/session-state", query_string={"sid": sid}).get_json()


def test_a_session_is_live_until_its_logout_token_comes(
    client: FlaskClient, provider: ScriptedProvider
) -> None:
    assert state(client) == {"live": True}
    answer = client.post("/backchannel-logout", data={"logout_token": provider.logout_token()})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert state(client) == {"live": False, "reason": "unknown"}
    assert state(client, "another")["live"] is True


def test_the_reason_is_kept_when_the_token_carries_one(
    client: FlaskClient, provider: ScriptedProvider
) -> None:
    token = provider.logout_token(events={EVENT: {"reason": "service_stopped"}})
    assert send(client, token) == 200
    assert state(client) == {"live": False, "reason": "service_stopped"}


def test_a_token_counts_once(client: FlaskClient, provider: ScriptedProvider) -> None:
    token = provider.logout_token()
    assert [send(client, token), send(client, token)] == [200, 400]


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"aud": "portal"},
        {"aud": ["portal"]},
        {"aud": None},
        {"iat": None},
        {"iat": "now"},
        {"iat": True},
        {"iat": 4_000_000_000, "exp": 4_000_000_100},
        {"exp": None},
        {"exp": 1_000_000_000},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 300},
        {"sid": None, "sub": None},
        {"sid": 7},
        {"sid": "a\0b"},
        {"nonce": "n"},
        {"events": None},
        {"events": []},
        {"events": {}},
        {"events": {EVENT: True}},
        {"typ": "JWT"},
    ],
    ids=str,
)
def test_an_unfit_token_changes_nothing(
    client: FlaskClient, provider: ScriptedProvider, changes: dict[str, Any]
) -> None:
    assert send(client, provider.logout_token(**changes)) == 400
    assert state(client) == {"live": True}


def test_foreign_signatures_are_refused(client: FlaskClient, provider: ScriptedProvider) -> None:
    header, payload, signature = provider.logout_token().split(".")
    claims = {"iss": provider.issuer, "aud": "card", "sid": "session-1", "jti": "x"}
    claims |= {"iat": int(provider.now()), "exp": int(provider.now()) + 60, "events": {EVENT: {}}}
    stranger = ECKey.generate_key("P-256", {"kid": "key-1"})
    head = {"kid": "key-1", "typ": "logout+jwt"}
    signed = f"{_part({'alg': 'HS256', **head})}.{_part(claims)}"
    confused = hmac.digest(provider.keys[0].as_pem(private=False), signed.encode(), "sha256")
    forged = [
        jwt.encode({"alg": "ES256", **head}, claims, stranger),
        jwt.encode({"alg": "ES256", **head, "kid": "other"}, claims, stranger),
        f"{signed}.{base64.urlsafe_b64encode(confused).rstrip(b'=').decode()}",
        f"{_part({'alg': 'none', **head})}.{payload}.",
        f"{header}.{payload}.{signature[:-4]}AAAA",
        f"{header}.{payload}",
        "",
        "…",
        "a" * 20_000,
    ]
    assert {send(client, token) for token in forged} <= {400, 413}
    assert state(client) == {"live": True}


def test_exactly_one_token_is_needed(client: FlaskClient, provider: ScriptedProvider) -> None:
    twice = {"logout_token": [provider.logout_token(), provider.logout_token()]}
    assert client.post("/backchannel-logout", data=twice).status_code == 400
    assert client.post("/backchannel-logout").status_code == 400
    assert client.get("/backchannel-logout").status_code == 405


def test_a_new_key_is_fetched_and_an_outage_is_told(
    client: FlaskClient, provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relying_parties.card.provider.ASK_AGAIN", -1.0)
    assert send(client, provider.logout_token(sid="first")) == 200
    provider.keys.append(ECKey.generate_key("P-256", {"kid": "key-2", "use": "sig"}))
    assert send(client, provider.logout_token(sid="second")) == 200
    provider.keys.append(ECKey.generate_key("P-256", {"kid": "key-3", "use": "sig"}))
    provider.out_of_order = True
    answer = client.post("/backchannel-logout", data={"logout_token": provider.logout_token()})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert state(client) == {"live": True}


@pytest.mark.parametrize("query", ["", "?sid=", "?sid=a&sid=b", "?sid=" + "x" * 300])
def test_a_question_without_one_sid_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/session-state{query}").status_code == 400
