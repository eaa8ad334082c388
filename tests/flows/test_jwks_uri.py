"""A client that publishes its keys at a `jwks_uri` proves itself at a started provider (row 55)."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.flows.deployment import Deployment, new_deployment, serving
from tests.support.https_server import Server, https_server, reply
from tests.support.parties import PARTIES, proven, write_policies

PATH = "/keys.json"


@dataclass
class Party:
    """A client named after its jwks_uri, with the key it signs with now."""

    deployment: Deployment
    name: str

    def answer(self, key: ECKey, kid: str, **header: Any) -> tuple[int, str]:
        """Ask with an assertion; `invalid_grant` tells that the client proved itself."""
        issuer, now = self.deployment.settings["issuer"], int(time.time())
        claims = {"iss": self.name, "sub": self.name, "aud": issuer, "iat": now, "exp": now + 60}
        claims["jti"] = secrets.token_urlsafe(16)
        token = jwt.encode({"alg": "ES256", "kid": kid} | header, claims, key)
        form = {"grant_type": "refresh_token", "refresh_token": "none"} | proven(token)
        answered = requests.post(issuer + "/token", data=form, timeout=30)
        return answered.status_code, answered.json()["error"]


PROVEN, UNPROVEN = (400, "invalid_grant"), (401, "invalid_client")


def key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "alg": "ES256", "use": "sig"})


def publish(server: Server, path: str, *keys: ECKey, **headers: str) -> None:
    server.serve_json(path, {"keys": [k.as_dict(private=False) for k in keys]}, **headers)


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with https_server(Path(tmp_path_factory.mktemp("publisher"))) as running:
        yield running


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server at an inner address that nobody allowed."""
    with https_server(Path(tmp_path_factory.mktemp("closed"))) as running:
        yield running


@pytest.fixture(scope="module")
def deployment(
    tmp_path_factory: pytest.TempPathFactory, publisher: Server, closed: Server
) -> Iterator[Deployment]:
    folder = Path(tmp_path_factory.mktemp("jwks"))
    keyed = {k: v for k, v in PARTIES["keyed"].items() if k != "jwks"}
    places = {
        "rotating": publisher.url + PATH,
        "moved": publisher.url + "/moved",
        "large": publisher.url + "/large",
        "inner": closed.url + PATH,
        "away": publisher.url + "/away",
    }
    parties = {name: keyed | {"jwks_uri": uri} for name, uri in places.items()}
    made = new_deployment(
        folder / "own",
        write_policies(folder / "policies", parties),
        outgoing_allow=publisher.allowed,
        outgoing_ca=str(publisher.ca),
    )
    with serving(made):
        yield made
        assert "Traceback" not in made.log()


def test_a_client_rotates_its_own_keys(deployment: Deployment, publisher: Server) -> None:
    one, two = key("one"), key("two")
    publish(publisher, PATH, one, Cache_Control="max-age=60")
    party = Party(deployment, "rotating")
    assert party.answer(one, "one") == PROVEN
    assert party.answer(key("one"), "one") == UNPROVEN
    assert party.answer(one, "one") == PROVEN
    assert publisher.asked.count(PATH) == 1
    # A key nobody announced is looked for once a minute; the clock of caches is not ours to move.
    assert party.answer(two, "two") == UNPROVEN
    assert publisher.asked.count(PATH) == 1


def test_redirects_floods_and_outages_prove_nobody_and_break_nothing(
    deployment: Deployment, publisher: Server
) -> None:
    one = key("one")
    publish(publisher, "/elsewhere", one)
    publisher.answers["/moved"] = lambda handler: reply(
        handler, b"", 302, Location=publisher.url + "/elsewhere"
    )
    publisher.serve_json("/large", b'{"keys": [' + b" " * 2_000_000 + b"]}")
    for name in ("moved", "large", "away"):
        for _ in range(3):
            assert Party(deployment, name).answer(one, "one") == UNPROVEN
    assert "/elsewhere" not in publisher.asked
    assert publisher.asked.count("/moved") == 1, "a failure is remembered"


def test_an_inner_address_is_not_called(deployment: Deployment, closed: Server) -> None:
    """CVE-2020-10770: the address of a client must not become a window into the house."""
    one = key("one")
    publish(closed, PATH, one)
    assert Party(deployment, "inner").answer(one, "one") == UNPROVEN
    assert closed.asked == []


def test_a_token_never_chooses_where_keys_come_from(
    deployment: Deployment, publisher: Server, closed: Server
) -> None:
    """Keys that a token brings along, or addresses of some, are never looked at."""
    own = key("own")
    publish(publisher, "/attacker", own)
    asked = len(publisher.asked)
    party = Party(deployment, "away")
    for header in (
        {"jku": publisher.url + "/attacker"},
        {"x5u": publisher.url + "/attacker"},
        {"jwk": own.as_dict(private=False)},
    ):
        assert party.answer(own, "own", **header) == UNPROVEN
    assert "/attacker" not in publisher.asked
    assert closed.asked == []
    assert len(publisher.asked) <= asked + 1
