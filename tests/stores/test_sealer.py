"""The sealer on both engines: every committed event once, in an order that proves itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.assembly.foundation import Foundation, build_foundation
from idp.settings import Settings
from tests.stores.rolled_back import rolled_back
from tests.stores.sealed_log import MINUTE, NOW, SealedLog
from tests.stores.together import together


@pytest.fixture
def log(foundation: Foundation) -> SealedLog:
    log = SealedLog(foundation)
    log.sealer().seal()
    return log


def test_exports_of_growing_logs_verify(log: SealedLog, tmp_path: Path) -> None:
    sizes = []
    for number in range(9):  # each export records itself, too: every size from the first on
        sizes.append(log.export(tmp_path))
        if number % 3 == 2:
            log.add(number)
    assert sizes == sorted(set(sizes))
    assert sizes[1] - sizes[0] == 1


def test_sealing_again_changes_nothing(log: SealedLog) -> None:
    log.add(0)
    assert log.sealer().seal() == 1
    before = log.checkpoint_times()
    assert log.sealer().seal() == 0
    assert log.checkpoint_times() == before


def test_a_rolled_back_event_is_never_sealed(log: SealedLog) -> None:
    with rolled_back(log.foundation.database) as tx:
        log.record(tx, 0)
    kept = log.add(1)
    assert log.sealer().seal() == 1
    assert log.sealed()[-1] == kept


def test_a_sealer_that_was_stopped_in_the_middle_leaves_nothing(log: SealedLog) -> None:
    log.add(0)
    before = log.sealed()

    class Stopped(Exception):
        pass

    sealer = log.sealer()
    signed = sealer.key

    class Key:
        def sign(self, _data: bytes) -> bytes:
            raise Stopped

        def public_key(self) -> object:
            return signed.public_key()

    object.__setattr__(sealer, "key", Key())
    with pytest.raises(Stopped):
        sealer.seal()
    assert log.sealed() == before
    assert log.sealer().seal() == 1


def test_many_sealers_beside_many_writers_seal_each_event_once(
    settings: Settings, log: SealedLog, tmp_path: Path
) -> None:
    def work(own: SealedLog, index: int) -> list[str]:
        if index % 3 == 0:
            for _ in range(10):
                own.sealer().seal()
            return []
        return [own.add(number) for number in range(10)]

    written = together(lambda: SealedLog(build_foundation(settings)), work, processes=4, threads=3)
    log.sealer().seal()
    events = [event for part in written for event in part]
    assert len(events) == 80
    assert set(events) <= set(log.sealed())
    assert log.recorded() == set(log.sealed())
    log.export(tmp_path)


def test_a_clock_that_steps_back_is_told_once_and_no_checkpoint_goes_back(
    log: SealedLog, tmp_path: Path
) -> None:
    start = NOW + 60 * 24 * 400 * MINUTE  # ahead of every checkpoint so far
    log.add(0)
    log.sealer(start).seal()
    told = log.names().count("clock.stepped")
    for number in range(5):
        log.add(number)
        log.sealer(start - 60 * MINUTE + number * MINUTE).seal()
    assert log.names().count("clock.stepped") == told + 1
    log.sealer(start + MINUTE).seal()
    log.add(9)
    log.sealer(start + 2 * MINUTE).seal()
    times = log.checkpoint_times()
    assert times == sorted(times)
    log.add(10)
    log.sealer(start).seal()  # a second step
    log.sealer(start).seal()
    assert log.names().count("clock.stepped") == told + 2
    log.export(tmp_path)


def test_a_small_step_is_not_told(log: SealedLog) -> None:
    start = NOW + 60 * 24 * 800 * MINUTE
    log.add(0)
    log.sealer(start).seal()
    told = log.names().count("clock.stepped")
    log.add(1)
    log.sealer(start - MINUTE / 60).seal()
    assert log.names().count("clock.stepped") == told
