"""Flights over one PostgreSQL connection: order, errors in the middle, lost connections."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa

from idp.errors import StoreUnavailable
from idp.storage.sql import Database
from idp.storage.statement import Statement
from idp.storage.wire import Wire
from tests.support.servers import PostgresServer

TABLE = "CREATE TABLE cup (name text PRIMARY KEY, size bigint, note bytea, full_ boolean)"
ADD = "INSERT INTO cup (name, size, note) VALUES (%(name)s, %(size)s, %(note)s)"
SIZES = "SELECT name, size FROM cup ORDER BY name"


@pytest.fixture
def base(postgres: PostgresServer) -> str:
    name = f"wire_{secrets.token_hex(4)}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres.url(name)


@pytest.fixture
def wire(base: str) -> Iterator[Wire]:
    with psycopg.connect(base, autocommit=True) as connection:
        made = Wire(connection)
        made.send([(TABLE, None)])
        yield made


def cup(
    name: str, size: int | None = 1, note: bytes | None = None
) -> tuple[str, dict[str, object]]:
    return ADD, {"name": name, "size": size, "note": note}


def test_values_come_back_as_they_went(wire: Wire) -> None:
    note = bytes(range(256))
    wire.send([cup("茶碗\n\t\\'%", -(2**62), note), cup("", None)])
    question = ("SELECT name, size, note, size IS NULL FROM cup ORDER BY name", None)
    rows = wire.send([question]).fetchall()
    assert rows == [("", None, None, True), ("茶碗\n\t\\'%", -(2**62), note, False)]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("a\0b", psycopg.DataError),
        ("\ud800", UnicodeEncodeError),
        (1.5, psycopg.ProgrammingError),
        ([1], psycopg.ProgrammingError),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is(
    wire: Wire, value: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        wire.send([cup("sent before"), (ADD, {"name": value, "size": 1, "note": None})])
    assert wire.send([(SIZES, None)]).fetchall() == []


def test_a_failure_in_the_middle_stops_what_follows_and_the_wire_goes_on(wire: Wire) -> None:
    wire.send([cup("a")])
    with pytest.raises(psycopg.errors.UniqueViolation):
        wire.send([("BEGIN", None), cup("b"), cup("a"), cup("c"), ("COMMIT", None)])
    assert wire.send([("ROLLBACK", None)]).status == "ROLLBACK"
    assert wire.send([(SIZES, None)]).fetchall() == [("a", 1)]
    wire.send([("BEGIN", None), cup("b"), cup("d"), ("COMMIT", None)])
    assert [row[0] for row in wire.send([(SIZES, None)]).fetchall()] == ["a", "b", "d"]


def test_a_statement_that_failed_at_first_use_can_be_used_again(wire: Wire) -> None:
    for _ in range(3):
        with pytest.raises(psycopg.errors.NotNullViolation):
            wire.send([(ADD, {"name": None, "size": 1, "note": None})])
    with pytest.raises(psycopg.errors.SyntaxError):
        wire.send([("SELEKT 1", None)])
    wire.send([cup("at last"), cup("and again")])
    assert len(wire.send([(SIZES, None)]).rows) == 2


def test_more_statements_than_are_kept_prepared(wire: Wire) -> None:
    for number in range(700):
        sql = f"SELECT %(value)s::bigint + {number}"
        assert wire.send([(sql, {"value": 1})]).fetchone() == (number + 1,)


def test_a_new_column_does_not_break_a_prepared_question(wire: Wire) -> None:
    wire.send([cup("a")])
    question = ("SELECT name, size FROM cup", None)
    assert wire.send([question]).fetchall() == [("a", 1)]
    wire.send([("ALTER TABLE cup ADD COLUMN colour text", None)])
    assert wire.send([question]).fetchall() == [("a", 1)]


def test_waiting_for_a_lock_does_not_stop_the_other_threads(base: str) -> None:
    """A wire that held the interpreter lock while it waits would stop the whole process."""
    database = Database(base)
    holding, waited = threading.Event(), threading.Event()

    def wait_for_it() -> None:
        with database.begin() as tx:
            tx.lock("the cup")
            holding.set()
            tx.text("SELECT 1")
        waited.set()

    with database.begin() as tx:
        tx.lock("the cup")
        tx.text("SELECT 1")
        waiting = threading.Thread(target=wait_for_it)
        waiting.start()
        assert holding.wait(10)
        for _ in range(50):
            with database.read() as other:
                assert other.text("SELECT 1").fetchone() == (1,)
        assert not waited.is_set()
    waiting.join(10)
    assert waited.is_set()
    database.dispose()


LOOK = Statement(sa.select(sa.literal(1)))
INTO = Statement(sa.text("INSERT INTO cup (name) VALUES (:name)"))


def test_an_act_that_only_looked_lets_go_of_its_lock_and_the_connection_goes_on(base: str) -> None:
    """Its COMMIT is not waited for; what is owed is collected by whoever uses the connection."""
    database, other = Database(base, pool_size=1), Database(base)
    with database.begin() as tx:
        tx.text(TABLE)
    for number in range(20):
        with database.begin() as tx:
            tx.lock("the cup")
            assert tx.one(LOOK) == (1,)
        with other.begin() as waiting:
            waiting.text("SET LOCAL lock_timeout = '10s'")
            waiting.lock("the cup")
            assert waiting.one(LOOK) == (1,)
        with database.begin() as tx:
            tx.run_many(INTO, [{"name": f"{number}a"}, {"name": f"{number}b"}])
        with database.begin() as tx:
            tx.lock("the cup")
            assert tx.one(LOOK) == (1,)
    with database.read() as tx:
        assert tx.text("SELECT count(*) FROM cup").fetchone() == (40,)
    database.dispose()
    other.dispose()


def test_a_commit_whose_preparation_is_still_owed_is_not_prepared_again(wire: Wire) -> None:
    """The first COMMIT of a connection was sent off; the next flight carries one too."""
    for name in "ab":
        wire.send([("BEGIN", None), (SIZES, None)])
        wire.send_off(("COMMIT", None))
        wire.send([("BEGIN", None), cup(name), ("COMMIT", None)])
    assert len(wire.send([(SIZES, None)]).rows) == 2


def test_two_that_are_sent_off_in_a_row_are_prepared_once(wire: Wire) -> None:
    for _ in range(3):
        wire.send_off(cup(secrets.token_hex()))
    assert len(wire.send([(SIZES, None)]).rows) == 3


def test_a_cut_while_something_is_owed_is_told_once(base: str) -> None:
    database = Database(base, pool_size=1)
    with database.read() as tx:
        (victim,) = tx.text("SELECT pg_backend_pid()").fetchone()
    with database.begin() as tx:
        tx.lock("the cup")
        assert tx.one(LOOK) == (1,)
    with psycopg.connect(base, autocommit=True) as killer:
        killer.execute("SELECT pg_terminate_backend(%s, 5000)", [victim])
    with pytest.raises(StoreUnavailable), database.begin() as tx:
        tx.one(LOOK)
    with database.begin() as tx:
        assert tx.one(LOOK) == (1,)
    database.dispose()


def test_a_connection_that_is_cut_is_told_and_replaced(base: str) -> None:
    database = Database(base)
    with database.read() as tx:
        (victim,) = tx.text("SELECT pg_backend_pid()").fetchone()
    with psycopg.connect(base, autocommit=True) as killer:
        killer.execute("SELECT pg_terminate_backend(%s, 5000)", [victim])
    with pytest.raises(StoreUnavailable), database.begin() as tx:
        tx.text("SELECT 1")
    with database.begin() as tx:
        assert tx.text("SELECT 1").fetchone() == (1,)
    database.dispose()


def test_a_cut_in_the_middle_of_an_act_stores_nothing(base: str) -> None:
    database = Database(base)
    with database.begin() as tx:
        tx.text(TABLE)

    def act() -> None:
        with database.begin() as tx:
            (victim,) = tx.text("SELECT pg_backend_pid()").fetchone()
            tx.text("INSERT INTO cup (name) VALUES ('lost')")
            with psycopg.connect(base, autocommit=True) as killer:
                killer.execute("SELECT pg_terminate_backend(%s, 5000)", [victim])

    with pytest.raises(StoreUnavailable):
        act()
    with database.read() as tx:
        assert tx.text("SELECT count(*) FROM cup").fetchone() == (0,)
    database.dispose()


def test_an_act_that_asks_nothing_is_no_error(base: str) -> None:
    database = Database(base)
    with database.begin() as tx:
        pass
    with database.begin() as tx:
        tx.lock("never asked")
    with database.read() as tx:
        assert tx.text("SELECT 1").fetchone() == (1,)
    database.dispose()
