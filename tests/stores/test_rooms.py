"""What the rooms of blocks and clients ask and keep, on both engines, and their races."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from audit.event import Actor, new_id
from idp.approvals.model import Author, Requester
from idp.assembly.approvals import build_approvals
from idp.assembly.foundation import Foundation
from idp.assembly.room_acts import build_rehearsal_work, build_room_acts
from idp.assembly.rooms import open_alerts
from idp.block_room import store
from idp.block_room.desk import BlockRoom
from idp.block_room.limiting import LookUps
from idp.block_room.model import RehearsalState, TooManyLooks, WrongProposal
from idp.block_room.outlook import Outlook
from idp.block_room.proposals import Proposals
from idp.blocks import store as blocks
from idp.blocks.model import BY_A_LIMIT, Block, Evidence, Kind, Scope
from idp.bootstrap import prepare
from idp.client_room import store as client_store
from idp.client_room.desk import ClientRoom
from idp.client_room.model import NoPermit
from idp.client_room.secrets import SecretDrawing
from idp.clock import to_micros
from idp.errors import IdpError
from idp.journal.model import NOBODY, Origin
from idp.policy.model import LimitName
from idp.weather.service import WeatherWatch
from tests.stores.conftest import ENGINES, settings_for

WHO = Actor("operator", "cli:test")
RULE = LimitName.FAILURES_PER_ADDRESS


@pytest.fixture(scope="module", params=ENGINES)
def f(
    request: pytest.FixtureRequest,
    new_url: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Foundation]:
    found = prepare(settings_for(new_url(request.param), tmp_path_factory.mktemp("rooms")))
    yield found
    found.database.dispose()


def set_blocks(f: Foundation, count: int) -> list[Block]:
    now = f.clock.now()
    evidence = Evidence(30, now - timedelta(minutes=5), now, 600)
    made = []
    with f.database.begin() as tx:
        for number in range(count):
            one = Block(
                id=new_id(now),
                kind=Kind.ADDRESS,
                scope=Scope.EVERYONE,
                subject=None,
                bucket=f"{RULE.value}:198.51.100.{number}/32",
                rule=RULE,
                made_by=BY_A_LIMIT,
                policy_digest="0" * 64,
                evidence=evidence,
                reason=None,
                reference=f"ROOM{number:04d}",
                started_at=now,
                until=now + timedelta(hours=1),
            )
            blocks.add(tx, one)
            made.append(one)
    return made


def events(f: Foundation, name: str) -> int:
    with f.database.read() as tx:
        row = tx.text(f"SELECT count(*) FROM audit_event WHERE name = '{name}'").fetchone()
    return int(row[0])


def many(count: int, act: Callable[[], object]) -> list[object]:
    def one(_: int) -> object:
        try:
            return act()
        except IdpError as error:
            return type(error)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_blocks_are_counted_listed_and_lifted_once(f: Foundation) -> None:
    lift_all, _ = build_room_acts(f)
    room = BlockRoom(lift_all.desk, f.journal, f.persons, LookUps(f.clock, f.policy))
    made = set_blocks(f, 12)
    (cause,) = [one for one in room.causes() if one.rule is RULE]
    assert (cause.running, cause.since_yesterday) == (12, 12)
    assert sum(count for _, rule, count in room.by_day() if rule is RULE) == 12
    done = many(6, lambda: room.lift(made[0].id, WHO, "at once", NOBODY).id)
    assert done.count(made[0].id) == 1
    assert events(f, "block.lifted") == 1
    prepared = lift_all.prepare(RULE)
    assert len(prepared.blocks) == 11
    asks = Requester("cli:test", WHO, Origin())
    approvals, parameters = build_approvals(f), lift_all.parameters(prepared)
    many(4, lambda: approvals.submit(lift_all, parameters, asks, "all of it"))
    assert events(f, "block.lifted") == 12, "each exactly once"
    first = room.lifted(None, 5)
    last = first[-1]
    assert last.lifted_at is not None
    rest = room.lifted((to_micros(last.lifted_at), last.id), 20)
    assert len({one.id for one in [*first, *rest]}) == 12


def test_look_ups_are_counted_exactly(f: Foundation) -> None:
    look_ups = LookUps(f.clock, f.policy)
    most = f.policy.policy.roles.look_ups_per_hour

    def look() -> None:
        with f.database.begin() as tx:
            look_ups.take(tx, "curious")

    said = [one for _ in range(most // 8 + 1) for one in many(10, look)]
    assert said.count(None) == most
    assert said.count(TooManyLooks) == len(said) - most


def test_a_permit_draws_one_secret(f: Foundation) -> None:
    metadata = {
        "client_id": "mihon",
        "client_name": "x",
        "redirect_uris": ["https://mihon.example/"],
    }
    old = f.clients.add(metadata, WHO).drawn_secret
    _, act = build_room_acts(f)
    kept = f.clients.entry("mihon")
    author = Author(WHO, "leaked", Origin())
    with f.database.together() as tx:
        act.perform(tx, act.parameters("mihon", kept), author, f.clock.now())
    drawing = SecretDrawing(f.database, f.clock, f.clients)
    said = many(6, lambda: drawing.draw("mihon", "cli:test", WHO, NOBODY))
    (drawn,) = [one for one in said if isinstance(one, str)]
    assert said.count(NoPermit) == 5
    found = f.clients.get("mihon")
    assert found.secret_matches(drawn)
    assert not found.secret_matches(str(old))
    assert events(f, "client.secret_reset") == 1
    party = ClientRoom(f.database, f.clock, f.clients).find("mihon", "cli:test")
    assert party.secret_at is not None
    assert party.permit is None
    with f.database.begin() as tx:
        assert client_store.clean_permits(tx, 2**62) == 1


def test_proposals_are_rehearsed_once_and_bounded(f: Foundation) -> None:
    proposals = Proposals(f.database, f.clock, f.policy, f.journal)
    today = f.clock.today()
    text = proposals.text_in_force().replace("count = 5", "count = 4", 1)

    def propose() -> str:
        return proposals.propose("limits", text, today, today, WHO, NOBODY).id

    said = many(6, propose)
    made = [one for one in said if isinstance(one, str)]
    assert len(made) == 2, "so many of one person wait at once"
    assert said.count(WrongProposal) == 4
    work = build_rehearsal_work(f)
    assert sum(int(str(one)) for one in many(3, work.work)) + work.work() + work.work() == 2
    assert {proposals.find(one).state for one in made} == {RehearsalState.DONE}
    assert [one.id for one in proposals.newest()][-1] in made
    assert proposals.changes_of(proposals.find(made[0]))
    with f.database.begin() as tx:
        assert store.clean_proposals(tx, 2**62) == 2
        assert store.clean_looks(tx, 2**62) >= 0


def test_the_weather_is_kept_by_minutes(f: Foundation) -> None:
    WeatherWatch(f.database, f.clock, f.journal).look()
    WeatherWatch(f.database, f.clock, f.journal).look()
    sky = Outlook(f.database, f.clock, open_alerts).over(3)
    assert sky.minutes
    assert sky.first <= max(sky.minutes) <= sky.last
