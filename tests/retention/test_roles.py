"""PostgreSQL with the shipped roles: what each may do, and what a DBA's own attempts come to.

The provider serves as `kumiai_app`, over HTTP; purges go through `kumiai_purger` alone.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from audit.event import Actor
from audit.names import EventName
from idp.assembly.audit_room import (
    build_breach,
    build_exports,
    build_keeping,
    build_looking,
    build_reviews,
    in_room,
)
from idp.assembly.staff import build_staff
from idp.audit_room.review_model import Rhythm
from idp.audit_room.reviews import Reviewer
from idp.audit_search.model import Criteria
from idp.bootstrap import prepare
from idp.journal.model import NOWHERE
from idp.storage.migrate import apply
from idp.storage.room_role import NoRoomRole
from idp.storage.sql import Database
from tests.retention.house import ROLES, House, alone
from tests.stores.conftest import settings_for
from tests.support.demo import Demo, running_demo, wait_until
from tests.support.relying_party import Browser
from tests.support.servers import PostgresServer, running_postgres

TABLES = {"audit_event": "line", "audit_leaf": "hash", "audit_checkpoint": "note"}


@dataclass
class Roles:
    """One database with its roles, and a deployment that runs as the application's."""

    server: PostgresServer
    name: str
    house: House

    def url(self, role: str) -> str:
        return self.server.url(self.name).replace("kumiai@", f"{role}@")

    def tries(self, role: str, statement: str) -> None:
        with psycopg.connect(self.url(role)) as connection:
            connection.execute(statement)


def _owned(server: PostgresServer, name: str) -> None:
    """Make a database of the owner, migrated, with the shipped grants."""
    owner = server.url(name).replace("kumiai@", "kumiai_owner@")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(
            "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kumiai_owner')"
            " THEN CREATE ROLE kumiai_owner LOGIN CREATEROLE; END IF; END $$"
        )
        connection.execute(f"CREATE DATABASE {name} OWNER kumiai_owner")
    migrator = Database(owner)
    apply(migrator)
    migrator.dispose()
    with psycopg.connect(owner, autocommit=True) as connection:
        for _ in range(2):  # it may be repeated
            connection.execute(ROLES)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as running:
        yield running


@pytest.fixture
def roles(
    server: PostgresServer, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Roles]:
    name = "r_" + "".join(c for c in request.node.name.lower() if c.isalnum())[-40:]
    _owned(server, name)
    url = server.url(name).replace("kumiai@", "kumiai_app@")
    made = Roles(server, name, House(prepare(alone(settings_for(url, tmp_path / "data")))))
    made.house.record(EventName.CLAIMS_READ, 900, "somebody", 20)
    made.house.record(EventName.CLAIMS_READ, 1, "somebody", 20)
    made.house.seal()
    yield made
    made.house.foundation.database.dispose()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM {}",
        "UPDATE {} SET {column} = {column}",
        "TRUNCATE {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "DROP TABLE {}",
    ],
)
@pytest.mark.parametrize("role", ["kumiai_app", "kumiai_auditor", "kumiai_purger", "kumiai_room"])
def test_no_role_of_ours_can_change_the_log(
    shared: Roles, role: str, table: str, statement: str
) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RaiseException)):
        shared.tries(role, statement.format(table, column=TABLES[table]))


@pytest.fixture(scope="module")
def shared(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roles]:
    _owned(server, "shared")
    url = server.url("shared").replace("kumiai@", "kumiai_app@")
    folder = Path(tmp_path_factory.mktemp("shared"))
    made = Roles(server, "shared", House(prepare(alone(settings_for(url, folder)))))
    made.house.record(EventName.CLAIMS_READ, 1, "somebody", 20)
    made.house.seal()
    yield made
    made.house.foundation.database.dispose()


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("kumiai_app", "INSERT INTO audit_purge_permit VALUES (1)"),
        ("kumiai_app", "INSERT INTO audit_purge VALUES ('x', 'access', 0, 1, '0', 0)"),
        ("kumiai_app", "SET ROLE kumiai_purger"),
        ("kumiai_app", "DELETE FROM legal_hold"),
        ("kumiai_app", "INSERT INTO audit_sign_off DEFAULT VALUES"),
        ("kumiai_app", "INSERT INTO audit_review DEFAULT VALUES"),
        ("kumiai_app", "UPDATE audit_sign_off SET remark = ''"),
        ("kumiai_room", "UPDATE audit_sign_off SET remark = ''"),
        ("kumiai_room", "DELETE FROM audit_review"),
        ("kumiai_room", "TRUNCATE audit_review_end"),
        ("kumiai_room", "UPDATE staff_account SET name = 'x'"),
        ("kumiai_room", "INSERT INTO account DEFAULT VALUES"),
        ("kumiai_room", "UPDATE person_key SET wrapped = NULL"),
        ("kumiai_room", "UPDATE legal_hold SET lifted_at = 1"),
        ("kumiai_room", "SELECT * FROM session"),
        ("kumiai_room", "SELECT * FROM member"),
        ("kumiai_auditor", "INSERT INTO audit_sign_off DEFAULT VALUES"),
        ("kumiai_auditor", "SELECT * FROM account"),
        ("kumiai_auditor", "SELECT * FROM person_key"),
        ("kumiai_auditor", "INSERT INTO audit_event DEFAULT VALUES"),
        ("kumiai_purger", "SELECT * FROM account"),
        ("kumiai_purger", "UPDATE legal_hold SET lifted_at = 1"),
        ("kumiai_purger", "UPDATE person_key SET person = 'x'"),
    ],
)
def test_each_role_has_its_own_work_and_no_other(shared: Roles, role: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        shared.tries(role, statement)


def test_only_the_room_keeps_reviews_and_it_reads_with_its_own_role(shared: Roles) -> None:
    f = shared.house.foundation
    directory = build_staff(f).directory
    actor = Actor("operator", "cli:test")
    made = directory.add("kansa@mihon.example", "架空 例", ["auditor"], actor, "joined").account
    who = Reviewer(Actor("staff", made.id, "auditor"), made.id, "s", NOWHERE, lambda: True)
    found = Criteria(name=EventName.CLAIMS_READ)
    with pytest.raises(NoRoomRole):
        build_reviews(f).save(who, "as the application", Rhythm.MONTHLY, found)
    room = in_room(
        replace(f, settings=replace(f.settings, room_database_url=shared.url("kumiai_room")))
    )
    review = build_reviews(room).save(who, "as the room", Rhythm.MONTHLY, found)
    assert build_reviews(room).find(review)[0].title == "as the room"
    page = build_looking(room).page(found, 5, who.actor, session="s")
    assert len(page.found) == 5
    build_looking(room).view(page.found[0].event["id"], who.actor)
    assert len(list(build_exports(room).lines("csv", found, who.actor))) > 20
    assert build_keeping(room).holds("", lifted=False).older is None
    assert build_keeping(room).purges("").older is None
    span = replace(found, begin=f.clock.now() - timedelta(days=40), end=f.clock.now())
    assert build_breach(room).ask(span).persons
    room.database.dispose()


def test_the_auditor_reads_the_log(shared: Roles) -> None:
    with psycopg.connect(shared.url("kumiai_auditor")) as connection:
        found = connection.execute("SELECT count(*) FROM audit_event").fetchone()
    assert found is not None
    assert found[0] >= 20


def test_only_the_purgers_login_purges(roles: Roles, tmp_path: Path) -> None:
    house = roles.house
    refused = house.idp("audit", "purge")
    assert refused.returncode == 1
    assert "may not purge" in refused.stderr
    purged = house.said("audit", "purge", IDP_PURGE_DATABASE_URL=roles.url("kumiai_purger"))
    assert {row["class"]: row["events"] for row in purged}["access"] == 20
    assert house.verify(tmp_path) == 0


@pytest.mark.parametrize("table", TABLES)
def test_a_dba_cannot_change_sealed_rows_while_the_triggers_stand(roles: Roles, table: str) -> None:
    for statement in (
        f"DELETE FROM {table}",
        f"UPDATE {table} SET {TABLES[table]} = ''",
        f"TRUNCATE {table}",
    ):
        for role in ("kumiai", "kumiai_owner"):
            with pytest.raises(psycopg.Error, match="append-only"):
                roles.tries(role, statement)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM audit_event WHERE name = 'claims.read'", "no purge covers it"),
        ("UPDATE audit_event SET line = replace(line, 'done', 'failed')", "not the one"),
        ("UPDATE audit_leaf SET hash = repeat('0', 64) WHERE seq = 3", "another root"),
        ("DELETE FROM audit_leaf WHERE seq = 3", "leaves are missing"),
    ],
)
def test_what_a_dba_does_behind_the_triggers_is_found(
    roles: Roles, tmp_path: Path, statement: str, said: str
) -> None:
    table = statement.split()[2] if statement.startswith("DELETE") else statement.split()[1]
    roles.tries("kumiai_owner", f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    off = roles.house.idp("doctor", "invariants")
    assert (off.returncode, "disabled" in off.stdout) == (1, True)
    roles.tries("kumiai_owner", statement)
    roles.tries("kumiai_owner", f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    found = roles.house.idp("doctor", "invariants")
    assert (found.returncode, said in found.stdout) == (1, True), found.stdout
    assert roles.house.verify(tmp_path) == 1


def test_the_provider_serves_as_the_application_role(
    server: PostgresServer, tmp_path: Path
) -> None:
    """Sign-in over HTTP, and a purge by the worker's own interval, without the owner's rights."""
    _owned(server, "served")
    url = server.url("served").replace("kumiai@", "kumiai_app@")
    with running_demo(tmp_path, "--workers", "1", "--database", url) as demo:
        member = demo.member()
        browser = Browser(demo.issuer)
        answer = browser.sign_in(member["email"], member["password"])
        assert answer.status_code == 303, answer.text[:300]
        assert member["number"] in browser.follow(answer).text
        _sealed_by_the_worker(demo)
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM audit_event WHERE name = 'session.started'"
        ).fetchone()
    assert row is not None
    assert row[0] == 1


def _sealed_by_the_worker(demo: Demo) -> None:
    def sealed() -> subprocess.CompletedProcess[str] | None:
        done = demo.idp("doctor", "invariants")
        return done if done.returncode == 0 else None

    wait_until(sealed, 20)
