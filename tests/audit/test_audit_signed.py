"""Signatures: whose they are, and what a holder of the real key still cannot make fit."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from audit_packs import FOREIGN, KEY, ORIGIN, START, TRUSTED, Log

from audit import checkpoint
from audit import manifest as manifests
from audit.__main__ import main
from audit.checkpoint import encode_key
from audit.note import sign_note
from audit.pack import PackWriter
from audit.verify import Report, verify_pack


def check(folder: Path, kept: str | None = None) -> Report:
    return verify_pack(folder, keys=[TRUSTED], kept=[kept] if kept else [])


def test_a_forger_with_another_key_is_only_unmasked_by_the_auditors_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Log(103, key=FOREIGN).grow(12).export(tmp_path / "pack")
    (tmp_path / "key").write_text(encode_key(ORIGIN, KEY.public_key()))
    assert main(["verify", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("SIGNER NOT AUTHENTICATED, key SHA256:")
    assert main(["verify", str(folder), "--key", str(tmp_path / "key")]) == 1


def test_a_key_rotation_leaves_one_verifiable_log(tmp_path: Path) -> None:
    log = Log(12).grow(5)
    log.key = FOREIGN
    log.grow(5)
    with PackWriter(tmp_path / "pack", ORIGIN, 0, 10) as pack:
        for seq, entry in enumerate(log.entries):
            pack.leaf(seq, entry.event.id, entry.leaf, entry.line)
        for _, text in log.checkpoints:
            pack.checkpoint(text)
        pack.finish(
            period_from=None,
            period_to=None,
            made_at=log.now,
            private_key=FOREIGN,
            older_keys=[KEY.public_key()],
        )
    second = checkpoint.parse_key(checkpoint.encode_key(ORIGIN, FOREIGN.public_key()))
    assert verify_pack(tmp_path / "pack").ok
    assert verify_pack(tmp_path / "pack", keys=[TRUSTED, second]).ok
    assert not verify_pack(tmp_path / "pack", keys=[second]).ok
    assert not verify_pack(tmp_path / "pack", keys=[TRUSTED]).ok


def sign_manifest(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Change the manifest as a holder of the real key could."""
    record = json.loads((folder / manifests.MANIFEST).read_bytes())
    change(record)
    raw = manifests.encode(record)
    (folder / manifests.MANIFEST).write_bytes(raw)
    note = sign_note(manifests.statement(ORIGIN, raw), ORIGIN, KEY)
    (folder / manifests.SIGNATURE).write_bytes(note.encode())
    return folder


def test_a_signed_manifest_that_does_not_fit_its_pack(tmp_path: Path) -> None:
    log = Log(16).grow(20)
    log.purge([2, 5, 7])
    changes: list[tuple[str, Callable[[dict[str, Any]], None]]] = [
        ("its root is not", lambda record: record.update(root="0" * 64)),
        ("of the size in the manifest", lambda record: record.update(size=record["size"] + 1)),
        ("not the one in the manifest", lambda record: record["purges"][0].update({"class": "x"})),
        ("no purge covers", lambda record: record.update(purges=[])),
        ("does not fit", lambda record: record["bodies"].update(to_seq=99)),
        ("names no key", lambda record: record.update(keys=[])),
        ("format", lambda record: record.update(format=2)),
    ]
    for number, (reason, change) in enumerate(changes):
        folder = sign_manifest(log.export(tmp_path / str(number)), change)
        assert reason in str(check(folder).problem)


def test_times_that_go_back_across_a_kept_checkpoint(tmp_path: Path) -> None:
    log = Log(17).grow(4).grow(6)
    root, size = log.tree.root(), log.tree.size
    log.grow(5)
    folder = log.export(tmp_path / "pack")
    for at in (log.now + timedelta(days=1), START):
        kept = checkpoint.sign(ORIGIN, size, root, at, KEY)
        assert "times go back" in str(check(folder, kept).problem)
