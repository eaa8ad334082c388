"""Sliding windows of the `limits` library: the same answers in SQL and in Redis, exact in both."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pytest
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.strategies import MovingWindowRateLimiter

from idp.clock import Clock
from idp.storage.ephemeral import open_ephemeral
from idp.storage.limit_storage import SqlStorage, bucket_hit, clean_hits
from idp.storage.sql import Database
from idp.storage.statement import Statement
from tests.stores.conftest import migrated
from tests.stores.together import together
from tests.support.demo import wait_until
from tests.support.servers import RedisServer

Open = Callable[[], MovingWindowRateLimiter]


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "redis"])
def open_limiter(
    request: pytest.FixtureRequest, redis_server: RedisServer, new_url: Callable[[str], str]
) -> Iterator[Open]:
    """Open the home anew, as another process would."""
    redis = redis_server.url if request.param == "redis" else None
    url = migrated(new_url("sqlite" if redis else request.param))
    opened: list[Database] = []

    def open_home() -> MovingWindowRateLimiter:
        opened.append(Database(url))
        return MovingWindowRateLimiter(open_ephemeral(redis, opened[-1], Clock()).storage)

    yield open_home
    for database in opened:
        database.dispose()


@pytest.fixture(scope="module")
def limiter(open_limiter: Open) -> MovingWindowRateLimiter:
    return open_limiter()


@pytest.fixture
def key() -> str:
    return secrets.token_hex()


def test_10_of_64_at_once_are_within_a_limit_of_10(open_limiter: Open, key: str) -> None:
    item = RateLimitItemPerMinute(10)
    within = together(
        open_limiter, lambda own, _: own.hit(item, "rule", key), processes=8, threads=8
    )
    assert sum(within) == 10


def test_testing_costs_nothing_and_agrees_with_hitting(
    limiter: MovingWindowRateLimiter, key: str
) -> None:
    item = RateLimitItemPerMinute(3)
    for used in range(3):
        assert all(limiter.test(item, "rule", key) for _ in range(5))
        assert limiter.get_window_stats(item, "rule", key).remaining == 3 - used
        assert limiter.hit(item, "rule", key)
    assert not limiter.test(item, "rule", key)
    assert not limiter.hit(item, "rule", key)
    assert limiter.get_window_stats(item, "rule", key).remaining == 0


def test_a_refused_hit_counts_nothing(limiter: MovingWindowRateLimiter, key: str) -> None:
    item = RateLimitItemPerMinute(3)
    assert limiter.hit(item, "rule", key)
    assert not limiter.hit(item, "rule", key, cost=3)
    assert limiter.hit(item, "rule", key, cost=2)
    assert not limiter.hit(item, "rule", key)


def test_buckets_and_rules_are_independent(limiter: MovingWindowRateLimiter, key: str) -> None:
    item = RateLimitItemPerMinute(1)
    assert limiter.hit(item, "rule", key)
    assert limiter.hit(item, "other", key)
    assert limiter.hit(item, "rule", key + "x")
    assert not limiter.hit(item, "rule", key)


def test_the_window_slides(limiter: MovingWindowRateLimiter, key: str) -> None:
    item = RateLimitItemPerSecond(2)
    assert limiter.hit(item, "rule", key)
    assert limiter.hit(item, "rule", key)
    assert not limiter.test(item, "rule", key)
    wait_until(lambda: limiter.test(item, "rule", key))
    assert limiter.hit(item, "rule", key)


def test_a_cleared_bucket_is_empty(limiter: MovingWindowRateLimiter, key: str) -> None:
    item = RateLimitItemPerMinute(1)
    assert limiter.hit(item, "rule", key)
    limiter.clear(item, "rule", key)
    assert limiter.hit(item, "rule", key)


def test_the_home_answers_when_asked_whether_it_is_there(
    limiter: MovingWindowRateLimiter,
) -> None:
    assert limiter.storage.check()


def test_cleaning_takes_hits_no_window_reaches(database: Database, key: str) -> None:
    import sqlalchemy as sa

    limiter = MovingWindowRateLimiter(SqlStorage(database))
    limiter.storage.reset()
    limiter.hit(RateLimitItemPerSecond(5), "rule", key)
    limiter.hit(RateLimitItemPerMinute(5), "rule", key)

    def clean() -> int:
        with database.begin() as tx:
            return clean_hits(tx)

    assert wait_until(clean) == 1
    with database.read() as tx:
        left = tx.one(Statement(sa.select(sa.func.count()).select_from(bucket_hit)))
    assert left == (1,)
