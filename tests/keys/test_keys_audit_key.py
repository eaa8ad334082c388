"""The audit key: made once, opened under its master key only (keys.audit_key)."""

import json
import multiprocessing
import stat
from multiprocessing.synchronize import Barrier as BarrierType
from pathlib import Path

import pytest

from keys.audit_key import AuditKeyHome, unwrap_audit_key, wrap_audit_key
from keys.errors import DamagedHome, DamagedSecret, HomeUnavailable, WrongMasterKey
from keys.master import MasterKeys


def test_it_is_made_once_and_stays(folder: Path, master: MasterKeys) -> None:
    home = AuditKeyHome(folder, master)
    with pytest.raises(HomeUnavailable, match="no audit key"):
        home.load()
    key = home.load_or_create()
    same = AuditKeyHome(folder, master).load_or_create()
    assert key.private_bytes_raw() == same.private_bytes_raw() == home.load().private_bytes_raw()
    with pytest.raises(HomeUnavailable, match="already"):
        home.create()
    assert stat.S_IMODE((folder / "audit-key.json").stat().st_mode) == 0o600
    assert [f.name for f in folder.iterdir()] == ["audit-key.json"]


def test_a_foreign_master_key_is_an_error_and_never_a_new_key(
    folder: Path, master: MasterKeys
) -> None:
    AuditKeyHome(folder, master).create()
    before = (folder / "audit-key.json").read_bytes()
    stranger = MasterKeys.parse(MasterKeys.generate_text().encode())
    with pytest.raises(WrongMasterKey):
        AuditKeyHome(folder, stranger).load_or_create()
    assert (folder / "audit-key.json").read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [{"public": "AAAA"}, {"private": 1}, {"alg": "ES256"}, {"public": None}],
)
def test_a_damaged_file_is_named(
    folder: Path, master: MasterKeys, change: dict[str, object]
) -> None:
    AuditKeyHome(folder, master).create()
    file = folder / "audit-key.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(DamagedHome, match=r"audit-key\.json"):
        AuditKeyHome(folder, master).load_or_create()
    file.write_bytes(b"\xff{")
    with pytest.raises(DamagedHome):
        AuditKeyHome(folder, master).load()


def test_a_signing_key_is_no_audit_key(master: MasterKeys) -> None:
    with pytest.raises(DamagedSecret):
        unwrap_audit_key(master, master.wrap(bytes(32), "signing-key:a"))
    with pytest.raises(DamagedSecret, match="not an Ed25519"):
        unwrap_audit_key(master, master.wrap(bytes(31), "audit-key"))


def test_text_for_a_database(folder: Path, master: MasterKeys) -> None:
    key = AuditKeyHome(folder, master).create()
    text = wrap_audit_key(master, key)
    assert unwrap_audit_key(master, text).private_bytes_raw() == key.private_bytes_raw()


def test_an_unusable_folder_is_unavailable(tmp_path: Path, master: MasterKeys) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeUnavailable):
        AuditKeyHome(tmp_path / "file", master).load_or_create()


def _start(
    folder: Path, master: MasterKeys, barrier: BarrierType, keys: "multiprocessing.Queue[bytes]"
) -> None:
    home = AuditKeyHome(folder, master)
    barrier.wait(30)
    keys.put(home.load_or_create().private_bytes_raw())


def test_processes_that_start_at_once_share_one_key(folder: Path, master: MasterKeys) -> None:
    context = multiprocessing.get_context("fork")
    barrier, keys = context.Barrier(6), context.Queue()
    processes = [
        context.Process(target=_start, args=(folder, master, barrier, keys)) for _ in range(6)
    ]
    for process in processes:
        process.start()
    assert len({keys.get(timeout=30) for _ in processes}) == 1
    for process in processes:
        process.join(30)
