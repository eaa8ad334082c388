"""The keys a client publishes: cached, renewed, kept through outages, never more than a set."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from idp.clients.keys import (
    ASK_AGAIN,
    FAILED_FOR,
    LONGEST,
    MOST_KEYS,
    SHORTEST,
    STALE_FOR,
    USUAL,
    ClientKeys,
)
from idp.clients.model import Client
from idp.clients.registration import BadClient, client_from
from idp.outgoing.addresses import Allowed
from idp.outgoing.door import Outgoing
from idp.policy.model import AuthMethod, ClientEntry
from tests.support.https_server import Server, https_server

PATH = "/keys.json"


@dataclass
class Moving:
    """A monotonic clock that a test moves."""

    at: float = 1_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with https_server(Path(tmp_path_factory.mktemp("publisher"))) as running:
        yield running


@pytest.fixture
def server(shared: Server) -> Server:
    shared.asked.clear()
    shared.answers.clear()
    return shared


@pytest.fixture
def clock() -> Moving:
    return Moving()


@pytest.fixture
def keys(server: Server, clock: Moving) -> ClientKeys:
    return ClientKeys(Outgoing((Allowed.parse(server.allowed),), server.ca), clock)


@pytest.fixture
def client(server: Server) -> Client:
    return client_from("c", _entry(jwks_uri=server.url + PATH), "policy")


def _entry(**more: Any) -> ClientEntry:
    return ClientEntry(
        client_name="c",
        redirect_uris=("https://c.example/cb",),
        token_endpoint_auth_method=AuthMethod.PRIVATE_KEY_JWT,
        scope="openid",
        first_party=True,
        **more,
    )


def public(kid: str, **more: str) -> dict[str, Any]:
    key = ECKey.generate_key("P-256", {"kid": kid, "alg": "ES256", "use": "sig"})
    return dict(key.as_dict(private=False)) | more


def kids(found: Any) -> set[str | None]:
    return {key.kid for key in found.keys}


def test_a_set_is_fetched_once_and_kept_as_long_as_its_owner_says(
    server: Server, clock: Moving, keys: ClientKeys, client: Client
) -> None:
    for header, lasts in (
        ("max-age=120", 120),
        ("public, max-age=300, immutable", 300),
        ("max-age=1", SHORTEST),
        ("max-age=999999999", LONGEST),
        ("no-store", SHORTEST),
        ("no-cache, max-age=900", SHORTEST),
        ("", USUAL),
        ("max-age=many", USUAL),
        ("x-max-age=5", USUAL),
    ):
        server.serve_json(PATH, {"keys": [public("one")]}, Cache_Control=header)
        server.asked.clear()
        for _ in range(3):
            assert kids(keys.of(client, "one", "ES256")) == {"one"}
        clock.at += lasts - 0.5
        keys.of(client, "one", "ES256")
        assert len(server.asked) == 1, header
        clock.at += 1
        keys.of(client, "one", "ES256")
        assert len(server.asked) == 2, header
        clock.at += LONGEST + STALE_FOR + 1


def test_a_new_key_of_the_client_works_within_one_refetch(
    server: Server, clock: Moving, keys: ClientKeys, client: Client
) -> None:
    """Row 55: rotation at the client."""
    server.serve_json(PATH, {"keys": [public("one")]}, Cache_Control="max-age=86400")
    assert kids(keys.of(client, "one", "ES256")) == {"one"}
    clock.at += ASK_AGAIN
    server.serve_json(PATH, {"keys": [public("one"), public("two")]})
    assert kids(keys.of(client, "two", "ES256")) == {"one", "two"}
    assert len(server.asked) == 2


def test_guessed_key_ids_cost_one_call_a_minute(
    server: Server, clock: Moving, keys: ClientKeys, client: Client
) -> None:
    server.serve_json(PATH, {"keys": [public("one")]}, Cache_Control="max-age=86400")
    keys.of(client, "one", "ES256")
    for _ in range(3):
        clock.at += ASK_AGAIN
        for guess in range(50):
            assert kids(keys.of(client, f"guess-{guess}", "ES256")) == {"one"}
    assert len(server.asked) == 4


@pytest.mark.parametrize("alg", ["none", "HS256", "RS1", None, 5, ["ES256"], ""])
def test_algorithms_that_no_key_serves_cost_no_call(
    server: Server, clock: Moving, keys: ClientKeys, client: Client, alg: object
) -> None:
    server.serve_json(PATH, {"keys": [public("one")]}, Cache_Control="max-age=86400")
    keys.of(client, "one", "ES256")
    clock.at += ASK_AGAIN
    assert kids(keys.of(client, "other", alg)) == {"one"}
    assert len(server.asked) == 1


def test_an_outage_keeps_the_last_set_for_a_day_and_asks_seldom(
    server: Server, clock: Moving, keys: ClientKeys, client: Client
) -> None:
    server.serve_json(PATH, {"keys": [public("one")]}, Cache_Control="max-age=60")
    keys.of(client, "one", "ES256")
    server.answers.clear()
    clock.at += 61
    for _ in range(20):
        assert kids(keys.of(client, "one", "ES256")) == {"one"}
    assert len(server.asked) == 2, "a failure is remembered"
    clock.at += FAILED_FOR
    assert kids(keys.of(client, "one", "ES256")) == {"one"}
    assert len(server.asked) == 3
    clock.at += STALE_FOR
    assert kids(keys.of(client, "one", "ES256")) == set()
    server.serve_json(PATH, {"keys": [public("one")]})
    clock.at += FAILED_FOR
    assert kids(keys.of(client, "one", "ES256")) == {"one"}


def _private(kid: str) -> dict[str, Any]:
    return dict(ECKey.generate_key("P-256", {"kid": kid}).as_dict(private=True))


@pytest.mark.parametrize(
    "content",
    [
        {"keys": [public("one"), _private("mine")]},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "one"}]},
        {"keys": [public(str(number)) for number in range(MOST_KEYS + 1)]},
        {"keys": [public("twin"), public("twin")]},
        {"keys": [public("one", use="enc")]},
        {"keys": []},
        {"keys": "many"},
        {},
        {"keys": [public("one") | {"x": "AA"}]},
        {"keys": [{"kty": "RSA", "kid": "weak", "e": "AQAB", "n": "q" * 171}]},
        b"<html>",
        b"x" * 2_000_000,
    ],
)
def test_a_set_that_cannot_be_trusted_gives_no_key(
    server: Server, keys: ClientKeys, client: Client, content: Any
) -> None:
    server.serve_json(PATH, content)
    assert kids(keys.of(client, "one", "ES256")) == set()
    assert kids(keys.of(client, "one", "ES256")) == set()
    assert len(server.asked) == 1


def test_keys_of_other_kinds_and_uses_are_passed_over(
    server: Server, keys: ClientKeys, client: Client
) -> None:
    others = [public("for-encryption", use="enc"), {"kty": "new", "kid": "n"}]
    server.serve_json(PATH, {"keys": [*others, public("one")]})
    found = keys.of(client, "one", "ES256")
    assert kids(found) == {"one"}
    assert found.find("one", "RS256") is None
    assert found.find("one", "Ed25519") is None


def test_forty_callers_at_once_make_one_call(
    server: Server, keys: ClientKeys, client: Client
) -> None:
    gate = threading.Event()
    content = {"keys": [public("one")]}

    def slowly(handler: Any) -> None:
        gate.wait(5)
        server.serve_json(PATH, content)
        server.answers[PATH](handler)

    server.answers[PATH] = slowly
    found: list[set[str | None]] = []
    threads = [
        threading.Thread(target=lambda: found.append(kids(keys.of(client, "one", "ES256"))))
        for _ in range(40)
    ]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(10)
    assert found == [{"one"}] * 40
    assert len(server.asked) == 1


def test_while_an_old_set_is_renewed_nobody_waits(
    server: Server, clock: Moving, keys: ClientKeys, client: Client
) -> None:
    server.serve_json(PATH, {"keys": [public("one")]}, Cache_Control="max-age=60")
    keys.of(client, "one", "ES256")
    clock.at += 61
    gate, begun = threading.Event(), threading.Event()

    def hanging(_: Any) -> None:
        begun.set()
        gate.wait(5)

    server.answers[PATH] = hanging
    renewing = threading.Thread(target=lambda: keys.of(client, "one", "ES256"))
    renewing.start()
    assert begun.wait(5)
    assert kids(keys.of(client, "one", "ES256")) == {"one"}
    gate.set()
    renewing.join(10)


def test_an_address_that_may_not_be_called_is_never_called(
    server: Server, clock: Moving, client: Client
) -> None:
    closed = ClientKeys(Outgoing((), server.ca), clock)
    assert kids(closed.of(client, "one", "ES256")) == set()
    assert server.asked == []


def test_static_keys_need_no_call(server: Server, keys: ClientKeys) -> None:
    static = client_from("c", _entry(jwks={"keys": [public("one")]}), "policy")
    assert kids(keys.of(static, "other", "ES256")) == {"one"}
    assert kids(keys.of(replace(static, keys=None))) == set()
    assert server.asked == []


@pytest.mark.parametrize(
    "uri",
    ["http://keys.example/k", "https://u@keys.example/k", "https://k.example/#x", "ftp://k", "/k"],
)
def test_a_jwks_uri_that_can_never_be_called_is_refused_at_registration(uri: str) -> None:
    with pytest.raises(BadClient, match="jwks_uri"):
        client_from("c", _entry(jwks_uri=uri), "policy")
