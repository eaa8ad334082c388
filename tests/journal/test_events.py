"""Recording and reading back: no act without its event, no name in clear, erased is erased."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.event import Actor, EventValueError
from audit.names import EventName
from idp.assembly.foundation import Foundation
from idp.bootstrap import prepare
from idp.journal import store
from idp.journal.reading import EventReader
from idp.journal.service import Origin
from idp.storage.sql import Tx
from tests.stores.conftest import settings_for
from tests.stores.sealed_log import NOW, SealedLog

ORIGIN = Origin("203.0.113.7", "Mozilla/5.0 (らくらく)", "request-1")
SUBJECT = "somebody"


@pytest.fixture(scope="module")
def foundation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Foundation]:
    folder = tmp_path_factory.mktemp("journal")
    made = prepare(settings_for(f"sqlite:///{folder / 'idp.db'}", folder))
    yield made
    made.database.dispose()


def record(f: Foundation, tx: Tx, **more: object) -> str:
    values = {"subject": SUBJECT, "origin": ORIGIN, "actor": Actor("member", SUBJECT)} | more
    return f.journal.record(tx, EventName.SESSION_STARTED, NOW, **values)  # type: ignore[arg-type]


def line_of(f: Foundation, event: str) -> str:
    with f.database.read() as tx:
        found = store.search(tx, 2**62, 1000)
    return next(line for _, line in found if json.loads(line)["id"] == event)


def test_where_it_came_from_is_not_in_clear_and_can_be_read_back(foundation: Foundation) -> None:
    with foundation.database.begin() as tx:
        event = record(foundation, tx)
    line = line_of(foundation, event)
    assert "203.0.113.7" not in line
    assert "らくらく" not in line
    with foundation.database.read() as tx:
        opened = EventReader(foundation.persons).open(tx, line)
    assert opened["source"] == {"address": ORIGIN.address, "device": ORIGIN.device}
    assert opened["request_id"] == "request-1"


def test_an_erased_person_comes_back_as_nobody_and_the_log_still_verifies(
    foundation: Foundation, tmp_path: Path
) -> None:
    with foundation.database.begin() as tx:
        event = record(foundation, tx, subject="erased", actor=Actor("member", "erased"))
    line = line_of(foundation, event)
    SealedLog(foundation).export(tmp_path)
    with foundation.database.begin() as tx:
        assert foundation.persons.destroy(tx, "erased", NOW)
    with foundation.database.read() as tx:
        opened = EventReader(foundation.persons).open(tx, line)
    assert opened["source"] == {"address": None, "device": None}
    SealedLog(foundation).export(tmp_path)
    with foundation.database.begin() as tx:  # acts about them go on being recorded
        record(foundation, tx, subject="erased")
    SealedLog(foundation).export(tmp_path)


@pytest.mark.parametrize("bad", [1.5, 2**53, "\ud800", float("nan"), object()])
def test_what_cannot_stand_in_the_log_stops_the_act(foundation: Foundation, bad: object) -> None:
    log = SealedLog(foundation)
    before = log.recorded()
    with pytest.raises(EventValueError), foundation.database.begin() as tx:
        record(foundation, tx, data={"value": bad})
    assert log.recorded() == before


def test_search_finds_by_name_subject_and_reference(foundation: Foundation) -> None:
    with foundation.database.begin() as tx:
        one = record(foundation, tx, subject="sought", reference="ABCDEFGH")
        record(foundation, tx, subject="sought")
    with foundation.database.read() as tx:
        by_subject = store.search(tx, 2**62, 10, subject="sought")
        by_reference = store.search(tx, 2**62, 10, reference="ABCDEFGH")
        by_name = store.search(tx, 2**62, 1000, name="session.started")
        page = store.search(tx, by_subject[0][0], 10, subject="sought")
    assert len(by_subject) == 2
    assert [json.loads(line)["id"] for _, line in by_reference] == [one]
    assert {position for position, _ in by_subject} <= {position for position, _ in by_name}
    assert page == by_subject[1:], "pages go on where the last one ended"
