"""One act per `Idempotency-Key` of the admin API, on both engines, with parallel requests.

Race conditions (CWE-362), replays (CWE-294), keys that are used again for something else.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from audit.names import EventName
from idp.admin_api import store
from idp.bootstrap import prepare
from idp.clock import to_micros
from tests.stores.conftest import ENGINES, settings_for
from tests.support.in_process import Answer
from tests.support.programs import REASON, Program, Programs, problem

MANY = 12


@pytest.fixture(scope="module", params=ENGINES)
def programs(
    request: pytest.FixtureRequest,
    new_url: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Programs]:
    folder = tmp_path_factory.mktemp("programs")
    (folder / "clock").write_text("0")
    foundation = prepare(settings_for(new_url(request.param), folder))
    yield Programs.at(foundation)
    foundation.database.dispose()


@pytest.fixture(scope="module")
def program(programs: Programs) -> Program:
    return programs.of("admin:client.change", "admin:client.view")


def wanted(client_id: str) -> dict[str, Any]:
    return {
        "reason": REASON,
        "client_id": client_id,
        "client_name": "みほん",
        "redirect_uris": [f"https://{client_id}.mihon.example/callback"],
    }


def at_once(do: Callable[[int], Answer], many: int = MANY) -> list[Answer]:
    """Send many requests at the same moment."""
    gate = threading.Barrier(many)

    def one(number: int) -> Answer:
        gate.wait()
        return do(number)

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(one, range(many)))


def added(programs: Programs, client_id: str) -> int:
    events = programs.events(EventName.CLIENT_ADDED)
    return len([one for one in events if one["client"] == client_id])


def test_the_same_request_is_done_once_and_answered_alike(
    programs: Programs, program: Program
) -> None:
    first = program.call("POST", "/clients", wanted("again"), idempotency_key="again")
    again = program.call("POST", "/clients", wanted("again"), idempotency_key="again")
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body, "the secret too: the first answer may have been lost"
    assert first.location == again.location
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert added(programs, "again") == 1
    acted = programs.events(EventName.ADMIN_ACTED, added="again")
    assert len(acted) == 1


def test_another_request_with_the_key_is_refused(programs: Programs, program: Program) -> None:
    program.call("POST", "/clients", wanted("key-a"), idempotency_key="taken")
    for path, content in (
        ("/clients", wanted("key-b")),
        ("/clients", wanted("key-a") | {"reason": "another"}),
        ("/clients/key-a/remove", {"reason": REASON}),
    ):
        answer = program.call("POST", path, content, idempotency_key="taken")
        problem(answer, 422, "idempotency-key-reused")
    assert added(programs, "key-b") == 0
    assert program.call("GET", "/clients/key-a").status == 200


def test_another_client_has_keys_of_its_own(programs: Programs, program: Program) -> None:
    """One client's key tells nothing of another's answer (CWE-639)."""
    other = programs.new("admin:client.change")
    program.call("POST", "/clients", wanted("mine"), idempotency_key="shared")
    answer = other.call("POST", "/clients", wanted("theirs"), idempotency_key="shared")
    assert answer.status == 201
    assert json.loads(answer.body)["client"]["client_id"] == "theirs"


def test_a_refused_request_may_be_sent_again_with_its_key(program: Program) -> None:
    path, content = "/clients/later/remove", {"reason": REASON}
    answer = program.call("POST", path, content, idempotency_key="later")
    problem(answer, 404, "unknown-client")
    program.call("POST", "/clients", wanted("later"))
    assert program.call("POST", path, content, idempotency_key="later").status == 200
    assert program.call("POST", path, content, idempotency_key="later").status == 200


def test_many_at_once_with_one_key_are_one_act(programs: Programs, program: Program) -> None:
    """Race (CWE-362): one is done, the others are told to wait or get its answer."""
    answers = at_once(
        lambda _: program.call("POST", "/clients", wanted("race"), idempotency_key="race")
    )
    done = [one for one in answers if one.status == 201]
    assert done
    assert {one.body for one in done} == {done[0].body}
    for one in answers:
        if one.status != 201:
            problem(one, 409, "in-flight")
    assert added(programs, "race") == 1
    assert len(programs.events(EventName.ADMIN_ACTED, added="race")) == 1


def test_many_nodes_at_once_with_one_key_are_one_act(programs: Programs) -> None:
    """The same over several providers on one database: what one process knows does not count."""
    nodes = [Programs.at(programs.foundation) for _ in range(4)]
    program = programs.of("admin:client.change", "admin:client.view")

    def send(number: int) -> Answer:
        node = nodes[number % 4]
        there = Program(node.provider, program.client_id, program.secret, program.token)
        return there.call("POST", "/clients", wanted("nodes"), idempotency_key="nodes")

    answers = at_once(send)
    done = [one for one in answers if one.status == 201]
    assert done
    assert {one.body for one in done} == {done[0].body}
    assert {one.status for one in answers} <= {201, 409}
    assert added(programs, "nodes") == 1


def test_many_at_once_with_keys_of_their_own_add_one_client(
    programs: Programs, program: Program
) -> None:
    """The act itself holds in a race, whatever the keys."""
    answers = at_once(lambda _: program.call("POST", "/clients", wanted("owned")))
    assert {one.status for one in answers} <= {201, 409, 422, 503}
    assert sum(one.status == 201 for one in answers) == 1
    assert added(programs, "owned") == 1


def test_an_act_that_fails_leaves_neither_its_event_nor_its_answer(
    programs: Programs, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between act and answer: both are one transaction."""

    def killed(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(store, "keep", killed)
        answer = program.call("POST", "/clients", wanted("killed"), idempotency_key="killed")
    problem(answer, 500, "failed")
    assert added(programs, "killed") == 0
    assert programs.events(EventName.ADMIN_ACTED, added="killed") == []
    assert program.call("GET", "/clients/killed").status == 404
    answer = program.call("POST", "/clients", wanted("killed"), idempotency_key="killed")
    assert answer.status == 201


def test_a_key_counts_for_its_lifetime(programs: Programs, program: Program) -> None:
    program.call("POST", "/clients", wanted("old"), idempotency_key="old")
    file = programs.foundation.settings.clock_file
    assert file is not None
    file.write_text(str(timedelta(hours=24, minutes=1).total_seconds()))
    fresh = programs.new("admin:client.change", "admin:client.view")
    late = Program(program.provider, program.client_id, program.secret, fresh.token)
    now = to_micros(programs.foundation.clock.now())
    lifetime = programs.foundation.policy.policy.admin_api.idempotency_lifetime.micros
    with programs.foundation.database.begin() as tx:
        assert store.find(tx, program.client_id, "old") is not None
        assert store.clean(tx, now - lifetime) > 0
        assert store.find(tx, program.client_id, "old") is None
    answer = late.call("POST", "/clients", wanted("old"), idempotency_key="old")
    problem(answer, 422, "cannot")
