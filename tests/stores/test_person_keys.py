"""A person has one key, however many nodes meet that person first; destroyed is destroyed."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from idp.assembly.foundation import Foundation, build_foundation
from idp.settings import Settings
from idp.storage.sql import Database
from idp.subjects.service import CACHE_FOR, ErasedPerson, PersonKeys
from tests.stores.rolled_back import rolled_back
from tests.stores.together import together

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
def person() -> str:
    return secrets.token_urlsafe(18)


@pytest.fixture
def persons(foundation: Foundation) -> PersonKeys:
    """The keys of a node that has cached nothing."""
    return PersonKeys(foundation.database, foundation.master)


def key_of(
    persons: PersonKeys, database: Database, person: str, now: datetime = NOW
) -> tuple[str, bytes]:
    with database.begin() as tx:
        key = persons.key_of(tx, person, now)
    return key.key_id, key.key


def test_40_who_meet_a_person_at_once_share_one_key(
    settings: Settings, database: Database, persons: PersonKeys, person: str
) -> None:
    def meet(own: Foundation, _: int) -> tuple[str, bytes]:
        return key_of(own.persons, own.database, person)

    keys = set(together(lambda: build_foundation(settings), meet))
    assert keys == {key_of(persons, database, person)}


def test_a_key_of_a_rolled_back_act_is_not_kept_anywhere(
    database: Database, persons: PersonKeys, person: str
) -> None:
    with rolled_back(database) as tx:
        lost = persons.key_of(tx, person, NOW)
    kept = key_of(persons, database, person)
    assert kept[1] != lost.key
    other = PersonKeys(database, persons.master)
    assert key_of(other, database, person) == kept


def test_no_key_of_a_rolled_back_act_is_cached_when_it_is_used_twice(
    database: Database, persons: PersonKeys, person: str
) -> None:
    """What is sealed under a key that was never stored can never be read again."""
    with rolled_back(database) as tx:
        lost = persons.key_of(tx, person, NOW)
        assert persons.key_of(tx, person, NOW) == lost
    assert key_of(persons, database, person)[1] != lost.key


def test_keys_of_many_are_those_that_each_would_have(
    database: Database, persons: PersonKeys, person: str
) -> None:
    known = key_of(PersonKeys(database, persons.master), database, person)
    erased, new = f"{person}-erased", f"{person}-new"
    with database.begin() as tx:
        persons.erase(tx, erased, NOW)
    with rolled_back(database) as tx:
        persons.prepare(tx, [person, erased, new], NOW)
        lost = persons.key_of(tx, new, NOW)
    with database.begin() as tx:
        persons.prepare(tx, [person, erased, new], NOW)
        assert persons.key_of(tx, person, NOW).key == known[1]
        made = persons.key_of(tx, new, NOW)
        with pytest.raises(ErasedPerson):
            persons.key_of(tx, erased, NOW)
    assert made != lost
    other = PersonKeys(database, persons.master)
    assert key_of(other, database, new) == (made.key_id, made.key)


def test_the_key_is_not_in_the_row(database: Database, persons: PersonKeys, person: str) -> None:
    _, key = key_of(persons, database, person)
    with database.read() as tx:
        rows = str(tx.text("SELECT * FROM person_key").fetchall())
    assert person in rows
    assert key.hex() not in rows


def test_a_destroyed_key_opens_nothing_and_is_never_made_again(
    database: Database, persons: PersonKeys, person: str
) -> None:
    key_id, _ = key_of(persons, database, person)
    other = PersonKeys(database, persons.master)
    key_of(other, database, person)
    with database.begin() as tx:
        assert persons.destroy(tx, person, NOW)
    with database.read() as tx:
        assert persons.key_by_id(tx, key_id) is None
    with pytest.raises(ErasedPerson):
        key_of(persons, database, person)
    with pytest.raises(ErasedPerson):  # another node's cache has run out
        key_of(other, database, person, NOW + CACHE_FOR + timedelta(seconds=1))
    with database.begin() as tx:
        assert not persons.destroy(tx, person, NOW), "once"


def test_strangers_have_a_new_pseudonym_each_month(persons: PersonKeys) -> None:
    first = persons.pseudonym("だれか@mihon.example", NOW)
    assert first == persons.pseudonym("だれか@mihon.example", NOW + timedelta(days=20))
    assert first != persons.pseudonym("だれか@mihon.example", NOW + timedelta(days=31))
    assert first != persons.pseudonym("べつ@mihon.example", NOW)
