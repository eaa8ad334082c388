"""Every criterion and every combination gives what looking at each event gives."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from idp.audit_search import service, streams
from idp.audit_search.model import BadCriteria, Criteria
from idp.audit_search.places import BadPlace, parse_place
from idp.journal import store as journal
from tests.audit_search.oracle import (
    ADDRESSES,
    BEGIN,
    CLIENTS,
    NAMES,
    STAFF,
    SUBJECTS,
    Log,
    expected,
)

COUNT = 3_000
PLACES = [
    *ADDRESSES[:-1],
    "203.0.113.0/24",
    "198.51.100.0/24",
    "2001:db8:1:2::/64",
    "2001:db8:1::/48",
    "192.0.2.1",
]


@pytest.fixture(scope="module", autouse=True)
def filled(log: Log) -> None:
    """Most of it indexed, some only sealed, the newest not even that."""
    log.fill(COUNT)
    log.seal()
    log.index.run()
    log.fill(300)
    log.seal()
    log.fill(300)


def drawn(draw: random.Random) -> Criteria:
    """Draw criteria: any combination, each by what stands in the log and by what does not."""
    kinds: dict[str, Any] = {
        "subject": lambda: draw.choice([*SUBJECTS, "nobody"]),
        "actor": lambda: draw.choice([*STAFF, *SUBJECTS[:5], "nobody"]),
        "client": lambda: draw.choice([*CLIENTS, "other"]),
        "address": lambda: parse_place(draw.choice(PLACES)),
        "name": lambda: draw.choice(NAMES),
        "outcome": lambda: draw.choice(["done", "refused", "failed"]),
        "reference": lambda: f"REF{draw.randrange(60):05}",
        "member": lambda: f"0000000{draw.randrange(11)}",
        "session": lambda: f"session-{draw.randrange(310)}",
    }
    chosen = draw.sample(sorted(kinds), draw.choice([0, 1, 1, 2, 2, 3]))
    values = {kind: kinds[kind]() for kind in chosen}
    if draw.random() < 0.4:
        first = BEGIN + timedelta(hours=draw.randrange(0, 2_000))
        values["begin"] = draw.choice([first, None])
        values["end"] = draw.choice([first + timedelta(hours=draw.randrange(1, 500)), None])
    return Criteria(**values)


@pytest.mark.parametrize("seed", range(4))
def test_any_combination_finds_what_looking_at_every_event_finds(log: Log, seed: int) -> None:
    draw, every, hits = random.Random(seed), log.everything(), 0
    for _ in range(50):
        criteria = drawn(draw)
        wanted = expected(every, criteria)
        assert log.pages(criteria, draw.choice([25, 200, 1_000])) == wanted, criteria
        hits += bool(wanted)
    assert hits > 15, "searches that find nothing prove little"


@pytest.mark.parametrize("kind", ["subject", "actor", "client", "address", "name", "session"])
def test_each_criterion_alone_finds_events_of_every_age(log: Log, kind: str) -> None:
    value: Any = {
        "subject": SUBJECTS[3],
        "actor": STAFF[1],
        "client": CLIENTS[0],
        "address": parse_place("203.0.113.4"),
        "name": NAMES[2],
        "session": "session-7",
    }[kind]
    criteria = Criteria(**{kind: value})
    wanted = expected(log.everything(), criteria)
    assert log.pages(criteria, 10) == wanted
    assert len(wanted) > 3


def test_small_budgets_only_make_more_pages(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two common criteria that hardly ever meet: every page is cut off, nothing is lost."""
    monkeypatch.setattr(service, "POSITIONS_AT_MOST", 100)
    monkeypatch.setattr(service, "EVENTS_AT_MOST", 40)
    monkeypatch.setattr(service, "PROBE", 32)
    monkeypatch.setattr(service, "CHUNK_AT_MOST", 64)
    monkeypatch.setattr(service, "SLICE", 16)
    draw, every = random.Random(77), log.everything()
    for _ in range(15):
        criteria = drawn(draw)
        assert log.pages(criteria, 5) == expected(every, criteria), criteria


def test_an_index_far_behind_hides_nothing(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "TAIL_AT_MOST", 50)
    draw, every = random.Random(5), log.everything()
    for _ in range(12):
        criteria = drawn(draw)
        assert log.search.page(criteria, 5).indexing
        assert log.pages(criteria, 50) == expected(every, criteria), criteria


def test_pages_neither_skip_nor_repeat_while_new_events_arrive(log: Log) -> None:
    criteria = Criteria(client=CLIENTS[0], actor=STAFF[0])
    wanted = expected(log.everything(), criteria)
    found, after = [], None
    while True:
        page = log.search.page(criteria, 7, after)
        found += [one.event["id"] for one in page.found]
        after = page.after
        if after is None:
            break
        log.fill(5)  # also of these criteria
        if len(found) % 3 == 0:
            log.seal()
            log.index.run()
    assert found == wanted
    assert len(wanted) > 100


def test_an_event_of_a_wrong_clock_hides_no_others_from_a_period(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine once lived in the future: its events have the newest ids and old positions."""
    monkeypatch.setattr(journal, "SLACK", 200)
    now = log.now
    log.now = now + timedelta(days=400)
    log.add(subject="future")
    log.now = now
    log.fill(600)
    every = log.everything()
    for begin, end in ((now, now + timedelta(days=100)), (now + timedelta(days=300), None)):
        criteria = Criteria(begin=begin, end=end)
        wanted = expected(every, criteria)
        assert log.pages(criteria, 100) == wanted
        assert wanted


def test_a_page_that_looked_in_vain_says_how_far(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "POSITIONS_AT_MOST", 64)
    monkeypatch.setattr(service, "PROBE", 64)
    page = log.search.page(
        Criteria(client="card", name=NAMES[0], outcome="failed", begin=BEGIN), 50
    )
    if page.after is not None:
        assert page.back_to is not None
        assert BEGIN <= page.back_to <= log.now
    log.seal()
    log.index.run()
    page = log.search.page(Criteria(outcome="done", begin=BEGIN, actor="nobody", client="card"), 5)
    assert page.after is None, "the rarest criterion drives: nobody acted, so nothing is left"


@pytest.mark.parametrize(
    "bad",
    [
        {"subject": "a\0b"},
        {"actor": "\ud800"},
        {"client": ""},
        {"session": "x" * 201},
        {"outcome": "perhaps"},
        {"begin": BEGIN, "end": BEGIN},
    ],
)
def test_what_no_event_can_be_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(BadCriteria):
        Criteria(**bad)


@pytest.mark.parametrize(
    "bad",
    ["", "203.0.113", "203.0.113.0/16", "::/0", "1.2.3.4/33", "a\0", "\ud800", "fe80::1%eth0"],
)
def test_what_is_no_address_or_network_is_refused(bad: str) -> None:
    with pytest.raises(BadPlace):
        parse_place(bad)


@pytest.mark.parametrize("key", ["-1", "x", "1" * 19, "١٢", "1 OR 1=1"])
def test_a_place_we_did_not_write_is_refused(log: Log, key: str) -> None:
    with pytest.raises(BadCriteria):
        log.search.page(Criteria(), 5, key)
