"""5,000 mutations of registered redirect URIs: none is accepted, none is gone to, none is pushed.

Seeded, so that a failure can be repeated; `CORPUS=long` draws ten times as many.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.attacks.redirect_uris import corpus, drawn
from tests.support.demo import Demo
from tests.support.in_process import Answer, InProcess, in_process
from tests.support.parties import SECRETS, party
from tests.support.raw_http import send
from tests.support.relying_party import Pkce

COUNT = 50_000 if os.environ.get("CORPUS") == "long" else 5_000
SEED = int(os.environ.get("CORPUS_SEED", "20260731"))
DESK = "Basic " + base64.b64encode(f"desk:{SECRETS['desk']}".encode()).decode()

Send = Callable[..., Answer]


@pytest.fixture(scope="module")
def inside(demo: Demo) -> Iterator[InProcess]:
    """The application of the running demo, once more in this process."""
    with in_process(demo) as built:
        yield built


@pytest.fixture(scope="module")
def cases() -> list[tuple[str, str]]:
    """The named mutations, and drawn ones up to the number wanted."""
    named = corpus()
    return list(dict.fromkeys([*named, *drawn(COUNT - len(named), SEED)]))[:COUNT]


def by_get(way: Send, sent: dict[str, str]) -> Answer:
    """Ask at the authorization endpoint by GET."""
    return way("GET", "/authorize", query=sent)


def by_post(way: Send, sent: dict[str, str]) -> Answer:
    """Ask at the authorization endpoint by POST."""
    return way("POST", "/authorize", sent)


def by_push(way: Send, sent: dict[str, str]) -> Answer:
    """Push the request (RFC 9126)."""
    named = {"authorization": DESK} if sent["client_id"] == "desk" else {}
    return way("POST", "/par", {k: v for k, v in sent.items() if k != "prompt"}, **named)


def test_the_corpus_is_as_large_as_it_says(cases: list[tuple[str, str]]) -> None:
    assert len(cases) >= COUNT - 200


@pytest.mark.parametrize("ask", [by_get, by_post, by_push])
def test_no_mutation_of_a_redirect_uri_is_accepted(
    demo: Demo,
    inside: InProcess,
    cases: list[tuple[str, str]],
    ask: Callable[[Send, dict[str, str]], Answer],
) -> None:
    """Rows 7, 8, 111, 112: exact strings, at every place that takes a redirect URI."""
    found, pkce = [], Pkce()
    for number, (name, uri) in enumerate(cases):
        sent = party(demo, name).request(pkce, redirect_uri=uri, scope="openid", prompt="none")
        ways: list[Send] = [inside.call]
        if number % 10 == 0:
            ways.append(partial(send, demo.issuer))
        for way in ways:
            answer = ask(way, sent)
            if not 400 <= answer.status < 500 or "location" in answer.headers:
                found.append((name, uri, answer.status, answer.location))
            if b'request_uri":' in answer.body:
                found.append((name, uri, answer.status, "pushed"))
    assert found == []


@pytest.mark.parametrize("ask", [by_get, by_post, by_push])
def test_the_registered_ones_are_accepted(
    demo: Demo, inside: InProcess, ask: Callable[[Send, dict[str, str]], Answer]
) -> None:
    """Rows 7, 43, 112: or the corpus proves nothing."""
    for name, uri in (
        ("desk", "https://desk.mihon.example/callback"),
        ("phone", "http://[::1]:8765/callback"),
        ("phone", "com.mihon.example.phone:/callback"),
        ("phone", "https://phone.mihon.example/callback?kept=1"),
    ):
        sent = party(demo, name).request(Pkce(), redirect_uri=uri, scope="openid", prompt="none")
        answer = ask(inside.call, sent)
        assert answer.status == (201 if ask is by_push else 303), (uri, answer.body)
