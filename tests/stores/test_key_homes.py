"""The signing ring in SQL keeps the contract of every home; nodes never overwrite each other."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa

from idp.storage.key_vault import RING, SqlHome, add_audit_key, find_audit_key, key_ring
from idp.storage.sql import Database
from idp.storage.statement import Statement
from keys.errors import RingChanged
from tests.keys.keys_home_contract import HomeContract, record
from tests.stores.rolled_back import rolled_back
from tests.stores.together import together

FORGET = Statement(sa.delete(key_ring).where(key_ring.c.name == sa.bindparam("which")))


@pytest.fixture
def home(database: Database) -> SqlHome:
    """A home that nothing was ever stored in."""
    with database.begin() as tx:
        tx.run(FORGET, which=RING)
    return SqlHome(database)


@pytest.fixture
def again(home: SqlHome, url: str):
    other = Database(url)
    yield SqlHome(other)
    other.dispose()


class TestSqlHome(HomeContract):
    """The contract suite of `keys`, in the database."""


@pytest.mark.parametrize("filled", [False, True])
def test_one_of_40_stores_a_version(home: SqlHome, url: str, filled: bool) -> None:
    expected = home.replace_all(0, [record("first")]) if filled else 0

    def replace(own: SqlHome, index: int) -> str:
        try:
            own.replace_all(expected, [record(f"by-{index}")])
        except RingChanged:
            return "changed"
        return f"by-{index}"

    answers = Counter(together(lambda: SqlHome(Database(url)), replace))
    assert answers.pop("changed") == 39
    assert [r.kid for r in home.load().records] == list(answers)


def test_a_ring_rolls_back_with_its_events(home: SqlHome, database: Database) -> None:
    with rolled_back(database) as tx:
        home.replace_all_in(tx, 0, [record("never")])
    assert home.version() == 0


def test_the_audit_key_is_stored_once_and_stays(database: Database) -> None:
    with database.read() as tx:
        before = find_audit_key(tx)
    assert before
    with database.begin() as tx:
        add_audit_key(tx, "another")
    with database.read() as tx:
        assert find_audit_key(tx) == before
