"""What may be used once is used once: codes, refresh tokens, the live leaf of a family."""

from __future__ import annotations

import secrets
import sqlite3
from datetime import UTC, datetime

import psycopg
import pytest

from idp.clock import to_micros
from idp.grants import store
from idp.grants.model import Approval
from idp.storage.sql import Database
from tests.stores.rolled_back import rolled_back
from tests.stores.together import together

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError)
AT, LATER = to_micros(NOW), to_micros(NOW) + 60_000_000
APPROVAL = Approval(
    client_id="portal",
    subject="somebody",
    session_id="session",
    scopes=("openid", "offline_access"),
    redirect_uri="https://portal.example/callback",
    code_challenge="challenge",
    nonce="ノンス\U00020bb7",
    auth_time=NOW,
    amr=("pwd",),
)


@pytest.fixture
def code(database: Database) -> str:
    code = secrets.token_hex(32)
    with database.begin() as tx:
        store.add_code(tx, code, "grant", APPROVAL, LATER)
    return code


@pytest.fixture
def family(database: Database) -> str:
    return secrets.token_hex(16)


def add_leaf(database: Database, family: str, token: str, generation: int = 0) -> None:
    with database.begin() as tx:
        store.add_refresh_token(
            tx,
            token_hash=token,
            grant_id=family,
            client_id="portal",
            generation=generation,
            expires_at=LATER,
        )


def test_a_code_comes_back_as_it_was_written(database: Database, code: str) -> None:
    with database.begin() as tx:
        spent = store.take_code(tx, code, "portal", AT)
    assert spent is not None
    assert (spent.grant_id, spent.approval, to_micros(spent.expires_at)) == (
        "grant",
        APPROVAL,
        LATER,
    )


def test_one_of_40_takes_a_code(url: str, code: str) -> None:
    def take(own: Database, _: int) -> bool:
        with own.begin() as tx:
            return store.take_code(tx, code, "portal", AT) is not None

    assert sum(together(lambda: Database(url), take)) == 1


def test_another_client_takes_nothing_and_changes_nothing(database: Database, code: str) -> None:
    with database.begin() as tx:
        assert store.take_code(tx, code, "card", AT) is None
    with database.begin() as tx:
        assert store.take_code(tx, code, "portal", AT) is not None


def test_a_rolled_back_take_leaves_the_code(database: Database, code: str) -> None:
    with rolled_back(database) as tx:
        assert store.take_code(tx, code, "portal", AT) is not None
    with database.begin() as tx:
        assert store.take_code(tx, code, "portal", AT) is not None


def test_one_of_40_takes_a_refresh_token(url: str, database: Database, family: str) -> None:
    token = secrets.token_hex(32)
    add_leaf(database, family, token)

    def take(own: Database, _: int) -> bool:
        with own.begin() as tx:
            return store.take_refresh_token(tx, token, "portal", AT) is not None

    assert sum(together(lambda: Database(url), take)) == 1


def test_a_family_never_has_two_live_leaves(database: Database, family: str) -> None:
    first, second = secrets.token_hex(32), secrets.token_hex(32)
    add_leaf(database, family, first)
    with pytest.raises(REFUSED, match=r"(?i)unique"):
        add_leaf(database, family, second, 1)
    with database.begin() as tx:
        assert store.take_refresh_token(tx, first, "portal", AT) is not None
        store.add_refresh_token(
            tx,
            token_hash=second,
            grant_id=family,
            client_id="portal",
            generation=1,
            expires_at=LATER,
        )
    add_leaf(database, secrets.token_hex(16), secrets.token_hex(32))  # another family is free


def test_40_parallel_rotations_make_one_leaf(url: str, database: Database, family: str) -> None:
    token = secrets.token_hex(32)
    add_leaf(database, family, token)

    def rotate(own: Database, index: int) -> bool:
        # Not the take but the constraint alone is asked: this is what is behind it.
        try:
            add_leaf(own, family, secrets.token_hex(32), index)
        except REFUSED:
            return False
        return True

    with database.begin() as tx:
        assert store.take_refresh_token(tx, token, "portal", AT) is not None
    assert sum(together(lambda: Database(url), rotate)) == 1
