"""2,000 hostile tokens at every place that takes one: none is believed, nobody is asked for a key.

The corpus goes through the application in this process, and a part of it over a socket to the
server as it was started. `CORPUS=long` sends ten times as many, and every one over the socket too.
"""

from __future__ import annotations

import os
import socket
import zlib
from collections.abc import Iterator
from functools import partial

import pytest

from tests.attacks.hostile_places import PLACES, Place, Scene, Send
from tests.attacks.hostile_tokens import corpus
from tests.flows.journey import signed_in
from tests.support.demo import Demo
from tests.support.in_process import InProcess, in_process
from tests.support.raw_http import send

LONG = os.environ.get("CORPUS") == "long"
COUNT = 20_000 if LONG else 2_000
OVER_THE_SOCKET = 1 if LONG else 20
"""Every how manieth token goes to the started server too."""


@pytest.fixture(scope="module")
def inside(demo: Demo) -> Iterator[InProcess]:
    """The application of the running demo, once more in this process."""
    with in_process(demo) as built:
        yield built


@pytest.fixture
def scene(demo: Demo, inside: InProcess) -> Iterator[Scene]:
    """A member is signed in, and somebody listens where tokens say that keys are."""
    browser = signed_in(demo)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.http.cookies)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        yield Scene(demo, inside, listener, browser, cookies)


def believed(scene: Scene, place: Place, tokens: list[tuple[str, str]]) -> list[str]:
    """Send tokens; answers those that were believed or did harm."""
    found, socketed = [], partial(send, scene.demo.issuer)
    for number, (name, token) in enumerate(tokens):
        over_it = number % OVER_THE_SOCKET == 0 or "kB" in name
        ways: list[Send] = [scene.inside.call, *([socketed] if over_it else [])]
        for way in ways:
            answer = place.ask(way, token)
            # 0: the server hung up, which is a refusal
            if answer.status >= 500 or (answer.status and place.believed(answer)):
                found.append(f"{name}: {answer.status} {answer.location} {answer.body[:200]!r}")
    return found


@pytest.mark.parametrize("where", PLACES)
def test_no_hostile_token_is_believed_anywhere(scene: Scene, where: str) -> None:
    """Rows 24, 55, 72, 82, 90, 95, 99, 105: what is not signed as it must be is nobody's word."""
    place = PLACES[where](scene)
    every = corpus(place.genuine, COUNT, seed=zlib.crc32(where.encode()))
    tokens = [(name, token) for name, token in every if place.concerns(name, token)]
    assert len(tokens) > COUNT * 0.95
    assert believed(scene, place, tokens) == []
    with pytest.raises(TimeoutError):
        scene.listener.accept()
    genuine = place.ask(scene.inside.call, place.genuine.token)
    assert place.believed(genuine), "the genuine one is, or nothing was tried here"
