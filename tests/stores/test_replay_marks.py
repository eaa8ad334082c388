"""Replay marks in both homes: one winner, for as long as was asked, and a safe answer when lost."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idp.clock import Clock
from idp.errors import Unavailable
from idp.storage.marks import RedisMarks, ReplayMarks, SqlMarks, clean_marks, connect_redis
from idp.storage.sql import Database
from tests.stores.conftest import migrated
from tests.stores.together import together
from tests.support.demo import wait_until
from tests.support.servers import RedisServer, running_redis

CLOCK = Clock()


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "redis"])
def make_home(
    request: pytest.FixtureRequest, redis_server: RedisServer, new_url: Callable[[str], str]
) -> Callable[[], ReplayMarks]:
    """Open the home anew, as another process would."""
    if request.param == "redis":
        long_ago = Clock(lambda: datetime.now(UTC) - timedelta(hours=1))
        RedisMarks(connect_redis(redis_server.url), long_ago).claim("born", 1, 2**40)
        return lambda: RedisMarks(connect_redis(redis_server.url), CLOCK)
    url = migrated(new_url(request.param))
    return lambda: SqlMarks(Database(url), CLOCK)


@pytest.fixture
def home(make_home: Callable[[], ReplayMarks]) -> Iterator[ReplayMarks]:
    made: Any = make_home()
    yield made
    if isinstance(made, SqlMarks):
        made.database.dispose()
    else:
        made.client.connection_pool.disconnect()


def now() -> int:
    return int(time.time())


def test_one_of_64_claims_a_key(make_home: Callable[[], ReplayMarks]) -> None:
    key = secrets.token_hex()
    won = together(make_home, lambda own, _: own.claim(key, 60, now()), processes=8, threads=8)
    assert sum(won) == 1


def test_keys_are_independent(home: ReplayMarks) -> None:
    key = secrets.token_hex()
    assert home.claim(key, 60, now())
    assert home.claim(key + "x", 60, now())
    assert not home.claim(key, 60, now())


def test_a_mark_ends_with_its_time_and_not_before(home: ReplayMarks) -> None:
    key = secrets.token_hex()
    started = time.monotonic()
    assert home.claim(key, 1, now())
    wait_until(lambda: home.claim(key, 60, now()))
    assert time.monotonic() - started >= 0.99
    assert not home.claim(key, 60, now()), "claimed again, it holds again"


def test_a_refused_claim_does_not_prolong_the_mark(home: ReplayMarks) -> None:
    key = secrets.token_hex()
    assert home.claim(key, 1, now())
    assert not home.claim(key, 3600, now())
    wait_until(lambda: home.claim(key, 60, now()))


@pytest.mark.parametrize("key", ["", "\0", "\ud800", "名" * 10_000, "a b\r\nSET x y", "%s:(key)s"])
def test_any_text_can_be_claimed(home: ReplayMarks, key: str) -> None:
    key = secrets.token_hex() + key
    assert home.claim(key, 60, now())
    assert not home.claim(key, 60, now())


def test_cleaning_takes_only_what_is_over(database: Database) -> None:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    marks = SqlMarks(database, Clock(lambda: moment))
    over, kept = secrets.token_hex(), secrets.token_hex()
    assert marks.claim(over, 10, 0)
    assert marks.claim(kept, 1000, 0)
    with database.begin() as tx:
        cleaned = clean_marks(tx, int(moment.timestamp() * 1_000_000) + 11_000_000)
    assert cleaned == 1
    assert not marks.claim(kept, 10, 0)


class TestLostRedis:
    """A Redis that lost its marks says so instead of letting a replay pass."""

    @pytest.fixture
    def server(self) -> Iterator[RedisServer]:
        with running_redis() as server:
            yield server

    def test_nothing_made_before_it_was_born_can_be_judged(self, server: RedisServer) -> None:
        moment = [datetime(2026, 11, 1, 3, 0, tzinfo=UTC)]
        marks = RedisMarks(connect_redis(server.url), Clock(lambda: moment[0]))
        born = int(moment[0].timestamp())
        with pytest.raises(Unavailable) as lost:
            marks.claim("first", 60, born)
        assert lost.value.retry_after > 5
        moment[0] += timedelta(seconds=5)
        assert marks.claim("second", 60, born + 5)
        with pytest.raises(Unavailable):
            marks.claim("third", 60, born + 4)

        server.restart_empty()
        replayed_at = int(moment[0].timestamp())
        with pytest.raises(Unavailable):  # the mark of "second" is gone; it must not pass
            wait_for(lambda: marks.claim("second", 60, replayed_at))
        moment[0] += timedelta(seconds=5)
        with pytest.raises(Unavailable):
            marks.claim("second", 60, replayed_at)
        assert marks.claim("made later", 60, replayed_at + 5)
        assert not marks.claim("made later", 60, replayed_at + 5)

    def test_a_redis_that_is_down_is_said_so_at_once(self, server: RedisServer) -> None:
        marks = RedisMarks(connect_redis(server.url), CLOCK)
        with pytest.raises(Unavailable):
            marks.claim("any", 60, 0)
        server.kill()
        for _ in range(3):
            started = time.monotonic()
            with pytest.raises(Unavailable):
                marks.claim("any", 60, 2**40)
            assert time.monotonic() - started < 1.0

    def test_a_redis_that_hangs_is_said_so_soon(self, server: RedisServer) -> None:
        import signal

        marks = RedisMarks(connect_redis(server.url), CLOCK)
        assert marks.claim("before", 60, 2**40)
        assert server.process is not None
        server.process.send_signal(signal.SIGSTOP)
        try:
            started = time.monotonic()
            with pytest.raises(Unavailable):
                marks.claim("any", 60, 2**40)
            assert time.monotonic() - started < 1.0
        finally:
            server.process.send_signal(signal.SIGCONT)

    def test_a_new_redis_is_settled_before_a_node_serves(
        self, server: RedisServer, database: Database
    ) -> None:
        just_now = Clock(lambda: datetime.now(UTC) - timedelta(seconds=5))
        with pytest.raises(Unavailable):
            RedisMarks(connect_redis(server.url), just_now).claim("born", 60, 0)
        marks = RedisMarks(connect_redis(server.url), CLOCK)
        started = time.monotonic()
        marks.settle(database, 2)
        assert time.monotonic() - started > 0.9
        assert marks.claim("first", 60, now() - 2)
        started = time.monotonic()
        marks.settle(database, 2)
        assert time.monotonic() - started < 0.5, "a Redis that is old enough is not waited for"

    def test_the_first_node_of_all_need_not_wait_but_a_later_loss_counts(
        self, server: RedisServer, new_url: Callable[[str], str]
    ) -> None:
        fresh = Database(migrated(new_url("sqlite")))
        marks = RedisMarks(connect_redis(server.url), CLOCK)
        started = time.monotonic()
        marks.settle(fresh, 60)
        assert time.monotonic() - started < 0.5
        assert marks.claim("first", 60, now() - 60)
        server.restart_empty()
        again = RedisMarks(connect_redis(server.url), CLOCK)
        threading.Thread(target=again.settle, args=(fresh, 60), daemon=True).start()
        wait_until(lambda: connect_redis(server.url).get("kumiai:born_at"))
        with pytest.raises(Unavailable):
            wait_for(lambda: again.claim("first", 60, now() - 60))
        fresh.dispose()

    def test_a_node_that_kept_marks_in_sql_before_is_no_first_one(
        self, server: RedisServer, new_url: Callable[[str], str]
    ) -> None:
        before = Database(migrated(new_url("sqlite")))
        assert SqlMarks(before, CLOCK).claim("used", 60, now())
        marks = RedisMarks(connect_redis(server.url), CLOCK)
        threading.Thread(target=marks.settle, args=(before, 60), daemon=True).start()
        wait_until(lambda: connect_redis(server.url).get("kumiai:born_at"))
        with pytest.raises(Unavailable):
            wait_for(lambda: marks.claim("used", 60, now()))
        before.dispose()


def wait_for(claim: Callable[[], bool]) -> bool:
    """Claim, past the one error of a connection that died with the old Redis."""
    for _ in range(5):
        try:
            return claim()
        except Unavailable as outage:
            if "lost" in outage.detail:
                raise
    raise AssertionError("Redis does not come back")
