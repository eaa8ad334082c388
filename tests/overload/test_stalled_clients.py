"""Clients that stall stop nobody else: behind the shipped nginx, and without a proxy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.deployment import Deployment
from bench.wire import Item
from idp.server import THREADS
from idp.throttle.slots import open_slots
from tests.overload.conftest import LONG, serving
from tests.overload.offered import (
    SIGNED_IN,
    all_served,
    discovery_wire,
    only_turned_away,
    report,
    sign_in_wires,
)
from tests.overload.rush import Job, Stream, finish, start
from tests.overload.stalled import (
    HALF_A_BODY,
    HALF_A_HEAD,
    Door,
    stalled,
    visit,
)
from tests.support.demo import wait_until
from tests.support.nginx import NAME, ORIGIN, Nginx, running_nginx

STALLED = 400
VISITS = 20 if LONG else 4
ATTACKERS = [f"127.0.7.{n}" for n in range(1, 9)]
VISITOR = "127.0.0.9"
PROMPT_SECONDS = 5.0
"""Half of the shortest time after which any server here gives a stalled client up."""


def visitors(door: Door, deployment: Deployment, address: str = "127.0.0.1") -> None:
    """Let members come one after another and sign in; each is served promptly."""
    slowest = 0.0
    for number in range(VISITS):
        member: Item = {**deployment.member(number), "client_id": "public"}
        for walk in ("discovery", "sign_in"):
            _, seconds = visit(door, walk, member, address)
            slowest = max(slowest, seconds)
    print(f"slowest of {VISITS} visits: {slowest * 1000:.0f} ms")
    assert slowest < PROMPT_SECONDS


@pytest.fixture(scope="module")
def nginx(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    proxied = {"IDP_ISSUER": ORIGIN, "IDP_TRUSTED_PROXIES": "127.0.0.1"}
    with (
        serving(deployment, 2, **proxied),
        running_nginx(tmp_path_factory.mktemp("nginx"), deployment.port) as running,
    ):
        yield running


@pytest.mark.parametrize(
    ("sent", "addresses", "visitor"),
    [
        (HALF_A_HEAD, ATTACKERS, VISITOR),
        (HALF_A_BODY, ATTACKERS, VISITOR),
        # Half a head is not counted yet: a school behind one address is not shut out by it.
        (HALF_A_HEAD, [VISITOR], VISITOR),
    ],
    ids=["head", "body", "head from the visitors' address"],
)
def test_behind_the_shipped_nginx_400_stalled_connections_stop_nobody(
    deployment: Deployment, nginx: Nginx, sent: bytes, addresses: list[str], visitor: str
) -> None:
    door = Door(nginx.port, NAME, nginx.ca)
    with stalled(door, STALLED, sent, addresses) as held:
        visit(door, "discovery", {}, visitor)
        assert held.waiting() == STALLED, "all of them were held while somebody was served"
        visitors(door, deployment, visitor)
        if LONG:
            wait_until(lambda: held.waiting() == 0, 20)
    assert "exceed open file" not in nginx.complaints
    assert "[alert]" not in nginx.complaints


def test_nginx_takes_no_more_than_200_bodies_from_one_address(
    deployment: Deployment, nginx: Nginx
) -> None:
    door = Door(nginx.port, NAME, nginx.ca)
    with stalled(door, STALLED, HALF_A_BODY, ["127.0.8.1"]) as held:
        wait_until(lambda: held.waiting() <= 200)
        visitors(door, deployment, VISITOR)


@pytest.fixture
def bare(deployment: Deployment) -> Iterator[Door]:
    """The provider without a proxy, in one process."""
    with serving(deployment, 1):
        yield Door(deployment.port)


def test_without_a_proxy_400_stalled_heads_stop_nobody(deployment: Deployment, bare: Door) -> None:
    with stalled(bare, STALLED, HALF_A_HEAD) as held:
        visit(bare, "discovery", {})
        assert held.waiting() == STALLED
        visitors(bare, deployment)
        if LONG:  # they are given up at last
            wait_until(lambda: held.waiting() == 0, 45)


def test_without_a_proxy_as_many_stalled_bodies_as_spare_threads_are_survived(
    deployment: Deployment, bare: Door
) -> None:
    queue = deployment.foundation().policy.policy.passwords.queue
    sign_ins = open_slots(1, None).places(queue)
    spare = THREADS - sign_ins
    assert spare >= 32
    pages = [visit(bare, "sign_in_page", deployment.member(n))[0] for n in range(20)]
    with stalled(bare, spare, HALF_A_BODY) as held:
        visitors(bare, deployment)
        # And now with the queue full as well.
        streams = [
            Stream(sign_in_wires(deployment, pages), clients=sign_ins + 20, sign=SIGNED_IN),
            Stream([discovery_wire(deployment)], per_second=10),
        ]
        tried, read = finish(start(Job(bare.port, streams, 10 if LONG else 3)))
        assert held.waiting() == spare
    report("sign-ins beside stalled bodies", tried)
    report("discovery beside stalled bodies", read)
    only_turned_away(tried)
    all_served(read)
