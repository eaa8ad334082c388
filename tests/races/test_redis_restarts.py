"""A Redis that is killed and comes back empty lets no replay pass, on two workers at once.

Codes and pushed requests live in SQL and do not care. Marks of a `jti` are lost, so whatever may
have been used before is answered 503, never believed; what is made after the margin works once.
The waiting is done by the clock that every program of the demo goes by. `RACES=long`: 20 rounds.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.faults.processes import web_workers
from tests.flows.journey import signed_in, tokens_for
from tests.races.conftest import pass_time, rounds
from tests.races.crowd import Answer, Crowd, Shot
from tests.races.spent import REGISTERED, Maker
from tests.support.crowds import MANY
from tests.support.demo import Demo, running_demo
from tests.support.parties import party, write_policies
from tests.support.servers import PostgresServer, RedisServer, running_redis

CROWD = MANY
LOST = (503, "temporarily_unavailable")
REPLAYED = {
    "assertion": (401, "invalid_client"),
    "proof at /token": (400, "invalid_dpop_proof"),
    "proof at /userinfo": (401, "invalid_dpop_proof"),
}
MARGIN, SKEW = 5, 10


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture(scope="module")
def demo(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, redis: RedisServer
) -> Iterator[Demo]:
    """Two workers on PostgreSQL and on a Redis that a test may kill."""
    folder = tmp_path_factory.mktemp("restarts")
    arguments = ["--policies", str(write_policies(folder / "policies", REGISTERED))]
    arguments += ["--database", postgres.new_database("restarts"), "--redis", redis.url]
    with running_demo(folder, "--workers", "2", *arguments) as running:
        yield running


@pytest.fixture(scope="module")
def maker(demo: Demo) -> Maker:
    return Maker(demo, signed_in(demo, 3), party(demo, "strict"))


def fire(demo: Demo, shots: dict[str, Shot], each: int) -> dict[str, list[Answer]]:
    """Send every shot so many times, all at the same moment and mixed."""
    answers = Crowd(demo.issuer).fire(list(shots.values()) * each, obey=False)
    return {name: answers[number :: len(shots)] for number, name in enumerate(shots)}


def told(answer: Answer) -> tuple[int, str]:
    """Read the status and the error of an answer; of a page, the status alone."""
    if answer.headers.get("content-type", [""])[0] != "application/json":
        return answer.status, ""
    return answer.status, str(json.loads(answer.body).get("error", ""))


def assert_lost(answers: dict[str, list[Answer]]) -> int:
    """None is believed, all are told when to come back; answers the longest wait in seconds."""
    seen = {name: Counter(map(told, some)) for name, some in answers.items()}
    assert seen == {name: {LOST: len(some)} for name, some in answers.items()}
    waits = {a.headers["retry-after"][0] for some in answers.values() for a in some}
    assert all(wait.isdigit() and int(wait) > 0 for wait in waits), waits
    return max(map(int, waits))


def assert_over(answers: dict[str, list[Answer]]) -> None:
    """Used codes and references stay used, whatever became of Redis (RFC 6749 4.1.2)."""
    seen = {name: Counter(map(told, some)) for name, some in answers.items()}
    each = len(answers["code"])
    assert seen == {"code": {(400, "invalid_grant"): each}, "reference": {(400, ""): each}}


@pytest.mark.parametrize("number", rounds(20))
def test_no_replay_passes_a_redis_that_was_killed_and_came_back_empty(
    demo: Demo, redis: RedisServer, maker: Maker, number: int
) -> None:
    """Rows 45, 55, 58, 90: used once, Redis lost, 100 replays of each on two workers."""
    assert len(web_workers(demo.process.pid)) == 2
    token = tokens_for(maker.browser, maker.strict)["access_token"]
    kept = {"code": maker.code(), "reference": maker.spent_reference()}
    at_once, later = maker.marked(token), maker.marked(token)
    for used in ({"code": kept["code"]}, at_once, later):
        for name, answers in fire(demo, used, 1).items():
            assert told(answers[0]) == (200, ""), name

    redis.kill()
    assert_lost(fire(demo, at_once, 10))
    assert_lost(fire(demo, maker.marked(token), 10))
    assert_over(fire(demo, kept, 10))

    redis.start()
    replayed = fire(demo, at_once | kept, CROWD)
    assert_over({name: replayed.pop(name) for name in kept})
    assert_lost(replayed)
    wait = assert_lost(fire(demo, {"fresh": maker.marked(token)["assertion"]}, 1))
    assert wait <= MARGIN + SKEW + 1

    pass_time(demo, wait)
    assert_lost(fire(demo, at_once | later, CROWD))
    fresh = {name: shot for name, shot in maker.marked(token).items() if name in REPLAYED}
    for name, answers in fire(demo, fresh, CROWD).items():
        seen = Counter(map(told, answers))
        assert seen == {(200, ""): 1, REPLAYED[name]: CROWD - 1}, name
