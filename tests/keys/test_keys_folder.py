"""The home in a folder: contract, crashes, parallel writers, modes (keys.folder, keys.files)."""

import json
import multiprocessing
import os
import resource
import stat
from multiprocessing.synchronize import Barrier as BarrierType
from pathlib import Path

import pytest
from keys_home_contract import HomeContract, record

from keys.errors import DamagedHome, HomeUnavailable, RingChanged
from keys.folder import FolderHome
from keys.vault import Home


class TestFolderHome(HomeContract):
    @pytest.fixture
    def home(self, folder: Path) -> Home:
        return FolderHome(folder)

    @pytest.fixture
    def again(self, folder: Path) -> Home:
        return FolderHome(folder)


def test_modes_are_private_whatever_the_umask(folder: Path) -> None:
    before = os.umask(0)
    try:
        FolderHome(folder).replace_all(0, [record("a")])
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(f.stat().st_mode) for f in folder.iterdir()} == {0o600}


def test_a_half_written_temporary_file_is_ignored_and_cleared(folder: Path) -> None:
    home = FolderHome(folder)
    version = home.replace_all(0, [record("a")])
    (folder / ".ring.json.0123.tmp").write_text('{"format": 1, "version": 99, "ke')
    (folder / "foreign.txt").write_text("left alone")
    assert home.version() == version
    home.replace_all(version, [record("b")])
    assert sorted(f.name for f in folder.iterdir()) == ["foreign.txt", "ring.json", "ring.lock"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_crash_at_any_step_leaves_the_old_ring(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    home = FolderHome(folder)
    before_version = home.replace_all(0, [record("a")])
    pid = os.fork()
    if pid == 0:  # the child dies without any clean-up, as under kill -9
        monkeypatch.setattr(os, step, lambda *_: os._exit(9))
        home.replace_all(before_version, [record("b")])
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    assert any(f.name.endswith(".tmp") for f in folder.iterdir())
    assert [r.kid for r in home.load().records] == ["a"]
    assert home.replace_all(before_version, [record("c")]) == before_version + 1


def test_file_and_folder_are_synced_in_the_right_order(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        seen.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real_fsync(descriptor)

    def replace(source: Path, target: Path) -> None:
        seen.append("rename")
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    FolderHome(folder).replace_all(0, [record("a")])
    assert seen == ["file", "rename", "folder"]


def _full_disk(folder: Path, expected: int, results: "multiprocessing.Queue[str]") -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # write() fails as on a full disk
    try:
        FolderHome(folder).replace_all(expected, [record("b")])
        results.put("stored")
    except HomeUnavailable:
        results.put("unavailable")


def test_a_write_that_fails_is_unavailable_and_leaves_the_old_ring(folder: Path) -> None:
    home = FolderHome(folder)
    version = home.replace_all(0, [record("a")])
    context = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[str] = context.Queue()
    process = context.Process(target=_full_disk, args=(folder, version, results))
    process.start()
    assert results.get(timeout=20) == "unavailable"
    process.join()
    assert [r.kid for r in home.load().records] == ["a"]
    assert not list(folder.glob(".*.tmp"))


def _race(
    folder: Path, name: str, rounds: int, barrier: BarrierType, wins: "multiprocessing.Queue[str]"
) -> None:
    home = FolderHome(folder)
    for number in range(rounds):
        barrier.wait(30)
        version = home.version()
        barrier.wait(30)
        try:
            home.replace_all(version, [record(f"{name}-{number}")])
            wins.put(f"{name}-{number}")
        except RingChanged:
            continue


def test_of_parallel_writers_exactly_one_wins_each_round(folder: Path) -> None:
    writers, rounds = 4, 15
    context = multiprocessing.get_context("fork")
    barrier, wins = context.Barrier(writers), context.Queue()
    processes = [
        context.Process(target=_race, args=(folder, f"w{n}", rounds, barrier, wins))
        for n in range(writers)
    ]
    for process in processes:
        process.start()
    won = [wins.get(timeout=30) for _ in range(rounds)]
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    assert wins.empty()
    assert sorted(int(name.split("-")[1]) for name in won) == list(range(rounds))
    stored = FolderHome(folder).load()
    assert stored.version == rounds
    assert stored.records[0].kid in won


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"format": 2, "version": 1, "keys": []}',
        b'{"format": 1, "version": 0, "keys": []}',
        b'{"format": 1, "version": true, "keys": []}',
        b'{"format": 1, "version": 1, "version": 2, "keys": []}',
        b'{"format": 1, "version": 1, "keys": {}}',
        b'{"format": 1, "version": 1, "keys": [1]}',
        b'{"format": 1, "version": 1, "keys": [{}]}',
        b'{"format": 1, "version": 1}',
    ],
)
def test_a_damaged_file_is_named_and_never_overwritten(folder: Path, damage: bytes) -> None:
    folder.mkdir()
    file = folder / "ring.json"
    file.write_bytes(damage)
    with pytest.raises(DamagedHome, match=r"ring\.json"):
        FolderHome(folder).load()
    with pytest.raises(DamagedHome):
        FolderHome(folder).replace_all(0, [record("a")])
    assert file.read_bytes() == damage


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("state", "lost"),
        ("state", []),
        ("announced_at", "2026-04-01T00:00:00"),
        ("announced_at", None),
        ("announced_at", 5),
        ("activated_at", "yesterday"),
        ("kid", 5),
        ("alg", None),
        ("public_jwk", []),
        ("public_jwk", {"x": 1}),
        ("wrapped_private", 1),
        ("more", 1),
    ],
)
def test_a_damaged_record_is_named(folder: Path, member: str, value: object) -> None:
    FolderHome(folder).replace_all(0, [record("a")])
    file = folder / "ring.json"
    content = json.loads(file.read_text())
    content["keys"][0][member] = value
    file.write_text(json.dumps(content))
    with pytest.raises(DamagedHome, match="a stored key"):
        FolderHome(folder).load()


def test_unusable_paths_are_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "deeper", "nul\x00", "\ud800"):
        with pytest.raises(HomeUnavailable):
            FolderHome(path).replace_all(0, [])
    with pytest.raises(HomeUnavailable):
        FolderHome(tmp_path / "file").load()
