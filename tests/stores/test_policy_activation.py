"""One policy is in force at a time, whoever activates it, and every node follows."""

from __future__ import annotations

import json

from audit.event import Actor
from idp.assembly.foundation import Foundation, build_foundation
from idp.inforce import store
from idp.inforce.service import PolicyInForce, activate
from idp.policy.folder import Proposal, proposal, read_folder
from idp.settings import Settings
from idp.storage.sql import Database
from tests.stores.conftest import POLICIES
from tests.stores.rolled_back import rolled_back
from tests.stores.together import together
from tests.support.demo import wait_until

ACTOR = Actor("operator", "test")


def changed(count: int) -> Proposal:
    """Give the shipped policy with another limit."""
    texts = dict(read_folder(POLICIES).texts)
    name = next(name for name in texts if "limits" in name)
    texts[name] = texts[name].replace("count = 400\n", f"count = {count}\n")
    assert texts[name] != read_folder(POLICIES).texts[name]
    return proposal(texts)


def put(f: Foundation, proposed: Proposal) -> bool:
    with f.database.begin() as tx:
        return activate(tx, f.journal, f.clock, proposed, ACTOR, "test")


def activations(database: Database) -> list[tuple[int, str]]:
    with database.read() as tx:
        return [(number, digest) for number, digest, _, _ in store.history(tx)]


def test_the_first_start_activates_the_folder(foundation: Foundation) -> None:
    shipped = read_folder(POLICIES)
    assert activations(foundation.database) == [(1, shipped.digest)]
    assert foundation.policy.digest == shipped.digest


def test_a_rolled_back_activation_never_was(foundation: Foundation) -> None:
    before = activations(foundation.database)
    with rolled_back(foundation.database) as tx:
        activate(tx, foundation.journal, foundation.clock, changed(101), ACTOR, "test")
    assert activations(foundation.database) == before
    assert PolicyInForce(foundation.database).digest == before[0][1]


def test_40_at_once_activate_a_policy_once(settings: Settings, foundation: Foundation) -> None:
    before = activations(foundation.database)
    proposed = changed(102)
    done = together(lambda: build_foundation(settings), lambda own, _: put(own, proposed))
    assert sum(done) == 1
    assert activations(foundation.database) == [(before[0][0] + 1, proposed.digest), *before]


def test_different_policies_at_once_stand_one_after_the_other(
    settings: Settings, foundation: Foundation
) -> None:
    before = activations(foundation.database)
    proposed = [changed(1000 + number) for number in range(8)]
    done = together(
        lambda: build_foundation(settings),
        lambda own, i: put(own, proposed[i]),
        processes=8,
        threads=1,
    )
    assert sum(done) == 8
    now = activations(foundation.database)
    assert [number for number, _ in now] == list(range(len(now), 0, -1))
    assert {digest for _, digest in now[: -len(before)]} == {p.digest for p in proposed}


def test_a_running_node_follows_within_a_look(foundation: Foundation) -> None:
    node = PolicyInForce(foundation.database)
    assert node.digest
    proposed = changed(103)
    assert put(foundation, proposed)
    wait_until(lambda: node.digest == proposed.digest)
    assert any(limit.count == 103 for limit in node.policy.limits.values())
    assert not put(foundation, proposed), "it is in force already"


def test_every_activation_has_its_event(foundation: Foundation) -> None:
    with foundation.database.read() as tx:
        rows = tx.text("SELECT line FROM audit_event WHERE name = 'policy.activated'").fetchall()
    logged = [json.loads(row[0])["data"]["digest"] for row in rows]
    assert sorted(logged) == sorted(d for _, d in activations(foundation.database))
