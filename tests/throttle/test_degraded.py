"""`limit.degraded`: one event when an outage of the counters begins, one when it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from limits.storage import MemoryStorage

from idp.assembly.foundation import Foundation
from idp.bootstrap import prepare
from idp.errors import StoreUnavailable
from idp.throttle.breaker import Breaker
from idp.throttle.buckets import Buckets
from idp.throttle.degraded import OutageLog
from tests.stores.conftest import settings_for

PLACE = ("192.0.2.1/32",)


class Flaky(MemoryStorage):
    """A counter that answers unless it is told not to."""

    gone = False

    def acquire_entry(self, *arguments: Any, **more: Any) -> bool:
        self._answer()
        return super().acquire_entry(*arguments, **more)

    def get_moving_window(self, *arguments: Any, **more: Any) -> Any:
        self._answer()
        return super().get_moving_window(*arguments, **more)

    def _answer(self) -> None:
        if self.gone:
            raise StoreUnavailable("gone")


@pytest.fixture(scope="module")
def f(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Foundation]:
    folder = Path(tmp_path_factory.mktemp("degraded"))
    made = prepare(settings_for(f"sqlite:///{folder / 'idp.db'}", folder))
    yield made
    made.database.dispose()


def process(f: Foundation, counter: Flaky) -> Buckets:
    """What one web process has: its own breaker, always willing to ask again."""
    log = OutageLog(f.database, f.clock, f.journal)
    return Buckets(counter, f.policy, breaker=Breaker(0), outage_log=log)


def events(f: Foundation) -> list[tuple[str, str, str]]:
    with f.database.read() as tx:
        rows = tx.text(
            "SELECT line FROM audit_event WHERE name = 'limit.degraded' ORDER BY id"
        ).fetchall()
    told = [json.loads(row[0]) for row in rows]
    return [(e["outcome"], e["data"]["state"], e["data"].get("limit", "")) for e in told]


def test_an_outage_is_told_of_once_by_all_processes(f: Foundation) -> None:
    counter, before = Flaky(), len(events(f))
    one, two = process(f, counter), process(f, counter)
    one.hit(PLACE)
    assert len(events(f)) == before
    counter.gone = True
    for _ in range(5):
        one.exhausted(PLACE)
        two.hit(PLACE)
    counter.gone = False
    for _ in range(5):
        two.exhausted(PLACE)
        one.hit(PLACE)
    assert events(f)[before:] == [
        ("failed", "began", "failures_per_address"),
        ("done", "ended", "failures_per_address"),
    ]


def test_an_outage_that_outlived_its_process_is_ended_by_the_next(f: Foundation) -> None:
    counter, before = Flaky(), len(events(f))
    counter.gone = True
    process(f, counter).hit(PLACE)
    counter.gone = False
    process(f, counter).hit(PLACE)
    assert [state for _, state, _ in events(f)[before:]] == ["began", "ended"]


def test_with_the_database_away_too_both_are_recorded_afterwards(
    f: Foundation, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter, before = Flaky(), len(events(f))
    buckets = process(f, counter)
    buckets.hit(PLACE)

    @contextmanager
    def away() -> Iterator[Any]:
        raise StoreUnavailable("away")
        yield

    counter.gone = True
    with monkeypatch.context() as patch:
        patch.setattr(f.database, "begin", away)
        assert buckets.exhausted(PLACE) is None
    counter.gone = False
    buckets.hit(PLACE)
    assert [state for _, state, _ in events(f)[before:]] == ["began", "ended"]
