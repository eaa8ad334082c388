"""Evidence packs and their verifier: a byte changed anywhere is found, and never a traceback."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import checkpoint, manifest
from audit.__main__ import main
from audit.canonical import canonical
from audit.evidence import Evidence, statement, verify_evidence
from audit.evidence_writer import write_evidence
from audit.note import encode_key, parse_key, sign_note
from audit.pack import PackError

ORIGIN = "example/log"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
FOREIGN = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
AT = datetime(2031, 7, 1, tzinfo=UTC)
NOTE = checkpoint.sign(ORIGIN, 40, b"r" * 32, AT, KEY)
DOCUMENTS = {
    "alerts.json": b'{"figures": 1}\n',
    "evidence.pdf": b"%PDF-1.3 " + bytes(range(256)) * 3,
    "as-of.json": b'{"as": "of"}\n',
}
EVIDENCE = Evidence(ORIGIN, "2031-Q2", datetime(2031, 4, 1, tzinfo=UTC), AT, True, NOTE, (), {})
KEYS = (parse_key(encode_key(ORIGIN, KEY.public_key())),)


def make(folder: Path, key: Ed25519PrivateKey = KEY) -> Path:
    note = checkpoint.sign(ORIGIN, 40, b"r" * 32, AT, key)
    write_evidence(folder, DOCUMENTS, replace(EVIDENCE, checkpoint=note), key)
    return folder


def program(folder: Path, *more: str) -> int:
    return main(["verify", str(folder), *more])


def test_a_pack_holds_with_and_without_the_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = make(tmp_path / "pack")
    key = tmp_path / "auditor.pub"
    key.write_text(encode_key(ORIGIN, KEY.public_key()))
    assert program(pack, "--key", str(key)) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"OK: evidence of {ORIGIN}, 3 documents\n")
    assert "closed by the checkpoint of 40 records" in said
    assert program(pack) == 0
    assert capsys.readouterr().out.startswith("SIGNER NOT AUTHENTICATED, key SHA256:")


def test_a_foreign_signer_is_found_with_the_key_only(tmp_path: Path) -> None:
    pack = make(tmp_path / "pack", FOREIGN)
    assert verify_evidence(pack).ok
    problem = verify_evidence(pack, keys=KEYS).problem
    assert problem is not None
    assert "not the auditor's" in problem


def altered(chance: random.Random, old: bytes, at: int, other: bytes) -> bytes:
    """Change a file in one of the ways there are: flip, delete, insert, cut, add, replace."""
    kind = chance.randrange(6)
    if kind == 0:
        return old[:at] + bytes([old[at] ^ (1 << chance.randrange(8))]) + old[at + 1 :]
    if kind == 1:
        return old[:at] + old[at + 1 :]
    if kind == 2:
        return old[:at] + bytes([chance.randrange(256)]) + old[at:]
    return (old[:at], old + b"\n", other)[kind - 3]


def test_any_byte_altered_is_found(tmp_path: Path) -> None:
    pack = make(tmp_path / "pack")
    whole = {path.name: path.read_bytes() for path in pack.iterdir()}
    chance = random.Random(31)
    names = sorted(whole)
    for turn in range(400):
        name = chance.choice(names)
        old = whole[name]
        at = chance.randrange(len(old))
        other = whole[chance.choice([one for one in names if one != name])]
        new = altered(chance, old, at, other)
        (pack / name).write_bytes(new)
        for keys in ((), KEYS):
            assert not verify_evidence(pack, keys=keys).ok, (turn, name, at)
        (pack / name).write_bytes(old)
    assert verify_evidence(pack, keys=KEYS).ok


def _forge(pack: Path, change: Callable[[dict[str, object]], None], key: Ed25519PrivateKey) -> None:
    """Change the manifest and sign it anew."""
    record = json.loads((pack / "manifest.json").read_bytes())
    change(record)
    raw = canonical(record) + b"\n"
    (pack / "manifest.json").write_bytes(raw)
    (pack / "manifest.sig").write_text(sign_note(statement(ORIGIN, raw), ORIGIN, key))


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.update(kind="pack"),
        lambda record: record.update(format=2),
        lambda record: record.update(format=True),
        lambda record: record.update(more=1),
        lambda record: record.pop("checkpoint"),
        lambda record: record.update(checkpoint=7),
        lambda record: record.update(checkpoint="not a note"),
        lambda record: record.update(files=[]),
        lambda record: record["files"].pop("evidence.pdf"),
        lambda record: record["files"].update({"../x.json": {"length": 0, "sha256": "0" * 64}}),
        lambda record: record["files"].update({"x.json": None}),
        lambda record: record["files"]["evidence.pdf"].update(length="780"),
        lambda record: record.update(keys=[]),
        lambda record: record.update(keys=[7]),
        lambda record: record.update(period={}),
        lambda record: record["period"].update(finished=1),
        lambda record: record["period"].update({"to": "2031"}),
        lambda record: record.update(origin="two words"),
    ],
)
def test_a_manifest_of_another_form_is_refused_even_if_signed(
    tmp_path: Path, change: Callable[[dict[str, object]], None]
) -> None:
    pack = make(tmp_path / "pack")
    _forge(pack, change, KEY)
    assert program(pack) == 1


def test_a_log_pack_s_signature_does_not_pass_for_evidence(tmp_path: Path) -> None:
    pack = make(tmp_path / "pack")
    raw = (pack / "manifest.json").read_bytes()
    other = sign_note(manifest.statement(ORIGIN, raw), ORIGIN, KEY)
    (pack / "manifest.sig").write_text(other)
    assert verify_evidence(pack, keys=KEYS).problem == "manifest.json: not the one that was signed"


def test_files_that_are_missing_unknown_or_no_files(tmp_path: Path) -> None:
    changes: list[Callable[[Path], object]] = [
        lambda pack: (pack / "alerts.json").unlink(),
        lambda pack: (pack / "manifest.json").unlink(),
        lambda pack: (pack / "manifest.sig").unlink(),
        lambda pack: (pack / "evidence.pdf").unlink(),
        lambda pack: (pack / "notes.txt").write_text("more"),
        lambda pack: (pack / "more").mkdir(),
        lambda pack: os.mkfifo(pack / "pipe"),
        lambda pack: (pack / "link.json").symlink_to("alerts.json"),
        lambda pack: (pack / "alerts.json").rename(pack / "Alerts.json"),
        shutil.rmtree,
        lambda pack: (shutil.rmtree(pack), pack.write_text("a file")),
    ]
    for number, change in enumerate(changes):
        pack = make(tmp_path / f"pack-{number}")
        change(pack)
        assert program(pack) == 1, number
        if pack.is_dir():
            assert not verify_evidence(pack).ok, number


def test_a_kept_checkpoint_is_held_against_it_as_far_as_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = make(tmp_path / "pack")
    kept = tmp_path / "kept.txt"

    def told(size: int, root: bytes, at: datetime = AT, key: Ed25519PrivateKey = KEY) -> int:
        kept.write_text(checkpoint.sign(ORIGIN, size, root, at, key))
        return program(pack, "--checkpoint", str(kept))

    assert told(40, b"r" * 32) == 0
    assert "WARNING" not in capsys.readouterr().out
    assert told(40, b"x" * 32) == 1
    assert told(40, b"r" * 32, key=FOREIGN) == 1
    assert told(39, b"y" * 32) == 0
    assert "could not be held against it" in capsys.readouterr().out
    assert told(39, b"y" * 32, datetime(2031, 7, 2, tzinfo=UTC)) == 1
    assert told(41, b"y" * 32, datetime(2031, 6, 2, tzinfo=UTC)) == 1


def test_what_a_kill_leaves_never_holds(tmp_path: Path) -> None:
    """A process that dies at any moment of the writing leaves no pack that verifies."""
    pieces = []
    for dies_at in range(1, 9):
        folder = tmp_path / f"at-{dies_at}"
        child = os.fork()
        if child == 0:
            _die_at(dies_at, folder)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        finished = os.WIFEXITED(status)
        assert finished or os.WTERMSIG(status) == signal.SIGKILL
        pieces.append(len(list(folder.iterdir())))
        assert verify_evidence(folder).ok == (finished or (folder / "manifest.sig").exists())
        assert program(folder) == (0 if (folder / "manifest.sig").exists() else 1)
    assert pieces[0] == 1
    assert pieces[-1] == 5


def _die_at(count: int, folder: Path) -> None:
    """Write a pack in a process that kills itself at its nth sync."""
    left = [count]
    sync = os.fsync

    def counting(descriptor: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(descriptor)

    os.fsync = counting
    with suppress(PackError):
        make(folder)


def test_the_same_content_gives_the_same_pack(tmp_path: Path) -> None:
    one, other = make(tmp_path / "one"), make(tmp_path / "other")
    for path in one.iterdir():
        assert path.read_bytes() == (other / path.name).read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(PackError, match="not empty"):
        make(one)
