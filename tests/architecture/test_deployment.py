"""What `deploy/` and the Makefile hand to operators works as it stands."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from idp.assembly.sealing import build_sealer
from idp.bootstrap import prepare
from idp.settings import Settings
from idp.storage.migrate import apply
from idp.storage.sql import Database
from tests.architecture.tree import ROOT
from tests.support.demo import free_ports
from tests.support.nginx import command, write_configuration
from tests.support.servers import running_postgres

PROTECTED = ("audit_event", "audit_leaf", "audit_checkpoint")


@pytest.fixture(scope="module")
def application_url(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database migrated by its owner and granted to the application's role, with a sealed log."""
    grants = (ROOT / "deploy/postgresql/roles.sql").read_text("utf-8")
    with running_postgres() as server:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE ROLE kumiai_owner LOGIN")
            for role in ("kumiai_app", "kumiai_purger", "kumiai_auditor", "kumiai_room"):
                connection.execute(f"CREATE ROLE {role} LOGIN")
            connection.execute("CREATE DATABASE provider OWNER kumiai_owner")
        owner = server.url("provider").replace("kumiai@", "kumiai_owner@")
        migrator = Database(owner)
        apply(migrator)
        migrator.dispose()
        with psycopg.connect(owner, autocommit=True) as connection:
            for _ in range(2):  # it may be repeated
                connection.execute(grants)
        url = server.url("provider").replace("kumiai@", "kumiai_app@")
        data = Path(tmp_path_factory.mktemp("data"))
        foundation = prepare(replace(settings, data=data, database_url=url))
        assert build_sealer(foundation).seal() > 0
        foundation.database.dispose()
        yield url


@pytest.mark.parametrize("table", PROTECTED)
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
def test_the_application_role_cannot_change_the_log(
    application_url: str, table: str, statement: str
) -> None:
    column = {"audit_event": "line", "audit_leaf": "hash", "audit_checkpoint": "note"}[table]
    with psycopg.connect(application_url) as connection:
        found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert found is not None
        assert found[0] > 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.format(table, column=column))


def test_the_application_role_cannot_pretend_another_schema(application_url: str) -> None:
    with (
        psycopg.connect(application_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("UPDATE alembic_version SET version_num = 'none'")


def test_nginx_accepts_the_shipped_configuration(tmp_path: Path) -> None:
    write_configuration(tmp_path, port=free_ports(2), upstream=8000)
    checked = subprocess.run(
        [*command(tmp_path), "-t", "-q"], capture_output=True, text=True, check=False, timeout=30
    )
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr
