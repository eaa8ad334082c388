"""PostgreSQL hands ids out before it commits; the log is in commit-safe order all the same."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idp.assembly.foundation import Foundation, build_foundation
from idp.bootstrap import prepare
from tests.stores.conftest import settings_for
from tests.stores.sealed_log import SealedLog
from tests.stores.together import together
from tests.support.servers import PostgresServer, running_postgres


@pytest.fixture
def foundation(new_url: Callable[[str], str], tmp_path: Path) -> Iterator[Foundation]:
    made = prepare(settings_for(new_url("postgresql"), tmp_path))
    yield made
    made.database.dispose()


@pytest.fixture
def log(foundation: Foundation) -> SealedLog:
    log = SealedLog(foundation)
    log.sealer().seal()
    return log


def test_what_was_written_first_and_committed_last_is_neither_lost_nor_twice(
    log: SealedLog, tmp_path: Path
) -> None:
    database = log.foundation.database
    before = log.sealed()
    with database.begin() as long:
        first = log.record(long, 1)
        tx_id = long.text("SELECT pg_current_xact_id()::text::bigint").fetchone()[0]
        assert tx_id
        quick = [log.add(2), log.add(3)]
        assert log.sealer().seal() == 0, "an older transaction may still commit before these"
        assert log.sealed() == before
    assert log.sealer().seal() == 3
    assert log.sealed() == [*before, first, *quick]
    log.export(tmp_path)


def test_what_was_sealed_stays_before_what_commits_later(log: SealedLog, tmp_path: Path) -> None:
    database = log.foundation.database
    early = log.add(1)
    assert log.sealer().seal() == 1
    with database.begin() as long:
        late = log.record(long, 2)
        long.text("SELECT 1").fetchone()
        middle = log.add(3)
        log.sealer().seal()
        assert middle not in log.sealed()
    log.sealer().seal()
    assert log.sealed()[-3:] == [early, late, middle]
    log.export(tmp_path)


def test_a_transaction_that_only_reads_holds_nothing_up(log: SealedLog) -> None:
    with log.foundation.database.begin() as reading:
        reading.text("SELECT count(*) FROM audit_event").fetchone()
        event = log.add(1)
        assert log.sealer().seal() == 1
        assert log.sealed()[-1] == event


def test_many_transactions_of_every_length_are_all_sealed_once(
    log: SealedLog, tmp_path: Path
) -> None:
    settings = log.foundation.settings

    def work(own: SealedLog, index: int) -> list[str]:
        if index == 0:
            for _ in range(30):
                own.sealer().seal()
            return []
        written = []
        for number in range(8):
            with own.foundation.database.begin() as tx:
                written.append(own.record(tx, number))
                tx.text(f"SELECT pg_sleep({(index * 7 + number) % 5 / 200})").fetchone()
        return written

    written = together(lambda: SealedLog(build_foundation(settings)), work, processes=3, threads=4)
    log.sealer().seal()
    assert {event for part in written for event in part} <= set(log.sealed())
    assert log.recorded() == set(log.sealed())
    log.export(tmp_path)


def test_a_dump_restored_on_another_cluster_goes_on_with_its_log(
    log: SealedLog, postgres: PostgresServer, tmp_path: Path
) -> None:
    for number in range(5):
        log.add(number)
    log.sealer().seal()
    unsealed = [log.add(number) for number in range(5, 8)]
    sealed = log.sealed()
    with running_postgres() as other:
        restored = other.new_database("restored")
        move(postgres, log.foundation.settings.database_url, restored)
        again = SealedLog(prepare(settings_for(restored, tmp_path)))
        try:
            # This cluster's transaction ids begin below those of the restored rows.
            new = again.add(8)
            while again.sealer().seal():
                pass
            assert again.sealed() == [*sealed, *unsealed, new]
            newer = again.add(9)
            assert again.sealer().seal() == 1
            assert again.sealed()[-1] == newer
            again.export(tmp_path)
        finally:
            again.foundation.database.dispose()


def move(server: PostgresServer, source: str, target: str) -> None:
    """Dump one database into another, as an operator would."""
    dump = subprocess.run(
        [server.binaries / "pg_dump", "--no-owner", source],
        capture_output=True,
        check=True,
        env={**os.environ, "HOME": "/"},
    )
    subprocess.run(
        [server.binaries / "psql", "--quiet", "--set", "ON_ERROR_STOP=1", target],
        input=dump.stdout,
        capture_output=True,
        check=True,
        env={**os.environ, "HOME": "/"},
    )
