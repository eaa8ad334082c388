"""The vault: caching, rotating, emergencies, renewal, several nodes (keys.vault)."""

import json
import multiprocessing
import threading
from datetime import datetime, timedelta
from multiprocessing.synchronize import Barrier as BarrierType
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key
from keys_memory_home import CountingHome

from keys import keyset as keyset_module
from keys.errors import (
    HomeUnavailable,
    NoActiveKey,
    RingChanged,
    UnknownKey,
)
from keys.folder import FolderHome
from keys.master import MasterKeys
from keys.record import KeyState
from keys.ring import RotationRules
from keys.vault import Vault


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The length of every private key that was parsed."""
    seen: list[int] = []
    real = load_der_private_key

    def load(der: bytes, password: None) -> object:
        seen.append(len(der))
        return real(der, password)

    monkeypatch.setattr(keyset_module, "load_der_private_key", load)
    return seen


def test_a_key_is_parsed_once_however_often_it_is_asked_for(
    vault: Vault, folder: Path, master: MasterKeys, opened: list[int], now: datetime
) -> None:
    fresh = Vault(FolderHome(folder), master)
    first = fresh.snapshot()
    living = len([r for r in first.records if r.state is not KeyState.RETIRED])
    assert len(opened) == living == 4
    assert all(fresh.snapshot() is first and fresh.refresh() is first for _ in range(3))
    Vault(FolderHome(folder), master).rotate(now + timedelta(days=95), RotationRules(first.algs))
    opened.clear()
    changed = fresh.refresh()
    assert changed.version > first.version
    assert opened == []  # the rotation only retired keys


def test_refresh_reads_only_when_the_version_changed(
    now: datetime, rules: RotationRules, master: MasterKeys
) -> None:
    home = CountingHome()
    vault = Vault(home, master)
    vault.rotate(now, rules)
    loads = home.loads
    for _ in range(5):
        vault.refresh()
        vault.snapshot()
    assert home.loads == loads


def test_an_unreachable_home_leaves_the_last_snapshot(
    now: datetime, rules: RotationRules, master: MasterKeys
) -> None:
    home = CountingHome()
    vault = Vault(home, master)
    vault.rotate(now, rules)
    last = vault.snapshot()
    home.down = True
    with pytest.raises(HomeUnavailable):
        vault.refresh()
    assert vault.snapshot() is last


def test_parallel_first_snapshots_parse_each_key_once(
    vault: Vault, folder: Path, master: MasterKeys, opened: list[int]
) -> None:
    fresh, barrier, seen = Vault(FolderHome(folder), master), threading.Barrier(8), []

    def look() -> None:
        barrier.wait(10)
        seen.append(fresh.snapshot())

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len({id(keyset) for keyset in seen}) == 1
    assert len(opened) == 4


def test_an_empty_ring_has_no_key_to_sign_with(folder: Path, master: MasterKeys) -> None:
    keyset = Vault(FolderHome(folder), master).snapshot()
    assert json.loads(keyset.jwks) == {"keys": []}
    with pytest.raises(NoActiveKey, match="ES256"):
        keyset.active("ES256")


def test_an_emergency_replaces_the_key_in_one_commit(
    vault: Vault, now: datetime, rules: RotationRules
) -> None:
    before = vault.snapshot()
    bad = before.active("ES256").kid
    moment = now + timedelta(days=91)
    rotation = vault.prepare(moment, rules, compromised=[bad])
    assert vault.snapshot() is before
    after = vault.commit(rotation)
    assert after.version == before.version + 1
    assert after.active("ES256").kid != bad
    assert bad.encode() not in after.jwks
    lost = next(r for r in after.records if r.kid == bad)
    assert (lost.state, lost.compromised_at, lost.wrapped_private) == (
        KeyState.RETIRED,
        moment,
        None,
    )
    with pytest.raises(UnknownKey):
        vault.prepare(moment, rules, compromised=["nobody"])


def test_renewing_the_master_key_keeps_every_key(
    vault: Vault, folder: Path, now: datetime, rules: RotationRules
) -> None:
    old_text = MasterKeys.generate_text()
    old = MasterKeys.parse(old_text.encode())
    place = folder.parent / "other"
    before = Vault(FolderHome(place), old)
    before.rotate(now, rules)
    new_text = MasterKeys.generate_text()
    both = Vault(FolderHome(place), MasterKeys.parse((new_text + old_text).encode()))
    rotation = both.prepare_rewrap()
    assert not rotation.empty
    both.commit(rotation)
    assert both.prepare_rewrap().empty
    alone = Vault(FolderHome(place), MasterKeys.parse(new_text.encode()))
    assert alone.snapshot().jwks == before.snapshot().jwks


def test_nothing_due_stores_nothing(
    vault: Vault, folder: Path, now: datetime, rules: RotationRules
) -> None:
    before = vault.snapshot()
    assert vault.rotate(now + timedelta(days=90, hours=3), rules).empty
    assert vault.snapshot() is before
    assert FolderHome(folder).version() == before.version


def test_a_prepared_rotation_is_refused_once_the_ring_changed(
    folder: Path, master: MasterKeys, now: datetime, rules: RotationRules
) -> None:
    one, two = (Vault(FolderHome(folder), master) for _ in range(2))
    slow = one.prepare(now, rules)
    two.rotate(now, rules)
    with pytest.raises(RingChanged):
        one.commit(slow)
    assert one.refresh().jwks == two.snapshot().jwks


def _start_node(
    folder: Path,
    master: MasterKeys,
    now: datetime,
    barrier: BarrierType,
    results: "multiprocessing.Queue[tuple[str, bytes]]",
) -> None:
    vault = Vault(FolderHome(folder), master)
    rotation = vault.prepare(now, RotationRules(("ES256",)))
    barrier.wait(30)
    try:
        results.put(("won", vault.commit(rotation).jwks))
    except RingChanged:
        results.put(("lost", vault.refresh().jwks))


def test_nodes_that_start_at_once_agree_on_one_key(
    folder: Path, master: MasterKeys, now: datetime
) -> None:
    nodes = 4
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(nodes), context.Queue()
    processes = [
        context.Process(target=_start_node, args=(folder, master, now, barrier, results))
        for _ in range(nodes)
    ]
    for process in processes:
        process.start()
    answers = [results.get(timeout=30) for _ in range(nodes)]
    for process in processes:
        process.join(30)
    assert sorted(outcome for outcome, _ in answers) == ["lost", "lost", "lost", "won"]
    assert len({jwks for _, jwks in answers}) == 1
