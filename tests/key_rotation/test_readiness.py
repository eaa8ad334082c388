"""`idp keys readiness`: what is learnt from addresses, and what is honestly not known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from audit.event import Actor
from idp.assembly.foundation import Foundation, build_foundation
from idp.assembly.rotation import build_rotation
from idp.bootstrap import prepare
from idp.clients import store
from idp.clients.fetches import MOST_REMEMBERED, KeySetFetches
from idp.clock import to_micros
from idp.key_rotation.readiness import readiness
from idp.settings import Settings
from tests.stores.conftest import settings_for
from tests.support.demo import wait_until
from tests.support.parties import PARTIES, write_policies

SERVER, OTHER = "203.0.113.5", "203.0.113.6"


@pytest.fixture
def f(tmp_path: Path) -> Iterator[Foundation]:
    settings: Settings = settings_for(f"sqlite:///{tmp_path / 'idp.db'}", tmp_path)
    policies = write_policies(tmp_path / "policies", PARTIES)
    prepare(replace(settings, policies=policies)).database.dispose()
    made = build_foundation(settings)
    yield made
    made.database.dispose()


@pytest.fixture
def fetches(f: Foundation) -> KeySetFetches:
    made = KeySetFetches(f.database, f.clock, (), f.vault.refresh)
    made._wake = lambda: None  # type: ignore[method-assign]  # the test stores by itself
    return made


def answer(f: Foundation, client_id: str) -> tuple[str, str]:
    rows = readiness(f.database, f.clients, f.home.load().records)
    (row,) = [row for row in rows if row.client_id == client_id]
    return row.has_key, row.how


def test_a_client_is_known_by_the_address_it_authenticates_from(
    f: Foundation, fetches: KeySetFetches
) -> None:
    assert answer(f, "desk") == (
        "unknown",
        "it has not authenticated lately, so its addresses are not known",
    )
    fetches.authenticated("desk", SERVER)
    fetches.store()
    assert answer(f, "desk")[0] == "unknown"
    fetches.fetched((SERVER, None))
    fetches.store()
    assert answer(f, "desk")[0] == "yes"
    build_rotation(f).announce("RS256", Actor("operator", "test"))
    has_key, how = answer(f, "desk")
    assert has_key == "no"
    assert SERVER in how
    fetches.fetched((SERVER, None))
    fetches.store()
    assert answer(f, "desk")[0] == "yes"


def test_every_address_of_a_client_counts(f: Foundation, fetches: KeySetFetches) -> None:
    for address in (SERVER, OTHER):
        fetches.authenticated("desk", address)
    fetches.fetched((SERVER, None))
    fetches.store()
    assert answer(f, "desk")[0] == "unknown"
    fetches.fetched((OTHER, None))
    fetches.store()
    assert answer(f, "desk")[0] == "yes"


def test_a_shared_address_proves_nothing_but_the_lack_of_a_key(
    f: Foundation, fetches: KeySetFetches
) -> None:
    for client in ("desk", "shop"):
        fetches.authenticated(client, SERVER)
    fetches.fetched((SERVER, None))
    fetches.store()
    has_key, how = answer(f, "desk")
    assert (has_key, "shares with shop" in how) == ("unknown", True)
    build_rotation(f).announce("RS256", Actor("operator", "test"))
    assert answer(f, "desk")[0] == "no"


def test_a_public_client_is_never_known(f: Foundation) -> None:
    has_key, how = answer(f, "phone")
    assert (has_key, "public client" in how) == ("unknown", True)


def test_addresses_of_strangers_are_never_stored(f: Foundation, fetches: KeySetFetches) -> None:
    """A member's browser fetches the set as well; where it was is nobody's business."""
    fetches.authenticated("desk", SERVER)
    for last in range(200):
        fetches.fetched((f"198.51.100.{last}", None))
    fetches.store()
    with f.database.read() as tx:
        assert [row[1] for row in store.fetches(tx)] == [SERVER]


def test_a_fetch_waits_for_another_process_to_learn_whose_address_it_is(
    f: Foundation, fetches: KeySetFetches
) -> None:
    other = KeySetFetches(f.database, f.clock, (), f.vault.refresh)
    fetches.fetched((SERVER, None))
    fetches.store()
    other._wake = lambda: None  # type: ignore[method-assign]
    other.authenticated("desk", SERVER)
    other.store()
    assert answer(f, "desk")[0] == "unknown"
    fetches.store()
    assert answer(f, "desk")[0] == "yes"


def test_a_flood_of_addresses_stays_bounded(f: Foundation, fetches: KeySetFetches) -> None:
    for number in range(3 * MOST_REMEMBERED):
        fetches.fetched((f"2001:db8::{number:x}", None))
        fetches.authenticated("desk", f"2001:db8:1::{number:x}")
    assert len(fetches._seen) == MOST_REMEMBERED
    fetches.store()
    assert len(fetches._seen) <= MOST_REMEMBERED // 2
    with f.database.begin() as tx:
        store.clean_fetches(tx, 0)
        assert len(store.fetches(tx)) == store.MOST_ADDRESSES


def test_old_addresses_are_forgotten_and_late_news_change_nothing(f: Foundation) -> None:
    at = to_micros(datetime(2026, 4, 1, tzinfo=UTC))
    with f.database.begin() as tx:
        store.authenticated(tx, [{"client_id": "desk", "address": SERVER, "at": at}])
        assert store.fetched(tx, SERVER, at, "new")
        assert not store.fetched(tx, SERVER, at - 1, "old")
        store.authenticated(tx, [{"client_id": "desk", "address": SERVER, "at": at - 1}])
        assert store.fetches(tx) == [("desk", SERVER, at, at, "new")]
        assert store.clean_fetches(tx, at) == 0
        assert store.clean_fetches(tx, at + 1) == 1


def test_the_thread_stores_soon_and_then_at_most_once_a_minute(f: Foundation) -> None:
    stored: list[int] = []

    class Counting(KeySetFetches):
        def store(self) -> None:
            super().store()
            stored.append(1)

    own: Any = Counting(
        f.database,
        f.clock,
        (),
        f.vault.refresh,
    )
    own.authenticated("desk", SERVER)
    wait_until(lambda: stored, 5)
    for _ in range(100):
        own.fetched((SERVER, None))
    assert stored == [1]
